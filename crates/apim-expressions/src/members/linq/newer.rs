//! LINQ with comparers, and the methods that .NET has added to LINQ.

use super::super::{Member, access::length, row};
use super::{Comparer, comparer_of, distinct, mapped, same, sorted};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::{Class, Type},
    value::{CollectionKind, Object, Value, equality},
};

pub(crate) const NEWER: &[Member] = &[
    row("Union", "extension (IEnumerable<E> second, StringComparer comparer) -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        items.extend(call.items(0)?);
        let comparer = comparer_of(call.argument(1));
        let unique = distinct(call, items, &[], false, comparer)?;
        call.machine.collection(CollectionKind::Sequence, element, unique)
    }),
    row("Except", "extension (IEnumerable<E> second, StringComparer comparer) -> IEnumerable<E>", |call| {
        compared(call, false)
    }),
    row("Intersect", "extension (IEnumerable<E> second, StringComparer comparer) -> IEnumerable<E>", |call| {
        compared(call, true)
    }),
    row("SequenceEqual", "extension (IEnumerable<E> second, StringComparer comparer) -> bool", |call| {
        let (one, two) = (call.this_items()?.1, call.items(0)?);
        let comparer = comparer_of(call.argument(1));
        call.work(one.len() * 64)?;
        Ok((one.len() == two.len() && one.iter().zip(&two).all(|(one, two)| same(one, two, comparer))).into())
    }),
    row("ToHashSet", "extension (StringComparer comparer) -> HashSet<E>", |call| {
        let (element, items) = call.this_items()?;
        let comparer = comparer_of(call.argument(0));
        let unique = distinct(call, items, &[], false, comparer)?;
        call.machine.budget.memory(unique.len() * 32)?;
        call.machine.hold(&unique)?;
        let ignore_case = comparer.is_some_and(|comparer| comparer.ignore_case);
        Ok(crate::value::Collection::with_case(CollectionKind::Set, element, unique, ignore_case).into())
    }),
    row("ToDictionary", "extension <K>(Func<E, K> keySelector, StringComparer comparer) -> Dictionary<K, E>", |call| {
        super::to_dictionary_by(call, None, 1)
    }),
    row(
        "ToDictionary",
        "extension <K, V>(Func<E, K> keySelector, Func<E, V> elementSelector, StringComparer comparer) -> Dictionary<K, V>",
        |call| super::to_dictionary_by(call, Some(1), 2),
    ),
    row("TakeWhile", "extension (Func<E, int, bool> predicate) -> IEnumerable<E>", |call| super::split_at(call, true)),
    row("SkipWhile", "extension (Func<E, int, bool> predicate) -> IEnumerable<E>", |call| super::split_at(call, false)),
    row("SelectMany", "extension <R>(Func<E, int, IEnumerable<R>> selector) -> IEnumerable<R>", |call| {
        let lists = mapped(call)?;
        let mut all = Vec::new();
        for list in lists {
            all.extend(call.machine.items(&list)?.1);
        }
        let element = call.type_argument(0);
        call.machine.collection(CollectionKind::Sequence, element, all)
    }),
    row("TakeLast", "extension (int count) -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        let count = usize::try_from(call.int(0)).unwrap_or_default().min(items.len());
        let kept = items.split_off(items.len() - count);
        call.machine.collection(CollectionKind::Sequence, element, kept)
    }),
    row("SkipLast", "extension (int count) -> IEnumerable<E>", |call| {
        let (element, mut items) = call.this_items()?;
        let count = usize::try_from(call.int(0)).unwrap_or_default().min(items.len());
        items.truncate(items.len() - count);
        call.machine.collection(CollectionKind::Sequence, element, items)
    }),
    row("Order", "extension () -> IOrderedEnumerable<E>", |call| ordered(call, false)),
    row("OrderDescending", "extension () -> IOrderedEnumerable<E>", |call| ordered(call, true)),
    row("Chunk", "extension (int size) -> IEnumerable<E[]>", |call| {
        let (element, items) = call.this_items()?;
        let size = usize::try_from(call.int(0)).ok().filter(|size| *size > 0);
        let size = size
            .ok_or_else(|| Failure::out_of_range("Specified argument was out of the range of valid values.", "size"))?;
        let mut chunks = Vec::new();
        for chunk in items.chunks(size) {
            chunks.push(call.machine.collection(CollectionKind::Array, element.clone(), chunk.to_vec())?);
        }
        call.machine.collection(CollectionKind::Sequence, Type::array(element), chunks)
    }),
    row("DistinctBy", "extension <K>(Func<E, K> keySelector) -> IEnumerable<E>", |call| {
        let (element, items) = call.this_items()?;
        let keys = mapped(call)?;
        let mut known: Vec<Value> = Vec::new();
        let mut kept = Vec::new();
        for (key, item) in keys.into_iter().zip(items) {
            call.work(known.len() * 32)?;
            if !known.iter().any(|other| equality::equal(other, &key)) {
                known.push(key);
                kept.push(item);
            }
        }
        call.machine.collection(CollectionKind::Sequence, element, kept)
    }),
    row("MaxBy", "extension <K>(Func<E, K> keySelector) -> E", |call| by(call, true)),
    row("MinBy", "extension <K>(Func<E, K> keySelector) -> E", |call| by(call, false)),
    row("FirstOrDefault", "extension (E defaultValue) -> E", |call| first_or(call, false, None)),
    row("FirstOrDefault", "extension (Func<E, bool> predicate, E defaultValue) -> E", |call| {
        first_or(call, false, Some(0))
    }),
    row("LastOrDefault", "extension (E defaultValue) -> E", |call| first_or(call, true, None)),
    row("LastOrDefault", "extension (Func<E, bool> predicate, E defaultValue) -> E", |call| {
        first_or(call, true, Some(0))
    }),
    row("SingleOrDefault", "extension (E defaultValue) -> E", |call| single_or(call, None)),
    row("SingleOrDefault", "extension (Func<E, bool> predicate, E defaultValue) -> E", |call| single_or(call, Some(0))),
    row("Zip", "extension <B>(IEnumerable<B> second) -> IEnumerable<ValueTuple<E, B>>", |call| {
        let ((element, ones), twos) = (call.this_items()?, call.items(0)?);
        let class = Type::tuple(vec![element, call.type_argument(0)], vec!["First".into(), "Second".into()]);
        let pairs = ones.into_iter().zip(twos);
        let pairs =
            pairs.map(|(one, two)| Value::object(Object::Record(std::sync::Arc::new((class.clone(), vec![one, two])))));
        let pairs: Vec<Value> = pairs.collect();
        call.machine.budget.memory(pairs.len() * 96)?;
        call.machine.collection(CollectionKind::Sequence, class, pairs)
    }),
    row(
        "GroupBy",
        "extension <K, A, R>(Func<E, K> keySelector, Func<E, A> elementSelector, Func<K, IEnumerable<A>, R> resultSelector) -> IEnumerable<R>",
        |call| {
            let (key, element, made) = (call.type_argument(0), call.type_argument(1), call.type_argument(2));
            let class = Type::new(Class::Grouping, vec![key, element]);
            let groups = super::grouped::grouped(call, 0, Some(1), &class)?;
            let lambda = call.lambda(2)?;
            let mut results = Vec::with_capacity(groups.len());
            for group in groups {
                results.push(call.machine.invoke(&lambda, &[group.1.clone(), group.2.clone().into()])?);
            }
            call.machine.collection(CollectionKind::Sequence, made, results)
        },
    ),
    row("ToLookup", "extension <K, A>(Func<E, K> keySelector, Func<E, A> elementSelector) -> ILookup<K, A>", |call| {
        let class = Type::new(Class::Grouping, vec![call.type_argument(0), call.type_argument(1)]);
        let groups = super::grouped::grouped(call, 0, Some(1), &class)?;
        let values: Vec<Value> = groups.into_iter().map(|group| Value::object(Object::Grouping(group))).collect();
        call.machine.budget.memory(values.len() * 32)?;
        call.machine.hold(&values)?;
        Ok(crate::value::Collection::with_case(CollectionKind::Lookup, class, values, false).into())
    }),
    row("TryGetNonEnumeratedCount", "extension (out int count) -> bool", |call| {
        let count = call.this_items()?.1.len();
        call.set_out(0, length(count));
        Ok(true.into())
    }),
];

