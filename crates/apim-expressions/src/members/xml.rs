//! LINQ to XML: documents, elements and other nodes, attributes and names.

mod around;
mod attribute;
pub(super) mod change;
mod element;
mod find;
mod names;
mod sequence;
mod text;

use std::sync::Arc;

pub(super) use self::{
    around::{NODE, NODE_EQUALITY, NODE_ORDER, OBJECT},
    attribute::ATTRIBUTE,
    element::{CONTAINER, DOCUMENT, ELEMENT},
    names::{NAME, NAMESPACE},
    sequence::{EXTENSIONS, SEQUENCE, can_be_removed, has_sequence_members},
    text::{DECLARATION, INSTRUCTION, TEXT},
};
use crate::{
    evaluate::Call,
    problem::Failure,
    types::Class,
    value::{Object, Value},
    xml::{ElementPart, Name, Xml},
};

pub(crate) fn node(node: Xml) -> Value {
    Value::object(Object::Xml(node))
}

pub(crate) fn name(name: Name) -> Value {
    Value::object(Object::XmlName(name))
}

pub(crate) fn namespace(namespace: Arc<str>) -> Value {
    Value::object(Object::XmlNamespace(namespace))
}

/// Returns the arguments from `from` on as parts of an element. Sequences give their elements, null gives nothing.
pub(super) fn parts(call: &mut Call<'_, '_>, from: usize) -> Result<Vec<ElementPart>, Failure> {
    let mut parts = Vec::new();
    for argument in call.arguments.get(from..).unwrap_or_default().to_vec() {
        part(call, &argument, 0, &mut parts)?;
    }
    Ok(parts)
}

fn part(call: &mut Call<'_, '_>, value: &Value, depth: usize, parts: &mut Vec<ElementPart>) -> Result<(), Failure> {
    match (value, value.as_object()) {
        (Value::Null, _) => {}
        (_, Some(Object::Xml(node))) => {
            call.machine.budget.memory(node.len().saturating_mul(256))?;
            // A document gives its nodes.
            if node.class() == Class::XDocument {
                parts.extend(node.children().map(ElementPart::Node));
            } else {
                parts.push(ElementPart::Node(node.clone()));
            }
        }
        (_, Some(Object::XmlAttribute(attribute))) => parts.push(ElementPart::Attribute(attribute.clone())),
        (Value::Collection(_), _) if depth < 32 => {
            for item in call.machine.items(value)?.1 {
                part(call, &item, depth + 1, parts)?;
            }
        }
        _ => {
            let text = plain(call, value)?;
            call.machine.budget.memory(text.len() + 96)?;
            parts.push(ElementPart::Text(text));
        }
    }
    Ok(())
}

/// Returns a value as XML writes it: truth values in lower case, times in ISO 8601.
pub(super) fn plain(call: &mut Call<'_, '_>, value: &Value) -> Result<Arc<str>, Failure> {
    Ok(match value {
        Value::Bool(value) => if *value { "true" } else { "false" }.into(),
        Value::DateTime(_) | Value::DateTimeOffset(_) => {
            let token = call.machine.token(value)?;
            let mut out = crate::limits::Writer::new(&mut call.machine.budget);
            crate::json::write::token(&token, false, &mut out)?;
            out.finish().trim_matches('"').into()
        }
        other => call.machine.text_of(other)?,
    })
}

/// Returns the outermost element of a document, which always has one. An element that was read has no document.
pub(super) fn root(document: Xml) -> Xml {
    let root = document.elements().next();
    root.map_or(document, Xml::detached)
}

pub(super) fn this(call: &Call<'_, '_>) -> Result<Xml, Failure> {
    match call.receiver.as_object() {
        Some(Object::Xml(node)) => Ok(node.clone()),
        _ => Err(Failure::null_reference()),
    }
}

fn node_at(call: &Call<'_, '_>, index: usize) -> Result<Xml, Failure> {
    match call.argument(index).as_object() {
        Some(Object::Xml(node)) => Ok(node.clone()),
        _ => Err(Failure::argument_null("node")),
    }
}
