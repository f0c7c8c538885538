//! Arrays, lists, sets.

use std::sync::Arc;

use super::{
    Member,
    access::{length, within},
    object, row,
};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    program::Lambda,
    value::{Collection, CollectionKind, Value, equality},
};

/// Members of `IList<E>`, which arrays and lists have.
pub(super) const LIST_INTERFACE: &[Member] = &[
    row("[]", "(int) -> E", get),
    row("[]=", "(int, E) -> void", set),
    row("IndexOf", "(E item) -> int", |call| {
        let item = call.argument(0).clone();
        let items = call.this_items()?.1;
        position(call, &items, &item)
    }),
];

/// Members of `ICollection<E>`.
pub(super) const COLLECTION: &[Member] = &[row("Count", "int", |call| Ok(length(call.this_collection()?.len())))];

pub(super) const ARRAY: &[Member] = &[
    row("Length", "int", |call| Ok(length(call.this_collection()?.len()))),
    row("Exists", "static <T>(T[] array, Func<T, bool> match) -> bool", |call| Ok(Value::Bool(first(call)?.is_some()))),
    row("Find", "static <T>(T[] array, Func<T, bool> match) -> T", |call| {
        let absent = Value::default_of(&call.type_argument(0));
        Ok(first(call)?.map_or(absent, |(_, item)| item))
    }),
    row("FindIndex", "static <T>(T[] array, Func<T, bool> match) -> int", |call| {
        Ok(index(first(call)?.map(|(index, _)| index)))
    }),
    row("IndexOf", "static <T>(T[] array, T value) -> int", |call| {
        let items = call.items(0)?;
        let item = call.argument(1).clone();
        position(call, &items, &item)
    }),
    row("Copy", "static <T>(T[] sourceArray, T[] destinationArray, int length) -> void", |call| {
        copied(call, 0, 1, 0, call.int(2))
    }),
    row(
        "Copy",
        "static <T>(T[] sourceArray, int sourceIndex, T[] destinationArray, int destinationIndex, int length) -> void",
        |call| copied(call, call.int(1), 2, call.int(3), call.int(4)),
    ),
    row("Clear", "static <T>(T[] array, int index, int length) -> void", |call| {
        let (start, count) = (call.int(1), call.int(2));
        let Value::Collection(array) = call.argument(0) else { return Err(Failure::argument_null("array")) };
        let array = array.0.clone();
        for index in part_of(&array, start, count)? {
            array.set(index, Value::default_of(array.element()));
        }
        Ok(Value::Null)
    }),
    row("FindAll", "static <T>(T[] array, Func<T, bool> match) -> T[]", |call| {
        let (items, lambda, element) = (call.items(0)?, call.lambda(1)?, call.type_argument(0));
        let mut kept = Vec::new();
        for item in items {
            if call.machine.invoke(&lambda, std::slice::from_ref(&item))?.as_bool() == Some(true) {
                kept.push(item);
            }
        }
        call.machine.collection(CollectionKind::Array, element, kept)
    }),
    row("ConvertAll", "static <T, R>(T[] array, Func<T, R> converter) -> R[]", |call| {
        let (items, lambda, element) = (call.items(0)?, call.lambda(1)?, call.type_argument(1));
        let made = items.into_iter().map(|item| call.machine.invoke(&lambda, &[item])).collect::<Result<_, _>>()?;
        call.machine.collection(CollectionKind::Array, element, made)
    }),
    row("Sort", "static <T>(T[] array) -> void", |call| {
        let items = call.items(0)?;
        let sorted = super::linq::sorted(call, items.clone(), items, false)?;
        if let Value::Collection(array) = call.argument(0) {
            for (index, item) in sorted.into_iter().enumerate() {
                array.0.set(index, item);
            }
        }
        Ok(Value::Null)
    }),
    row("LastIndexOf", "static <T>(T[] array, T value) -> int", |call| {
        let items = call.items(0)?;
        call.work(items.len() * 32)?;
        Ok(index(items.iter().rposition(|other| equality::equal(other, call.argument(1)))))
    }),
    row("Empty", "static <T>() -> T[]", |call| {
        let element = call.type_argument(0);
        call.machine.collection(CollectionKind::Array, element, Vec::new())
    }),
    row("Reverse", "static <T>(T[] array) -> void", |call| {
        let items = call.items(0)?;
        if let Value::Collection(array) = call.argument(0) {
            for (index, item) in items.into_iter().rev().enumerate() {
                array.0.set(index, item);
            }
        }
        Ok(Value::Null)
    }),
];

