//! XML as values: an element is the dictionary of its attributes and elements, or its text when it has neither. Elements
//! of one name are a list. Prefixes are left out, and names are found in any letter case.

use std::sync::Arc;

use indexmap::IndexMap;
use roxmltree::{Document, Node};

use crate::value::{Object, Value};

/// Why a text is not read as XML.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the body is not XML: {0}")]
pub struct XmlError(String);

/// What an element with `xsi:nil="true"` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NilElement {
    /// Empty text.
    #[default]
    Blank,
    /// Nothing.
    Null,
}

/// Levels of elements.
const DEEPEST: usize = 128;

const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

impl Value {
    /// Reads XML as a dictionary of its root element.
    ///
    /// # Errors
    /// When it is not well-formed XML without a document type, or nested more than 128 levels deep.
    pub fn from_xml(text: &str, nil: NilElement) -> Result<Self, XmlError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let document = Document::parse(text).map_err(|error| XmlError(error.to_string()))?;
        let root = document.root_element();
        let value = element(root, nil, 0)?;
        Ok(Self::Object(Arc::new(dictionary([(root.tag_name().name().into(), value)].into()))))
    }
}

fn dictionary(members: IndexMap<Arc<str>, Value>) -> Object {
    Object { members, ignores_case: true }
}

fn element(node: Node<'_, '_>, nil: NilElement, depth: usize) -> Result<Value, XmlError> {
    if depth > DEEPEST {
        return Err(XmlError(format!("elements are nested more than {DEEPEST} deep")));
    }
    if node.attribute((INSTANCE, "nil")).is_some_and(|value| matches!(value.trim(), "true" | "1")) {
        return Ok(match nil {
            NilElement::Blank => "".into(),
            NilElement::Null => Value::Nil,
        });
    }
    let mut members: IndexMap<Arc<str>, Vec<Value>> = IndexMap::new();
    for attribute in node.attributes().filter(|attribute| attribute.namespace() != Some(INSTANCE)) {
        members.entry(attribute.name().into()).or_default().push(attribute.value().into());
    }
    for child in node.children().filter(Node::is_element) {
        members.entry(child.tag_name().name().into()).or_default().push(element(child, nil, depth + 1)?);
    }
    if members.is_empty() {
        let text: String = node.children().filter(Node::is_text).filter_map(|child| child.text()).collect();
        return Ok(text.into());
    }
    let one = |mut values: Vec<Value>| if values.len() == 1 { values.remove(0) } else { Value::list(values) };
    Ok(Value::Object(Arc::new(dictionary(members.into_iter().map(|(name, values)| (name, one(values))).collect()))))
}
