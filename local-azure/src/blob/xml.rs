//! Reads clients' small XML documents, and writes the elements of XML answers.

use quick_xml::{Reader, escape::escape, events::Event};

use super::error::BlobError;

/// The most nested elements; no document of this service has more.
const DEPTH: usize = 8;

/// An element of a document from a client. Attributes are ignored.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

impl Element {
    /// Returns the only child with this name; there must be exactly one.
    pub(super) fn only(&self, name: &str) -> Result<&Self, BlobError> {
        let mut found = self.children.iter().filter(|child| child.name == name);
        match (found.next(), found.next()) {
            (Some(child), None) => Ok(child),
            _ => Err(invalid(&format!("{} must have one {name}", self.name))),
        }
    }

    /// Returns the children, which must all have this name.
    pub(super) fn all(&self, name: &str) -> Result<impl Iterator<Item = &Self>, BlobError> {
        match self.children.iter().find(|child| child.name != name) {
            Some(other) => Err(invalid(&format!("unknown element {}", other.name))),
            None => Ok(self.children.iter()),
        }
    }
}

/// Reads a document whose root has this name.
pub(super) fn parse(document: &[u8], root: &str) -> Result<Element, BlobError> {
    let mut reader = Reader::from_reader(document);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| invalid(&error.to_string()))? {
            Event::Start(tag) if open.len() <= DEPTH => open.push(named(tag.name().as_ref())),
            Event::Empty(tag) => close(&mut open, named(tag.name().as_ref()))?,
            Event::End(_) => {
                let element = open.pop().ok_or_else(|| invalid("an element ends that did not start"))?;
                close(&mut open, element)?;
            }
            Event::Text(text) => {
                let text = text.decode().map_err(|error| invalid(&error.to_string()))?;
                append(&mut open, &text);
            }
            Event::GeneralRef(reference) => append(&mut open, &resolved(&reference)?),
            Event::Decl(_) | Event::Comment(_) => {}
            Event::Eof => break,
            _ => return Err(invalid("something that this document does not have")),
        }
    }
    let document = open.pop().filter(|_| open.is_empty());
    let mut document = document.ok_or_else(|| invalid("the document ends before its elements do"))?;
    match (document.children.pop(), document.children.is_empty()) {
        (Some(element), true)
            if element.name == root && document.text.trim_start_matches('\u{feff}').trim().is_empty() =>
        {
            Ok(element)
        }
        _ => Err(invalid(&format!("the root must be {root}"))),
    }
}

fn named(name: &[u8]) -> Element {
    Element { name: String::from_utf8_lossy(name).into_owned(), ..Element::default() }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn close(open: &mut [Element], mut element: Element) -> Result<(), BlobError> {
    if !element.children.is_empty() {
        if !element.text.trim().is_empty() {
            return Err(invalid(&format!("text beside the elements of {}", element.name)));
        }
        element.text.clear();
    }
    let parent = open.last_mut().ok_or_else(|| invalid("an element ends that did not start"))?;
    parent.children.push(element);
    Ok(())
}

/// Returns the character that a reference such as `&amp;` stands for.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, BlobError> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let name = reference.decode().map_err(|error| invalid(&error.to_string()))?;
    let known = quick_xml::escape::resolve_predefined_entity(&name);
    known.map(str::to_owned).ok_or_else(|| invalid(&format!("unknown reference &{name};")))
}

pub(super) fn invalid(problem: &str) -> BlobError {
    BlobError::InvalidXmlDocument(problem.to_owned())
}

/// Adds an element with a text to a document.
pub(super) fn element(xml: &mut String, name: &str, text: &str) {
    if text.is_empty() {
        xml.push_str(&format!("<{name} />"));
    } else {
        xml.push_str(&format!("<{name}>{}</{name}>", escape(text)));
    }
}
