//! Filters of texts. Lengths and positions are in UTF-16, as .NET counts.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

use super::call::AppliedFilter;
use crate::{enumerable::Enumerable, fault::Fault, value::Value};

pub(super) fn append(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let added = call.required_text(0, "string")?.unwrap_or_default();
    call.map_text(|text| format!("{text}{added}"))
}

pub(super) fn prepend(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let added = call.required_text(0, "string")?.unwrap_or_default();
    call.map_text(|text| format!("{added}{text}"))
}

/// Maps each character to one character: `ß` stays.
pub(super) fn upcase(text: &str) -> String {
    text.chars().map(|c| single(c, c.to_uppercase())).collect()
}

pub(super) fn downcase(text: &str) -> String {
    text.chars().map(|c| single(c, c.to_lowercase())).collect()
}

fn single(c: char, mut changed: impl Iterator<Item = char>) -> char {
    match (changed.next(), changed.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// `TextInfo.ToTitleCase`: words in capital letters stay as they are.
pub(super) fn capitalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if !first.is_alphabetic() {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let is_part = |c: char| c.is_alphabetic() || c == '\'';
        let (word, after) = rest.split_at(rest.find(|c: char| !is_part(c)).unwrap_or(rest.len()));
        if word.chars().any(char::is_lowercase) {
            let (head, tail) = word.split_at(first.len_utf8());
            out.push_str(&upcase(head));
            out.push_str(&downcase(tail));
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    out
}

/// Removes the shortest `<…>` of each line.
pub(super) fn strip_html(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some((start, end)) = rest.find('<').and_then(|start| Some((start, start + rest[start..].find('>')?)))
        {
            out.push_str(&rest[..start]);
            rest = &rest[end + 1..];
        }
        out.push_str(rest);
    }
    out
}

pub(super) fn newline_to_br(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n'));
        let end = content.map_or(line.len(), str::len);
        out.push_str(&line[..end]);
        if content.is_some() {
            out.push_str("<br />");
        }
        out.push_str(&line[end..]);
    }
    out
}

/// `WebUtility.HtmlEncode`
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{a0}'..='\u{ff}' | '\u{10000}'.. => drop(write!(out, "&#{};", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// `WebUtility.UrlEncode`
pub(super) fn url_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b'-' | b'_' | b'.' | b'!' | b'*' | b'(' | b')' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// `WebUtility.UrlDecode`: bad escapes stay.
pub(super) fn url_decode(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

pub(super) fn truncate(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let (length, end) = (call.int_or(0, 50)?, call.text_or(1, "...")?);
    call.map_text(|text| {
        let Ok(length) = usize::try_from(length) else {
            return if text.is_empty() { String::new() } else { end.to_string() };
        };
        if text.encode_utf16().nth(length).is_none() {
            return text.to_owned();
        }
        let kept: Vec<u16> = text.encode_utf16().take(length.saturating_sub(end.encode_utf16().count())).collect();
        String::from_utf16_lossy(&kept) + &end
    })
}

pub(super) fn truncate_words(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let (count, end) = (call.int_or(0, 15)?, call.text_or(1, "...")?);
    call.map_text(|text| {
        let count = usize::try_from(count).unwrap_or(0);
        if text.is_empty() || text.split(' ').count() <= count {
            return text.to_owned();
        }
        text.split(' ').take(count).collect::<Vec<_>>().join(" ") + &end
    })
}

/// Returns a part of a text. A negative start counts from the end. The part of the range before the text shortens the
/// length.
pub(super) fn slice(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    call.required(0, "start")?;
    let (start, length) = (i64::from(call.int_or(0, 0)?), i64::from(call.int_or(1, 1)?));
    let Some(text) = call.text()? else { return Ok(Value::Nil) };
    let size = i64::try_from(Enumerable::Text(&text).size()).unwrap_or(i64::MAX);
    if length < 0 {
        return Err(Fault::error(format!(
            "length ('{length}') must be a non-negative value. (Parameter 'length')\nActual value was {length}."
        )));
    }
    if start > size {
        return Ok(Value::Nil);
    }
    let start = if start < 0 { start + size } else { start };
    let (from, to) = (start.max(0), (start + length).clamp(0, size));
    let (from, to) = (usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0));
    let part: Vec<u16> = text.encode_utf16().skip(from).take(to.saturating_sub(from)).collect();
    Ok(String::from_utf16_lossy(&part).into())
}

/// Returns the input as text, or the argument if the input is nil or blank.
pub(super) fn default(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let default = call.required_text(0, "defaultValue")?;
    let text = call.text()?.filter(|text| !text.trim().is_empty());
    Ok(text.or(default).map_or(Value::Nil, Value::Text))
}
