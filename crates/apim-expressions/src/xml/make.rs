//! Makes documents and elements from their parts.

use std::sync::Arc;

use super::{Attribute, Content, Name, Node, Xml, change::Insertion};
use crate::problem::Failure;

/// A part of an element.
pub(crate) enum ElementPart {
    Node(Xml),
    Attribute(Attribute),
    Text(Arc<str>),
}

/// Makes an element with these parts. A node that is already elsewhere is copied.
pub(crate) fn element(name: Name, parts: Vec<ElementPart>) -> Result<Xml, Failure> {
    let element = Xml::top(Node::new(Content::Element { name, empty: true }));
    element.insert(Insertion::Last, parts)?;
    Ok(element)
}

/// Makes a document with these nodes.
pub(crate) fn document_of(parts: Vec<ElementPart>) -> Result<Xml, Failure> {
    let document = Xml::top(Node::new(Content::Document));
    document.insert(Insertion::Last, parts)?;
    Ok(document)
}

/// Makes an attribute without an element.
pub(crate) fn attribute(name: Name, value: Arc<str>) -> Attribute {
    Attribute::new(name, value)
}

/// Makes a text (`XText`), CDATA section or comment without an element.
pub(crate) fn text(class: crate::types::Class, text: Arc<str>) -> Xml {
    Xml::top(Node::new(match class {
        crate::types::Class::XCData => Content::Data(text),
        crate::types::Class::XComment => Content::Comment(text),
        _ => Content::Text(text),
    }))
}

/// Makes a processing instruction without a document.
pub(crate) fn instruction(target: Arc<str>, data: Arc<str>) -> Xml {
    Xml::top(Node::new(Content::Instruction(target, data)))
}
