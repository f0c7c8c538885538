//! `StringBuilder`

use std::sync::{Arc, Mutex};

use super::{Member, access::length, row, string::units};
use crate::{
    evaluate::{Call, Outcome},
    limits::Writer,
    problem::Failure,
    value::{Object, Value, format::composite, lock, text},
};

pub(super) const BUILDER: &[Member] = &[
    row("new", "static () -> StringBuilder", create),
    row("new", "static (int) -> StringBuilder", |_| Ok(builder(String::new()))),
    row("new", "static (string) -> StringBuilder", create),
    row("Append", "(object) -> StringBuilder", |call| append(call, "")),
    row("AppendLine", "() -> StringBuilder", |call| append(call, "\r\n")),
    row("AppendLine", "(string) -> StringBuilder", |call| append(call, "\r\n")),
    row("AppendFormat", "(string, params object[]) -> StringBuilder", |call| {
        let format = call.text(0)?;
        let items = call.items(1)?;
        let mut out = Writer::new(&mut call.machine.budget);
        composite::composite(&format, &items, &mut out)?;
        let written = out.finish();
        push(call, &written)
    }),
    row("Insert", "(int, string) -> StringBuilder", |call| {
        let (whole, inserted) = (call.builder_text(), call.optional_text(1).unwrap_or_default());
        call.machine.budget.string(whole.len() + inserted.len())?;
        let at = usize::try_from(call.int(0)).ok().filter(|at| *at <= units(&whole));
        let before = at.and_then(|at| super::string::slice(&whole, 0, at)).ok_or_else(Failure::index_out_of_range)?;
        *lock(&*call.this_builder()?) = format!("{before}{inserted}{}", &whole[before.len()..]);
        Ok(call.receiver.clone())
    }),
    row("Replace", "(string, string) -> StringBuilder", |call| {
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
    // The longest string there may be, without counting again what is there.
    if length > crate::limits::LONGEST_STRING {
        call.machine.budget.string(length)?;
    }
    lock(&text).push_str(written);
    Ok(call.receiver.clone())
}
