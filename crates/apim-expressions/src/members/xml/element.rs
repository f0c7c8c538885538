//! Documents and elements: their construction and their content.

use super::{
    super::{Member, row},
    find::{attributes, elements, sequence},
    name, node, node_at, parts, root, this,
};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{CollectionKind, Object, Value},
    xml,
};

pub(crate) const CONTAINER: &[Member] = &[
    row("FirstNode", "XNode", |call| Ok(this(call)?.children().next().map_or(Value::Null, node))),
    row("LastNode", "XNode", |call| {
        let receiver = this(call)?;
        call.work(receiver.len() * 8)?;
        Ok(receiver.children().last().map_or(Value::Null, node))
    }),
    row("Nodes", "() -> IEnumerable<XNode>", |call| {
        let receiver = this(call)?;
        call.work(receiver.len() * 8)?;
        let nodes = receiver.children().map(node).collect();
        call.machine.collection(CollectionKind::Sequence, Class::XNode.into(), nodes)
    }),
    row("Element", "(XName name) -> XElement", |call| {
        let (found, node) = (elements(call)?, this(call)?);
        call.work(node.len())?;
        Ok(found.into_iter().next().unwrap_or(Value::Null))
    }),
    row("Elements", "() -> IEnumerable<XElement>", sequence),
    row("Elements", "(XName name) -> IEnumerable<XElement>", sequence),
    row("Descendants", "() -> IEnumerable<XElement>", sequence),
    row("Descendants", "(XName name) -> IEnumerable<XElement>", sequence),
    row("DescendantNodes", "() -> IEnumerable<XNode>", |call| {
        let receiver = this(call)?;
        call.work(receiver.len() * 32)?;
        let nodes = receiver.inside().into_iter().map(node).collect();
        call.machine.collection(CollectionKind::Sequence, Class::XNode.into(), nodes)
    }),
];

pub(crate) const DOCUMENT: &[Member] = &[
    row("new", "static (params object[] content) -> XDocument", |call| {
        let parts = parts(call, 0)?;
        xml::document_of(parts).map(node)
    }),
    row("new", "static (XDeclaration declaration, params object[] content) -> XDocument", |call| {
        let parts = parts(call, 1)?;
        xml::document_of(parts).map(node)
    }),
    row("Parse", "static (string text) -> XDocument", |call| parse(call, false)),
    row("Root", "XElement", |call| Ok(this(call)?.elements().next().map_or(Value::Null, node))),
];

pub(crate) const ELEMENT: &[Member] = &[
    row("new", "static (XElement other) -> XElement", |call| {
        let source = node_at(call, 0)?;
        call.machine.budget.memory(source.len().saturating_mul(256))?;
        Ok(node(source.copied()))
    }),
    row("DescendantsAndSelf", "() -> IEnumerable<XElement>", sequence),
    row("DescendantsAndSelf", "(XName name) -> IEnumerable<XElement>", sequence),
    row("DescendantNodesAndSelf", "() -> IEnumerable<XNode>", |call| {
        let receiver = this(call)?;
        call.work(receiver.len() * 32)?;
        let nodes = std::iter::once(receiver.clone()).chain(receiver.inside()).map(node).collect();
        call.machine.collection(CollectionKind::Sequence, Class::XNode.into(), nodes)
    }),
    row("AncestorsAndSelf", "() -> IEnumerable<XElement>", sequence),
    row("AncestorsAndSelf", "(XName name) -> IEnumerable<XElement>", sequence),
    row("LastAttribute", "XAttribute", |call| {
        let last = this(call)?.attributes().last();
        Ok(last.map_or(Value::Null, |one| Value::object(Object::XmlAttribute(one))))
    }),
    row("new", "static (XName name) -> XElement", create),
    row("new", "static (XName name, object content) -> XElement", create),
    row("new", "static (XName name, params object[] content) -> XElement", create),
    row("IsEmpty", "bool", |call| Ok(this(call)?.is_empty().into())),
    row("HasAttributes", "bool", |call| Ok(this(call)?.attributes().next().is_some().into())),
    row("FirstAttribute", "XAttribute", |call| {
        let first = this(call)?.attributes().next();
        Ok(first.map_or(Value::Null, |one| Value::object(Object::XmlAttribute(one))))
    }),
    row("Attributes", "() -> IEnumerable<XAttribute>", |call| {
        let found: Vec<Value> = this(call)?.attributes().map(|one| Value::object(Object::XmlAttribute(one))).collect();
        call.machine.collection(CollectionKind::Sequence, Class::XAttribute.into(), found)
    }),
    row("Parse", "static (string text) -> XElement", |call| parse(call, true)),
    row("Name", "XName", |call| Ok(this(call)?.name().map_or(Value::Null, name))),
    row("Value", "string", |call| {
        let node = this(call)?;
        call.work(node.len() * 32)?;
        call.new_string(node.value())
    }),
    row("HasElements", "bool", |call| Ok(Value::Bool(this(call)?.elements().next().is_some()))),
    row("Attribute", "(XName name) -> XAttribute", |call| {
        Ok(attributes(call)?.into_iter().next().unwrap_or(Value::Null))
    }),
    row("Attributes", "(XName name) -> IEnumerable<XAttribute>", |call| {
        let found = attributes(call)?;
        call.machine.collection(CollectionKind::Sequence, Class::XAttribute.into(), found)
    }),
];

fn create(call: &mut Call<'_, '_>) -> Outcome {
    let Some(Object::XmlName(name)) = call.argument(0).as_object() else { return Err(Failure::argument_null("name")) };
    let name = name.clone();
    let parts = parts(call, 1)?;
    xml::element(name, parts).map(node)
}

fn parse(call: &mut Call<'_, '_>, element: bool) -> Outcome {
    let text = call.text(0)?;
    let document = xml::document(&text, &mut call.machine.budget)?;
    Ok(node(if element { root(document) } else { document }))
}
