//! `StringBuilder`

use std::sync::{Arc, Mutex};

use super::{Member, access::length, row, string::units};
use crate::{
    evaluate::{Call, Outcome},
    limits::Writer,
    lock::lock,
    problem::Failure,
    value::{Object, Value, format::composite, text},
};

pub(super) const BUILDER: &[Member] = &[
    row("new", "static () -> StringBuilder", create),
    row("new", "static (int capacity) -> StringBuilder", |_| Ok(builder(String::new()))),
    row("new", "static (string value) -> StringBuilder", create),
    row("Append", "(object value) -> StringBuilder", |call| append(call, "")),
    row("AppendLine", "() -> StringBuilder", |call| append(call, "\r\n")),
    row("AppendLine", "(string value) -> StringBuilder", |call| append(call, "\r\n")),
    row("AppendFormat", "(string format, object arg0) -> StringBuilder", append_values),
    row("AppendFormat", "(string format, object arg0, object arg1) -> StringBuilder", append_values),
    row("AppendFormat", "(string format, object arg0, object arg1, object arg2) -> StringBuilder", append_values),
    row("AppendFormat", "(string format, params object[] args) -> StringBuilder", append_items),
    row("AppendFormat", "(IFormatProvider provider, string format, object arg0) -> StringBuilder", append_for),
    row(
        "AppendFormat",
        "(IFormatProvider provider, string format, object arg0, object arg1) -> StringBuilder",
        append_for,
    ),
    row(
        "AppendFormat",
        "(IFormatProvider provider, string format, object arg0, object arg1, object arg2) -> StringBuilder",
        append_for,
    ),
    row("AppendFormat", "(IFormatProvider provider, string format, params object[] args) -> StringBuilder", |call| {
        call.arguments.remove(0);
        append_items(call)
    }),
    row("Insert", "(int index, string value, int count) -> StringBuilder", |call| {
        let (text, count) = (call.optional_text(1).unwrap_or_default(), call.int(2));
        let count = usize::try_from(count).map_err(|_| Failure::index_out_of_range())?;
        call.machine.budget.string(count.saturating_mul(text.len()))?;
        call.arguments[1] = text.repeat(count).into();
        insert(call)
    }),
    row("Insert", "(int index, string value) -> StringBuilder", insert),
    row("Replace", "(string oldValue, string newValue) -> StringBuilder", |call| {
        let (whole, from, to) = (call.builder_text(), call.text(0)?, call.optional_text(1).unwrap_or_default());
        if from.is_empty() {
            return Err(Failure::argument("String cannot be of zero length. (Parameter 'oldValue')"));
        }
        let mut out = Writer::new(&mut call.machine.budget);
        for (index, part) in whole.split(&*from).enumerate() {
            out.push(if index == 0 { "" } else { &to })?;
            out.push(part)?;
        }
        *lock(&*call.this_builder()?) = out.finish().to_string();
        Ok(call.receiver.clone())
    }),
    row("Append", "(char value, int repeatCount) -> StringBuilder", |call| {
        let count = usize::try_from(call.int(1)).map_err(|_| Failure::index_out_of_range())?;
        let text = String::from_utf16_lossy(&[call.unit(0)]);
        call.machine.budget.string(count.saturating_mul(text.len()))?;
        push(call, &text.repeat(count))
    }),
    row("Append", "(string value, int startIndex, int count) -> StringBuilder", |call| {
        let text = call.optional_text(0).unwrap_or_default();
        let place = |number: i64| usize::try_from(number).ok();
        let part = place(call.int(1)).zip(place(call.int(2)));
        let part = part.and_then(|(start, count)| super::string::slice(&text, start, count));
        let part = part.ok_or_else(Failure::index_out_of_range)?;
        push(call, &part)
    }),
    row("Append", "(char[] value) -> StringBuilder", |call| {
        let items = if call.argument(0).is_null() { Vec::new() } else { call.items(0)? };
        let text = call.machine.text_of_all(&items)?;
        push(call, text.as_str().unwrap_or_default())
    }),
    row("AppendJoin", "(string separator, params object[] values) -> StringBuilder", join),
    row("AppendJoin", "(string separator, params string[] values) -> StringBuilder", join),
    row("AppendJoin", "<T>(string separator, IEnumerable<T> values) -> StringBuilder", join),
    row("Insert", "(int index, object value) -> StringBuilder", |call| {
        let value = call.argument(1).clone();
        let text = call.machine.text_of(&value)?;
        call.arguments[1] = Value::String(text);
        insert(call)
    }),
    row("Remove", "(int startIndex, int length) -> StringBuilder", |call| {
        let whole = call.builder_text();
        call.work(whole.len())?;
        let place = |number: i64| usize::try_from(number).ok();
        let range = place(call.int(0)).zip(place(call.int(1)));
        let parts = range.and_then(|(start, count)| {
            let before = super::string::slice(&whole, 0, start)?;
            let removed = super::string::slice(&whole, start, count)?;
            Some((before.len(), before.len() + removed.len()))
        });
        let (start, end) = parts.ok_or_else(Failure::index_out_of_range)?;
        *lock(&*call.this_builder()?) = format!("{}{}", &whole[..start], &whole[end..]);
        Ok(call.receiver.clone())
    }),
    row("Replace", "(char oldChar, char newChar) -> StringBuilder", |call| {
        let whole = call.builder_text();
        call.work(whole.len() * 2)?;
        let (from, to) = (call.unit(0), call.unit(1));
        let units: Vec<u16> = whole.encode_utf16().map(|unit| if unit == from { to } else { unit }).collect();
        *lock(&*call.this_builder()?) = String::from_utf16_lossy(&units);
        Ok(call.receiver.clone())
    }),
    row("ToString", "(int startIndex, int length) -> string", |call| {
        let whole = call.builder_text();
        let place = |number: i64| usize::try_from(number).ok();
        let part = place(call.int(0)).zip(place(call.int(1)));
        let part = part.and_then(|(start, count)| super::string::slice(&whole, start, count));
        call.new_string(part.ok_or_else(Failure::index_out_of_range)?)
    }),
    row("[]", "(int) -> char", |call| {
        let whole = call.builder_text();
        call.work(whole.len())?;
        let unit = usize::try_from(call.int(0)).ok().and_then(|at| whole.encode_utf16().nth(at));
        unit.map(Value::Char).ok_or_else(Failure::array_index)
    }),
    row("[]=", "(int, char) -> void", |call| {
        let whole = call.builder_text();
        call.work(whole.len() * 2)?;
        let mut units: Vec<u16> = whole.encode_utf16().collect();
        let place = usize::try_from(call.int(0)).ok().and_then(|at| units.get_mut(at));
        *place.ok_or_else(Failure::index_out_of_range)? = call.unit(1);
        *lock(&*call.this_builder()?) = String::from_utf16_lossy(&units);
        Ok(Value::Null)
    }),
    row("Length=", "(int) -> void", |call| {
        let whole = call.builder_text();
        let wanted = usize::try_from(call.int(0)).map_err(|_| Failure::index_out_of_range())?;
        call.machine.budget.string(wanted)?;
        let mut units: Vec<u16> = whole.encode_utf16().collect();
        units.resize(wanted, 0);
        *lock(&*call.this_builder()?) = String::from_utf16_lossy(&units);
        Ok(Value::Null)
    }),
    row("Capacity", "int", |call| Ok(length(units(&call.builder_text()).max(16)))),
    row("Equals", "(StringBuilder sb) -> bool", |call| {
        let other = match call.argument(0).as_object() {
            Some(Object::Builder(text)) => lock(text).clone(),
            _ => return Ok(false.into()),
        };
        Ok((other == call.builder_text()).into())
    }),
    row("Clear", "() -> StringBuilder", |call| {
        lock(&*call.this_builder()?).clear();
        Ok(call.receiver.clone())
    }),
    row("Length", "int", |call| {
        let text = call.builder_text();
        call.work(text.len())?;
        Ok(length(units(&text)))
    }),
];

