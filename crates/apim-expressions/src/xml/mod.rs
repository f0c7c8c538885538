//! XML as `System.Xml.Linq` has it, but for changes: a document does not change once it is parsed or made.
//!
//! Nodes lie in the order of the text, each with the place behind its last descendant.

mod make;
mod name;
mod read;
mod write;

use std::sync::Arc;

pub(crate) use make::{Part, attribute, document_of, element, text};
pub(crate) use name::Name;
pub(crate) use read::document;
pub use read::xml_parsing_steps;
pub(crate) use write::{attribute as write_attribute, node as write_node};

use super::types::Class;

struct Tree {
    nodes: Vec<Node>,
}

#[derive(Clone)]
struct Node {
    parent: usize,
    /// Behind the last descendant.
    end: usize,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Document,
    Element {
        name: Name,
        /// Declarations of namespaces too.
        attributes: Vec<(Name, Arc<str>)>,
        /// Whether it is written as one tag.
        empty: bool,
    },
    Text(Arc<str>),
    /// A CDATA section.
    Data(Arc<str>),
    Comment(Arc<str>),
    /// A processing instruction: target and data.
    Instruction(Arc<str>, Arc<str>),
}

/// An `XDocument` or `XElement`.
#[derive(Clone)]
pub(crate) struct Xml {
    tree: Arc<Tree>,
    at: usize,
}

/// An `XAttribute`.
#[derive(Clone)]
pub(crate) struct Attribute {
    owner: Xml,
    index: usize,
    /// Whether it belongs to no element.
    alone: bool,
}

impl Xml {
    fn node(&self) -> &Node {
        &self.tree.nodes[self.at]
    }

    fn sibling(&self, at: usize) -> Self {
        Self { tree: Arc::clone(&self.tree), at }
    }

    pub(crate) fn class(&self) -> Class {
        match self.node().content {
            Content::Document => Class::XDocument,
            Content::Element { .. } => Class::XElement,
            Content::Text(_) => Class::XText,
            Content::Data(_) => Class::XCData,
            Content::Comment(_) => Class::XComment,
            Content::Instruction(..) => Class::XProcessingInstruction,
        }
    }

    /// Whether both are the same node of one document.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.tree, &other.tree) && self.at == other.at
    }

    /// How many nodes it holds, itself included: what looking through it costs.
    pub(crate) fn len(&self) -> usize {
        self.node().end - self.at
    }

    /// The element's name; `None` for a document.
    pub(crate) fn name(&self) -> Option<&Name> {
        if let Content::Element { name, .. } = &self.node().content { Some(name) } else { None }
    }

    /// The element that holds it. A document is no element.
    pub(crate) fn parent(&self) -> Option<Self> {
        let parent = self.sibling(self.node().parent);
        (self.at > 0 && parent.name().is_some()).then_some(parent)
    }

    /// The nodes directly inside.
    pub(crate) fn children(&self) -> impl Iterator<Item = Self> {
        let end = self.node().end;
        let first = (self.at + 1 < end).then_some(self.at + 1);
        let next = move |at: &usize| Some(self.tree.nodes[*at].end).filter(|next| *next < end);
        std::iter::successors(first, next).map(|at| self.sibling(at))
    }

    /// The elements directly inside.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Self> {
        self.children().filter(|one| one.name().is_some())
    }

    /// The node after this one in the same parent.
    pub(crate) fn next(&self) -> Option<Self> {
        let end = self.node().end;
        let parent = &self.tree.nodes[self.node().parent];
        (self.at > 0 && end < parent.end).then(|| self.sibling(end))
    }

    /// The node before this one.
    pub(crate) fn previous(&self) -> Option<Self> {
        if self.at == 0 {
            return None;
        }
        self.sibling(self.node().parent).children().take_while(|one| one.at < self.at).last()
    }

    /// The document or element that holds it.
    pub(crate) fn holder(&self) -> Option<Self> {
        (self.at > 0).then(|| self.sibling(self.node().parent))
    }

    /// The text of a node that has nothing inside.
    pub(crate) fn own_text(&self) -> Option<(&Arc<str>, Option<&Arc<str>>)> {
        match &self.node().content {
            Content::Text(text) | Content::Data(text) | Content::Comment(text) => Some((text, None)),
            Content::Instruction(target, data) => Some((data, Some(target))),
            Content::Document | Content::Element { .. } => None,
        }
    }

    /// Whether an element is written as one tag.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.node().content, Content::Element { empty: true, .. }) && self.children().next().is_none()
    }

    /// The elements inside, at any depth, in the order of the text.
    pub(crate) fn descendants(&self) -> impl Iterator<Item = Self> {
        (self.at + 1..self.node().end).map(|at| self.sibling(at)).filter(|one| one.name().is_some())
    }

    /// All text inside, in one.
    pub(crate) fn value(&self) -> String {
        let texts = self.tree.nodes[self.at..self.node().end].iter().filter_map(|node| match &node.content {
            Content::Text(text) | Content::Data(text) => Some(&**text),
            _ => None,
        });
        texts.collect()
    }

    /// The attributes of an element, and its declarations of namespaces.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = Attribute> {
        let count = if let Content::Element { attributes, .. } = &self.node().content { attributes.len() } else { 0 };
        (0..count).map(|index| Attribute { owner: self.clone(), index, alone: false })
    }
}

impl Attribute {
    fn pair(&self) -> Option<&(Name, Arc<str>)> {
        let Content::Element { attributes, .. } = &self.owner.node().content else { return None };
        attributes.get(self.index)
    }

    pub(crate) fn name(&self) -> Option<&Name> {
        self.pair().map(|(name, _)| name)
    }

    pub(crate) fn value(&self) -> Arc<str> {
        self.pair().map(|(_, value)| Arc::clone(value)).unwrap_or_default()
    }

    pub(crate) fn parent(&self) -> Option<&Xml> {
        (!self.alone).then_some(&self.owner)
    }
}
