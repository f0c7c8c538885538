//! LINQ to XML, the part that reads: `XDocument`, `XElement`, `XAttribute`, `XName`, `XNamespace`.
//!
//! What would change or write XML is not here. Declarations of namespaces do not count as attributes, so a program that
//! asks for one is stopped.

use std::sync::Arc;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::{Class, Type},
    value::{Kind, Object, Value},
    xml::{self, Name, Xml},
};

pub(super) const CONTAINER: &[Member] = &[
    row("Element", "(XName) -> XElement", |call| {
        let (found, node) = (elements(call)?, this(call)?);
        call.work(node.len())?;
        Ok(found.into_iter().next().unwrap_or(Value::Null))
    }),
    row("Elements", "() -> IEnumerable<XElement>", sequence),
    row("Elements", "(XName) -> IEnumerable<XElement>", sequence),
    row("Descendants", "() -> IEnumerable<XElement>", sequence),
    row("Descendants", "(XName) -> IEnumerable<XElement>", sequence),
];

pub(super) const DOCUMENT: &[Member] = &[
    row("Parse", "static (string) -> XDocument", |call| parse(call, false)),
    row("Root", "XElement", |call| Ok(this(call)?.elements().next().map_or(Value::Null, node))),
];

pub(super) const ELEMENT: &[Member] = &[
    row("Parse", "static (string) -> XElement", |call| parse(call, true)),
    row("Name", "XName", |call| Ok(this(call)?.name().cloned().map_or(Value::Null, name))),
    row("Value", "string", |call| {
        let node = this(call)?;
        call.work(node.len() * 32)?;
        call.new_string(node.value())
    }),
    row("Parent", "XElement", |call| Ok(this(call)?.parent().map_or(Value::Null, node))),
    row("HasElements", "bool", |call| Ok(Value::Bool(this(call)?.elements().next().is_some()))),
    row("Attribute", "(XName) -> XAttribute", |call| Ok(attributes(call)?.into_iter().next().unwrap_or(Value::Null))),
    row("Attributes", "(XName) -> IEnumerable<XAttribute>", |call| {
        let found = attributes(call)?;
        call.machine.collection(Kind::Sequence, Class::XAttribute.into(), found)
    }),
];

pub(super) const ATTRIBUTE: &[Member] = &[
    row("Name", "XName", |call| match call.receiver.as_object() {
        Some(Object::XmlAttribute(attribute)) => Ok(attribute.name().cloned().map_or(Value::Null, name)),
        _ => Err(Failure::null_reference()),
    }),
    row("Value", "string", |call| match call.receiver.as_object() {
        Some(Object::XmlAttribute(attribute)) => Ok(Value::String(attribute.value())),
        _ => Err(Failure::null_reference()),
    }),
    row("Parent", "XElement", |call| match call.receiver.as_object() {
        Some(Object::XmlAttribute(attribute)) => Ok(node(attribute.parent().clone())),
        _ => Err(Failure::null_reference()),
    }),
];

pub(super) const NAME: &[Member] = &[
    row("LocalName", "string", |call| Ok(Value::String(Arc::clone(&this_name(call)?.local)))),
    row("NamespaceName", "string", |call| Ok(Value::String(Arc::clone(&this_name(call)?.namespace)))),
    row("Namespace", "XNamespace", |call| Ok(namespace(Arc::clone(&this_name(call)?.namespace)))),
    row("Get", "static (string) -> XName", |call| {
        let text = call.text(0)?;
        call.work(text.len())?;
        Name::expanded(&text).map(name)
    }),
];

pub(super) const NAMESPACE: &[Member] = &[
    row("NamespaceName", "string", |call| match call.receiver.as_object() {
        Some(Object::XmlNamespace(text)) => Ok(Value::String(Arc::clone(text))),
        _ => Err(Failure::null_reference()),
    }),
    row("None", "static XNamespace", |_| Ok(namespace(Arc::default()))),
    row("Get", "static (string) -> XNamespace", |call| Ok(namespace(call.text(0)?))),
];

