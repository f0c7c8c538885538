//! Filters of lists. A text is a list of its characters.

use std::{cmp::Ordering, sync::Arc};

use super::call::Call;
use crate::{convert, fault::Fault, print, value::Value};

/// Splits at the whole separator and drops empty parts. Blank texts are not split.
pub(super) fn split(call: &Call<'_, '_>) -> Result<Value, Fault> {
    let separator = call.required_text(0, "pattern")?.unwrap_or_default();
    let Some(text) = call.text()?.filter(|text| !text.trim().is_empty()) else {
        return Ok(Value::list(vec![call.input.clone()]));
    };
    if separator.is_empty() {
        return Ok(Value::list(vec![Value::Text(text)]));
    }
    Ok(Value::list(text.split(&*separator).filter(|part| !part.is_empty()).map(Value::from).collect()))
}

pub(super) fn join(call: &mut Call<'_, '_>) -> Result<Value, Fault> {
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

pub(super) fn size(call: &Call<'_, '_>) -> Result<Value, Fault> {
    Ok(Value::Int(call.input.size().and_then(|size| i32::try_from(size).ok()).unwrap_or(0)))
}

pub(super) fn first(call: &mut Call<'_, '_>) -> Result<Value, Fault> {
    Ok(call.items()?.and_then(|items| items.into_iter().next()).unwrap_or_default())
}

pub(super) fn last(call: &mut Call<'_, '_>) -> Result<Value, Fault> {
    Ok(call.items()?.and_then(|items| items.into_iter().next_back()).unwrap_or_default())
}

/// The input's items with those of lists in it; a scalar is a list of itself. `None` for nil.
fn flat(call: &mut Call<'_, '_>) -> Result<Option<Vec<Value>>, Fault> {
    fn add(value: &Value, to: &mut Vec<Value>) {
        match value {
            Value::List(items) => items.iter().for_each(|item| add(item, to)),
            other => to.push(other.clone()),
        }
    }
    if call.input.is_nil() {
        return Ok(None);
    }
    call.scope.work(call.input.size().unwrap_or(0))?;
    let items = call.input.items().unwrap_or_else(|| vec![call.input.clone()]);
    let mut all = Vec::new();
    items.iter().for_each(|item| add(item, &mut all));
    Ok(Some(all))
}

/// Orders items of one type, or dictionaries by a member.
pub(super) fn sort(call: &mut Call<'_, '_>) -> Result<Value, Fault> {
    let key = call.text_or(0, "")?;
    let Some(mut items) = flat(call)? else { return Ok(Value::Nil) };
    call.scope.work(items.len().saturating_mul(items.len().max(1).ilog2() as usize))?;
    let mut fails = false;
    items.sort_by(|left, right| {
        let order = match (left, right) {
            (Value::Object(left), Value::Object(right)) if !key.is_empty() => {
                let member = |object: &crate::value::Object| object.get(&key).cloned().unwrap_or_default();
                convert::order(&member(left), &member(right))
            }
            (left, right) => convert::order(left, right),
        };
        fails |= order.is_none();
        order.unwrap_or(Ordering::Equal)
    });
    if fails {
        return Err(Fault::error("Failed to compare two elements in the array."));
    }
    Ok(Value::list(items))
}

/// A member of each dictionary.
pub(super) fn map(call: &mut Call<'_, '_>) -> Result<Value, Fault> {
    let name = call.required_text(0, "property")?.unwrap_or_default();
    let Some(items) = call.items()? else { return Ok(Value::Nil) };
    let member = |item: &Value| {
        let found = if let Value::Object(object) = item { object.get(&name).cloned() } else { None };
        found.unwrap_or_default()
    };
    Ok(Value::list(items.iter().map(member).collect()))
}

/// Items that differ in type or value.
pub(super) fn uniq(call: &mut Call<'_, '_>) -> Result<Value, Fault> {
    let Some(items) = flat(call)? else { return Ok(Value::Nil) };
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        call.scope.work(kept.len())?;
        let is_same = |one: &Value| one.type_name() == item.type_name() && convert::same(one, &item);
        if !kept.iter().any(is_same) {
            kept.push(item);
        }
    }
    Ok(Value::List(Arc::from(kept)))
}

pub(super) fn compact(call: &mut Call<'_, '_>) -> Result<Value, Fault> {
    let items = flat(call)?.map(|items| items.into_iter().filter(|item| !item.is_nil()).collect());
    Ok(items.map_or(Value::Nil, Value::list))
}
