//! Searches and compares strings.
//!
//! Without a `StringComparison`, .NET's `StartsWith`, `EndsWith`, `IndexOf` and `CompareTo` follow the culture. Here
//! they are ordinal, which differs only for letters with combining marks.

use std::{cmp::Ordering, sync::Arc};

use super::super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{Value, equality, order},
};

pub(crate) const SEARCH: &[Member] = &[
    row("Contains", "(string value) -> bool", |call| find(call, |text, part| text.contains(part))),
    row("Contains", "(string value, StringComparison comparisonType) -> bool", |call| {
        find(call, |text, part| text.contains(part))
    }),
    row("Contains", "(char value) -> bool", |call| find(call, |text, part| text.contains(part))),
    row("StartsWith", "(string value) -> bool", |call| find(call, |text, part| text.starts_with(part))),
    row("StartsWith", "(string value, StringComparison comparisonType) -> bool", |call| {
        find(call, |text, part| text.starts_with(part))
    }),
    row("StartsWith", "(char value) -> bool", |call| find(call, |text, part| text.starts_with(part))),
    row("EndsWith", "(string value) -> bool", |call| find(call, |text, part| text.ends_with(part))),
    row("EndsWith", "(string value, StringComparison comparisonType) -> bool", |call| {
        find(call, |text, part| text.ends_with(part))
    }),
    row("EndsWith", "(char value) -> bool", |call| find(call, |text, part| text.ends_with(part))),
    row("IndexOf", "(string value) -> int", |call| index(call, false)),
    row("IndexOf", "(char value) -> int", |call| index(call, false)),
    row("IndexOf", "(string value, StringComparison comparisonType) -> int", |call| index(call, false)),
    row("IndexOf", "(string value, int startIndex) -> int", index_from),
    row("IndexOf", "(char value, int startIndex) -> int", index_from),
    row("LastIndexOf", "(string value) -> int", |call| index(call, true)),
    row("LastIndexOf", "(char value) -> int", |call| index(call, true)),
    row("LastIndexOf", "(string value, StringComparison comparisonType) -> int", |call| index(call, true)),
    row("Equals", "(string value) -> bool", |call| {
        let this = Value::String(call.this_text());
        Ok(Value::Bool(equality::equal(&this, call.argument(0))))
    }),
    row("Equals", "(string value, StringComparison comparisonType) -> bool", |call| {
        let (this, other) = (Some(call.this_text()), call.optional_text(0));
        equals(call, this, other, 1)
    }),
    row("Equals", "static (string a, string b) -> bool", |call| {
        let (one, two) = (call.optional_text(0), call.optional_text(1));
        equals(call, one, two, 2)
    }),
    row("Equals", "static (string a, string b, StringComparison comparisonType) -> bool", |call| {
        let (one, two) = (call.optional_text(0), call.optional_text(1));
        equals(call, one, two, 2)
    }),
    row("CompareTo", "(string strB) -> int", |call| {
        let this = Value::String(call.this_text());
        Ok(ordered(&this, call.argument(0)))
    }),
    row("Compare", "static (string strA, string strB) -> int", |call| Ok(ordered(call.argument(0), call.argument(1)))),
    row("Compare", "static (string strA, string strB, StringComparison comparisonType) -> int", compare),
    row("Compare", "static (string strA, string strB, bool ignoreCase) -> int", compare),
    row("CompareOrdinal", "static (string strA, string strB) -> int", |call| {
        let (one, two) = (call.optional_text(0), call.optional_text(1));
        Ok(distance(one.as_deref(), two.as_deref(), false))
    }),
];

pub(super) fn ignores_case(flags: i32) -> bool {
    // The odd numbers are the `…IgnoreCase` members of StringComparison.
    flags % 2 == 1
}

/// Returns the string or character to search for.
fn needle(call: &Call<'_, '_>) -> Result<Arc<str>, Failure> {
    match call.argument(0) {
        Value::Char(unit) => Ok(String::from_utf16_lossy(&[*unit]).into()),
        _ => call.text(0),
    }
}

