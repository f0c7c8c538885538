//! `Queue<T>` and `Stack<T>`. The next element is the first of the collection, so both enumerate as in .NET.

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{Collection, CollectionKind, Value},
};

pub(super) const QUEUE: &[Member] = &[
    row("new", "static () -> S", |call| create(call, CollectionKind::Queue)),
    row("new", "static (int capacity) -> S", |call| create(call, CollectionKind::Queue)),
    row("new", "static (IEnumerable<E> collection) -> S", |call| create(call, CollectionKind::Queue)),
    row("Enqueue", "(E item) -> void", |call| {
        let (queue, item) = (call.this_collection()?, call.argument(0).clone());
        call.machine.hold_in(|| queue.is_held(), &item)?;
        queue.change(|items| items.push(item));
        Ok(Value::Null)
    }),
    row("Dequeue", "() -> E", |call| take(call)?.ok_or_else(|| empty("Queue"))),
    row("Peek", "() -> E", |call| call.this_collection()?.get(0).ok_or_else(|| empty("Queue"))),
    row("TryDequeue", "(out E result) -> bool", |call| {
        let taken = take(call)?;
        found(call, taken)
    }),
    row("TryPeek", "(out E result) -> bool", |call| {
        let first = call.this_collection()?.get(0);
        found(call, first)
    }),
    row("Contains", "(E item) -> bool", contains),
    row("ToArray", "() -> E[]", to_array),
    row("Clear", "() -> void", clear),
];

pub(super) const STACK: &[Member] = &[
    row("new", "static () -> S", |call| create(call, CollectionKind::Stack)),
    row("new", "static (int capacity) -> S", |call| create(call, CollectionKind::Stack)),
    row("new", "static (IEnumerable<E> collection) -> S", |call| create(call, CollectionKind::Stack)),
    row("Push", "(E item) -> void", |call| {
        let (stack, item) = (call.this_collection()?, call.argument(0).clone());
        call.work(stack.len() * 16)?;
        call.machine.hold_in(|| stack.is_held(), &item)?;
        stack.change(|items| items.insert(0, item));
        Ok(Value::Null)
    }),
    row("Pop", "() -> E", |call| take(call)?.ok_or_else(|| empty("Stack"))),
    row("Peek", "() -> E", |call| call.this_collection()?.get(0).ok_or_else(|| empty("Stack"))),
    row("TryPop", "(out E result) -> bool", |call| {
        let taken = take(call)?;
        found(call, taken)
    }),
    row("TryPeek", "(out E result) -> bool", |call| {
        let first = call.this_collection()?.get(0);
        found(call, first)
    }),
    row("Contains", "(E item) -> bool", contains),
    row("ToArray", "() -> E[]", to_array),
    row("Clear", "() -> void", clear),
];

/// Members of `IEnumerator<T>`: the elements, and the place of the current one.
pub(super) const ENUMERATOR: &[Member] = &[
    row("MoveNext", "() -> bool", |call| {
        let (state, elements) = enumerator(call)?;
        let mut next = crate::lock::lock(&state.1);
        *next = (*next + 1).min(elements.len() + 1);
        Ok(Value::Bool(*next <= elements.len()))
    }),
    row("Current", "E", |call| {
        let (state, elements) = enumerator(call)?;
        let next = *crate::lock::lock(&state.1);
        let current = next.checked_sub(1).and_then(|place| elements.get(place));
        Ok(current.unwrap_or_else(|| Value::default_of(elements.element())))
    }),
    row("Reset", "() -> void", |call| {
        *crate::lock::lock(&enumerator(call)?.0.1) = 0;
        Ok(Value::Null)
    }),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
];

type Enumerator = std::sync::Arc<(Collection, std::sync::Mutex<usize>)>;

fn enumerator(call: &Call<'_, '_>) -> Result<(Enumerator, Collection), Failure> {
    match call.receiver.as_object() {
        Some(crate::value::Object::Enumerator(state)) => Ok((std::sync::Arc::clone(state), state.0.clone())),
        _ => Err(Failure::null_reference()),
    }
}

/// Members of every class that can be enumerated.
pub(super) const ENUMERABLE: &[Member] = &[row("GetEnumerator", "() -> IEnumerator<E>", get_enumerator)];

/// Returns an enumerator over the present elements.
fn get_enumerator(call: &mut Call<'_, '_>) -> Outcome {
    let (element, items) = call.this_items()?;
    let Value::Collection(crate::value::Opaque(items)) =
        call.machine.collection(CollectionKind::Sequence, element, items)?
    else {
        return Ok(Value::Null);
    };
    let state = std::sync::Arc::new((items, std::sync::Mutex::new(0)));
    Ok(Value::object(crate::value::Object::Enumerator(state)))
}

fn create(call: &mut Call<'_, '_>, kind: CollectionKind) -> Outcome {
    let element = call.type_argument(0);
    let sized = matches!(call.argument(0), Value::Integer(_));
    let mut items = if call.count() == 0 || sized { Vec::new() } else { call.items(0)? };
    if kind == CollectionKind::Stack {
        items.reverse();
    }
    call.machine.collection(kind, element, items)
}

