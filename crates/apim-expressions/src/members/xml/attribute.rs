//! Attributes.

use super::{
    super::{Member, row},
    name, plain,
};
use crate::{
    problem::Failure,
    value::{Object, Value},
    xml,
};

pub(crate) const ATTRIBUTE: &[Member] = &[
    row("new", "static (XName name, object value) -> XAttribute", |call| {
        let Some(Object::XmlName(name)) = call.argument(0).as_object() else {
            return Err(Failure::argument_null("name"));
        };
        let (name, value) = (name.clone(), call.argument(1).clone());
        if value.is_null() {
            return Err(Failure::argument_null("value"));
        }
        let text = plain(call, &value)?;
        call.machine.budget.memory(text.len() + 128)?;
        Ok(Value::object(Object::XmlAttribute(xml::attribute(name, text))))
    }),
    row("IsNamespaceDeclaration", "bool", |call| match call.receiver.as_object() {
        Some(Object::XmlAttribute(one)) => Ok(one.name().declares().is_some().into()),
        _ => Err(Failure::null_reference()),
    }),
    row("Name", "XName", |call| match call.receiver.as_object() {
        Some(Object::XmlAttribute(attribute)) => Ok(name(attribute.name().clone())),
        _ => Err(Failure::null_reference()),
    }),
    row("Value", "string", |call| match call.receiver.as_object() {
        Some(Object::XmlAttribute(attribute)) => Ok(Value::String(attribute.value())),
        _ => Err(Failure::null_reference()),
    }),
];
