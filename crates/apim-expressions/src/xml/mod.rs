//! XML as `System.Xml.Linq` has it, to be read: a document does not change once it is parsed.
//!
//! Nodes lie in the order of the text, each with the place behind its last descendant. Comments and processing
//! instructions are left out, as no member here shows them.

mod name;
mod read;

use std::sync::Arc;

pub(crate) use name::Name;
pub(crate) use read::document;

use super::types::Class;

struct Tree {
    nodes: Vec<Node>,
}

struct Node {
    parent: usize,
    /// Behind the last descendant.
    end: usize,
    content: Content,
}

enum Content {
    Document,
    Element { name: Name, attributes: Vec<(Name, Arc<str>)> },
    Text(Arc<str>),
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
}

impl Xml {
    fn node(&self) -> &Node {
        &self.tree.nodes[self.at]
    }

    fn sibling(&self, at: usize) -> Self {
        Self { tree: Arc::clone(&self.tree), at }
    }

    pub(crate) fn class(&self) -> Class {
        if matches!(self.node().content, Content::Document) { Class::XDocument } else { Class::XElement }
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

    /// The elements directly inside.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Self> {
        let end = self.node().end;
        let first = (self.at + 1 < end).then_some(self.at + 1);
        let next = move |at: &usize| Some(self.tree.nodes[*at].end).filter(|next| *next < end);
        std::iter::successors(first, next).map(|at| self.sibling(at)).filter(|one| one.name().is_some())
    }

    /// The elements inside, at any depth, in the order of the text.
    pub(crate) fn descendants(&self) -> impl Iterator<Item = Self> {
        (self.at + 1..self.node().end).map(|at| self.sibling(at)).filter(|one| one.name().is_some())
    }

    /// All text inside, in one.
    pub(crate) fn value(&self) -> String {
        let texts = self.tree.nodes[self.at..self.node().end].iter().filter_map(|node| match &node.content {
            Content::Text(text) => Some(&**text),
            _ => None,
        });
        texts.collect()
    }

    /// The attributes of an element, without declarations of namespaces.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = Attribute> {
        let count = if let Content::Element { attributes, .. } = &self.node().content { attributes.len() } else { 0 };
        (0..count).map(|index| Attribute { owner: self.clone(), index })
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

    pub(crate) fn parent(&self) -> &Xml {
        &self.owner
    }
}
