//! Making documents and elements of their parts.

use std::sync::Arc;

use super::{Attribute, Content, Name, Node, Tree, Xml};

/// What goes into an element.
pub(crate) enum Part {
    Node(Xml),
    Attribute(Attribute),
    Text(Arc<str>),
}

/// An element with these parts. A node that is elsewhere is copied.
pub(crate) fn element(name: Name, parts: Vec<Part>) -> Xml {
    let mut attributes: Vec<(Name, Arc<str>)> = Vec::new();
    let mut nodes = Vec::new();
    let empty = !parts.iter().any(|part| matches!(part, Part::Text(_)));
    for part in parts {
        match part {
            Part::Attribute(attribute) => attributes.extend(attribute.pair().cloned()),
            part => add(&mut nodes, part, 1),
        }
    }
    nodes.insert(0, Node { parent: 0, end: nodes.len() + 1, content: Content::Element { name, attributes, empty } });
    Xml { tree: Arc::new(Tree { nodes }), at: 0 }
}

/// A document with these nodes.
pub(crate) fn document_of(parts: Vec<Part>) -> Xml {
    let mut nodes = Vec::new();
    for part in parts {
        add(&mut nodes, part, 1);
    }
    nodes.insert(0, Node { parent: 0, end: nodes.len() + 1, content: Content::Document });
    Xml { tree: Arc::new(Tree { nodes }), at: 0 }
}

/// Appends a part; `shift` nodes will stand before all of them.
fn add(nodes: &mut Vec<Node>, part: Part, shift: usize) {
    match part {
        Part::Attribute(_) => {}
        Part::Text(text) => {
            // Texts side by side are one.
            if let Some(Node { content: Content::Text(before), parent: 0, .. }) = nodes.last_mut() {
                *before = format!("{before}{text}").into();
            } else if !text.is_empty() {
                let end = nodes.len() + 1 + shift;
                nodes.push(Node { parent: 0, end, content: Content::Text(text) });
            }
        }
        Part::Node(node) => {
            let (start, offset) = (node.at, nodes.len() + shift);
            for source in &node.tree.nodes[node.at..node.node().end] {
                let parent = if nodes.len() + shift == offset { 0 } else { source.parent - start + offset };
                nodes.push(Node { parent, end: source.end - start + offset, content: source.content.clone() });
            }
        }
    }
}

/// An attribute of no element.
pub(crate) fn attribute(name: Name, value: Arc<str>) -> Attribute {
    let content = Content::Element {
        name: Name { namespace: Arc::default(), local: Arc::default() },
        attributes: vec![(name, value)],
        empty: true,
    };
    let tree = Arc::new(Tree { nodes: vec![Node { parent: 0, end: 1, content }] });
    Attribute { owner: Xml { tree, at: 0 }, index: 0, alone: true }
}

/// A text (`XText`), CDATA section or comment of no element.
pub(crate) fn text(class: crate::types::Class, text: Arc<str>) -> Xml {
    let content = match class {
        crate::types::Class::XCData => Content::Data(text),
        crate::types::Class::XComment => Content::Comment(text),
        _ => Content::Text(text),
    };
    Xml { tree: Arc::new(Tree { nodes: vec![Node { parent: 0, end: 1, content }] }), at: 0 }
}