/// Returns both texts, in one case if the comparison says so.
fn both(call: &mut Call<'_, '_>) -> Result<(Arc<str>, Arc<str>), Failure> {
    let (text, part) = (call.this_text(), needle(call)?);
    call.work(text.len() + part.len())?;
    if ignores_case(call.flags(1)) {
        return Ok((fold(&text).into(), fold(&part).into()));
    }
    Ok((text, part))
}

/// Converts to upper case, letter by letter, so that positions stay the same.
pub(super) fn fold(text: &str) -> String {
    let upper = |c: char| {
        let mut changed = c.to_uppercase();
        match (changed.next(), changed.next()) {
            (Some(one), None) if one.len_utf16() == c.len_utf16() => one,
            _ => c,
        }
    };
    text.chars().map(upper).collect()
}

fn find(call: &mut Call<'_, '_>, test: impl FnOnce(&str, &str) -> bool) -> Outcome {
    let (text, part) = both(call)?;
    Ok(Value::Bool(test(&text, &part)))
}

fn position(text: &str, byte: Option<usize>) -> Value {
    let units = byte.map(|byte| super::units(&text[..byte]));
    Value::from(units.and_then(|units| i32::try_from(units).ok()).unwrap_or(-1))
}

fn index(call: &mut Call<'_, '_>, last: bool) -> Outcome {
    let (text, part) = both(call)?;
    let byte = if last { text.rfind(&*part) } else { text.find(&*part) };
    Ok(position(&text, byte))
}

fn index_from(call: &mut Call<'_, '_>) -> Outcome {
    let (text, part) = (call.this_text(), needle(call)?);
    call.work(text.len() * 2)?;
    let all = super::units(&text);
    let Some(start) = usize::try_from(call.int(1)).ok().filter(|start| *start <= all) else {
        let message =
            "Index was out of range. Must be non-negative and less than or equal to the size of the collection.";
        return Err(Failure::out_of_range(message, "startIndex"));
    };
    let rest = super::slice(&text, start, all - start).unwrap_or_default();
    let found = position(&rest, rest.find(&*part)).as_integer().unwrap_or(-1);
    let offset = i64::try_from(start).unwrap_or_default();
    let index = if found < 0 { -1 } else { found + offset };
    Ok(Value::from(i32::try_from(index).unwrap_or(-1)))
}

fn equals(call: &mut Call<'_, '_>, one: Option<Arc<str>>, two: Option<Arc<str>>, comparison: usize) -> Outcome {
    call.work(one.as_ref().map_or(0, |text| text.len()))?;
    if !ignores_case(call.flags(comparison)) {
        return Ok(Value::Bool(one == two));
    }
    Ok(Value::Bool(one.map(|text| fold(&text)) == two.map(|text| fold(&text))))
}

fn compare(call: &mut Call<'_, '_>) -> Outcome {
    let ignore_case = match call.argument(2) {
        Value::Bool(ignore_case) => *ignore_case,
        _ => ignores_case(call.flags(2)),
    };
    let ordinal = call.flags(2) >= 4;
    let (one, two) = (call.optional_text(0), call.optional_text(1));
    call.work(one.as_ref().map_or(0, |text| text.len()))?;
    if ordinal {
        return Ok(distance(one.as_deref(), two.as_deref(), ignore_case));
    }
    match (one, two) {
        (Some(one), Some(two)) if ignore_case => Ok(sign(order::culture(&one, &two, true))),
        _ => Ok(ordered(call.argument(0), call.argument(1))),
    }
}

/// Returns the result of an ordinal comparison: the difference of the first units that differ, or else of the lengths.
/// Null comes before every text.
pub(super) fn distance(one: Option<&str>, two: Option<&str>, ignore_case: bool) -> Value {
    match (one, two) {
        (Some(one), Some(two)) => Value::from(order::distance(one, two, ignore_case)),
        (one, two) => sign(one.is_some().cmp(&two.is_some())),
    }
}

fn ordered(one: &Value, two: &Value) -> Value {
    sign(equality::compare(one, two).unwrap_or(Ordering::Equal))
}

fn sign(order: Ordering) -> Value {
    Value::from(order as i32)
}
