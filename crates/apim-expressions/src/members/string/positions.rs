//! Positions in strings, counted in UTF-16 units, and members that take a part of a string.

use std::sync::Arc;

use super::super::{Member, row};
use super::search::{fold, ignores_case};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{Value, order},
};

pub(crate) const POSITIONS: &[Member] = &[
    row("IndexOf", "(string value, int startIndex, int count) -> int", |call| forward(call, 1, Some(2), None)),
    row("IndexOf", "(char value, int startIndex, int count) -> int", |call| forward(call, 1, Some(2), None)),
    row("IndexOf", "(string value, int startIndex, StringComparison comparisonType) -> int", |call| {
        forward(call, 1, None, Some(2))
    }),
    row("IndexOf", "(string value, int startIndex, int count, StringComparison comparisonType) -> int", |call| {
        forward(call, 1, Some(2), Some(3))
    }),
    row("IndexOf", "(char value, StringComparison comparisonType) -> int", |call| forward(call, 9, None, Some(1))),
    row("LastIndexOf", "(string value, int startIndex) -> int", |call| backward(call, Some(1), None, None)),
    row("LastIndexOf", "(char value, int startIndex) -> int", |call| backward(call, Some(1), None, None)),
    row("LastIndexOf", "(string value, int startIndex, int count) -> int", |call| {
        backward(call, Some(1), Some(2), None)
    }),
    row("LastIndexOf", "(char value, int startIndex, int count) -> int", |call| backward(call, Some(1), Some(2), None)),
    row("LastIndexOf", "(string value, int startIndex, StringComparison comparisonType) -> int", |call| {
        backward(call, Some(1), None, Some(2))
    }),
    row("LastIndexOf", "(string value, int startIndex, int count, StringComparison comparisonType) -> int", |call| {
        backward(call, Some(1), Some(2), Some(3))
    }),
    row("IndexOfAny", "(char[] anyOf) -> int", |call| any(call, false)),
    row("IndexOfAny", "(char[] anyOf, int startIndex) -> int", |call| any(call, false)),
    row("IndexOfAny", "(char[] anyOf, int startIndex, int count) -> int", |call| any(call, false)),
    row("LastIndexOfAny", "(char[] anyOf) -> int", |call| any(call, true)),
    row("LastIndexOfAny", "(char[] anyOf, int startIndex) -> int", |call| any(call, true)),
    row("LastIndexOfAny", "(char[] anyOf, int startIndex, int count) -> int", |call| any(call, true)),
    row("Contains", "(char value, StringComparison comparisonType) -> bool", |call| {
        let found = forward(call, 9, None, Some(1))?;
        Ok(Value::Bool(found.as_integer().is_some_and(|at| at >= 0)))
    }),
    row("Replace", "(string oldValue, string newValue, StringComparison comparisonType) -> string", replace),
    row("Compare", "static (string strA, int indexA, string strB, int indexB, int length) -> int", |call| {
        compare(call, true)
    }),
    row(
        "Compare",
        "static (string strA, int indexA, string strB, int indexB, int length, bool ignoreCase) -> int",
        |call| compare(call, true),
    ),
    row(
        "Compare",
        "static (string strA, int indexA, string strB, int indexB, int length, StringComparison comparisonType) -> int",
        |call| compare(call, true),
    ),
    row("CompareOrdinal", "static (string strA, int indexA, string strB, int indexB, int length) -> int", |call| {
        compare(call, false)
    }),
    row("Clone", "() -> object", |call| Ok(call.receiver.clone())),
    row("Copy", "static (string str) -> string", |call| Ok(Value::String(call.text(0)?))),
    row("Intern", "static (string str) -> string", |call| Ok(Value::String(call.text(0)?))),
    row("ToCharArray", "(int startIndex, int length) -> char[]", |call| {
        let units = whole(call);
        let part = part(&units, call.int(0), call.int(1))?;
        chars(call, &part)
    }),
    row("CopyTo", "(int sourceIndex, char[] destination, int destinationIndex, int count) -> void", |call| {
        let units = whole(call);
        let part = part(&units, call.int(0), call.int(3))?;
        let Value::Collection(crate::value::Opaque(target)) = call.argument(1).clone() else {
            return Err(Failure::argument_null("destination"));
        };
        let at = usize::try_from(call.int(2)).ok().filter(|at| at + part.len() <= target.len());
        let Some(at) = at else { return Err(bounds("destinationIndex")) };
        for (index, unit) in part.into_iter().enumerate() {
            target.set(at + index, Value::Char(unit));
        }
        Ok(Value::Null)
    }),
    row("new", "static (char[] value, int startIndex, int length) -> string", |call| {
        let units: Vec<u16> = call.items(0)?.iter().map(unit).collect();
        let part = part(&units, call.int(1), call.int(2))?;
        call.new_string(String::from_utf16_lossy(&part))
    }),
    // A text beyond ASCII has several forms. This crate does not convert between them.
    row("Normalize", "() -> string", |call| {
        let text = call.this_text();
        if text.is_ascii() { Ok(Value::String(text)) } else { Err(Failure::unsupported("`Normalize` beyond ASCII")) }
    }),
    row("IsNormalized", "() -> bool", |call| {
        if call.this_text().is_ascii() {
            Ok(true.into())
        } else {
            Err(Failure::unsupported("`IsNormalized` beyond ASCII"))
        }
    }),
];

