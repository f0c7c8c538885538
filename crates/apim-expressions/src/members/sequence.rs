//! The members of lists, arrays and dictionaries that most policies do not use.

use super::{
    Member,
    access::{length, within},
    row,
};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{Collection, CollectionKind, Opaque, Value, equality},
};

pub(super) const LIST: &[Member] = &[
    row("ConvertAll", "<R>(Func<E, R> converter) -> List<R>", |call| {
        let (items, lambda, element) = (call.this_items()?.1, call.lambda(0)?, call.type_argument(0));
        let made = items.into_iter().map(|item| call.machine.invoke(&lambda, &[item])).collect::<Result<_, _>>()?;
        call.machine.collection(CollectionKind::List, element, made)
    }),
    row("FindLast", "(Func<E, bool> match) -> E", |call| {
        let absent = Value::default_of(call.this_collection()?.element());
        Ok(last(call)?.map_or(absent, |(_, item)| item))
    }),
    row("FindLastIndex", "(Func<E, bool> match) -> int", |call| Ok(index(last(call)?.map(|(index, _)| index)))),
    row("TrueForAll", "(Func<E, bool> match) -> bool", |call| {
        let (items, lambda) = (call.this_items()?.1, call.lambda(0)?);
        for item in items {
            if call.machine.invoke(&lambda, &[item])?.as_bool() != Some(true) {
                return Ok(false.into());
            }
        }
        Ok(true.into())
    }),
    row("LastIndexOf", "(E item) -> int", |call| {
        let items = call.this_items()?.1;
        call.work(items.len() * 32)?;
        Ok(index(items.iter().rposition(|item| equality::equal(item, call.argument(0)))))
    }),
    row("IndexOf", "(E item, int index) -> int", |call| {
        let items = call.this_items()?.1;
        call.work(items.len() * 32)?;
        let start = within(call.int(1), items.len() + 1).ok_or_else(Failure::index_out_of_range)?;
        let found = items[start..].iter().position(|item| equality::equal(item, call.argument(0)));
        Ok(index(found.map(|at| start + at)))
    }),
    row("BinarySearch", "(E item) -> int", |call| {
        let items = call.this_items()?.1;
        search(call, &items, 0)
    }),
    row("Capacity", "int", |call| Ok(length(call.this_collection()?.len().next_power_of_two().max(4)))),
    row("InsertRange", "(int index, IEnumerable<E> collection) -> void", |call| {
        let (list, added) = (call.this_collection()?, call.items(1)?);
        call.work((list.len() + added.len()) * 32)?;
        let at = within(call.int(0), list.len() + 1).ok_or_else(Failure::index_out_of_range)?;
        for item in &added {
            call.machine.hold_in(|| list.is_held(), item)?;
        }
        list.change(|items| drop(items.splice(at..at, added)));
        Ok(Value::Null)
    }),
    row("CopyTo", "(E[] array) -> void", |call| copy_to(call, 0)),
    row("CopyTo", "(E[] array, int arrayIndex) -> void", |call| {
        let at = call.int(1);
        copy_to(call, at)
    }),
    row("Reverse", "(int index, int count) -> void", |call| {
        let list = call.this_collection()?;
        let place = |number: i64| usize::try_from(number).ok();
        let range = place(call.int(0)).zip(place(call.int(1))).map(|(start, count)| start..start + count);
        let range = range.filter(|range| range.end <= list.len()).ok_or_else(Failure::index_out_of_range)?;
        call.work(list.len() * 16)?;
        list.change(|items| items[range].reverse());
        Ok(Value::Null)
    }),
    row("TrimExcess", "() -> void", |_| Ok(Value::Null)),
];

pub(super) const SET: &[Member] = &[
    row("RemoveWhere", "(Func<E, bool> match) -> int", remove_all),
    row("TryGetValue", "(E equalValue, out E actualValue) -> bool", |call| {
        let set = call.this_collection()?;
        call.work(set.len() * 32)?;
        let found = set.values().iter().find(|item| equality::equal(item, call.argument(0))).cloned();
        let absent = Value::default_of(set.element());
        call.set_out(1, found.clone().unwrap_or(absent));
        Ok(found.is_some().into())
    }),
    row("CopyTo", "(E[] array) -> void", |call| copy_to(call, 0)),
    row("TrimExcess", "() -> void", |_| Ok(Value::Null)),
];

