//! Splits and trims strings.

use super::super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{CollectionKind, Value},
};

pub(crate) const SPLIT: &[Member] = &[
    row("Split", "(params char[] separator) -> string[]", split),
    row("Split", "(char[] separator, int count) -> string[]", split),
    row("Split", "(char[] separator, StringSplitOptions options) -> string[]", split),
    row("Split", "(char[] separator, int count, StringSplitOptions options) -> string[]", split),
    row("Split", "(string[] separator, StringSplitOptions options) -> string[]", split),
    row("Split", "(string[] separator, int count, StringSplitOptions options) -> string[]", split),
    row("Split", "(char separator, optional StringSplitOptions options) -> string[]", split),
    row("Split", "(char separator, int count) -> string[]", split),
    row("Split", "(char separator, int count, StringSplitOptions options) -> string[]", split),
    row("Split", "(string separator, optional StringSplitOptions options) -> string[]", split),
    row("Split", "(string separator, int count, StringSplitOptions options) -> string[]", split),
    row("Trim", "() -> string", |call| trim(call, true, true)),
    row("Trim", "(params char[] trimChars) -> string", |call| trim(call, true, true)),
    row("Trim", "(char trimChar) -> string", |call| trim(call, true, true)),
    row("TrimStart", "() -> string", |call| trim(call, true, false)),
    row("TrimStart", "(params char[] trimChars) -> string", |call| trim(call, true, false)),
    row("TrimStart", "(char trimChar) -> string", |call| trim(call, true, false)),
    row("TrimEnd", "() -> string", |call| trim(call, false, true)),
    row("TrimEnd", "(params char[] trimChars) -> string", |call| trim(call, false, true)),
    row("TrimEnd", "(char trimChar) -> string", |call| trim(call, false, true)),
];

/// Returns the separators, or the characters to trim: one or several characters or strings.
fn texts(call: &mut Call<'_, '_>) -> Result<Vec<String>, Failure> {
    let values = match call.argument(0) {
        Value::Collection(_) => call.items(0)?,
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let text = |value: &Value| match value {
        Value::Char(unit) => String::from_utf16_lossy(&[*unit]),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    Ok(values.iter().map(text).filter(|text| !text.is_empty()).collect())
}

fn split(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.this_text();
    let separators = texts(call)?;
    // The search reads the text once per separator.
    call.work(text.len() * (1 + separators.len()))?;
    let last = call.count() - 1;
    let options = if call.count() > 1 { call.flags(last) } else { 0 };
    let most = match call.argument(1).as_integer() {
        None => usize::MAX,
        Some(count) => {
            usize::try_from(count).map_err(|_| Failure::out_of_range("Count cannot be less than zero.", "count"))?
        }
    };
    let (remove_empty, trimmed) = (options & 1 != 0, options & 2 != 0);
    let finish = |part: &str| if trimmed { part.trim().to_owned() } else { part.to_owned() };
    let mut parts = Vec::new();
    let mut rest = &*text;
    if most == 0 {
        return call.new_texts(CollectionKind::Array, parts);
    }
    loop {
        call.machine.budget.memory(32)?;
        let found = if parts.len() + 1 == most { None } else { next(rest, &separators) };
        let (part, after) = match found {
            Some((at, length)) => (&rest[..at], Some(&rest[at + length..])),
            None => (rest, None),
        };
        let part = finish(part);
        if !(remove_empty && part.is_empty()) {
            parts.push(part);
        }
        match after {
            Some(after) => rest = after,
            None => break,
        }
    }
    call.new_texts(CollectionKind::Array, parts)
}

/// Returns the place and the length of the next separator. If there are no separators, white space separates.
fn next(text: &str, separators: &[String]) -> Option<(usize, usize)> {
    if separators.is_empty() {
        let at = text.find(char::is_whitespace)?;
        return Some((at, text[at..].chars().next().map_or(1, char::len_utf8)));
    }
    // The search goes position by position. Otherwise each call would look for a missing separator to the end of the
    // text.
    text.char_indices().find_map(|(at, _)| {
        let found = separators.iter().find(|separator| text[at..].starts_with(separator.as_str()))?;
        Some((at, found.len()))
    })
}

fn trim(call: &mut Call<'_, '_>, start: bool, end: bool) -> Outcome {
    let text = call.this_text();
    let texts = texts(call)?;
    call.work(text.len() * (1 + texts.len()))?;
    let blank = texts.is_empty();
    let cut = |c: char| if blank { c.is_whitespace() } else { texts.iter().any(|text| text.starts_with(c)) };
    let mut rest = &*text;
    if start {
        rest = rest.trim_start_matches(cut);
    }
    if end {
        rest = rest.trim_end_matches(cut);
    }
    call.new_string(rest)
}
