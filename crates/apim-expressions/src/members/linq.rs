//! LINQ. Everything is evaluated eagerly. .NET evaluates on enumeration; the difference shows only if a source changes
//! in between.

mod fold;
mod grouped;
mod newer;

use std::cmp::Ordering;

use super::{Member, access::length, object::comparer_of, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::{Class, Type},
    value::{Collection, CollectionKind, Dictionary, Opaque, Value, equality, order::Comparer},
};

pub(super) use fold::FOLD;
pub(super) use grouped::{GROUPED, GROUPING, LOOKUP};
pub(super) use newer::NEWER;

pub(super) const LINQ: &[Member] = &[
    row("Select", "extension <R>(Func<E, R> selector) -> IEnumerable<R>", select),
    row("Select", "extension <R>(Func<E, int, R> selector) -> IEnumerable<R>", select),
    row("SelectMany", "extension <R>(Func<E, IEnumerable<R>> selector) -> IEnumerable<R>", |call| {
        let lists = mapped(call)?;
        let mut all = Vec::new();
        for list in lists {
            all.extend(call.machine.items(&list)?.1);
        }
        let element = call.type_argument(0);
        call.machine.collection(CollectionKind::Sequence, element, all)
    }),
    row(
        "SelectMany",
        "extension <C, R>(Func<E, IEnumerable<C>> collectionSelector, Func<E, C, R> resultSelector) -> IEnumerable<R>",
        |call| {
            let lists = mapped(call)?;
            let (items, lambda, element) = (call.this_items()?.1, call.lambda(1)?, call.type_argument(1));
            let mut all = Vec::new();
            for (item, list) in items.into_iter().zip(lists) {
                for inner in call.machine.items(&list)?.1 {
                    all.push(call.machine.invoke(&lambda, &[item.clone(), inner])?);
                }
            }
            call.machine.collection(CollectionKind::Sequence, element, all)
        },
    ),
    row("Where", "extension (Func<E, bool> predicate) -> IEnumerable<E>", |call| {
        let (element, items) = call.this_items()?;
        let kept = filtered(call, items)?;
        call.machine.collection(CollectionKind::Sequence, element, kept)
    }),
    row("ToArray", "extension () -> E[]", |call| remade(call, CollectionKind::Array)),
    row("ToList", "extension () -> List<E>", |call| remade(call, CollectionKind::List)),
    row("AsEnumerable", "extension () -> IEnumerable<E>", |call| remade(call, CollectionKind::Sequence)),
    row("ToDictionary", "extension <K>(Func<E, K> keySelector) -> Dictionary<K, E>", to_dictionary),
    row(
        "ToDictionary",
        "extension <K, V>(Func<E, K> keySelector, Func<E, V> elementSelector) -> Dictionary<K, V>",
        to_dictionary,
    ),
    row("OrderBy", "extension <K>(Func<E, K> keySelector) -> IOrderedEnumerable<E>", |call| ordered(call, false)),
    row("OrderBy", "extension <K>(Func<E, K> keySelector, StringComparer comparer) -> IOrderedEnumerable<E>", |call| {
        ordered(call, false)
    }),
    row("OrderByDescending", "extension <K>(Func<E, K> keySelector) -> IOrderedEnumerable<E>", |call| {
        ordered(call, true)
    }),
    row(
        "OrderByDescending",
        "extension <K>(Func<E, K> keySelector, StringComparer comparer) -> IOrderedEnumerable<E>",
        |call| ordered(call, true),
    ),
    row("Where", "extension (Func<E, int, bool> predicate) -> IEnumerable<E>", |call| {
        let (element, items) = call.this_items()?;
        let kept = filtered(call, items)?;
        call.machine.collection(CollectionKind::Sequence, element, kept)
    }),
    row("TakeWhile", "extension (Func<E, bool> predicate) -> IEnumerable<E>", |call| split_at(call, true)),
    row("SkipWhile", "extension (Func<E, bool> predicate) -> IEnumerable<E>", |call| split_at(call, false)),
    row("ToHashSet", "extension () -> HashSet<E>", |call| {
        let (element, items) = call.this_items()?;
        let unique = distinct(call, items, &[], false, None)?;
        call.machine.collection(CollectionKind::Set, element, unique)
    }),
    row("DefaultIfEmpty", "extension () -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        if items.is_empty() {
            items.push(Value::default_of(&element));
        }
        call.machine.collection(CollectionKind::Sequence, element, items)
    }),
    row("DefaultIfEmpty", "extension (E defaultValue) -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        if items.is_empty() {
            items.push(call.argument(0).clone());
        }
        call.machine.collection(CollectionKind::Sequence, element, items)
    }),
    row("Prepend", "extension (E element) -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        items.insert(0, call.argument(0).clone());
        call.machine.collection(CollectionKind::Sequence, element, items)
    }),
    row("Distinct", "extension (StringComparer comparer) -> IEnumerable<E>", |call| {
        let (element, items) = call.this_items()?;
        let comparer = comparer_of(call.argument(0));
        let unique = distinct(call, items, &[], false, comparer)?;
        call.machine.collection(CollectionKind::Sequence, element, unique)
    }),
    row("Distinct", "extension () -> IEnumerable<E>", |call| {
        let (element, items) = call.this_items()?;
        let unique = distinct(call, items, &[], false, None)?;
        call.machine.collection(CollectionKind::Sequence, element, unique)
    }),
    row("Union", "extension (IEnumerable<E> second) -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        items.extend(call.items(0)?);
        let unique = distinct(call, items, &[], false, None)?;
        call.machine.collection(CollectionKind::Sequence, element, unique)
    }),
    row("Except", "extension (IEnumerable<E> second) -> IEnumerable<E>", |call| compared(call, false)),
    row("Intersect", "extension (IEnumerable<E> second) -> IEnumerable<E>", |call| compared(call, true)),
    row("Concat", "extension (IEnumerable<E> second) -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        items.extend(call.items(0)?);
        call.machine.collection(CollectionKind::Sequence, element, items)
    }),
    row("Append", "extension (E element) -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        items.push(call.argument(0).clone());
        call.machine.collection(CollectionKind::Sequence, element, items)
    }),
    row("Skip", "extension (int count) -> IEnumerable<E>", |call| part(call, |count| count..usize::MAX)),
    row("Take", "extension (int count) -> IEnumerable<E>", |call| part(call, |count| 0..count)),
    row("Reverse", "extension () -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        items.reverse();
        call.machine.collection(CollectionKind::Sequence, element, items)
    }),
    row("Cast", "extension <T>() -> IEnumerable<T>", |call| {
        let items = call.this_items()?.1;
        let class = call.type_argument(0);
        let cast = items.into_iter().map(|item| call.machine.cast(item, &class)).collect::<Result<_, _>>()?;
        call.machine.collection(CollectionKind::Sequence, class, cast)
    }),
    row("OfType", "extension <T>() -> IEnumerable<T>", |call| {
        let items = call.this_items()?.1;
        let class = call.type_argument(0);
        let of_type =
            items.into_iter().filter(|item| !item.is_null() && call.machine.cast(item.clone(), &class).is_ok());
        let kept = of_type.collect();
        call.machine.collection(CollectionKind::Sequence, class, kept)
    }),
];

