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
    value::{Collection, Kind, Value, equality},
};

/// Members of `IList<E>`, which arrays and lists have.
pub(super) const LIST_INTERFACE: &[Member] = &[
    row("[]", "(int) -> E", get),
    row("[]=", "(int, E) -> void", set),
    row("IndexOf", "(E) -> int", |call| {
        let item = call.argument(0).clone();
        let items = call.this_items()?.1;
        position(call, &items, &item)
    }),
];

/// Members of `ICollection<E>`.
pub(super) const COLLECTION: &[Member] = &[row("Count", "int", |call| Ok(length(call.this_collection()?.len())))];

pub(super) const ARRAY: &[Member] = &[
    row("Length", "int", |call| Ok(length(call.this_collection()?.len()))),
    row("Exists", "static <T>(T[], Func<T, bool>) -> bool", |call| Ok(Value::Bool(first(call)?.is_some()))),
    row("Find", "static <T>(T[], Func<T, bool>) -> T", |call| {
        let absent = Value::default_of(&call.type_argument(0));
        Ok(first(call)?.map_or(absent, |(_, item)| item))
    }),
    row("FindIndex", "static <T>(T[], Func<T, bool>) -> int", |call| Ok(index(first(call)?.map(|(index, _)| index)))),
    row("IndexOf", "static <T>(T[], T) -> int", |call| {
        let items = call.items(0)?;
        let item = call.argument(1).clone();
        position(call, &items, &item)
    }),
    row("Empty", "static <T>() -> T[]", |call| {
        let element = call.type_argument(0);
        call.machine.collection(Kind::Array, element, Vec::new())
    }),
    row("Reverse", "static <T>(T[]) -> void", |call| {
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
    row("new", "static () -> S", |call| create(call, Kind::List)),
    row("new", "static (int) -> S", |call| create(call, Kind::List)),
    row("new", "static (IEnumerable<E>) -> S", |call| create(call, Kind::List)),
    row("Add", "(E) -> void", add),
    row("AddRange", "(IEnumerable<E>) -> void", |call| {
        let items = call.items(0)?;
        let list = call.this_collection()?;
        for item in items {
            push(call, &list, item)?;
        }
        Ok(Value::Null)
    }),
    row("Insert", "(int, E) -> void", |call| {
        let list = call.this_collection()?;
        let item = call.argument(1).clone();
        call.work(list.len() * 32)?;
        let at = within(call.int(0), list.len() + 1)
            .ok_or_else(|| Failure::out_of_range("Index must be within the bounds of the List.", "index"))?;
        call.machine.hold_in(|| list.is_held(), &item)?;
        list.change(|items| items.insert(at, item));
        Ok(Value::Null)
    }),
    row("Remove", "(E) -> bool", |call| Ok(Value::Bool(remove(call)?))),
    row("RemoveAt", "(int) -> void", |call| {
        let list = call.this_collection()?;
        call.work(list.len() * 32)?;
        let at = within(call.int(0), list.len()).ok_or_else(Failure::index_out_of_range)?;
        list.change(|items| drop(items.remove(at)));
        Ok(Value::Null)
    }),
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
    row("Sort", "() -> void", |call| {
        let list = call.this_collection()?;
        let (_, items) = call.this_items()?;
        let sorted = super::linq::sorted(call, items.clone(), items, false)?;
        list.change(|items| *items = sorted);
        Ok(Value::Null)
    }),
    row("Exists", "(Func<E, bool>) -> bool", |call| Ok(Value::Bool(first(call)?.is_some()))),
    row("Find", "(Func<E, bool>) -> E", |call| {
        let absent = Value::default_of(call.this_collection()?.element());
        Ok(first(call)?.map_or(absent, |(_, item)| item))
    }),
    row("FindIndex", "(Func<E, bool>) -> int", |call| Ok(index(first(call)?.map(|(index, _)| index)))),
];

pub(super) const SET: &[Member] = &[
    row("new", "static () -> S", |call| create(call, Kind::Set)),
    row("new", "static (StringComparer) -> S", |call| create(call, Kind::Set)),
    row("new", "static (IEnumerable<E>) -> S", |call| create(call, Kind::Set)),
    row("new", "static (IEnumerable<E>, StringComparer) -> S", |call| create(call, Kind::Set)),
    row("Add", "(E) -> bool", |call| {
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

fn get(call: &mut Call<'_, '_>) -> Outcome {
    let collection = call.this_collection()?;
    let value = usize::try_from(call.int(0)).ok().and_then(|index| collection.get(index));
    value.ok_or_else(|| outside(&collection))
}

fn outside(collection: &Collection) -> Failure {
    if collection.kind() == Kind::Array { Failure::array_index() } else { Failure::index_out_of_range() }
}

fn set(call: &mut Call<'_, '_>) -> Outcome {
    let collection = call.this_collection()?;
    let value = call.argument(1).clone();
    call.machine.hold_in(|| collection.is_held(), &value)?;
    let set = usize::try_from(call.int(0)).is_ok_and(|index| collection.set(index, value));
    if set { Ok(Value::Null) } else { Err(outside(&collection)) }
}

fn create(call: &mut Call<'_, '_>, kind: Kind) -> Outcome {
    let element = call.type_argument(0);
    let ignore_case = call.arguments.iter().any(object::ignores_case);
    let items =
        if matches!(call.argument(0), Value::Integer(_)) || object_is_comparer(call.argument(0)) || call.count() == 0 {
            Vec::new()
        } else {
            call.items(0)?
        };
    call.machine.budget.memory(64)?;
    let collection = Collection::with_case(kind, element, Vec::new(), ignore_case);
    for item in items {
        if kind == Kind::Set {
            add_new(call, &collection, item)?;
        } else {
            push(call, &collection, item)?;
        }
    }
    Ok(collection.into())
}

fn object_is_comparer(value: &Value) -> bool {
    matches!(value.as_object(), Some(crate::value::Object::Comparer { .. }))
}

fn add(call: &mut Call<'_, '_>) -> Outcome {
    let list = call.this_collection()?;
    let item = call.argument(0).clone();
    push(call, &list, item)?;
    Ok(Value::Null)
}

fn push(call: &mut Call<'_, '_>, list: &Collection, item: Value) -> Result<(), Failure> {
    call.machine.hold_in(|| list.is_held(), &item)?;
    list.change(|items| items.push(item));
    Ok(())
}

fn contains(set: &Collection, item: &Value) -> bool {
    let same = |other: &Value| match (set.ignores_case(), other, item) {
        (true, Value::String(one), Value::String(two)) => one.to_lowercase() == two.to_lowercase(),
        _ => equality::equal(other, item),
    };
    set.values().iter().any(same)
}

fn add_new(call: &mut Call<'_, '_>, set: &Collection, item: Value) -> Result<bool, Failure> {
    call.work(set.len() * 32)?;
    if contains(set, &item) {
        return Ok(false);
    }
    push(call, set, item)?;
    Ok(true)
}

fn remove(call: &mut Call<'_, '_>) -> Result<bool, Failure> {
    let collection = call.this_collection()?;
    call.work(collection.len() * 32)?;
    let item = call.argument(0).clone();
    let at = collection.values().iter().position(|other| equality::equal(other, &item));
    if let Some(at) = at {
        collection.change(|items| drop(items.remove(at)));
    }
    Ok(at.is_some())
}

/// The first element that a lambda holds true for. The elements are the receiver's, or those of the first argument.
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
