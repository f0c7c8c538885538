//! Filters that replace: all use regular expressions, except `Remove`.

use std::sync::Arc;

use fancy_regex::{Captures, Regex, RegexBuilder};

use super::call::Call;
use crate::{fault::Fault, value::Value};

/// What all matches of one call may backtrack together.
const BACKTRACKING: usize = 20_000_000;

/// Bytes of a compiled part of a pattern.
const LARGEST_PATTERN: usize = 1 << 20;

pub(super) fn replace(call: &Call<'_, '_>) -> Result<Value, Fault> {
    let pattern = call.required_text(0, "string")?.unwrap_or_default();
    let by = call.text_or(1, "")?;
    let by = Replacement::parse(&by);
    substitute(call, &pattern, |found, out| by.write(found, out), usize::MAX)
}

/// The replacement is not looked into.
pub(super) fn replace_first(call: &Call<'_, '_>) -> Result<Value, Fault> {
    let pattern = call.required_text(0, "string")?.unwrap_or_default();
    let by = call.text_or(1, "")?;
    substitute(call, &pattern, |_, out| out.push_str(&by), 1)
}

pub(super) fn remove(call: &Call<'_, '_>) -> Result<Value, Fault> {
    let part = call.required_text(0, "string")?;
    let Some(text) = call.text()? else { return Ok(Value::Nil) };
    if text.trim().is_empty() {
        return Ok(Value::Text(text));
    }
    match part.as_deref() {
        None => Err(Fault::error("Value cannot be null. (Parameter 'oldValue')")),
        Some("") => Err(Fault::error("The value cannot be an empty string. (Parameter 'oldValue')")),
        Some(part) => Ok(text.replace(part, "").into()),
    }
}

pub(super) fn remove_first(call: &Call<'_, '_>) -> Result<Value, Fault> {
    let pattern = call.required_text(0, "string")?.unwrap_or_default();
    let is_blank = call.text()?.is_some_and(|text| text.trim().is_empty());
    if is_blank { Ok(call.input.clone()) } else { substitute(call, &pattern, |_, _| {}, 1) }
}

fn substitute(
    call: &Call<'_, '_>,
    pattern: &str,
    mut write: impl FnMut(&Captures<'_, str>, &mut String),
    most: usize,
) -> Result<Value, Fault> {
    let Some(text) = call.text()? else { return Ok(Value::Nil) };
    if text.is_empty() || pattern.is_empty() {
        return Ok(Value::Text(text));
    }
    let regex = compile(pattern, text.len())?;
    let (mut out, mut from) = (String::new(), 0);
    for found in regex.captures_iter(&*text).take(most) {
        let found = found.map_err(|_| Fault::limit("backtracking of a regular expression"))?;
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&text[from..whole.start()]);
        write(&found, &mut out);
        from = whole.end();
        if out.len() > call.scope.room() {
            return Err(Fault::limit("text (32 MiB)"));
        }
    }
    out.push_str(&text[from..]);
    Ok(Value::Text(Arc::from(out)))
}

fn compile(pattern: &str, text: usize) -> Result<Regex, Fault> {
    let limit = (BACKTRACKING / (text + 1)).clamp(1_000, 1_000_000);
    let built = RegexBuilder::new(pattern).backtrack_limit(limit).delegate_size_limit(LARGEST_PATTERN).build();
    built.map_err(|_| Fault::error(invalid(pattern)))
}

/// .NET's words for the commonest mistakes in a pattern.
fn invalid(pattern: &str) -> String {
    let length = pattern.encode_utf16().count();
    let count = |c: char| pattern.matches(c).count();
    let (at, what) = match pattern.chars().next() {
        _ if count('[') > count(']') => (length, "Unterminated [] set."),
        Some('*' | '+' | '?') => {
            let first = pattern.chars().next().unwrap_or_default();
            return format!("Invalid pattern '{pattern}' at offset 1. Quantifier '{first}' following nothing.");
        }
        _ if count('(') > count(')') => (length, "Not enough )'s."),
        _ if count('(') < count(')') => (length, "Too many )'s."),
        _ if pattern.ends_with('\\') => (length, "Illegal \\ at end of pattern."),
        _ => (length, "Unrecognized construct."),
    };
    format!("Invalid pattern '{pattern}' at offset {at}. {what}")
}

/// A replacement with `$1`, `${name}`, `$$` and `$&`. What names no group stays as it is written.
struct Replacement<'r>(Vec<Part<'r>>);

enum Part<'r> {
    Text(&'r str),
    Group { name: &'r str, written: &'r str },
}

impl<'r> Replacement<'r> {
    fn parse(text: &'r str) -> Self {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find('$') {
            parts.push(Part::Text(&rest[..at]));
            let after = &rest[at + 1..];
            let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let in_braces = after.strip_prefix('{').and_then(|inside| inside.split_once('}'));
            let length = match (after.as_bytes().first(), in_braces) {
                (Some(b'$'), _) => {
                    parts.push(Part::Text("$"));
                    1
                }
                (Some(b'&'), _) => {
                    parts.push(Part::Group { name: "0", written: "$&" });
                    1
                }
                (_, Some((name, _))) if !name.is_empty() => {
                    parts.push(Part::Group { name, written: &rest[at..at + name.len() + 3] });
                    name.len() + 2
                }
                _ if digits > 0 => {
                    parts.push(Part::Group { name: &after[..digits], written: &rest[at..=at + digits] });
                    digits
                }
                _ => {
                    parts.push(Part::Text("$"));
                    0
                }
            };
            rest = &after[length..];
        }
        parts.push(Part::Text(rest));
        Self(parts)
    }

    fn write(&self, found: &Captures<'_, str>, out: &mut String) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group { name, written } => match name.parse() {
                    Ok(number) if found.len() > number => {
                        out.push_str(found.get(number).map_or("", |group| group.as_str()));
                    }
                    _ => out.push_str(found.name(name).map_or(*written, |group| group.as_str())),
                },
            }
        }
    }
}
