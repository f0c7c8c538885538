//! The place of a node: its neighbours, its ancestors, and the document order.

use super::{
    super::{Member, row},
    find::{sequence, sequence_around, siblings},
    node, node_at, this,
};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{CollectionKind, Object, Value},
    xml::Xml,
};

pub(crate) const NODE: &[Member] = &[
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
        call.machine.collection(CollectionKind::Sequence, Class::XNode.into(), nodes)
    }),
    row("NodesBeforeSelf", "() -> IEnumerable<XNode>", |call| {
        let nodes = siblings(call)?.0.into_iter().map(node).collect();
        call.machine.collection(CollectionKind::Sequence, Class::XNode.into(), nodes)
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

pub(crate) const OBJECT: &[Member] = &[
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

pub(crate) const NODE_ORDER: &[Member] = &[
    row("new", "static () -> XNodeDocumentOrderComparer", |_| Ok(order_comparer())),
    row("Compare", "(XNode x, XNode y) -> int", compare_order),
];

pub(crate) const NODE_EQUALITY: &[Member] = &[
    row("new", "static () -> XNodeEqualityComparer", |_| Ok(equality_comparer())),
    row("Equals", "(XNode x, XNode y) -> bool", |call| equal_nodes(call).map(Value::from)),
];

fn order_comparer() -> Value {
    Value::object(Object::Constant(Class::NodeOrder, "System.Xml.Linq.XNodeDocumentOrderComparer"))
}

fn equality_comparer() -> Value {
    Value::object(Object::Constant(Class::NodeEquality, "System.Xml.Linq.XNodeEqualityComparer"))
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

/// Returns -1, 0 or 1 by the order of the text.
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
