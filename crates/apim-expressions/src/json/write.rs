//! Writes tokens as text: compact or indented, like Newtonsoft.Json on Windows.

use std::sync::Arc;

use rust_decimal::Decimal;

use super::{Other, Scalar, Token};
use crate::{
    limits::Writer,
    problem::Failure,
    types::Class,
    value::{
        format::date,
        number::{decimal_text, double_text},
    },
};

/// `Environment.NewLine` of the gateways that Azure runs, which are Windows machines.
pub(crate) const NEW_LINE: &str = "\r\n";

/// Writes a token as `ToString(Formatting.None)` or `ToString(Formatting.Indented)` does. A `JValue`'s own `ToString()`
/// differs.
pub(crate) fn token(token: &Token, indented: bool, out: &mut Writer<'_>) -> Result<(), Failure> {
    nested(token, indented, 0, out)
}

fn nested(token: &Token, indented: bool, depth: usize, out: &mut Writer<'_>) -> Result<(), Failure> {
    out.budget.steps(1)?;
    if let Some(value) = token.as_scalar() {
        return scalar(&value, out);
    }
    if token.class() == Class::JObject {
        let members = token.members();
        return block("{", "}", members.len(), indented, depth, out, |index, out| {
            let (name, value) = &members[index];
            string(name, out)?;
            out.push(if indented { ": " } else { ":" })?;
            nested(value, indented, depth + 1, out)
        });
    }
    let items = token.children();
    if let Some(name) = token.constructor() {
        let open = format!("new {name}(");
        return block(&open, ")", items.len(), indented, depth, out, |index, out| {
            nested(&items[index], indented, depth + 1, out)
        });
    }
    block("[", "]", items.len(), indented, depth, out, |index, out| nested(&items[index], indented, depth + 1, out))
}

/// Writes brackets around `count` elements.
pub(crate) fn block(
    open: &str,
    close: &str,
    count: usize,
    indented: bool,
    depth: usize,
    out: &mut Writer<'_>,
    mut element: impl FnMut(usize, &mut Writer<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    out.push(open)?;
    for index in 0..count {
        if index > 0 {
            out.push(",")?;
        }
        if indented {
            out.push(NEW_LINE)?;
            out.push(&"  ".repeat(depth + 1))?;
        }
        element(index, out)?;
    }
    if indented && count > 0 {
        out.push(NEW_LINE)?;
        out.push(&"  ".repeat(depth))?;
    }
    out.push(close)
}

pub(crate) fn scalar(value: &Scalar, out: &mut Writer<'_>) -> Result<(), Failure> {
    match value {
        Scalar::Null => out.push("null"),
        Scalar::Bool(value) => out.push(if *value { "true" } else { "false" }),
        Scalar::Integer(value) => out.push(&value.to_string()),
        Scalar::Float(value) => float(*value, out),
        Scalar::Decimal(value) => decimal(*value, out),
        Scalar::Text(text) => string(text, out),
        Scalar::Other(Other::BigInteger | Other::Raw, text) => out.push(text),
        Scalar::Other(Other::Undefined, _) => out.push("undefined"),
        Scalar::Other(Other::Comment, text) => out.push(&format!("/*{text}*/")),
        Scalar::Other(_, text) => string(text, out),
        Scalar::Date(time) => out.push(&format!("\"{}\"", date::json(*time))),
        Scalar::Offset(time) => out.push(&format!("\"{}\"", date::json_offset(*time))),
    }
}

/// Writes a `double`. It keeps a decimal place, so that it is read back as a `double`.
pub(crate) fn float(value: f64, out: &mut Writer<'_>) -> Result<(), Failure> {
    let text = double_text(value);
    if !value.is_finite() {
        return out.push(&format!("\"{text}\""));
    }
    out.push(&text)?;
    if text.contains(['.', 'E']) { Ok(()) } else { out.push(".0") }
}

fn decimal(value: Decimal, out: &mut Writer<'_>) -> Result<(), Failure> {
    let text = decimal_text(value);
    out.push(&text)?;
    if text.contains('.') { Ok(()) } else { out.push(".0") }
}

/// Writes a quoted string. Besides the characters that JSON must escape, Newtonsoft.Json escapes three line separators.
pub(crate) fn string(text: &str, out: &mut Writer<'_>) -> Result<(), Failure> {
    let mut written = String::with_capacity(text.len() + 2);
    out.budget.work(text.len())?;
    written.push('"');
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '\u{8}' => written.push_str("\\b"),
            '\u{c}' => written.push_str("\\f"),
            '\u{0}'..='\u{1f}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                written.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            _ => written.push(c),
        }
    }
    written.push('"');
    out.push(&written)
}

/// Writes the result of `ToString()`: a `JValue` as its value, everything else indented.
pub(crate) fn to_string(value: &Token, out: &mut Writer<'_>) -> Result<(), Failure> {
    match value.as_scalar() {
        Some(scalar) => out.push(&scalar_text(&scalar)),
        None => token(value, true, out),
    }
}

/// Returns the text of a `JValue`'s value.
pub(crate) fn scalar_text(value: &Scalar) -> Arc<str> {
    match value {
        Scalar::Null => "".into(),
        Scalar::Bool(value) => if *value { "True" } else { "False" }.into(),
        Scalar::Integer(value) => value.to_string().into(),
        Scalar::Float(value) => double_text(*value).into(),
        Scalar::Decimal(value) => decimal_text(*value).into(),
        Scalar::Text(text) => Arc::clone(text),
        Scalar::Other(Other::Undefined, _) => "".into(),
        Scalar::Other(Other::Bytes, _) => "System.Byte[]".into(),
        Scalar::Other(_, text) => Arc::clone(text),
        Scalar::Date(time) => date::general(time.ticks).into(),
        Scalar::Offset(time) => date::general_offset(*time).into(),
    }
}