/// Removes the elements for which a lambda is true, and returns their number.
pub(super) fn remove_all(call: &mut Call<'_, '_>) -> Outcome {
    let (lambda, list) = (call.lambda(0)?, call.this_collection()?);
    let (items, mut kept) = (call.this_items()?.1, Vec::new());
    let before = items.len();
    for item in items {
        if call.machine.invoke(&lambda, std::slice::from_ref(&item))?.as_bool() != Some(true) {
            kept.push(item);
        }
    }
    let removed = before - kept.len();
    list.change(|items| *items = kept);
    Ok(length(removed))
}

pub(super) const ARRAY: &[Member] = &[
    row("Rank", "int", |_| Ok(1.into())),
    row("LongLength", "long", |call| {
        let count = call.this_collection()?.len();
        Ok(i64::try_from(count).unwrap_or_default().into())
    }),
    row("GetLength", "(int dimension) -> int", |call| match call.int(0) {
        0 => Ok(length(call.this_collection()?.len())),
        _ => Err(Failure::array_index()),
    }),
    row("GetUpperBound", "(int dimension) -> int", |call| {
        first_dimension(call)?;
        let count = i32::try_from(call.this_collection()?.len()).unwrap_or_default();
        Ok((count - 1).into())
    }),
    row("GetLowerBound", "(int dimension) -> int", |call| {
        first_dimension(call)?;
        Ok(0.into())
    }),
    row("GetValue", "(int index) -> object", |call| {
        let array = call.this_collection()?;
        let value = usize::try_from(call.int(0)).ok().and_then(|at| array.get(at));
        value.ok_or_else(Failure::array_index)
    }),
    row("Clone", "() -> object", |call| {
        let (element, items) = call.this_items()?;
        call.machine.collection(CollectionKind::Array, element, items)
    }),
    row("CopyTo", "(E[] array, int index) -> void", |call| {
        let at = call.int(1);
        copy_to(call, at)
    }),
    row("IndexOf", "static <T>(T[] array, T value, int startIndex) -> int", |call| {
        let items = call.items(0)?;
        call.work(items.len() * 32)?;
        let start = within(call.int(2), items.len() + 1).ok_or_else(Failure::index_out_of_range)?;
        let found = items[start..].iter().position(|item| equality::equal(item, call.argument(1)));
        Ok(index(found.map(|at| start + at)))
    }),
    row("FindLast", "static <T>(T[] array, Func<T, bool> match) -> T", |call| {
        let absent = Value::default_of(&call.type_argument(0));
        Ok(last(call)?.map_or(absent, |(_, item)| item))
    }),
    row("FindLastIndex", "static <T>(T[] array, Func<T, bool> match) -> int", |call| {
        Ok(index(last(call)?.map(|(at, _)| at)))
    }),
    row("TrueForAll", "static <T>(T[] array, Func<T, bool> match) -> bool", |call| {
        let (items, lambda) = (call.items(0)?, call.lambda(1)?);
        for item in items {
            if call.machine.invoke(&lambda, &[item])?.as_bool() != Some(true) {
                return Ok(false.into());
            }
        }
        Ok(true.into())
    }),
    row("ForEach", "static <T>(T[] array, Action<T> action) -> void", |call| {
        let (items, lambda) = (call.items(0)?, call.lambda(1)?);
        for item in items {
            call.machine.invoke(&lambda, &[item])?;
        }
        Ok(Value::Null)
    }),
    row("Fill", "static <T>(T[] array, T value) -> void", |call| {
        let Value::Collection(Opaque(array)) = call.argument(0).clone() else {
            return Err(Failure::argument_null("array"));
        };
        let value = call.argument(1).clone();
        call.work(array.len() * 16)?;
        call.machine.hold_in(|| array.is_held(), &value)?;
        for at in 0..array.len() {
            array.set(at, value.clone());
        }
        Ok(Value::Null)
    }),
    row("BinarySearch", "static <T>(T[] array, T value) -> int", |call| {
        let items = call.items(0)?;
        search(call, &items, 1)
    }),
    row("Sort", "static <T>(T[] array, Func<T, T, int> comparison) -> void", |call| {
        let (mut items, lambda) = (call.items(0)?, call.lambda(1)?);
        // An insertion sort: it makes as many comparisons as the limits allow.
        for at in 1..items.len() {
            let mut place = at;
            while place > 0 {
                let order = call.machine.invoke(&lambda, &[items[place - 1].clone(), items[place].clone()])?;
                if order.as_integer().unwrap_or_default() <= 0 {
                    break;
                }
                items.swap(place - 1, place);
                place -= 1;
            }
        }
        if let Value::Collection(Opaque(array)) = call.argument(0) {
            for (at, item) in items.into_iter().enumerate() {
                array.set(at, item);
            }
        }
        Ok(Value::Null)
    }),
];

