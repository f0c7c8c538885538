//! The members of LINQ that put elements together: groups, joins, pairs.

use std::sync::Arc;

use super::super::{Member, access::length, row};
use super::{Comparer, comparer_of, same};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    program::Lambda,
    types::{Class, Type},
    value::{Collection, CollectionKind, Object, Value},
};

pub(crate) const GROUPED: &[Member] = &[
    row("GroupBy", "extension <K>(Func<E, K> keySelector) -> IEnumerable<IGrouping<K, E>>", groups),
    row(
        "GroupBy",
        "extension <K>(Func<E, K> keySelector, StringComparer comparer) -> IEnumerable<IGrouping<K, E>>",
        groups,
    ),
    row(
        "GroupBy",
        "extension <K, A>(Func<E, K> keySelector, Func<E, A> elementSelector) -> IEnumerable<IGrouping<K, A>>",
        groups_of,
    ),
    row(
        "GroupBy",
        "extension <K, R>(Func<E, K> keySelector, Func<K, IEnumerable<E>, R> elementSelector) -> IEnumerable<R>",
        |call| {
            let element = call.this_items()?.0;
            let (key, made) = (call.type_argument(0), call.type_argument(1));
            let grouped = grouped(call, 0, None, &Type::new(Class::Grouping, vec![key, element]))?;
            let lambda = call.lambda(1)?;
            let mut results = Vec::with_capacity(grouped.len());
            for group in grouped {
                results.push(call.machine.invoke(&lambda, &[group.1.clone(), group.2.clone().into()])?);
            }
            call.machine.collection(CollectionKind::Sequence, made, results)
        },
    ),
    row("ToLookup", "extension <K>(Func<E, K> keySelector) -> ILookup<K, E>", lookup),
    row("ToLookup", "extension <K>(Func<E, K> keySelector, StringComparer comparer) -> ILookup<K, E>", lookup),
    row("Zip", "extension <B, R>(IEnumerable<B> second, Func<E, B, R> resultSelector) -> IEnumerable<R>", |call| {
        let (ones, twos) = (call.this_items()?.1, call.items(0)?);
        let (lambda, made) = (call.lambda(1)?, call.type_argument(1));
        let pairs = ones.into_iter().zip(twos);
        let results = pairs.map(|(one, two)| call.machine.invoke(&lambda, &[one, two])).collect::<Result<_, _>>()?;
        call.machine.collection(CollectionKind::Sequence, made, results)
    }),
    row(
        "Join",
        "extension <B, K, R>(IEnumerable<B> inner, Func<E, K> outerKeySelector, Func<B, K> innerKeySelector, Func<E, B, R> resultSelector) -> IEnumerable<R>",
        |call| {
            let joined = joined(call)?;
            let (lambda, made) = (call.lambda(3)?, call.type_argument(2));
            let mut results = Vec::new();
            for (one, twos) in joined {
                for two in twos {
                    results.push(call.machine.invoke(&lambda, &[one.clone(), two])?);
                }
            }
            call.machine.collection(CollectionKind::Sequence, made, results)
        },
    ),
    row(
        "GroupJoin",
        "extension <B, K, R>(IEnumerable<B> inner, Func<E, K> outerKeySelector, Func<B, K> innerKeySelector, Func<E, IEnumerable<B>, R> resultSelector) -> IEnumerable<R>",
        |call| {
            let joined = joined(call)?;
            let (lambda, inner, made) = (call.lambda(3)?, call.type_argument(0), call.type_argument(2));
            let mut results = Vec::new();
            for (one, twos) in joined {
                let twos = call.machine.collection(CollectionKind::Sequence, inner.clone(), twos)?;
                results.push(call.machine.invoke(&lambda, &[one, twos])?);
            }
            call.machine.collection(CollectionKind::Sequence, made, results)
        },
    ),
];

pub(crate) const GROUPING: &[Member] = &[row("Key", "K", |call| match call.receiver.as_object() {
    Some(Object::Grouping(group)) => Ok(group.1.clone()),
    _ => Err(Failure::null_reference()),
})];

pub(crate) const LOOKUP: &[Member] = &[
    row("Count", "int", |call| Ok(length(call.this_collection()?.len()))),
    row("Contains", "(K) -> bool", |call| Ok(Value::Bool(found(call)?.is_some()))),
    row("[]", "(K) -> IEnumerable<E>", |call| {
        let element = call.this_collection()?.element().argument(1);
        match found(call)? {
            Some(group) => Ok(group.2.clone().into()),
            None => call.machine.collection(CollectionKind::Sequence, element, Vec::new()),
        }
    }),
];