pub(super) const LIST: &[Member] = &[
    row("new", "static () -> S", |call| create(call, CollectionKind::List)),
    row("new", "static (int capacity) -> S", |call| create(call, CollectionKind::List)),
    row("new", "static (IEnumerable<E> collection) -> S", |call| create(call, CollectionKind::List)),
    row("Add", "(E item) -> void", add),
    row("FindAll", "(Func<E, bool> match) -> List<E>", |call| {
        let (lambda, element) = (call.lambda(0)?, call.this_collection()?.element().clone());
        let mut kept = Vec::new();
        for item in call.this_items()?.1 {
            if call.machine.invoke(&lambda, std::slice::from_ref(&item))?.as_bool() == Some(true) {
                kept.push(item);
            }
        }
        call.machine.collection(CollectionKind::List, element, kept)
    }),
    row("RemoveAll", "(Func<E, bool> match) -> int", super::sequence::remove_all),
    row("GetRange", "(int index, int count) -> List<E>", |call| {
        let list = call.this_collection()?;
        let range = part_of(&list, call.int(0), call.int(1))?;
        let items = range.filter_map(|index| list.get(index)).collect();
        call.machine.collection(CollectionKind::List, list.element().clone(), items)
    }),
    row("RemoveRange", "(int index, int count) -> void", |call| {
        let list = call.this_collection()?;
        let range = part_of(&list, call.int(0), call.int(1))?;
        call.work(list.len() * 32)?;
        list.change(|items| drop(items.drain(range)));
        Ok(Value::Null)
    }),
    row("ToArray", "() -> E[]", |call| {
        let (element, items) = call.this_items()?;
        call.machine.collection(CollectionKind::Array, element, items)
    }),
    row("AddRange", "(IEnumerable<E> collection) -> void", |call| {
        let items = call.items(0)?;
        let list = call.this_collection()?;
        for item in items {
            push(call, &list, item)?;
        }
        Ok(Value::Null)
    }),
    row("Insert", "(int index, E item) -> void", insert),
    row("Remove", "(E item) -> bool", |call| Ok(Value::Bool(remove(call)?))),
    row("RemoveAt", "(int index) -> void", remove_at),
    row("Clear", "() -> void", |call| {
        call.this_collection()?.change(Vec::clear);
        Ok(Value::Null)
    }),
    row("Reverse", "() -> void", |call| {
        let list = call.this_collection()?;
        call.work(list.len() * 32)?;
        list.change(|items| items.reverse());
        Ok(Value::Null)
    }),
    row("Sort", "(StringComparer comparer) -> void", |call| {
        let list = call.this_collection()?;
        let (_, items) = call.this_items()?;
        let comparer = object::comparer_of(call.argument(0));
        let sorted = super::linq::sorted_by(call, items.clone(), items, false, comparer)?;
        list.change(|items| *items = sorted);
        Ok(Value::Null)
    }),
    row("Sort", "(Func<E, E, int> comparison) -> void", |call| {
        let list = call.this_collection()?;
        let (lambda, mut items) = (call.lambda(0)?, call.this_items()?.1);
        // An insertion sort: it makes as many comparisons as the limits allow, and it is stable.
        for index in 1..items.len() {
            let mut at = index;
            while at > 0 {
                let order = call.machine.invoke(&lambda, &[items[at - 1].clone(), items[at].clone()])?;
                if order.as_integer().unwrap_or_default() <= 0 {
                    break;
                }
                items.swap(at - 1, at);
                at -= 1;
            }
        }
        list.change(|kept| *kept = items);
        Ok(Value::Null)
    }),
    row("Sort", "() -> void", |call| {
        let list = call.this_collection()?;
        let (_, items) = call.this_items()?;
        let sorted = super::linq::sorted(call, items.clone(), items, false)?;
        list.change(|items| *items = sorted);
        Ok(Value::Null)
    }),
    row("ForEach", "(Action<E> action) -> void", |call| {
        let items = call.this_items()?.1;
        let action = call.lambda(0)?;
        for item in items {
            call.machine.invoke(&action, &[item])?;
        }
        Ok(Value::Null)
    }),
    row("Exists", "(Func<E, bool> match) -> bool", |call| Ok(Value::Bool(first(call)?.is_some()))),
    row("Find", "(Func<E, bool> match) -> E", |call| {
        let absent = Value::default_of(call.this_collection()?.element());
        Ok(first(call)?.map_or(absent, |(_, item)| item))
    }),
    row("FindIndex", "(Func<E, bool> match) -> int", |call| Ok(index(first(call)?.map(|(index, _)| index)))),
];