/// `AppendFormat` of one, two or three values.
fn append_items(call: &mut Call<'_, '_>) -> Outcome {
    let (format, items) = (call.text(0)?, call.items(1)?);
    let mut out = Writer::new(&mut call.machine.budget);
    composite::composite(&format, &items, &mut out)?;
    let written = out.finish();
    push(call, &written)
}

fn append_for(call: &mut Call<'_, '_>) -> Outcome {
    call.arguments.remove(0);
    append_values(call)
}

fn append_values(call: &mut Call<'_, '_>) -> Outcome {
    let format = call.text(0)?;
    let items = call.arguments.get(1..).unwrap_or_default().to_vec();
    let mut out = Writer::new(&mut call.machine.budget);
    composite::composite(&format, &items, &mut out)?;
    let written = out.finish();
    push(call, &written)
}

fn insert(call: &mut Call<'_, '_>) -> Outcome {
    let (whole, inserted) = (call.builder_text(), call.optional_text(1).unwrap_or_default());
    call.machine.budget.string(whole.len() + inserted.len())?;
    let at = usize::try_from(call.int(0)).ok().filter(|at| *at <= units(&whole));
    let before = at.and_then(|at| super::string::slice(&whole, 0, at)).ok_or_else(Failure::index_out_of_range)?;
    *lock(&*call.this_builder()?) = format!("{before}{inserted}{}", &whole[before.len()..]);
    Ok(call.receiver.clone())
}

fn join(call: &mut Call<'_, '_>) -> Outcome {
    let (separator, items) = (call.optional_text(0).unwrap_or_default(), call.items(1)?);
    let mut out = Writer::new(&mut call.machine.budget);
    for (index, item) in items.iter().enumerate() {
        out.push(if index == 0 { "" } else { &separator })?;
        text::write(item, &mut out)?;
    }
    let written = out.finish();
    push(call, &written)
}

fn builder(text: String) -> Value {
    Value::object(Object::Builder(Arc::new(Mutex::new(text))))
}

fn create(call: &mut Call<'_, '_>) -> Outcome {
    let text = call.optional_text(0).unwrap_or_default();
    call.machine.budget.string(text.len())?;
    Ok(builder(text.to_string()))
}

fn append(call: &mut Call<'_, '_>, end: &str) -> Outcome {
    let value = call.argument(0).clone();
    let mut out = Writer::new(&mut call.machine.budget);
    text::write(&value, &mut out)?;
    out.push(end)?;
    let written = out.finish();
    push(call, &written)
}

fn push(call: &mut Call<'_, '_>, written: &str) -> Outcome {
    let text = call.this_builder()?;
    let length = lock(&text).len() + written.len();
    // Checks against the longest possible string. The existing text is not counted again.
    if length > crate::limits::LONGEST_STRING {
        call.machine.budget.string(length)?;
    }
    lock(&text).push_str(written);
    Ok(call.receiver.clone())
}
