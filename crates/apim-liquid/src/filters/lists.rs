//! Filters of lists. A text is a list of its characters.

use std::{cmp::Ordering, sync::Arc};

use super::call::AppliedFilter;
use crate::{convert, culture, enumerable::Enumerable, fault::Fault, print, value::Value};

/// Splits at the whole separator and drops empty parts. Blank texts are not split.
pub(super) fn split(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let separator = call.required_text(0, "pattern")?.unwrap_or_default();
    let Some(text) = call.text()?.filter(|text| !text.trim().is_empty()) else {
        return Ok(Value::list(vec![call.input.clone()]));
    };
    if separator.is_empty() {
        return Ok(Value::list(vec![Value::Text(text)]));
    }
    let mut parts = Vec::new();
    for part in text.split(&*separator).filter(|part| !part.is_empty()) {
        call.scope.work(1)?;
        parts.push(Value::from(part));
    }
    Ok(Value::list(parts))
}

pub(super) fn join(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let glue = call.text_or(0, " ")?;
    let Some(items) = call.items()? else { return Ok(Value::Nil) };
    let mut text = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push_str(&glue);
        }
        text.push_str(&print::dotnet(item));
        if text.len() > call.scope.room() {
            return Err(Fault::limit("text (32 MiB)"));
        }
    }
    Ok(text.into())
}

pub(super) fn size(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let size = Enumerable::from_value(&call.input).map_or(0, Enumerable::size);
    Ok(Value::Int(i32::try_from(size).unwrap_or(0)))
}

pub(super) fn first(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    Ok(call.enumerable()?.and_then(Enumerable::first).unwrap_or_default())
}

pub(super) fn last(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    Ok(call.enumerable()?.and_then(Enumerable::last).unwrap_or_default())
}

/// Returns the input's items and, in place of each list in it, the items of that list. A scalar is a list of itself.
/// Returns `None` for nil.
fn flat(call: &mut AppliedFilter<'_, '_>) -> Result<Option<Vec<Value>>, Fault> {
    fn add(value: &Value, to: &mut Vec<Value>) {
        match value {
            Value::List(items) => items.iter().for_each(|item| add(item, to)),
            other => to.push(other.clone()),
        }
    }
    if call.input.is_nil() {
        return Ok(None);
    }
    let items = call.scope.items(&call.input)?.unwrap_or_else(|| vec![call.input.clone()]);
    let mut all = Vec::new();
    items.iter().for_each(|item| add(item, &mut all));
    Ok(Some(all))
}

/// Orders items of one type, or dictionaries by a member.
pub(super) fn sort(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let key = call.text_or(0, "")?;
    let Some(items) = flat(call)? else { return Ok(Value::Nil) };
    let rounds = items.len().max(1).ilog2() as usize;
    call.scope.work(items.len().saturating_mul(rounds))?;
    let mut keyed: Vec<_> = items.into_iter().map(|item| (SortKey::from_member(&item, &key), item)).collect();
    let text = keyed.iter().map(|(key, _)| key.value.text_length()).fold(0, usize::saturating_add);
    call.scope.reads(text.saturating_mul(rounds).saturating_mul(culture::READS))?;
    if !have_an_order(keyed.iter().map(|(key, _)| key)) {
        return Err(Fault::error("Failed to compare two elements in the array."));
    }
    keyed.sort_by(|(left, _), (right, _)| left.order(right).unwrap_or(Ordering::Equal));
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item).collect()))
}

/// The sort key of an item: the item itself, or a member of a dictionary.
struct SortKey {
    is_member: bool,
    value: Value,
}

impl SortKey {
    fn from_member(item: &Value, member: &str) -> Self {
        match item {
            Value::Object(object) if !member.is_empty() => {
                Self { is_member: true, value: object.get(member).cloned().unwrap_or_default() }
            }
            item => Self { is_member: false, value: item.clone() },
        }
    }

    /// Reports whether the item is nil. Nil comes before all others, also before a dictionary that lacks the member.
    fn is_nothing(&self) -> bool {
        !self.is_member && self.value.is_nil()
    }

    fn order(&self, other: &Self) -> Option<Ordering> {
        match (self.is_nothing(), other.is_nothing()) {
            (false, false) if self.is_member != other.is_member => None,
            (false, false) => convert::order(&self.value, &other.value),
            (left, right) => Some(right.cmp(&left)),
        }
    }
}

/// Reports whether each two of the keys can be compared. A sort may panic if they cannot. .NET's sort always meets such
/// a pair, in any order of the items.
fn have_an_order<'k>(keys: impl Iterator<Item = &'k SortKey> + Clone) -> bool {
    fn follow_one_another<'k>(keys: impl Iterator<Item = &'k SortKey> + Clone) -> bool {
        keys.clone().zip(keys.skip(1)).all(|(left, right)| left.order(right).is_some())
    }
    // A key that compares to every other key could hide an incomparable pair by standing between the two.
    follow_one_another(keys.clone().filter(|key| !key.is_nothing()))
        && follow_one_another(keys.filter(|key| !key.value.is_nil()))
}

/// Returns a member of each dictionary.
pub(super) fn map(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let name = call.required_text(0, "property")?.unwrap_or_default();
    let Some(items) = call.items()? else { return Ok(Value::Nil) };
    let member = |item: &Value| {
        let found = if let Value::Object(object) = item { object.get(&name).cloned() } else { None };
        found.unwrap_or_default()
    };
    Ok(Value::list(items.iter().map(member).collect()))
}

/// Returns the items that differ in type or value.
pub(super) fn uniq(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let Some(items) = flat(call)? else { return Ok(Value::Nil) };
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        call.scope.work(kept.len())?;
        let length = item.text_length();
        let as_long = kept.iter().filter(|one| one.text_length() == length).count();
        call.scope.reads(length.saturating_mul(as_long))?;
        let is_same = |one: &Value| one.type_name() == item.type_name() && convert::same(one, &item);
        if !kept.iter().any(is_same) {
            kept.push(item);
        }
    }
    Ok(Value::List(Arc::from(kept)))
}

pub(super) fn compact(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let items = flat(call)?.map(|items| items.into_iter().filter(|item| !item.is_nil()).collect());
    Ok(items.map_or(Value::Nil, Value::list))
}
