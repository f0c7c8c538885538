//! Changes of a tree, like those of `System.Xml.Linq`: a node that is already in a tree is copied when it goes to
//! another place.

use std::sync::Arc;

use super::{Attribute, Content, ElementPart, NESTING, Name, Node, Xml};
use crate::{lock::lock, problem::Failure};

/// The place for new nodes in an element or document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Insertion {
    First,
    Last,
    At(usize),
}

impl Node {
    /// Returns a copy without a parent.
    fn copied(&self) -> Arc<Self> {
        let (content, attributes) = {
            let state = lock(&self.state);
            (state.content.clone(), state.attributes.clone())
        };
        let copy = Self::new(content);
        for attribute in attributes {
            add_attribute(&copy, attribute.copied());
        }
        let children: Vec<Arc<Self>> = self.children().iter().map(|child| child.copied()).collect();
        for child in &children {
            *lock(&child.parent) = Arc::downgrade(&copy);
        }
        lock(&copy.state).children = children;
        copy
    }

    /// Returns the depth of the nodes inside.
    fn height(&self) -> usize {
        self.children().iter().map(|child| 1 + child.height()).max().unwrap_or_default()
    }

    fn depth(&self) -> usize {
        std::iter::successors(self.parent(), |one| one.parent()).count()
    }
}

pub(super) fn add_attribute(node: &Arc<Node>, attribute: Attribute) {
    *lock(&attribute.0.owner) = Arc::downgrade(node);
    lock(&node.state).attributes.push(attribute);
}

impl Attribute {
    pub(super) fn copied(&self) -> Self {
        Self::new(self.name().clone(), self.value())
    }

    pub(crate) fn set_value(&self, value: Arc<str>) {
        *lock(&self.0.value) = value;
    }

    /// Removes the attribute from its element; returns false when it has none.
    pub(crate) fn remove(&self) -> bool {
        let Some(owner) = self.parent() else { return false };
        lock(&owner.node.state).attributes.retain(|one| !one.is(self));
        *lock(&self.0.owner) = std::sync::Weak::new();
        true
    }
}

impl Xml {
    /// Returns a copy of the node with everything inside.
    pub(crate) fn copied(&self) -> Self {
        Self::top(self.node.copied())
    }

    /// Inserts parts. A text at the end joins an existing text.
    pub(crate) fn insert(&self, place: Insertion, parts: Vec<ElementPart>) -> Result<(), Failure> {
        let mut at = match place {
            Insertion::First => 0,
            Insertion::At(at) => at,
            Insertion::Last => self.node.children().len(),
        };
        for part in parts {
            match part {
                ElementPart::Attribute(attribute) => self.add_attribute(&attribute)?,
                ElementPart::Text(text) => at += usize::from(self.insert_text(at, place, &text)?),
                ElementPart::Node(node) => {
                    self.insert_node(at, &node)?;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn add_attribute(&self, attribute: &Attribute) -> Result<(), Failure> {
        if self.name().is_none() {
            return Err(Failure::argument("An attribute cannot be added to content."));
        }
        if self.attributes().any(|known| known.name() == attribute.name()) {
            return Err(Failure::invalid_operation("Duplicate attribute."));
        }
        let own = if attribute.parent().is_some() { attribute.copied() } else { attribute.clone() };
        add_attribute(&self.node, own);
        Ok(())
    }

    /// Inserts a text, and reports whether this added a node.
    fn insert_text(&self, at: usize, place: Insertion, text: &Arc<str>) -> Result<bool, Failure> {
        if self.name().is_none() {
            if text.trim().is_empty() {
                return Ok(false);
            }
            return Err(Failure::argument("Non-whitespace characters cannot be added to content."));
        }
        let children = self.node.children();
        let before = at.checked_sub(1).and_then(|before| children.get(before));
        if let (true, Some(before)) = (place == Insertion::Last || at > 0, before)
            && let Content::Text(known) = &mut lock(&before.state).content
        {
            *known = format!("{known}{text}").into();
            return Ok(false);
        }
        if let Content::Element { empty, .. } = &mut lock(&self.node.state).content {
            *empty = false;
        }
        if text.is_empty() {
            return Ok(false);
        }
        self.put(at, Node::new(Content::Text(Arc::clone(text))));
        Ok(true)
    }

    fn insert_node(&self, at: usize, node: &Self) -> Result<(), Failure> {
        let root = self.topmost();
        let used = node.node.parent().is_some() || node.is(&root);
        let own = if used { node.node.copied() } else { Arc::clone(&node.node) };
        if matches!(lock(&own.state).content, Content::Document) {
            return Err(Failure::argument("A node of type Document cannot be added to content."));
        }
        let element = matches!(lock(&own.state).content, Content::Element { .. });
        if self.name().is_none() && element && self.elements().next().is_some() {
            return Err(Failure::invalid_operation("This operation would create an incorrectly structured document."));
        }
        if self.node.depth() + own.height() + 2 > NESTING {
            return Err(Failure::unsupported(format!("XML that nests more than {NESTING} deep")));
        }
        self.put(at, own);
        Ok(())
    }

    fn put(&self, at: usize, node: Arc<Node>) {
        *lock(&node.parent) = Arc::downgrade(&self.node);
        let mut state = lock(&self.node.state);
        let at = at.min(state.children.len());
        state.children.insert(at, node);
    }

    /// Removes the node from its parent. Returns the parent, and the node's former place there.
    pub(crate) fn remove(&self) -> Option<(Self, usize)> {
        let holder = self.holder()?;
        let at = holder.children().position(|one| one.is(self))?;
        let mut state = lock(&holder.node.state);
        state.children.remove(at);
        let last = state.children.is_empty();
        if let (true, Content::Element { empty, .. }) = (last, &mut state.content) {
            *empty = true;
        }
        drop(state);
        *lock(&self.node.parent) = std::sync::Weak::new();
        Some((holder, at))
    }

    /// Removes the node from its parent and returns it alone.
    pub(crate) fn detached(self) -> Self {
        self.remove();
        self.topmost_handle()
    }

    /// Returns the node's parent, and its place there.
    pub(crate) fn place(&self) -> Option<(Self, usize)> {
        let holder = self.holder()?;
        let at = holder.children().position(|one| one.is(self))?;
        Some((holder, at))
    }

    /// Removes all nodes inside.
    pub(crate) fn clear(&self) {
        let mut state = lock(&self.node.state);
        for child in std::mem::take(&mut state.children) {
            *lock(&child.parent) = std::sync::Weak::new();
        }
        if let Content::Element { empty, .. } = &mut state.content {
            *empty = true;
        }
    }

    pub(crate) fn clear_attributes(&self) {
        for attribute in std::mem::take(&mut lock(&self.node.state).attributes) {
            *lock(&attribute.0.owner) = std::sync::Weak::new();
        }
    }

    pub(crate) fn rename(&self, new: Name) {
        if let Content::Element { name, .. } = &mut lock(&self.node.state).content {
            *name = new;
        }
    }

    /// Replaces the text of a text, CDATA section, comment or instruction.
    pub(crate) fn set_own_text(&self, new: Arc<str>) {
        match &mut lock(&self.node.state).content {
            Content::Text(text) | Content::Data(text) | Content::Comment(text) | Content::Instruction(_, text) => {
                *text = new;
            }
            Content::Document | Content::Element { .. } => {}
        }
    }
}