fn unit(value: &Value) -> u16 {
    if let Value::Char(unit) = value { *unit } else { 0 }
}

fn bounds(parameter: &str) -> Failure {
    Failure::out_of_range(
        "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
        parameter,
    )
}

fn whole(call: &Call<'_, '_>) -> Vec<u16> {
    call.this_text().encode_utf16().collect()
}

fn part(units: &[u16], start: i64, count: i64) -> Result<Vec<u16>, Failure> {
    let start = usize::try_from(start).map_err(|_| bounds("startIndex"))?;
    let count = usize::try_from(count).map_err(|_| bounds("length"))?;
    units.get(start..start + count).map(<[u16]>::to_vec).ok_or_else(|| bounds("startIndex"))
}

fn chars(call: &mut Call<'_, '_>, units: &[u16]) -> Outcome {
    let values = units.iter().map(|unit| Value::Char(*unit)).collect();
    call.machine.collection(crate::value::CollectionKind::Array, crate::types::Class::Char.into(), values)
}

/// Returns the text and the wanted part, both in one case if the comparison says so.
fn both(call: &mut Call<'_, '_>, comparison: Option<usize>) -> Result<(Vec<u16>, Vec<u16>), Failure> {
    let text = call.this_text();
    let wanted: Arc<str> = match call.argument(0) {
        Value::Char(unit) => String::from_utf16_lossy(&[*unit]).into(),
        _ => call.text(0)?,
    };
    call.work((text.len() + wanted.len()) * 4)?;
    let fold_both = comparison.is_some_and(|at| ignores_case(call.flags(at)));
    let units =
        |text: &str| if fold_both { fold(text).encode_utf16().collect() } else { text.encode_utf16().collect() };
    Ok((units(&text), units(&wanted)))
}

fn number(place: Option<usize>) -> Value {
    Value::from(place.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1))
}

fn forward(call: &mut Call<'_, '_>, start: usize, count: Option<usize>, comparison: Option<usize>) -> Outcome {
    let (text, wanted) = both(call, comparison)?;
    let from =
        if start < call.count() && matches!(call.argument(start), Value::Integer(_)) { call.int(start) } else { 0 };
    let from = usize::try_from(from).ok().filter(|from| *from <= text.len()).ok_or_else(|| bounds("startIndex"))?;
    let most = text.len() - from;
    let length = count.map_or(Some(most), |at| usize::try_from(call.int(at)).ok().filter(|count| *count <= most));
    let length = length.ok_or_else(|| bounds("count"))?;
    let part = &text[from..from + length];
    if wanted.is_empty() {
        return Ok(number(Some(from)));
    }
    Ok(number(part.windows(wanted.len()).position(|window| window == wanted).map(|place| from + place)))
}

/// Searches backwards from a place: a match lies at or before it.
fn backward(call: &mut Call<'_, '_>, start: Option<usize>, count: Option<usize>, comparison: Option<usize>) -> Outcome {
    let (text, wanted) = both(call, comparison)?;
    if text.is_empty() {
        return Ok(number(if wanted.is_empty() { Some(0) } else { None }));
    }
    let from = start.map_or(i64::try_from(text.len()).unwrap_or_default() - 1, |at| call.int(at));
    let end = usize::try_from(from).ok().filter(|from| *from <= text.len()).ok_or_else(|| bounds("startIndex"))?;
    let end = (end + 1).min(text.len());
    let length = count.map_or(Some(end), |at| usize::try_from(call.int(at)).ok().filter(|count| *count <= end));
    let first = end - length.ok_or_else(|| bounds("count"))?;
    if wanted.is_empty() {
        return Ok(number(Some(end)));
    }
    let part = &text[first..end];
    Ok(number(part.windows(wanted.len()).rposition(|window| window == wanted).map(|place| first + place)))
}

