//! LINQ to XML: documents, elements and other nodes, attributes and names. What changes them is in `xml_change`.

use std::sync::Arc;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::{Class, Type},
    value::{Kind, Object, Value},
    xml::{self, Name, Part, Xml},
};

pub(super) const CONTAINER: &[Member] = &[
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
        call.machine.collection(Kind::Sequence, Class::XNode.into(), nodes)
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
        call.machine.collection(Kind::Sequence, Class::XNode.into(), nodes)
    }),
];

pub(super) const NODE: &[Member] = &[
    row("NextNode", "XNode", |call| Ok(this(call)?.next().map_or(Value::Null, node))),
    row("PreviousNode", "XNode", |call| {
        let receiver = this(call)?;
        call.work(receiver.holder().map_or(0, |holder| holder.len()) * 8)?;
        Ok(receiver.previous().map_or(Value::Null, node))
    }),
    row("Ancestors", "() -> IEnumerable<XElement>", sequence),
    row("Ancestors", "(XName name) -> IEnumerable<XElement>", sequence),
    row("ElementsAfterSelf", "() -> IEnumerable<XElement>", sequence_around),
    row("ElementsAfterSelf", "(XName name) -> IEnumerable<XElement>", sequence_around),
    row("ElementsBeforeSelf", "() -> IEnumerable<XElement>", sequence_around),
    row("ElementsBeforeSelf", "(XName name) -> IEnumerable<XElement>", sequence_around),
    row("NodesAfterSelf", "() -> IEnumerable<XNode>", |call| {
        let nodes = siblings(call)?.1.into_iter().map(node).collect();
        call.machine.collection(Kind::Sequence, Class::XNode.into(), nodes)
    }),
    row("NodesBeforeSelf", "() -> IEnumerable<XNode>", |call| {
        let nodes = siblings(call)?.0.into_iter().map(node).collect();
        call.machine.collection(Kind::Sequence, Class::XNode.into(), nodes)
    }),
    row("IsBefore", "(XNode node) -> bool", |call| {
        let other = node_at(call, 0)?;
        order(call, &this(call)?, &other).map(|order| (order < 0).into())
    }),
    row("IsAfter", "(XNode node) -> bool", |call| {
        let other = node_at(call, 0)?;
        order(call, &this(call)?, &other).map(|order| (order > 0).into())
    }),
    row("DeepEquals", "static (XNode n1, XNode n2) -> bool", |call| equal_nodes(call).map(Value::from)),
    row("CompareDocumentOrder", "static (XNode n1, XNode n2) -> int", compare_order),
    row("DocumentOrderComparer", "static XNodeDocumentOrderComparer", |_| Ok(order_comparer())),
    row("EqualityComparer", "static XNodeEqualityComparer", |_| Ok(equality_comparer())),
];

pub(super) const OBJECT: &[Member] = &[
    row("Parent", "XElement", |call| match call.receiver.as_object() {
        Some(Object::XmlAttribute(attribute)) => Ok(attribute.parent().map_or(Value::Null, node)),
        _ => Ok(this(call)?.parent().map_or(Value::Null, node)),
    }),
    row("Document", "XDocument", |call| {
        let start = match call.receiver.as_object() {
            Some(Object::XmlAttribute(attribute)) => attribute.parent(),
            _ => Some(this(call)?),
        };
        let top = start.map(|one| one.topmost()).filter(|top| top.class() == Class::XDocument);
        Ok(top.map_or(Value::Null, node))
    }),
    row("NodeType", "XmlNodeType", |call| {
        let number = match call.receiver.as_object() {
            Some(Object::XmlAttribute(_)) => 2,
            _ => match this(call)?.class() {
                Class::XElement => 1,
                Class::XText => 3,
                Class::XCData => 4,
                Class::XProcessingInstruction => 7,
                Class::XComment => 8,
                _ => 9,
            },
        };
        Ok(Value::enumerator(Class::XmlNodeType, number))
    }),
    row("BaseUri", "string", |_| Ok("".into())),
];

pub(super) const NODE_ORDER: &[Member] = &[
    row("new", "static () -> XNodeDocumentOrderComparer", |_| Ok(order_comparer())),
    row("Compare", "(XNode x, XNode y) -> int", compare_order),
];