/// Static members of `System.Linq.Enumerable`.
pub(super) const ENUMERABLE: &[Member] = &[
    row("Range", "static (int start, int count) -> IEnumerable<int>", |call| {
        let (start, count) = (call.int(0), call.int(1));
        if count < 0 {
            return Err(Failure::out_of_range("Specified argument was out of the range of valid values.", "count"));
        }
        call.machine.budget.memory(usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(32))?;
        let numbers = (start..start + count).map(|n| Value::from(i32::try_from(n).unwrap_or_default())).collect();
        call.machine.collection(CollectionKind::Sequence, Class::Int.into(), numbers)
    }),
    row("Repeat", "static <T>(T element, int count) -> IEnumerable<T>", |call| {
        let count = usize::try_from(call.int(1)).unwrap_or_default();
        call.machine.budget.memory(count.saturating_mul(32))?;
        let element = call.type_argument(0);
        call.machine.collection(CollectionKind::Sequence, element, vec![call.argument(0).clone(); count])
    }),
    row("Empty", "static <T>() -> IEnumerable<T>", |call| {
        let element = call.type_argument(0);
        call.machine.collection(CollectionKind::Sequence, element, Vec::new())
    }),
];

/// Returns the result of the lambda for each element.
fn mapped(call: &mut Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    let items = call.this_items()?.1;
    let lambda = call.lambda(0)?;
    let mut results = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        results.push(call.machine.invoke(&lambda, &[item, length(index)])?);
    }
    Ok(results)
}

fn select(call: &mut Call<'_, '_>) -> Outcome {
    let results = mapped(call)?;
    let element = call.type_argument(0);
    call.machine.collection(CollectionKind::Sequence, element, results)
}

