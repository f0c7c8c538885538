//! XML as values: an element is a dictionary of its attributes and elements, or its text if it has neither. Elements
//! with the same name are a list. Prefixes are left out, and names match in any letter case.

use std::sync::Arc;

use apim_expressions::xml_parsing_steps;
use indexmap::IndexMap;
use roxmltree::{Document, Node};

use crate::value::{Object, Value};

/// The reason why a text cannot be read as XML.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the body is not XML: {0}")]
pub struct XmlError(String);

/// The value of an element with `xsi:nil="true"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NilElement {
    /// Empty text.
    #[default]
    Blank,
    /// Nothing.
    Null,
}

/// The most steps of the parser beyond reading a text once: about 3,000 attributes of one element.
const MOST_STEPS: usize = 10_000_000;

/// The deepest nesting of elements.
const DEEPEST_XML: usize = 128;

const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

impl Value {
    /// Reads XML as a dictionary of its root element.
    ///
    /// # Errors
    /// When the text is not well-formed XML without a document type, or nested more than 128 levels deep.
    pub fn from_xml(text: &str, nil: NilElement) -> Result<Self, XmlError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if xml_parsing_steps(text) > MOST_STEPS {
            return Err(XmlError("it has too many attributes or namespaces".to_owned()));
        }
        let document = Document::parse(text).map_err(|error| XmlError(error.to_string()))?;
        let root = document.root_element();
        let value = element(root, nil, 0)?;
        Ok(Self::Object(Arc::new(Object::of_any_case([(root.tag_name().name().into(), value)].into()))))
    }
}

fn element(node: Node<'_, '_>, nil: NilElement, depth: usize) -> Result<Value, XmlError> {
    if depth > DEEPEST_XML {
        return Err(XmlError(format!("elements are nested more than {DEEPEST_XML} deep")));
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
    Ok(Value::Object(Arc::new(Object::of_any_case(
        members.into_iter().map(|(name, values)| (name, one(values))).collect(),
    ))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        Value::from_xml(text, NilElement::Blank).map_err(|error| error.to_string())
    }

    #[test]
    fn bodies_that_are_made_to_be_slow_are_refused() {
        let attributes: String = (0..100_000).map(|index| format!(" a{index}=''")).collect();
        let namespaces: String = (0..20_000).map(|index| format!("<a xmlns:n{index}='u'/>")).collect();
        for text in [format!("<a{attributes}/>"), format!("<a>{namespaces}</a>")] {
            assert_eq!(read(&text).unwrap_err(), "the body is not XML: it has too many attributes or namespaces");
        }
        let nested = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert_eq!(read(&nested).unwrap_err(), "the body is not XML: elements are nested more than 128 deep");
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>";
        assert!(read(bomb).unwrap_err().starts_with("the body is not XML: "));
    }
}