pub(super) const NODE_EQUALITY: &[Member] = &[
    row("new", "static () -> XNodeEqualityComparer", |_| Ok(equality_comparer())),
    row("Equals", "(XNode x, XNode y) -> bool", |call| equal_nodes(call).map(Value::from)),
];

fn order_comparer() -> Value {
    Value::object(Object::Constant(Class::NodeOrder, "System.Xml.Linq.XNodeDocumentOrderComparer"))
}

fn equality_comparer() -> Value {
    Value::object(Object::Constant(Class::NodeEquality, "System.Xml.Linq.XNodeEqualityComparer"))
}

fn node_at(call: &Call<'_, '_>, index: usize) -> Result<Xml, Failure> {
    match call.argument(index).as_object() {
        Some(Object::Xml(node)) => Ok(node.clone()),
        _ => Err(Failure::argument_null("node")),
    }
}

fn equal_nodes(call: &mut Call<'_, '_>) -> Result<bool, Failure> {
    match (call.argument(0).as_object(), call.argument(1).as_object()) {
        (Some(Object::Xml(one)), Some(Object::Xml(two))) => {
            let (one, two) = (one.clone(), two.clone());
            call.work((one.len() + two.len()) * 64)?;
            Ok(one.deep_equals(&two))
        }
        (None, None) => Ok(true),
        _ => Ok(false),
    }
}

fn compare_order(call: &mut Call<'_, '_>) -> Outcome {
    let (one, two) = (node_at(call, 0)?, node_at(call, 1)?);
    order(call, &one, &two).map(Value::from)
}

/// -1, 0 or 1 by the order of the text.
fn order(call: &mut Call<'_, '_>, one: &Xml, two: &Xml) -> Result<i32, Failure> {
    let top = one.topmost();
    call.work(top.len() * 64)?;
    let all: Vec<Xml> = std::iter::once(top.clone()).chain(top.inside()).collect();
    let place = |wanted: &Xml| all.iter().position(|one| one.is(wanted));
    match (place(one), place(two)) {
        (Some(one), Some(two)) => Ok(one.cmp(&two) as i32),
        _ => Err(Failure::invalid_operation("A common ancestor is missing.")),
    }
}

fn siblings(call: &mut Call<'_, '_>) -> Result<(Vec<Xml>, Vec<Xml>), Failure> {
    let receiver = this(call)?;
    call.work(receiver.holder().map_or(0, |holder| holder.children().count()) * 32)?;
    Ok(receiver.siblings())
}

/// Members of `XText`, `XCData` and `XComment`; `S` is the class.
pub(super) const TEXT: &[Member] = &[
    row("new", "static (string value) -> S", |call| {
        let (class, text) = (call.owner(), call.text(0)?);
        call.machine.budget.memory(text.len() + 96)?;
        Ok(node(xml::text(class, text)))
    }),
    row("Value", "string", |call| Ok(this(call)?.own_text().map_or(Value::Null, |(text, _)| Value::String(text)))),
];

pub(super) const INSTRUCTION: &[Member] = &[
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

pub(super) const DECLARATION: &[Member] =
    &[row("new", "static (string version, string encoding, string standalone) -> XDeclaration", |_| {
        // `ToString()` of a document leaves it out, and nothing else shows it.
        Ok(Value::object(Object::Constant(Class::XDeclaration, "<?xml version=\"1.0\"?>")))
    })];

pub(super) const DOCUMENT: &[Member] = &[
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

pub(super) const ELEMENT: &[Member] = &[
    row("new", "static (XElement other) -> XElement", |call| {
        let source = node_at(call, 0)?;
        call.machine.budget.memory(source.len().saturating_mul(256))?;
        Ok(node(source.copied()))
    }),
    row("DescendantsAndSelf", "() -> IEnumerable<XElement>", sequence),
    row("DescendantsAndSelf", "(XName name) -> IEnumerable<XElement>", sequence),
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
        call.machine.collection(Kind::Sequence, Class::XAttribute.into(), found)
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
        call.machine.collection(Kind::Sequence, Class::XAttribute.into(), found)
    }),
];

