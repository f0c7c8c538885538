//! XML like in `System.Xml.Linq`: nodes that know their parent, and that change in place.
//!
//! A value with a node keeps the node's whole tree alive.

mod change;
mod make;
mod name;
mod read;
mod write;

use std::sync::{Arc, Mutex, Weak};

pub(crate) use change::Insertion;
pub(crate) use make::{ElementPart, attribute, document_of, element, instruction, text};
pub(crate) use name::Name;
pub(crate) use read::document;
pub use read::xml_parsing_steps;
pub(crate) use write::{attribute as write_attribute, node as write_node};

use super::{lock::lock, types::Class};

/// The deepest nesting of nodes.
pub(crate) const NESTING: usize = 256;

struct Node {
    parent: Mutex<Weak<Node>>,
    state: Mutex<State>,
}

struct State {
    content: Content,
    children: Vec<Arc<Node>>,
    /// The attributes, including declarations of namespaces.
    attributes: Vec<Attribute>,
}

#[derive(Clone)]
enum Content {
    Document,
    Element {
        name: Name,
        /// Whether the element is written as one tag while nothing is inside.
        empty: bool,
    },
    Text(Arc<str>),
    /// A CDATA section.
    Data(Arc<str>),
    Comment(Arc<str>),
    /// A processing instruction: target and data.
    Instruction(Arc<str>, Arc<str>),
}

/// A node: `XDocument`, `XElement`, `XText` and so on.
#[derive(Clone)]
pub(crate) struct Xml {
    node: Arc<Node>,
    /// The top of the tree, which keeps the tree alive.
    root: Arc<Node>,
}

/// An `XAttribute`.
#[derive(Clone)]
pub(crate) struct Attribute(Arc<AttributeNode>);

struct AttributeNode {
    name: Name,
    value: Mutex<Arc<str>>,
    owner: Mutex<Weak<Node>>,
}

impl Node {
    fn new(content: Content) -> Arc<Self> {
        let state = State { content, children: Vec::new(), attributes: Vec::new() };
        Arc::new(Self { parent: Mutex::default(), state: Mutex::new(state) })
    }

    fn parent(&self) -> Option<Arc<Self>> {
        lock(&self.parent).upgrade()
    }

    fn children(&self) -> Vec<Arc<Self>> {
        lock(&self.state).children.clone()
    }

    fn content(&self) -> Content {
        lock(&self.state).content.clone()
    }

    fn count(&self) -> usize {
        1 + self.children().iter().map(|child| child.count()).sum::<usize>()
    }
}

impl Xml {
    /// Makes a node at the top of its tree.
    fn top(node: Arc<Node>) -> Self {
        Self { root: Arc::clone(&node), node }
    }

    fn near(&self, node: Arc<Node>) -> Self {
        Self { node, root: Arc::clone(&self.root) }
    }

    pub(crate) fn class(&self) -> Class {
        match lock(&self.node.state).content {
            Content::Document => Class::XDocument,
            Content::Element { .. } => Class::XElement,
            Content::Text(_) => Class::XText,
            Content::Data(_) => Class::XCData,
            Content::Comment(_) => Class::XComment,
            Content::Instruction(..) => Class::XProcessingInstruction,
        }
    }

