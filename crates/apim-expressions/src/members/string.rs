//! `string` and `char`. Positions count UTF-16 code units, as in .NET. A lone half of a surrogate pair becomes U+FFFD.

mod chars;
mod positions;
mod search;
mod split;

use std::sync::Arc;

use super::{Member, access::length, row};
use crate::{
    evaluate::{Call, Outcome},
    limits::Writer,
    problem::Failure,
    value::{CollectionKind, Value, format::composite, order, text},
};

pub(super) use chars::{OF_TEXTS, POINTS};
pub(super) use positions::POSITIONS;
pub(super) use search::SEARCH;
pub(super) use split::SPLIT;

pub(super) const STRING: &[Member] = &[
    row("Empty", "static string", |_| Ok(Value::String(Arc::default()))),
    row("IsNullOrEmpty", "static (string value) -> bool", |call| {
        Ok(Value::Bool(call.optional_text(0).is_none_or(|text| text.is_empty())))
    }),
    row("IsNullOrWhiteSpace", "static (string value) -> bool", |call| {
        Ok(Value::Bool(call.optional_text(0).is_none_or(|text| text.trim().is_empty())))
    }),
    row("Concat", "static (object arg0) -> string", |call| {
        let value = call.argument(0).clone();
        call.machine.text_of(&value).map(Value::String)
    }),
    row("Concat", "static (string str0, string str1) -> string", concat_values),
    row("Concat", "static (string str0, string str1, string str2) -> string", concat_values),
    row("Concat", "static (string str0, string str1, string str2, string str3) -> string", concat_values),
    row("Concat", "static (object arg0, object arg1) -> string", concat_values),
    row("Concat", "static (object arg0, object arg1, object arg2) -> string", concat_values),
    row("Concat", "static (params string[] values) -> string", concat),
    row("Concat", "static (params object[] args) -> string", concat),
    row("Concat", "static (IEnumerable<string> values) -> string", concat),
    row("Concat", "static <T>(IEnumerable<T> values) -> string", concat),
    row("Join", "static (string separator, params string[] value) -> string", join),
    row("Join", "static (string separator, params object[] values) -> string", join),
    row("Join", "static (string separator, IEnumerable<string> values) -> string", join),
    row("Join", "static <T>(string separator, IEnumerable<T> values) -> string", join),
    row("Join", "static (char separator, params string[] value) -> string", join),
    row("Join", "static (char separator, params object[] values) -> string", join),
    row("Join", "static <T>(char separator, IEnumerable<T> values) -> string", join),
    row("Join", "static (char separator, string[] value, int startIndex, int count) -> string", join_part),
    row("Join", "static (string separator, string[] value, int startIndex, int count) -> string", join_part),
    row("Format", "static (string format, object arg0) -> string", format_values),
    row("Format", "static (string format, object arg0, object arg1) -> string", format_values),
    row("Format", "static (string format, object arg0, object arg1, object arg2) -> string", format_values),
    row("Format", "static (string format, params object[] args) -> string", format),
    row("Format", "static (IFormatProvider provider, string format, object arg0) -> string", format_for),
    row("Format", "static (IFormatProvider provider, string format, object arg0, object arg1) -> string", format_for),
    row(
        "Format",
        "static (IFormatProvider provider, string format, object arg0, object arg1, object arg2) -> string",
        format_for,
    ),
    row("Format", "static (IFormatProvider provider, string format, params object[] args) -> string", |call| {
        call.arguments.remove(0);
        format(call)
    }),
    row("Length", "int", |call| {
        call.work(call.this_text().len())?;
        Ok(length(units(&call.this_text())))
    }),
    row("[]", "(int) -> char", |call| {
        let text = call.this_text();
        let unit = usize::try_from(call.int(0)).ok().and_then(|index| unit_at(&text, index));
        call.work(text.len())?;
        unit.map(Value::Char).ok_or_else(Failure::array_index)
    }),
    row("Substring", "(int startIndex) -> string", substring),
    row("Substring", "(int startIndex, int length) -> string", substring),
    row("Remove", "(int startIndex) -> string", remove),
    row("Remove", "(int startIndex, int count) -> string", remove),
    row("Insert", "(int startIndex, string value) -> string", |call| {
        let (text, inserted) = (call.this_text(), call.text(1)?);
        let (before, after) = cut(call, &text, call.int(0))?;
        call.new_string(before + &inserted + &after)
    }),
    row("Replace", "(string oldValue, string newValue) -> string", replace),
    row("Replace", "(char oldChar, char newChar) -> string", |call| {
        let text = call.this_text();
        let (from, to) = (call.unit(0), call.unit(1));
        call.work(text.len())?;
        let units: Vec<u16> = text.encode_utf16().map(|unit| if unit == from { to } else { unit }).collect();
        call.new_string(String::from_utf16_lossy(&units))
    }),
    row("ToLower", "() -> string", |call| changed(call, order::lower)),
    row("ToLowerInvariant", "() -> string", |call| changed(call, order::lower)),
    row("ToUpper", "() -> string", |call| changed(call, order::upper)),
    row("ToUpperInvariant", "() -> string", |call| changed(call, order::upper)),
    row("PadLeft", "(int totalWidth) -> string", |call| pad(call, true)),
    row("PadLeft", "(int totalWidth, char paddingChar) -> string", |call| pad(call, true)),
    row("PadRight", "(int totalWidth) -> string", |call| pad(call, false)),
    row("PadRight", "(int totalWidth, char paddingChar) -> string", |call| pad(call, false)),
    row("ToCharArray", "() -> char[]", |call| {
        let (element, units) = call.this_items()?;
        call.machine.collection(CollectionKind::Array, element, units)
    }),
    row("new", "static (char c, int count) -> string", |call| {
        let count = usize::try_from(call.int(1))
            .map_err(|_| Failure::out_of_range("'count' must be non-negative.", "count"))?;
        let one = String::from_utf16_lossy(&[call.unit(0)]);
        call.machine.budget.string(count.saturating_mul(one.len()))?;
        Ok(one.repeat(count).into())
    }),
    row("new", "static (char[] value) -> string", |call| {
        let units: Vec<u16> =
            call.items(0)?.iter().map(|unit| if let Value::Char(unit) = unit { *unit } else { 0 }).collect();
        call.new_string(String::from_utf16_lossy(&units))
    }),
    row("new", "static (string) -> string", |call| {
        let text = call.text(0)?;
        call.new_string(text)
    }),
];