pub(super) const ATTRIBUTE: &[Member] = &[
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

pub(super) const NAME: &[Member] = &[
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

pub(super) const NAMESPACE: &[Member] = &[
    row("NamespaceName", "string", |call| match call.receiver.as_object() {
        Some(Object::XmlNamespace(text)) => Ok(Value::String(Arc::clone(text))),
        _ => Err(Failure::null_reference()),
    }),
    row("None", "static XNamespace", |_| Ok(namespace(Arc::default()))),
    row("Get", "static (string namespaceName) -> XNamespace", |call| Ok(namespace(call.text(0)?))),
];

/// Extension methods of sequences of documents and elements (`System.Xml.Linq.Extensions`).
pub(super) const SEQUENCE: &[Member] = &[
    row("Elements", "extension () -> IEnumerable<XElement>", of_each),
    row("Elements", "extension (XName name) -> IEnumerable<XElement>", of_each),
    row("Descendants", "extension () -> IEnumerable<XElement>", of_each),
    row("Descendants", "extension (XName name) -> IEnumerable<XElement>", of_each),
    row("DescendantsAndSelf", "extension () -> IEnumerable<XElement>", of_each),
    row("DescendantsAndSelf", "extension (XName name) -> IEnumerable<XElement>", of_each),
    row("Ancestors", "extension () -> IEnumerable<XElement>", of_each),
    row("Ancestors", "extension (XName name) -> IEnumerable<XElement>", of_each),
    row("Attributes", "extension () -> IEnumerable<XAttribute>", attributes_of_each),
    row("Attributes", "extension (XName name) -> IEnumerable<XAttribute>", attributes_of_each),
    row("Nodes", "extension () -> IEnumerable<XNode>", |call| {
        let mut all = Vec::new();
        for holder in call.this_items()?.1 {
            call.receiver = holder;
            let receiver = this(call)?;
            call.work(receiver.len() * 8)?;
            all.extend(receiver.children().map(node));
        }
        call.machine.collection(Kind::Sequence, Class::XNode.into(), all)
    }),
];

/// The static forms of the extension methods (`System.Xml.Linq.Extensions.Elements(…)`).
pub(super) const EXTENSIONS: &[Member] = &[
    row("Elements", "static (IEnumerable<XContainer> source, XName name) -> IEnumerable<XElement>", |call| {
        as_extension(call, of_each)
    }),
    row("Descendants", "static (IEnumerable<XContainer> source, XName name) -> IEnumerable<XElement>", |call| {
        as_extension(call, of_each)
    }),
    row("Attributes", "static (IEnumerable<XElement> source, XName name) -> IEnumerable<XAttribute>", |call| {
        as_extension(call, attributes_of_each)
    }),
    row("Remove", "static (IEnumerable<XNode> source) -> void", |call| {
        as_extension(call, super::xml_change::remove_each)
    }),
];

/// Takes the first argument for what the method is called on.
fn as_extension(call: &mut Call<'_, '_>, run: fn(&mut Call<'_, '_>) -> Outcome) -> Outcome {
    call.receiver = call.arguments.remove(0);
    run(call)
}

fn attributes_of_each(call: &mut Call<'_, '_>) -> Outcome {
    let mut all = Vec::new();
    for holder in call.this_items()?.1 {
        call.receiver = holder;
        all.extend(attributes(call)?);
    }
    call.machine.collection(Kind::Sequence, Class::XAttribute.into(), all)
}

pub(crate) fn node(node: Xml) -> Value {
    Value::object(Object::Xml(node))
}

pub(crate) fn name(name: Name) -> Value {
    Value::object(Object::XmlName(name))
}

pub(crate) fn namespace(namespace: Arc<str>) -> Value {
    Value::object(Object::XmlNamespace(namespace))
}

fn create(call: &mut Call<'_, '_>) -> Outcome {
    let Some(Object::XmlName(name)) = call.argument(0).as_object() else { return Err(Failure::argument_null("name")) };
    let name = name.clone();
    let parts = parts(call, 1)?;
    xml::element(name, parts).map(node)
}

/// The arguments from one on as parts of an element; sequences give their elements, null gives nothing.
pub(super) fn parts(call: &mut Call<'_, '_>, from: usize) -> Result<Vec<Part>, Failure> {
    let mut parts = Vec::new();
    for argument in call.arguments.get(from..).unwrap_or_default().to_vec() {
        part(call, &argument, 0, &mut parts)?;
    }
    Ok(parts)
}

fn part(call: &mut Call<'_, '_>, value: &Value, depth: usize, parts: &mut Vec<Part>) -> Result<(), Failure> {
    match (value, value.as_object()) {
        (Value::Null, _) => {}
        (_, Some(Object::Xml(node))) => {
            call.machine.budget.memory(node.len().saturating_mul(256))?;
            // A document gives its nodes.
            if node.class() == Class::XDocument {
                parts.extend(node.children().map(Part::Node));
            } else {
                parts.push(Part::Node(node.clone()));
            }
        }
        (_, Some(Object::XmlAttribute(attribute))) => parts.push(Part::Attribute(attribute.clone())),
        (Value::Collection(_), _) if depth < 32 => {
            for item in call.machine.items(value)?.1 {
                part(call, &item, depth + 1, parts)?;
            }
        }
        _ => {
            let text = plain(call, value)?;
            call.machine.budget.memory(text.len() + 96)?;
            parts.push(Part::Text(text));
        }
    }
    Ok(())
}

/// A value as XML writes it: truth values in lower case, times in ISO 8601.
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

pub(super) fn this(call: &Call<'_, '_>) -> Result<Xml, Failure> {
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

/// Whether a name matches the first argument. Without an argument every name matches; null matches no name.
fn is_wanted(call: &Call<'_, '_>, name: Option<&Name>) -> bool {
    call.count() == 0 || matches!(call.argument(0).as_object(), Some(Object::XmlName(wanted)) if name == Some(wanted))
}

/// The elements that the member asks for, of the node that it belongs to.
fn elements(call: &Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    let receiver = this(call)?;
    let wanted = |found: &Xml| is_wanted(call, found.name().as_ref());
    Ok(match call.name() {
        "Descendants" => receiver.descendants().filter(wanted).map(node).collect(),
        "DescendantsAndSelf" => {
            let own = std::iter::once(receiver.clone()).filter(|one| one.name().is_some());
            own.chain(receiver.descendants()).filter(wanted).map(node).collect()
        }
        "Ancestors" => std::iter::successors(receiver.parent(), Xml::parent).filter(wanted).map(node).collect(),
        "AncestorsAndSelf" => {
            let own = Some(receiver).filter(|one| one.name().is_some());
            std::iter::successors(own, Xml::parent).filter(wanted).map(node).collect()
        }
        "ElementsAfterSelf" => {
            receiver.siblings().1.into_iter().filter(|one| one.name().is_some() && wanted(one)).map(node).collect()
        }
        "ElementsBeforeSelf" => {
            receiver.siblings().0.into_iter().filter(|one| one.name().is_some() && wanted(one)).map(node).collect()
        }
        _ => receiver.elements().filter(wanted).map(node).collect(),
    })
}

fn attributes(call: &mut Call<'_, '_>) -> Result<Vec<Value>, Failure> {
    let found: Vec<_> = this(call)?.attributes().collect();
    call.work(found.len() * 32)?;
    let wanted = found.into_iter().filter(|one| is_wanted(call, Some(one.name())));
    Ok(wanted.map(|one| Value::object(Object::XmlAttribute(one))).collect())
}

fn sequence(call: &mut Call<'_, '_>) -> Outcome {
    let size = this(call)?.len();
    call.work(size * 32)?;
    let found = elements(call)?;
    call.machine.collection(Kind::Sequence, Class::XElement.into(), found)
}

fn sequence_around(call: &mut Call<'_, '_>) -> Outcome {
    siblings(call)?;
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

/// Whether a sequence of these has `Remove`.
pub(super) fn can_be_removed(element: &Type) -> bool {
    matches!(
        element.class,
        Class::XElement
            | Class::XNode
            | Class::XContainer
            | Class::XText
            | Class::XCData
            | Class::XComment
            | Class::XProcessingInstruction
            | Class::XAttribute
    )
}
