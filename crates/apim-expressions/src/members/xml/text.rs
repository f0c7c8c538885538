//! Texts, comments, processing instructions and declarations.

use super::{
    super::{Member, row},
    node, this,
};
use crate::{
    types::Class,
    value::{Object, Value},
    xml,
};

/// Members of `XText`, `XCData` and `XComment`; `S` is the class.
pub(crate) const TEXT: &[Member] = &[
    row("new", "static (string value) -> S", |call| {
        let (class, text) = (call.owner(), call.text(0)?);
        call.machine.budget.memory(text.len() + 96)?;
        Ok(node(xml::text(class, text)))
    }),
    row("Value", "string", |call| Ok(this(call)?.own_text().map_or(Value::Null, |(text, _)| Value::String(text)))),
];

pub(crate) const INSTRUCTION: &[Member] = &[
    row("new", "static (string target, string data) -> XProcessingInstruction", |call| {
        let (target, data) = (call.text(0)?, call.text(1)?);
        call.machine.budget.memory(target.len() + data.len() + 96)?;
        Ok(node(xml::instruction(target, data)))
    }),
    row("Data", "string", |call| Ok(this(call)?.own_text().map_or(Value::Null, |(text, _)| Value::String(text)))),
    row("Target", "string", |call| {
        let receiver = this(call)?;
        let target = receiver.own_text().and_then(|(_, target)| target);
        Ok(target.map_or(Value::Null, Value::String))
    }),
];

pub(crate) const DECLARATION: &[Member] =
    &[row("new", "static (string version, string encoding, string standalone) -> XDeclaration", |_| {
        // `ToString()` of a document omits the declaration, and nothing else shows it.
        Ok(Value::object(Object::Constant(Class::XDeclaration, "<?xml version=\"1.0\"?>")))
    })];
