//! Names and namespaces.

use std::sync::Arc;

use super::{
    super::{Member, row},
    name, namespace,
};
use crate::{
    evaluate::Call,
    problem::Failure,
    value::{Object, Value},
    xml::Name,
};

pub(crate) const NAME: &[Member] = &[
    row("LocalName", "string", |call| Ok(Value::String(Arc::clone(&this_name(call)?.local)))),
    row("NamespaceName", "string", |call| Ok(Value::String(Arc::clone(&this_name(call)?.namespace)))),
    row("Namespace", "XNamespace", |call| Ok(namespace(Arc::clone(&this_name(call)?.namespace)))),
    row("Get", "static (string expandedName) -> XName", |call| {
        let text = call.text(0)?;
        call.work(text.len())?;
        Name::expanded(&text).map(name)
    }),
    row("Get", "static (string localName, string namespaceName) -> XName", |call| {
        let (local, namespace) = (call.text(0)?, call.text(1)?);
        call.work(local.len())?;
        Name::new(&namespace, &local).map(name)
    }),
];

pub(crate) const NAMESPACE: &[Member] = &[
    row("NamespaceName", "string", |call| match call.receiver.as_object() {
        Some(Object::XmlNamespace(text)) => Ok(Value::String(Arc::clone(text))),
        _ => Err(Failure::null_reference()),
    }),
    row("None", "static XNamespace", |_| Ok(namespace(Arc::default()))),
    row("Get", "static (string namespaceName) -> XNamespace", |call| Ok(namespace(call.text(0)?))),
];

fn this_name(call: &Call<'_, '_>) -> Result<Name, Failure> {
    match call.receiver.as_object() {
        Some(Object::XmlName(name)) => Ok(name.clone()),
        _ => Err(Failure::null_reference()),
    }
}