fn any(call: &mut Call<'_, '_>, last: bool) -> Outcome {
    let text = whole(call);
    let wanted: Vec<u16> = call.items(0)?.iter().map(unit).collect();
    call.work(text.len().saturating_mul(wanted.len().max(1)).saturating_mul(2))?;
    let place = |index: usize| usize::try_from(call.int(index)).ok();
    if text.is_empty() {
        return Ok(number(None));
    }
    let (first, end) = if last {
        let from = if call.count() > 1 { place(1).filter(|from| *from < text.len()) } else { Some(text.len() - 1) };
        let end = from.ok_or_else(|| bounds("startIndex"))? + 1;
        let count = if call.count() > 2 { place(2).filter(|count| *count <= end) } else { Some(end) };
        (end - count.ok_or_else(|| bounds("count"))?, end)
    } else {
        let from = if call.count() > 1 { place(1).filter(|from| *from <= text.len()) } else { Some(0) };
        let from = from.ok_or_else(|| bounds("startIndex"))?;
        let most = text.len() - from;
        let count = if call.count() > 2 { place(2).filter(|count| *count <= most) } else { Some(most) };
        (from, from + count.ok_or_else(|| bounds("count"))?)
    };
    let part = &text[first..end];
    let found = if last {
        part.iter().rposition(|unit| wanted.contains(unit))
    } else {
        part.iter().position(|unit| wanted.contains(unit))
    };
    Ok(number(found.map(|place| first + place)))
}

fn replace(call: &mut Call<'_, '_>) -> Outcome {
    let (text, from) = (call.this_text(), call.text(0)?);
    let to = call.optional_text(1).unwrap_or_default();
    if from.is_empty() {
        return Err(Failure::argument("The value cannot be an empty string. (Parameter 'oldValue')"));
    }
    call.work((text.len() + from.len()) * 4)?;
    let ignore = ignores_case(call.flags(2));
    let (folded, wanted) = if ignore { (fold(&text), fold(&from)) } else { (text.to_string(), from.to_string()) };
    // Folding keeps the number of characters, not the number of bytes.
    let original: Vec<char> = text.chars().collect();
    let (folded, wanted): (Vec<char>, Vec<char>) = (folded.chars().collect(), wanted.chars().collect());
    let mut out = crate::limits::Writer::new(&mut call.machine.budget);
    let mut at = 0;
    while at < folded.len() {
        if folded[at..].starts_with(&wanted) {
            out.push(&to)?;
            at += wanted.len();
        } else {
            out.push(original[at].encode_utf8(&mut [0; 4]))?;
            at += 1;
        }
    }
    Ok(Value::String(out.finish()))
}

fn compare(call: &mut Call<'_, '_>, culture: bool) -> Outcome {
    let taken = |call: &Call<'_, '_>, text: usize, start: usize| -> Result<String, Failure> {
        let units: Vec<u16> = call.optional_text(text).unwrap_or_default().encode_utf16().collect();
        let start = usize::try_from(call.int(start)).ok().filter(|start| *start <= units.len());
        let start = start.ok_or_else(|| bounds("indexA"))?;
        let count = usize::try_from(call.int(4)).map_err(|_| bounds("length"))?;
        Ok(String::from_utf16_lossy(&units[start..units.len().min(start.saturating_add(count))]))
    };
    let (one, two) = (taken(call, 0, 1)?, taken(call, 2, 3)?);
    call.work((one.len() + two.len()) * 4)?;
    let (ignore_case, ordinal) = match call.argument(5) {
        Value::Bool(ignore_case) => (*ignore_case, false),
        Value::Null => (false, !culture),
        _ => (ignores_case(call.flags(5)), call.flags(5) >= 4),
    };
    let order = if ordinal { order::ordinal(&one, &two, ignore_case) } else { order::culture(&one, &two, ignore_case) };
    Ok(Value::from(order as i32))
}