pub(super) const DICTIONARY: &[Member] = &[
    row("TryAdd", "(K key, V value) -> bool", |call| {
        let (key, value) = (call.argument(0).clone(), call.argument(1).clone());
        if key.is_null() {
            return Err(Failure::argument_null("key"));
        }
        let dictionary = call.this_dictionary()?;
        if dictionary.get(&key).is_some() {
            return Ok(false.into());
        }
        call.machine.hold_in(|| dictionary.is_held(), &value)?;
        call.machine.budget.memory(64 + key.as_str().map_or(0, str::len))?;
        dictionary.insert(&key, value);
        Ok(true.into())
    }),
    row("Remove", "(K key, out V value) -> bool", |call| {
        let key = call.argument(0).clone();
        if key.is_null() {
            return Err(Failure::argument_null("key"));
        }
        let dictionary = call.this_dictionary()?;
        call.work(dictionary.len() * 8)?;
        let found = dictionary.get(&key);
        let is = dictionary.remove(&key);
        let absent = Value::default_of(&dictionary.type_of().argument(1));
        call.set_out(1, found.unwrap_or(absent));
        Ok(is.into())
    }),
    row("ContainsValue", "(V value) -> bool", |call| {
        let dictionary = call.this_dictionary()?;
        call.work(dictionary.len() * 32)?;
        Ok(dictionary.entries().iter().any(|(_, value)| equality::equal(value, call.argument(0))).into())
    }),
];

fn first_dimension(call: &Call<'_, '_>) -> Result<(), Failure> {
    let message = "Array does not have that many dimensions.";
    if call.int(0) == 0 { Ok(()) } else { Err(Failure::thrown("System.IndexOutOfRangeException", message)) }
}

fn index(found: Option<usize>) -> Value {
    Value::from(found.and_then(|index| i32::try_from(index).ok()).unwrap_or(-1))
}

/// Returns the last element for which a lambda is true. The elements are the receiver's, or those of the first
/// argument.
fn last(call: &mut Call<'_, '_>) -> Result<Option<(usize, Value)>, Failure> {
    let (items, lambda) = if call.receiver.is_null() {
        (call.items(0)?, call.lambda(1)?)
    } else {
        (call.this_items()?.1, call.lambda(0)?)
    };
    for (index, item) in items.into_iter().enumerate().rev() {
        if call.machine.invoke(&lambda, std::slice::from_ref(&item))?.as_bool() == Some(true) {
            return Ok(Some((index, item)));
        }
    }
    Ok(None)
}

fn search(call: &mut Call<'_, '_>, items: &[Value], wanted: usize) -> Outcome {
    call.work(1024)?;
    let wanted = call.argument(wanted);
    let order = |item: &Value| equality::compare(item, wanted).unwrap_or(std::cmp::Ordering::Equal);
    let signed = |at: usize| i32::try_from(at).unwrap_or_default();
    Ok(match items.binary_search_by(order) {
        Ok(at) => signed(at),
        Err(at) => !signed(at),
    }
    .into())
}

pub(super) fn copy_to(call: &mut Call<'_, '_>, at: i64) -> Outcome {
    let items = call.this_items()?.1;
    let Value::Collection(Opaque(target)) = call.argument(0).clone() else {
        return Err(Failure::argument_null("destinationArray"));
    };
    let target: Collection = target;
    let at = usize::try_from(at).ok().filter(|at| at + items.len() <= target.len());
    let at = at.ok_or_else(|| {
        Failure::argument(
            "Destination array was not long enough. Check the destination index, length, and the array's lower bounds.",
        )
    })?;
    for (offset, item) in items.into_iter().enumerate() {
        call.machine.hold_in(|| target.is_held(), &item)?;
        target.set(at + offset, item);
    }
    Ok(Value::Null)
}