fn compared(call: &mut Call<'_, '_>, wanted: bool) -> Outcome {
    let (element, items) = call.this_items()?;
    let others = call.items(0)?;
    let comparer: Option<Comparer> = comparer_of(call.argument(1));
    let kept = distinct(call, items, &others, wanted, comparer)?;
    call.machine.collection(CollectionKind::Sequence, element, kept)
}

fn ordered(call: &mut Call<'_, '_>, descending: bool) -> Outcome {
    let (element, items) = call.this_items()?;
    let sorted = sorted(call, items.clone(), items, descending)?;
    let ranks = (0..sorted.len()).collect();
    call.machine.budget.memory(sorted.len() * 40)?;
    call.machine.hold(&sorted)?;
    Ok(crate::value::Collection::ordered(element, sorted, ranks).into())
}

/// Returns the element with the largest or smallest key; among equal keys, the first.
fn by(call: &mut Call<'_, '_>, largest: bool) -> Outcome {
    let (element, items) = call.this_items()?;
    let keys = mapped(call)?;
    let mut best: Option<(Value, Value)> = None;
    for (key, item) in keys.into_iter().zip(items) {
        if key.is_null() {
            if best.is_none() && !element.is_value() {
                best = Some((key, item));
            }
            continue;
        }
        let better = match &best {
            None => true,
            Some((known, _)) if known.is_null() => true,
            Some((known, _)) => {
                equality::compare(&key, known)
                    .ok_or_else(|| Failure::argument("At least one object must implement IComparable."))?
                    .is_gt()
                    == largest
                    && !equality::equal(&key, known)
            }
        };
        if better {
            best = Some((key, item));
        }
    }
    match best {
        Some((_, item)) => Ok(item),
        None if element.is_value() => Err(Failure::invalid_operation("Sequence contains no elements")),
        None => Ok(Value::Null),
    }
}

/// Returns the elements or, with a lambda, those for which it is true.
fn wanted(call: &mut Call<'_, '_>, lambda: Option<usize>) -> Result<Vec<Value>, Failure> {
    let items = call.this_items()?.1;
    if lambda.is_some() { super::filtered(call, items) } else { Ok(items) }
}

fn first_or(call: &mut Call<'_, '_>, last: bool, lambda: Option<usize>) -> Outcome {
    let items = wanted(call, lambda)?;
    let found = if last { items.last() } else { items.first() };
    let default = usize::from(lambda.is_some());
    Ok(found.cloned().unwrap_or_else(|| call.argument(default).clone()))
}

fn single_or(call: &mut Call<'_, '_>, lambda: Option<usize>) -> Outcome {
    let items = wanted(call, lambda)?;
    if items.len() > 1 {
        let what = if lambda.is_some() { "matching element" } else { "element" };
        return Err(Failure::invalid_operation(format!("Sequence contains more than one {what}")));
    }
    let default = usize::from(lambda.is_some());
    Ok(items.into_iter().next().unwrap_or_else(|| call.argument(default).clone()))
}