pub(super) const SET: &[Member] = &[
    row("new", "static () -> S", |call| create(call, CollectionKind::Set)),
    row("new", "static (StringComparer comparer) -> S", |call| create(call, CollectionKind::Set)),
    row("new", "static (IEnumerable<E> collection) -> S", |call| create(call, CollectionKind::Set)),
    row("new", "static (IEnumerable<E> collection, StringComparer comparer) -> S", |call| {
        create(call, CollectionKind::Set)
    }),
];

/// Members of `ISet<T>` that its set also has.
pub(super) const SET_INTERFACE: &[Member] = &[
    row("Add", "(E item) -> bool", |call| {
        let set = call.this_collection()?;
        let item = call.argument(0).clone();
        Ok(Value::Bool(add_new(call, &set, item)?))
    }),
    row("Contains", "(E) -> bool", |call| {
        let set = call.this_collection()?;
        let item = call.argument(0).clone();
        call.work(set.len() * 32)?;
        Ok(Value::Bool(contains(&set, &item)))
    }),
    row("Remove", "(E) -> bool", |call| Ok(Value::Bool(remove(call)?))),
    row("Clear", "() -> void", |call| {
        call.this_collection()?.change(Vec::clear);
        Ok(Value::Null)
    }),
];

/// Returns the indexes of a part of an array. The part must be inside the array.
fn part_of(array: &Collection, start: i64, count: i64) -> Result<std::ops::Range<usize>, Failure> {
    let place = |number: i64| usize::try_from(number).ok();
    let range = place(start).zip(place(count)).map(|(start, count)| start..start + count);
    range.filter(|range| range.end <= array.len()).ok_or_else(|| {
        Failure::argument(
            "Destination array was not long enough. Check the destination index, length, and the array's lower bounds.",
        )
    })
}

/// `Array.Copy`, also within one array.
fn copied(call: &mut Call<'_, '_>, from: i64, target: usize, to: i64, count: i64) -> Outcome {
    let array = |value: &Value| if let Value::Collection(array) = value { Some(array.0.clone()) } else { None };
    let source = array(call.argument(0)).ok_or_else(|| Failure::argument_null("sourceArray"))?;
    let target = array(call.argument(target)).ok_or_else(|| Failure::argument_null("destinationArray"))?;
    if from < 0 || to < 0 || count < 0 {
        return Err(Failure::out_of_range("Value must be non-negative.", "length"));
    }
    let (source_part, target_part) = (part_of(&source, from, count)?, part_of(&target, to, count)?);
    call.work(source_part.len())?;
    let values: Vec<Value> = source_part.filter_map(|index| source.get(index)).collect();
    for (index, value) in target_part.zip(values) {
        call.machine.hold_in(|| target.is_held(), &value)?;
        target.set(index, value);
    }
    Ok(Value::Null)
}

fn get(call: &mut Call<'_, '_>) -> Outcome {
    let collection = call.this_collection()?;
    let value = usize::try_from(call.int(0)).ok().and_then(|index| collection.get(index));
    value.ok_or_else(|| outside(&collection))
}

fn outside(collection: &Collection) -> Failure {
    if collection.kind() == CollectionKind::Array { Failure::array_index() } else { Failure::index_out_of_range() }
}

fn set(call: &mut Call<'_, '_>) -> Outcome {
    let collection = call.this_collection()?;
    let value = call.argument(1).clone();
    call.machine.hold_in(|| collection.is_held(), &value)?;
    let set = usize::try_from(call.int(0)).is_ok_and(|index| collection.set(index, value));
    if set { Ok(Value::Null) } else { Err(outside(&collection)) }
}