/// Extension methods of sequences of documents and elements (`System.Xml.Linq.Extensions`).
pub(super) const SEQUENCE: &[Member] = &[
    row("Elements", "extension () -> IEnumerable<XElement>", of_each),
    row("Elements", "extension (XName) -> IEnumerable<XElement>", of_each),
    row("Descendants", "extension () -> IEnumerable<XElement>", of_each),
    row("Descendants", "extension (XName) -> IEnumerable<XElement>", of_each),
];

pub(crate) fn node(node: Xml) -> Value {
    Value::object(Object::Xml(node))
}

pub(crate) fn name(name: Name) -> Value {
    Value::object(Object::XmlName(name))
}

pub(crate) fn namespace(namespace: Arc<str>) -> Value {
    Value::object(Object::XmlNamespace(namespace))
}

fn parse(call: &mut Call<'_, '_>, element: bool) -> Outcome {
    let text = call.text(0)?;
    let document = xml::document(&text, &mut call.machine.budget)?;
    Ok(node(if element { root(document) } else { document }))
}

/// The outermost element of a document, which always has one.
pub(super) fn root(document: Xml) -> Xml {
    let root = document.elements().next();
    root.unwrap_or(document)
}

fn this(call: &Call<'_, '_>) -> Result<Xml, Failure> {
    match call.receiver.as_object() {
        Some(Object::Xml(node)) => Ok(node.clone()),
        _ => Err(Failure::null_reference()),
    }
}

fn this_name(call: &Call<'_, '_>) -> Result<Name, Failure> {
    match call.receiver.as_object() {
        Some(Object::XmlName(name)) => Ok(name.clone()),
        _ => Err(Failure::null_reference()),
    }
}

/// Whether a name is what the first argument asks for: any where there is none, and nothing where it is null.
fn is_wanted(call: &Call<'_, '_>, name: Option<&Name>) -> bool {
    call.count() == 0 || matches!(call.argument(0).as_object(), Some(Object::XmlName(wanted)) if name == Some(wanted))
}

/// The elements that the member asks for, of the node that it belongs to.
fn elements(call: &Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    let receiver = this(call)?;
    let wanted = |found: &Xml| is_wanted(call, found.name());
    Ok(match call.name() {
        "Descendants" => receiver.descendants().filter(wanted).map(node).collect(),
        _ => receiver.elements().filter(wanted).map(node).collect(),
    })
}

fn attributes(call: &mut Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    if matches!(call.argument(0).as_object(), Some(Object::XmlName(name)) if name.declares()) {
        return Err(Failure::unsupported("the declaration of a namespace as an attribute"));
    }
    let found: Vec<_> = this(call)?.attributes().collect();
    call.work(found.len() * 32)?;
    let wanted = found.into_iter().filter(|one| is_wanted(call, one.name()));
    Ok(wanted.map(|one| Value::object(Object::XmlAttribute(one))).collect())
}

fn sequence(call: &mut Call<'_, '_>) -> Outcome {
    let size = this(call)?.len();
    call.work(size * 32)?;
    let found = elements(call)?;
    call.machine.collection(Kind::Sequence, Class::XElement.into(), found)
}

fn of_each(call: &mut Call<'_, '_>) -> Outcome {
    let mut all = Vec::new();
    for holder in call.this_items()?.1 {
        call.receiver = holder;
        let size = this(call)?.len();
        call.work(size * 32)?;
        all.extend(elements(call)?);
    }
    call.machine.collection(Kind::Sequence, Class::XElement.into(), all)
}

/// Whether the members of [`SEQUENCE`] are for sequences of this element.
pub(super) fn has_sequence_members(element: &Type) -> bool {
    matches!(element.class, Class::XElement | Class::XDocument | Class::XContainer)
}
