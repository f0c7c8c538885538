//! `StringReader` and `StringWriter`.

use std::sync::{Arc, Mutex};

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    json::write::NEW_LINE,
    limits::{LONGEST_STRING, Writer},
    lock::lock,
    problem::Failure,
    value::{Object, Value, format::composite, reader::Reader, text},
};

pub(super) const READER: &[Member] = &[
    row("new", "static (string s) -> StringReader", |call| {
        let text = call.optional_text(0).ok_or_else(|| Failure::argument_null("s"))?;
        Ok(Value::object(Object::Reader(Arc::new(Reader { text, at: Mutex::new(0) }))))
    }),
    row("Peek", "() -> int", |call| Ok(unit(reader(call)?.rest()))),
    row("Read", "() -> int", |call| {
        let reader = reader(call)?;
        let first = reader.rest().chars().next();
        if first.is_some_and(|c| c.len_utf16() > 1) {
            return Err(Failure::unsupported("reading half of a character"));
        }
        let value = unit(reader.rest());
        *lock(&reader.at) += first.map_or(0, char::len_utf8);
        Ok(value)
    }),
    row("ReadLine", "() -> string", |call| {
        let reader = reader(call)?;
        let rest = reader.rest();
        if rest.is_empty() {
            return Ok(Value::Null);
        }
        let length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let end = &rest[length..];
        let line = rest[..length].to_owned();
        let skipped = if end.starts_with("\r\n") { 2 } else { usize::from(!end.is_empty()) };
        *lock(&reader.at) += length + skipped;
        call.new_string(line)
    }),
    row("ReadToEnd", "() -> string", |call| {
        let reader = reader(call)?;
        let rest = reader.rest().to_owned();
        *lock(&reader.at) = reader.text.len();
        call.new_string(rest)
    }),
    row("Close", "() -> void", |_| Ok(Value::Null)),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
];

pub(super) const WRITER: &[Member] = &[
    row("new", "static () -> StringWriter", |_| Ok(Value::object(Object::Writer(Arc::default())))),
    row("Write", "(string value) -> void", |call| write(call, "")),
    row("Write", "(object value) -> void", |call| write(call, "")),
    row("Write", "(string format, params object[] arg) -> void", |call| format(call, "")),
    row("WriteLine", "() -> void", |call| write(call, NEW_LINE)),
    row("WriteLine", "(string value) -> void", |call| write(call, NEW_LINE)),
    row("WriteLine", "(object value) -> void", |call| write(call, NEW_LINE)),
    row("WriteLine", "(string format, params object[] arg) -> void", |call| format(call, NEW_LINE)),
    row("ToString", "() -> string", |call| {
        let text = lock(&*writer(call)?).clone();
        call.new_string(text)
    }),
    row("NewLine", "string", |_| Ok(NEW_LINE.into())),
    row("Flush", "() -> void", |_| Ok(Value::Null)),
    row("Close", "() -> void", |_| Ok(Value::Null)),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
];

/// Returns the first code unit, or -1 at the end.
fn unit(text: &str) -> Value {
    text.encode_utf16().next().map_or(-1, i32::from).into()
}

fn reader(call: &Call<'_, '_>) -> Result<Arc<Reader>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Reader(reader)) => Ok(Arc::clone(reader)),
        _ => Err(Failure::null_reference()),
    }
}

fn writer(call: &Call<'_, '_>) -> Result<Arc<Mutex<String>>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Writer(text)) => Ok(Arc::clone(text)),
        _ => Err(Failure::null_reference()),
    }
}

fn write(call: &mut Call<'_, '_>, end: &str) -> Outcome {
    let value = call.argument(0).clone();
    let mut out = Writer::new(&mut call.machine.budget);
    text::write(&value, &mut out)?;
    out.push(end)?;
    let written = out.finish();
    push(call, &written)
}

fn format(call: &mut Call<'_, '_>, end: &str) -> Outcome {
    let (format, items) = (call.text(0)?, call.items(1)?);
    let mut out = Writer::new(&mut call.machine.budget);
    composite::composite(&format, &items, &mut out)?;
    out.push(end)?;
    let written = out.finish();
    push(call, &written)
}

fn push(call: &mut Call<'_, '_>, written: &str) -> Outcome {
    let text = writer(call)?;
    let length = lock(&text).len() + written.len();
    if length > LONGEST_STRING {
        call.machine.budget.string(length)?;
    }
    lock(&text).push_str(written);
    Ok(Value::Null)
}