fn create(call: &mut Call<'_, '_>, kind: CollectionKind) -> Outcome {
    let element = call.type_argument(0);
    let ignore_case = call.arguments.iter().any(object::ignores_case);
    if matches!(call.argument(0), Value::Integer(capacity) if capacity.value() < 0) {
        return Err(Failure::out_of_range("Non-negative number required.", "capacity"));
    }
    let items =
        if matches!(call.argument(0), Value::Integer(_)) || object_is_comparer(call.argument(0)) || call.count() == 0 {
            Vec::new()
        } else {
            call.items(0)?
        };
    call.machine.budget.memory(64)?;
    let collection = Collection::with_case(kind, element, Vec::new(), ignore_case);
    for item in items {
        if kind == CollectionKind::Set {
            add_new(call, &collection, item)?;
        } else {
            push(call, &collection, item)?;
        }
    }
    Ok(collection.into())
}

fn object_is_comparer(value: &Value) -> bool {
    matches!(value.as_object(), Some(crate::value::Object::Comparer(_)))
}

fn add(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.this_collection()?;
    let item = call.argument(0).clone();
    push(call, &list, item)?;
    Ok(Value::Null)
}

pub(super) fn push(call: &mut Call<'_, '_>, list: &Collection, item: Value) -> Result<(), Failure> {
    call.machine.hold_in(|| list.is_held(), &item)?;
    list.change(|items| items.push(item));
    Ok(())
}

pub(super) fn contains(set: &Collection, item: &Value) -> bool {
    let same = |other: &Value| match (set.ignores_case(), other, item) {
        (true, Value::String(one), Value::String(two)) => one.to_lowercase() == two.to_lowercase(),
        _ => equality::equal(other, item),
    };
    set.values().iter().any(same)
}

pub(super) fn add_new(call: &mut Call<'_, '_>, set: &Collection, item: Value) -> Result<bool, Failure> {
    call.work(set.len() * 32)?;
    if contains(set, &item) {
        return Ok(false);
    }
    push(call, set, item)?;
    Ok(true)
}

pub(super) fn remove(call: &mut Call<'_, '_>) -> Result<bool, Failure> {
    let collection = call.this_collection()?;
    call.work(collection.len() * 32)?;
    let item = call.argument(0).clone();
    let at = collection.values().iter().position(|other| equality::equal(other, &item));
    if let Some(at) = at {
        collection.change(|items| drop(items.remove(at)));
    }
    Ok(at.is_some())
}

/// Returns the first element for which a lambda is true. The elements are the receiver's, or those of the first
/// argument.
fn first(call: &mut Call<'_, '_>) -> Result<Option<(usize, Value)>, Failure> {
    let (items, lambda): (Vec<Value>, Arc<Lambda>) = if call.receiver.is_null() {
        (call.items(0)?, call.lambda(1)?)
    } else {
        (call.this_items()?.1, call.lambda(0)?)
    };
    for (index, item) in items.into_iter().enumerate() {
        if call.machine.invoke(&lambda, std::slice::from_ref(&item))?.as_bool() == Some(true) {
            return Ok(Some((index, item)));
        }
    }
    Ok(None)
}

fn index(found: Option<usize>) -> Value {
    Value::from(found.and_then(|index| i32::try_from(index).ok()).unwrap_or(-1))
}

fn position(call: &mut Call<'_, '_>, items: &[Value], item: &Value) -> Outcome {
    call.work(items.len() * 32)?;
    Ok(index(items.iter().position(|other| equality::equal(other, item))))
}

pub(super) fn insert(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.this_collection()?;
    let item = call.argument(1).clone();
    call.work(list.len() * 32)?;
    let at = within(call.int(0), list.len() + 1)
        .ok_or_else(|| Failure::out_of_range("Index must be within the bounds of the List.", "index"))?;
    call.machine.hold_in(|| list.is_held(), &item)?;
    list.change(|items| items.insert(at, item));
    Ok(Value::Null)
}

pub(super) fn remove_at(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.this_collection()?;
    call.work(list.len() * 32)?;
    let at = within(call.int(0), list.len()).ok_or_else(Failure::index_out_of_range)?;
    list.change(|items| drop(items.remove(at)));
    Ok(Value::Null)
}