type Group = Arc<(Type, Value, Collection)>;

/// Returns the group of a lookup whose key is the first argument.
fn found(call: &mut Call<'_, '_>) -> Result<Option<Group>, Failure> {
    let lookup = call.this_collection()?;
    call.work(lookup.len() * 32)?;
    let comparer = lookup.ignores_case().then_some(Comparer { ignore_case: true, culture: false });
    Ok(lookup.values().iter().find_map(|value| match value.as_object() {
        Some(Object::Grouping(group)) if same(&group.1, call.argument(0), comparer) => Some(Arc::clone(group)),
        _ => None,
    }))
}

fn groups(call: &mut Call<'_, '_>) -> Outcome {
    let element = call.this_items()?.0;
    let class = Type::new(Class::Grouping, vec![call.type_argument(0), element]);
    let grouped = grouped(call, 0, None, &class)?;
    let values = grouped.into_iter().map(|group| Value::object(Object::Grouping(group))).collect();
    call.machine.collection(CollectionKind::Sequence, class, values)
}

fn groups_of(call: &mut Call<'_, '_>) -> Outcome {
    let class = Type::new(Class::Grouping, vec![call.type_argument(0), call.type_argument(1)]);
    let grouped = grouped(call, 0, Some(1), &class)?;
    let values = grouped.into_iter().map(|group| Value::object(Object::Grouping(group))).collect();
    call.machine.collection(CollectionKind::Sequence, class, values)
}

fn lookup(call: &mut Call<'_, '_>) -> Outcome {
    let element = call.this_items()?.0;
    let class = Type::new(Class::Grouping, vec![call.type_argument(0), element]);
    let ignore_case = comparer_of(call.argument(1)).is_some_and(|comparer| comparer.ignore_case);
    let grouped = grouped(call, 0, None, &class)?;
    let values: Vec<Value> = grouped.into_iter().map(|group| Value::object(Object::Grouping(group))).collect();
    call.machine.budget.memory(values.len() * 32)?;
    call.machine.hold(&values)?;
    Ok(Collection::with_case(CollectionKind::Lookup, class, values, ignore_case).into())
}

/// Groups the elements by their keys, in the order in which the keys first appear. A `StringComparer` may be the second
/// argument.
pub(super) fn grouped(
    call: &mut Call<'_, '_>,
    key: usize,
    element: Option<usize>,
    class: &Type,
) -> Result<Vec<Group>, Failure> {
    let items = call.this_items()?.1;
    let comparer = comparer_of(call.argument(key + 1));
    let (key, element) = (call.lambda(key)?, element.map(|place| call.lambda(place)).transpose()?);
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in items {
        let found = call.machine.invoke(&key, std::slice::from_ref(&item))?;
        let item = match &element {
            Some(element) => call.machine.invoke(element, &[item])?,
            None => item,
        };
        call.work(groups.len() * 32)?;
        match groups.iter_mut().find(|(key, _)| same(key, &found, comparer)) {
            Some((_, items)) => items.push(item),
            None => groups.push((found, vec![item])),
        }
    }
    let mut made = Vec::with_capacity(groups.len());
    for (key, items) in groups {
        call.machine.budget.memory(96 + items.len() * 32)?;
        call.machine.hold(&items)?;
        let items = Collection::new(CollectionKind::Sequence, class.argument(1), items);
        made.push(Arc::new((class.clone(), key, items)));
    }
    Ok(made)
}

/// Returns each element with the elements of the first argument that have its key.
fn joined(call: &mut Call<'_, '_>) -> Result<Vec<(Value, Vec<Value>)>, Failure> {
    let (ones, twos) = (call.this_items()?.1, call.items(0)?);
    let one_key = call.lambda(1)?;
    let two_key = call.lambda(2)?;
    let keys = keys(call, &two_key, &twos)?;
    let mut rows = Vec::with_capacity(ones.len());
    for one in ones {
        let key = call.machine.invoke(&one_key, std::slice::from_ref(&one))?;
        call.work(keys.len() * 32)?;
        let fitting = keys.iter().zip(&twos).filter(|(other, _)| !key.is_null() && same(&key, other, None));
        let fitting: Vec<Value> = fitting.map(|(_, two)| two.clone()).collect();
        call.machine.budget.memory(fitting.len() * 16)?;
        rows.push((one, fitting));
    }
    Ok(rows)
}

fn keys(call: &mut Call<'_, '_>, lambda: &Lambda, items: &[Value]) -> Result<Vec<Value>, Failure> {
    items.iter().map(|item| call.machine.invoke(lambda, std::slice::from_ref(item))).collect()
}