/// Returns the elements for which the first argument, a lambda, is true; all elements if there is no lambda.
fn filtered(call: &mut Call<'_, '_>, items: Vec<Value>) -> Result<Vec<Value>, Failure> {
    if call.count() == 0 {
        return Ok(items);
    }
    let lambda = call.lambda(0)?;
    let mut kept = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        if call.machine.invoke(&lambda, &[item.clone(), length(index)])?.as_bool() == Some(true) {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn remade(call: &mut Call<'_, '_>, kind: CollectionKind) -> Outcome {
    let (element, items) = call.this_items()?;
    call.machine.collection(kind, element, items)
}

fn part(call: &mut Call<'_, '_>, range: impl FnOnce(usize) -> std::ops::Range<usize>) -> Outcome {
    let (element, items) = call.this_items()?;
    let std::ops::Range { start, end } = range(usize::try_from(call.int(0)).unwrap_or_default());
    let kept = items.into_iter().take(end).skip(start).collect();
    call.machine.collection(CollectionKind::Sequence, element, kept)
}

/// Returns the first of each group of equal elements, if it is (or is not) among `others`.
fn distinct(
    call: &mut Call<'_, '_>,
    items: Vec<Value>,
    others: &[Value],
    wanted: bool,
    comparer: Option<Comparer>,
) -> Result<Vec<Value>, Failure> {
    let mut unique: Vec<Value> = Vec::new();
    for item in items {
        call.work((unique.len() + others.len()) * 32)?;
        let known = unique.iter().any(|other| same(other, &item, comparer));
        if !known && others.iter().any(|other| same(other, &item, comparer)) == wanted {
            unique.push(item);
        }
    }
    Ok(unique)
}

fn compared(call: &mut Call<'_, '_>, wanted: bool) -> Outcome {
    let (element, items) = call.this_items()?;
    let others = call.items(0)?;
    let kept = distinct(call, items, &others, wanted, None)?;
    call.machine.collection(CollectionKind::Sequence, element, kept)
}

/// Reports whether two elements are equal, by a `StringComparer` if there is one.
fn same(one: &Value, two: &Value, comparer: Option<Comparer>) -> bool {
    match (comparer, one, two) {
        (Some(comparer), Value::String(one), Value::String(two)) => comparer.compare(one, two).is_eq(),
        _ => equality::equal(one, two),
    }
}

/// Returns the elements before the first for which the lambda is false, or those from it on.
fn split_at(call: &mut Call<'_, '_>, before: bool) -> Outcome {
    let (element, mut items) = call.this_items()?;
    let lambda = call.lambda(0)?;
    let mut at = 0;
    while let Some(item) = items.get(at) {
        if call.machine.invoke(&lambda, &[item.clone(), length(at)])?.as_bool() != Some(true) {
            break;
        }
        at += 1;
    }
    let rest = items.split_off(at);
    call.machine.collection(CollectionKind::Sequence, element, if before { items } else { rest })
}

/// Members of the result of `OrderBy`.
pub(super) const ORDERED: &[Member] = &[
    row("ThenBy", "extension <K>(Func<E, K> keySelector) -> IOrderedEnumerable<E>", |call| ordered(call, false)),
    row("ThenBy", "extension <K>(Func<E, K> keySelector, StringComparer comparer) -> IOrderedEnumerable<E>", |call| {
        ordered(call, false)
    }),
    row("ThenByDescending", "extension <K>(Func<E, K> keySelector) -> IOrderedEnumerable<E>", |call| {
        ordered(call, true)
    }),
    row(
        "ThenByDescending",
        "extension <K>(Func<E, K> keySelector, StringComparer comparer) -> IOrderedEnumerable<E>",
        |call| ordered(call, true),
    ),
];

/// `OrderBy` and `ThenBy`. `ThenBy` keeps the ranks that the elements already have.
fn ordered(call: &mut Call<'_, '_>, descending: bool) -> Outcome {
    let keys = mapped(call)?;
    let (element, items) = call.this_items()?;
    let comparer = comparer_of(call.argument(1));
    let ranks = if call.name().starts_with("Then") { call.this_collection()?.ranks().to_vec() } else { Vec::new() };
    check_order(call, &keys)?;
    let rows = keys.into_iter().zip(items).enumerate();
    let mut rows: Vec<(usize, Value, Value)> =
        rows.map(|(at, (key, item))| (ranks.get(at).copied().unwrap_or(0), key, item)).collect();
    let order = |one: &(usize, Value, Value), two: &(usize, Value, Value)| {
        let order = key_order(&one.1, &two.1, comparer);
        one.0.cmp(&two.0).then(if descending { order.reverse() } else { order })
    };
    rows.sort_by(order);
    let (mut new_ranks, mut rank) = (Vec::with_capacity(rows.len()), 0);
    for (at, row) in rows.iter().enumerate() {
        if at > 0 && order(&rows[at - 1], row).is_ne() {
            rank += 1;
        }
        new_ranks.push(rank);
    }
    let sorted: Vec<Value> = rows.into_iter().map(|(_, _, item)| item).collect();
    call.machine.budget.memory(sorted.len() * 40)?;
    call.machine.hold(&sorted)?;
    Ok(Collection::ordered(element, sorted, new_ranks).into())
}

fn key_order(one: &Value, two: &Value, comparer: Option<Comparer>) -> Ordering {
    match (comparer, one, two) {
        (Some(comparer), Value::String(one), Value::String(two)) => comparer.compare(one, two),
        _ => equality::compare(one, two).unwrap_or(Ordering::Equal),
    }
}

/// Counts the cost of sorting, and refuses keys without an order.
fn check_order(call: &mut Call<'_, '_>, keys: &[Value]) -> Result<(), Failure> {
    let bytes: usize = keys.iter().map(|key| 32 + key.as_str().map_or(0, str::len) * 4).sum();
    let rounds = usize::try_from(keys.len().checked_ilog2().unwrap_or_default()).unwrap_or_default() + 1;
    call.work(bytes.saturating_mul(rounds))?;
    if keys.len() > 1 && keys.iter().any(|key| equality::compare(key, key).is_none()) {
        return Err(Failure::invalid_operation("Failed to compare two elements in the array."));
    }
    Ok(())
}

/// Returns the items in the order of their keys; items with equal keys keep their order.
pub(super) fn sorted(
    call: &mut Call<'_, '_>,
    keys: Vec<Value>,
    items: Vec<Value>,
    descending: bool,
) -> Result<Vec<Value>, Failure> {
    sorted_by(call, keys, items, descending, None)
}

pub(super) fn sorted_by(
    call: &mut Call<'_, '_>,
    keys: Vec<Value>,
    items: Vec<Value>,
    descending: bool,
    comparer: Option<Comparer>,
) -> Result<Vec<Value>, Failure> {
    check_order(call, &keys)?;
    let mut rows: Vec<(Value, Value)> = keys.into_iter().zip(items).collect();
    rows.sort_by(|(one, _), (two, _)| {
        let order = key_order(one, two, comparer);
        if descending { order.reverse() } else { order }
    });
    Ok(rows.into_iter().map(|(_, item)| item).collect())
}

fn to_dictionary(call: &mut Call<'_, '_>) -> Outcome {
    let value = if call.count() == 2 { Some(1) } else { None };
    to_dictionary_by(call, value, 9)
}

/// Makes a dictionary. The lambda at `value` gives the values, or else they are the elements; `comparer` is the
/// position of the comparer.
fn to_dictionary_by(call: &mut Call<'_, '_>, value: Option<usize>, comparer: usize) -> Outcome {
    let keys = mapped(call)?;
    let (element, items) = call.this_items()?;
    let key_class = call.type_argument(0);
    if !Dictionary::is_key(&key_class) {
        return Err(Failure::unsupported(format!("a dictionary with keys of type `{key_class}`")));
    }
    let values = if let Some(value) = value {
        let lambda = call.lambda(value)?;
        items.into_iter().map(|item| call.machine.invoke(&lambda, &[item])).collect::<Result<Vec<_>, _>>()?
    } else {
        items
    };
    let value_class = if value.is_some() { call.type_argument(1) } else { element };
    let ignore_case = comparer_of(call.argument(comparer)).is_some_and(|comparer| comparer.ignore_case);
    let dictionary = Dictionary::new(Type::new(Class::Dictionary, vec![key_class, value_class]), ignore_case);
    call.machine.hold(&values)?;
    for (key, value) in keys.into_iter().zip(values) {
        call.machine.budget.memory(64 + key.as_str().map_or(0, str::len))?;
        if key.is_null() {
            return Err(Failure::argument_null("key"));
        }
        if !dictionary.insert(&key, value) {
            let key = call.machine.text_of(&key)?;
            return Err(Failure::argument(format!("An item with the same key has already been added. Key: {key}")));
        }
    }
    Ok(Value::Dictionary(Opaque(dictionary)))
}