/// Removes the next element and returns it.
fn take(call: &mut Call<'_, '_>) -> Result<Option<Value>, Failure> {
    let collection = call.this_collection()?;
    call.work(collection.len() * 16)?;
    Ok(collection.change(|items| if items.is_empty() { None } else { Some(items.remove(0)) }))
}

fn found(call: &mut Call<'_, '_>, value: Option<Value>) -> Outcome {
    let is = value.is_some();
    let absent = Value::default_of(call.this_collection()?.element());
    call.set_out(0, value.unwrap_or(absent));
    Ok(is.into())
}

fn empty(name: &str) -> Failure {
    Failure::invalid_operation(format!("{name} empty."))
}

fn contains(call: &mut Call<'_, '_>) -> Outcome {
    let (_, items) = call.this_items()?;
    call.work(items.len() * 32)?;
    Ok(items.iter().any(|item| crate::value::equality::equal(item, call.argument(0))).into())
}

fn to_array(call: &mut Call<'_, '_>) -> Outcome {
    let (element, items) = call.this_items()?;
    call.machine.collection(CollectionKind::Array, element, items)
}

fn clear(call: &mut Call<'_, '_>) -> Outcome {
    call.this_collection()?.change(Vec::clear);
    Ok(Value::Null)
}

/// Members of `ISet<T>` beyond those of a collection.
pub(super) const SET_OPERATIONS: &[Member] = &[
    row("UnionWith", "(IEnumerable<E> other) -> void", |call| {
        change(call, |own, other| {
            let mut all = own.clone();
            all.extend(other.iter().filter(|one| !holds(own, one)).cloned());
            all
        })
    }),
    row("ExceptWith", "(IEnumerable<E> other) -> void", |call| {
        change(call, |own, other| own.iter().filter(|one| !holds(other, one)).cloned().collect())
    }),
    row("IntersectWith", "(IEnumerable<E> other) -> void", |call| {
        change(call, |own, other| own.iter().filter(|one| holds(other, one)).cloned().collect())
    }),
    row("SymmetricExceptWith", "(IEnumerable<E> other) -> void", |call| {
        change(call, |own, other| {
            let left = own.iter().filter(|one| !holds(other, one));
            left.chain(other.iter().filter(|one| !holds(own, one))).cloned().collect()
        })
    }),
    row("IsSubsetOf", "(IEnumerable<E> other) -> bool", |call| {
        ask(call, |own, other| own.iter().all(|one| holds(other, one)))
    }),
    row("IsSupersetOf", "(IEnumerable<E> other) -> bool", |call| {
        ask(call, |own, other| other.iter().all(|one| holds(own, one)))
    }),
    row("IsProperSubsetOf", "(IEnumerable<E> other) -> bool", |call| {
        ask(call, |own, other| own.iter().all(|one| holds(other, one)) && !other.iter().all(|one| holds(own, one)))
    }),
    row("IsProperSupersetOf", "(IEnumerable<E> other) -> bool", |call| {
        ask(call, |own, other| other.iter().all(|one| holds(own, one)) && !own.iter().all(|one| holds(other, one)))
    }),
    row("Overlaps", "(IEnumerable<E> other) -> bool", |call| {
        ask(call, |own, other| own.iter().any(|one| holds(other, one)))
    }),
    row("SetEquals", "(IEnumerable<E> other) -> bool", |call| {
        ask(call, |own, other| own.iter().all(|one| holds(other, one)) && other.iter().all(|one| holds(own, one)))
    }),
];

fn holds(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| crate::value::equality::equal(item, wanted))
}

/// Returns the elements of the set and those of the argument, each once.
fn both(call: &mut Call<'_, '_>) -> Result<(Vec<Value>, Vec<Value>), Failure> {
    if call.this_collection()?.ignores_case() {
        return Err(Failure::unsupported("set operations that ignore case"));
    }
    let (own, other) = (call.this_items()?.1, call.items(0)?);
    call.work(own.len().max(1).saturating_mul(other.len().max(1)).saturating_mul(64))?;
    call.work(other.len().saturating_mul(other.len()).saturating_mul(32))?;
    let mut once: Vec<Value> = Vec::new();
    for item in other {
        if !holds(&once, &item) {
            once.push(item);
        }
    }
    Ok((own, once))
}

fn change(call: &mut Call<'_, '_>, made: fn(&Vec<Value>, &Vec<Value>) -> Vec<Value>) -> Outcome {
    let (own, other) = both(call)?;
    let set = call.this_collection()?;
    let items = made(&own, &other);
    for item in &items {
        call.machine.hold_in(|| set.is_held(), item)?;
    }
    set.change(|kept| *kept = items);
    Ok(Value::Null)
}

fn ask(call: &mut Call<'_, '_>, asked: fn(&[Value], &[Value]) -> bool) -> Outcome {
    let (own, other) = both(call)?;
    Ok(asked(&own, &other).into())
}