pub(super) const CHAR: &[Member] = &[
    row("IsDigit", "static (char c) -> bool", |call| is(call, |c| c.is_ascii_digit())),
    row("IsLetter", "static (char c) -> bool", |call| is(call, char::is_alphabetic)),
    row("IsLetterOrDigit", "static (char c) -> bool", |call| is(call, |c| c.is_alphabetic() || c.is_ascii_digit())),
    row("IsControl", "static (char c) -> bool", |call| is(call, char::is_control)),
    row("IsNumber", "static (char c) -> bool", |call| is(call, char::is_numeric)),
    row("IsPunctuation", "static (char c) -> bool", |call| is(call, is_punctuation)),
    row("IsSymbol", "static (char c) -> bool", |call| {
        is(
            call,
            |c| matches!(c, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' | '¢'..='©' | '¬' | '®'..='±' | '´' | '¸' | '×' | '÷'),
        )
    }),
    row("Parse", "static (string s) -> char", |call| {
        let text = call.text(0)?;
        let mut units = text.encode_utf16();
        match (units.next(), units.next()) {
            (Some(unit), None) => Ok(Value::Char(unit)),
            _ => Err(Failure::format("String must be exactly one character long.")),
        }
    }),
    row("CompareTo", "(char value) -> int", |call| {
        let this = if let Value::Char(unit) = call.receiver { i32::from(unit) } else { 0 };
        Ok(Value::from(this - i32::from(call.unit(0))))
    }),
    row("IsWhiteSpace", "static (char c) -> bool", |call| is(call, char::is_whitespace)),
    row("IsUpper", "static (char c) -> bool", |call| is(call, char::is_uppercase)),
    row("IsLower", "static (char c) -> bool", |call| is(call, char::is_lowercase)),
    row("ToUpper", "static (char c) -> char", |call| Ok(cased(call, order::upper_char))),
    row("ToUpperInvariant", "static (char c) -> char", |call| Ok(cased(call, order::upper_char))),
    row("ToLower", "static (char c) -> char", |call| Ok(cased(call, order::lower_char))),
    row("ToLowerInvariant", "static (char c) -> char", |call| Ok(cased(call, order::lower_char))),
];

/// Reports whether a character is punctuation of ASCII or Latin-1. Other punctuation does not count.
fn is_punctuation(c: char) -> bool {
    matches!(c, '!'..='#' | '%'..='*' | ','..='/' | ':' | ';' | '?' | '@' | '['..=']' | '_' | '{' | '}')
        || matches!(c, '¡' | '§' | '«' | '¶' | '·' | '»' | '¿' | '‐'..='‧' | '‹' | '›')
}

pub(super) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

fn unit_at(text: &str, index: usize) -> Option<u16> {
    if text.is_ascii() { text.as_bytes().get(index).copied().map(u16::from) } else { text.encode_utf16().nth(index) }
}

/// Returns `count` units from `start` on; `None` when there are not so many.
pub(super) fn slice(text: &str, start: usize, count: usize) -> Option<String> {
    let end = start.checked_add(count)?;
    if text.is_ascii() {
        return text.get(start..end).map(str::to_owned);
    }
    let all: Vec<u16> = text.encode_utf16().collect();
    all.get(start..end).map(String::from_utf16_lossy)
}

fn is(call: &mut Call<'_, '_>, test: impl FnOnce(char) -> bool) -> Outcome {
    Ok(Value::Bool(char::from_u32(call.unit(0).into()).is_some_and(test)))
}

fn cased(call: &Call<'_, '_>, change: impl FnOnce(char) -> char) -> Value {
    let unit = call.unit(0);
    let changed = char::from_u32(unit.into()).map(change).and_then(|c| u16::try_from(u32::from(c)).ok());
    Value::Char(changed.unwrap_or(unit))
}

fn changed(call: &mut Call<'_, '_>, change: impl FnOnce(&str) -> String) -> Outcome {
    let text = call.this_text();
    call.work(text.len())?;
    call.new_string(change(&text))
}

/// Returns the text before and after a position.
fn cut(call: &mut Call<'_, '_>, text: &str, at: i64) -> Result<(String, String), Failure> {
    call.work(text.len() * 2)?;
    let all = units(text);
    let outside = || Failure::out_of_range("Specified argument was out of the range of valid values.", "startIndex");
    let at = usize::try_from(at).ok().filter(|at| *at <= all).ok_or_else(outside)?;
    let part = |start, count| slice(text, start, count).ok_or_else(outside);
    Ok((part(0, at)?, part(at, all - at)?))
}

fn substring(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.this_text();
    call.work(text.len() * 2)?;
    let all = units(&text);
    let Some(start) = usize::try_from(call.int(0)).ok().filter(|start| *start <= all) else {
        let message = if call.int(0) < 0 {
            "StartIndex cannot be less than zero."
        } else {
            "startIndex cannot be larger than length of string."
        };
        return Err(Failure::out_of_range(message, "startIndex"));
    };
    let count = if call.count() == 1 { all - start } else { usize::try_from(call.int(1)).unwrap_or(usize::MAX) };
    if call.count() == 2 && call.int(1) < 0 {
        return Err(Failure::out_of_range("Length cannot be less than zero.", "length"));
    }
    let part = slice(&text, start, count).ok_or_else(|| {
        Failure::out_of_range("Index and length must refer to a location within the string.", "length")
    })?;
    call.new_string(part)
}

fn remove(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.this_text();
    let (before, after) = cut(call, &text, call.int(0))?;
    if call.count() == 1 {
        return call.new_string(before);
    }
    let (_, rest) = cut(call, &after, call.int(1))?;
    call.new_string(before + &rest)
}

fn replace(call: &mut Call<'_, '_>) -> Outcome {
    let (text, from) = (call.this_text(), call.text(0)?);
    let to = call.optional_text(1).unwrap_or_default();
    if from.is_empty() {
        return Err(Failure::argument("String cannot be of zero length. (Parameter 'oldValue')"));
    }
    call.work(text.len())?;
    let mut out = Writer::new(&mut call.machine.budget);
    let mut rest = &*text;
    while let Some(at) = rest.find(&*from) {
        out.push(&rest[..at])?;
        out.push(&to)?;
        rest = &rest[at + from.len()..];
    }
    out.push(rest)?;
    Ok(Value::String(out.finish()))
}

fn pad(call: &mut Call<'_, '_>, left: bool) -> Outcome {
    let text = call.this_text();
    call.work(text.len())?;
    let Ok(width) = usize::try_from(call.int(0)) else {
        return Err(Failure::out_of_range("Non-negative number required.", "totalWidth"));
    };
    let padding = if call.count() == 2 { String::from_utf16_lossy(&[call.unit(1)]) } else { " ".to_owned() };
    let missing = width.saturating_sub(units(&text));
    call.machine.budget.string(missing.saturating_mul(padding.len()).saturating_add(text.len()))?;
    let padding = padding.repeat(missing);
    Ok(if left { padding + &text } else { text.to_string() + &padding }.into())
}

fn concat(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.items(0)?;
    call.machine.text_of_all(&items)
}

/// `Concat` of two, three or four values.
fn concat_values(call: &mut Call<'_, '_>) -> Outcome {
    let items = call.arguments.clone();
    call.machine.text_of_all(&items)
}

fn separator(call: &mut Call<'_, '_>) -> Result<Arc<str>, Failure> {
    let separator = call.argument(0).clone();
    call.machine.text_of(&separator)
}

/// `Join` of a part of an array.
fn join_part(call: &mut Call<'_, '_>) -> Outcome {
    let separator = separator(call)?;
    let items = call.items(1)?;
    let out_of_range =
        |parameter| Failure::out_of_range("Index and count must refer to a location within the buffer.", parameter);
    let start = usize::try_from(call.int(2)).map_err(|_| out_of_range("startIndex"))?;
    let count = usize::try_from(call.int(3)).map_err(|_| out_of_range("count"))?;
    let part = items.get(start..start.saturating_add(count)).ok_or_else(|| out_of_range("startIndex"))?;
    joined(call, &separator, part)
}

fn join(call: &mut Call<'_, '_>) -> Outcome {
    let separator = separator(call)?;
    let items = call.items(1)?;
    joined(call, &separator, &items)
}

fn joined(call: &mut Call<'_, '_>, separator: &str, items: &[Value]) -> Outcome {
    let mut out = Writer::new(&mut call.machine.budget);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(separator)?;
        }
        text::write(item, &mut out)?;
    }
    Ok(Value::String(out.finish()))
}

/// `Format` of one, two or three values.
fn format_for(call: &mut Call<'_, '_>) -> Outcome {
    call.arguments.remove(0);
    format_values(call)
}

fn format_values(call: &mut Call<'_, '_>) -> Outcome {
    let format = call.text(0)?;
    let items = call.arguments.get(1..).unwrap_or_default().to_vec();
    let mut out = Writer::new(&mut call.machine.budget);
    composite::composite(&format, &items, &mut out)?;
    Ok(Value::String(out.finish()))
}

fn format(call: &mut Call<'_, '_>) -> Outcome {
    let format = call.text(0)?;
    let items = call.items(1)?;
    let mut out = Writer::new(&mut call.machine.budget);
    composite::composite(&format, &items, &mut out)?;
    Ok(Value::String(out.finish()))
}