    /// Reports whether both are the same node.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.node, &other.node)
    }

    /// Returns the number of nodes, including this one: the cost of looking through them.
    pub(crate) fn len(&self) -> usize {
        self.node.count()
    }

    /// Returns the element's name; `None` for other nodes.
    pub(crate) fn name(&self) -> Option<Name> {
        if let Content::Element { name, .. } = &lock(&self.node.state).content { Some(name.clone()) } else { None }
    }

    /// Returns the element that the node is in. A document is not an element.
    pub(crate) fn parent(&self) -> Option<Self> {
        self.holder().filter(|holder| holder.name().is_some())
    }

    /// Returns the document or element that the node is in.
    pub(crate) fn holder(&self) -> Option<Self> {
        self.node.parent().map(|parent| self.near(parent))
    }

    /// Returns the document or element at the top.
    pub(crate) fn topmost(&self) -> Self {
        std::iter::successors(Some(self.clone()), Self::holder).last().unwrap_or_else(|| self.clone())
    }

    /// Returns the nodes directly inside.
    pub(crate) fn children(&self) -> impl Iterator<Item = Self> {
        self.node.children().into_iter().map(|child| self.near(child))
    }

    /// Returns the elements directly inside.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Self> {
        self.children().filter(|one| one.name().is_some())
    }

    /// Returns the nodes before and the nodes after this one in the same parent.
    pub(crate) fn siblings(&self) -> (Vec<Self>, Vec<Self>) {
        let Some(holder) = self.holder() else { return (Vec::new(), Vec::new()) };
        let all: Vec<Self> = holder.children().collect();
        let place = all.iter().position(|one| one.is(self)).unwrap_or(all.len());
        let after = all.get(place + 1..).unwrap_or_default().to_vec();
        (all.into_iter().take(place).collect(), after)
    }

    /// Returns the node after this one in the same parent.
    pub(crate) fn next(&self) -> Option<Self> {
        self.siblings().1.into_iter().next()
    }

    /// Returns the node before this one.
    pub(crate) fn previous(&self) -> Option<Self> {
        self.siblings().0.pop()
    }

    /// Returns the text of a node that has nothing inside. For an instruction, also returns the target.
    pub(crate) fn own_text(&self) -> Option<(Arc<str>, Option<Arc<str>>)> {
        match self.node.content() {
            Content::Text(text) | Content::Data(text) | Content::Comment(text) => Some((text, None)),
            Content::Instruction(target, data) => Some((data, Some(target))),
            Content::Document | Content::Element { .. } => None,
        }
    }

    /// Reports whether an element is written as one tag.
    pub(crate) fn is_empty(&self) -> bool {
        let state = lock(&self.node.state);
        matches!(state.content, Content::Element { empty: true, .. }) && state.children.is_empty()
    }

    /// Returns all nodes inside, at any depth, in the order of the text.
    pub(crate) fn inside(&self) -> Vec<Self> {
        fn add(node: &Arc<Node>, all: &mut Vec<Arc<Node>>) {
            for child in node.children() {
                all.push(Arc::clone(&child));
                add(&child, all);
            }
        }
        let mut all = Vec::new();
        add(&self.node, &mut all);
        all.into_iter().map(|node| self.near(node)).collect()
    }

    /// Returns the elements inside, at any depth, in the order of the text.
    pub(crate) fn descendants(&self) -> impl Iterator<Item = Self> {
        self.inside().into_iter().filter(|one| one.name().is_some())
    }

    /// Returns all text inside, as one string.
    pub(crate) fn value(&self) -> String {
        let own = std::iter::once(self.clone()).chain(self.inside());
        let texts = own.filter_map(|one| match one.node.content() {
            Content::Text(text) | Content::Data(text) => Some(text.to_string()),
            _ => None,
        });
        texts.collect()
    }

    /// Returns the attributes of an element, and its declarations of namespaces.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = Attribute> {
        lock(&self.node.state).attributes.clone().into_iter()
    }

    /// Reports whether both have the same names, attributes and texts (`XNode.DeepEquals`).
    pub(crate) fn deep_equals(&self, other: &Self) -> bool {
        let (one, two) = (self.node.content(), other.node.content());
        let alike = match (&one, &two) {
            (Content::Document, Content::Document) => true,
            (Content::Element { name: a, .. }, Content::Element { name: b, .. }) => {
                a == b && self.is_empty() == other.is_empty()
            }
            (Content::Text(a), Content::Text(b))
            | (Content::Data(a), Content::Data(b))
            | (Content::Comment(a), Content::Comment(b)) => a == b,
            (Content::Instruction(a, x), Content::Instruction(b, y)) => a == b && x == y,
            _ => false,
        };
        let (attributes, others): (Vec<_>, Vec<_>) = (self.attributes().collect(), other.attributes().collect());
        let (children, other_children): (Vec<_>, Vec<_>) = (self.children().collect(), other.children().collect());
        alike
            && attributes.len() == others.len()
            && attributes.iter().zip(&others).all(|(a, b)| a.name() == b.name() && a.value() == b.value())
            && children.len() == other_children.len()
            && children.iter().zip(&other_children).all(|(a, b)| a.deep_equals(b))
    }
}

impl Attribute {
    fn new(name: Name, value: Arc<str>) -> Self {
        Self(Arc::new(AttributeNode { name, value: Mutex::new(value), owner: Mutex::default() }))
    }

    pub(crate) fn name(&self) -> &Name {
        &self.0.name
    }

    pub(crate) fn value(&self) -> Arc<str> {
        Arc::clone(&lock(&self.0.value))
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn parent(&self) -> Option<Xml> {
        let owner = lock(&self.0.owner).upgrade()?;
        Some(Xml::top(owner).topmost_handle())
    }
}

impl Xml {
    /// Returns the same node, which now keeps the top of its tree alive.
    fn topmost_handle(self) -> Self {
        let root = self.topmost().node;
        Self { node: self.node, root }
    }
}
