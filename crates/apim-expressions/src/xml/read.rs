//! Parses text into a document, like `XDocument.Parse` without options: white space between two tags is dropped unless
//! `xml:space` preserves it.
//!
//! A document type is refused. The messages for invalid XML are the parser's, not .NET's.

use std::{collections::HashMap, sync::Arc};

use roxmltree::{Document, Error, Node as Found, NodeId};

use super::{Attribute, Content, NESTING, Name, Node, Xml, change::add_attribute};
use crate::{limits::Budget, lock::lock, problem::Failure};

/// The memory cost of a tag while it is parsed and kept.
const TAG_BYTES: usize = 200;
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Reads a document.
pub(crate) fn document(text: &str, budget: &mut Budget) -> Result<Xml, Failure> {
    spend(text, budget)?;
    let parsed = Document::parse(text).map_err(|error| match error {
        Error::NoRootNode => Failure::xml("Root element is missing."),
        Error::DtdDetected => Failure::unsupported("XML with a document type"),
        other => Failure::xml(other.to_string()),
    })?;
    tree(&parsed).ok_or_else(|| Failure::unsupported(format!("XML that nests more than {NESTING} deep")))
}

fn spend(text: &str, budget: &mut Budget) -> Result<(), Failure> {
    budget.memory(text.len())?;
    budget.memory(text.matches('<').count().saturating_mul(TAG_BYTES))?;
    budget.work(xml_parsing_steps(text))
}

/// Returns about how many steps the parser takes beyond reading a text once. It compares each attribute with the others
/// of its element. It also copies the namespaces of an element for each inner element that declares more.
#[must_use]
pub fn xml_parsing_steps(text: &str) -> usize {
    let square = |count: usize| count.saturating_mul(count);
    let attributes = text.split('<').skip(1).map(|tag| square(equals_signs(tag)));
    attributes.fold(square(text.matches("xmlns").count()), usize::saturating_add)
}

/// Returns the number of `=` outside of values, up to the end of a tag.
fn equals_signs(tag: &str) -> usize {
    let (mut count, mut quote) = (0, None);
    for byte in tag.bytes() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => count += 1,
            (None, b'>') => break,
            (None, _) => {}
        }
    }
    count
}

fn tree(parsed: &Document<'_>) -> Option<Xml> {
    let mut places: HashMap<NodeId, (Arc<Node>, usize)> = HashMap::new();
    let mut root = None;
    for found in parsed.root().descendants() {
        let Some(content) = content(found) else { continue };
        let node = Node::new(content);
        for (name, value) in attributes_of(found) {
            add_attribute(&node, Attribute::new(name, value));
        }
        let parent = found.parent().and_then(|parent| places.get(&parent.id()));
        let depth = parent.map_or(0, |(_, depth)| depth + 1);
        if depth > NESTING {
            return None;
        }
        if let Some((parent, _)) = parent {
            *lock(&node.parent) = Arc::downgrade(parent);
            lock(&parent.state).children.push(Arc::clone(&node));
        }
        if root.is_none() {
            root = Some(Arc::clone(&node));
        }
        places.insert(found.id(), (node, depth));
    }
    root.map(Xml::top)
}

fn attributes_of(found: Found<'_, '_>) -> Vec<(Name, Arc<str>)> {
    if !found.is_element() {
        return Vec::new();
    }
    attributes(found, &found.document().input_text()[found.range()])
}

fn content(found: Found<'_, '_>) -> Option<Content> {
    if found.is_root() {
        return Some(Content::Document);
    }
    let written = found.document().input_text();
    if found.is_text() {
        let text = found.text().unwrap_or_default();
        let data = written[found.range()].starts_with("<![CDATA[");
        return is_kept(found, text)
            .then(|| if data { Content::Data(text.into()) } else { Content::Text(text.into()) });
    }
    if found.is_comment() {
        return Some(Content::Comment(found.text().unwrap_or_default().into()));
    }
    if let Some(instruction) = found.pi() {
        return Some(Content::Instruction(instruction.target.into(), instruction.value.unwrap_or_default().into()));
    }
    found.is_element().then(|| {
        let name = found.tag_name();
        let tag = &written[found.range()];
        let empty = tag.ends_with("/>") && found.first_child().is_none();
        Content::Element { name: Name::found(name.namespace(), name.name()), empty }
    })
}

/// Returns attributes and declarations of namespaces, in the order of the tag.
fn attributes(found: Found<'_, '_>, tag: &str) -> Vec<(Name, Arc<str>)> {
    let mut plain = found.attributes().map(|one| (Name::found(one.namespace(), one.name()), one.value().into()));
    let mut all = Vec::new();
    for raw in raw_names(tag) {
        let prefix = raw.strip_prefix("xmlns").filter(|rest| rest.is_empty() || rest.starts_with(':'));
        match prefix.map(|rest| rest.trim_start_matches(':')) {
            Some(prefix) => {
                let wanted = if prefix.is_empty() { None } else { Some(prefix) };
                let uri = found.lookup_namespace_uri(wanted).unwrap_or_default();
                all.push((Name::declaration(prefix), uri.into()));
            }
            None => all.extend(plain.next()),
        }
    }
    all
}

/// Returns the names before `=` in a start tag, as they are written.
fn raw_names(tag: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let name_end = tag.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/')).unwrap_or(tag.len());
    let mut rest = tag[name_end..].trim_start();
    while let Some(equals) = rest.find(['=', '>']).filter(|at| rest.as_bytes()[*at] == b'=') {
        names.push(rest[..equals].trim());
        let value = rest[equals + 1..].trim_start();
        let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some(end) = value[1..].find(quote) else { break };
        rest = value[end + 2..].trim_start();
    }
    names
}

/// Reports whether a text is kept. It must be more than white space between tags, or be written so that it stays.
fn is_kept(found: Found<'_, '_>, text: &str) -> bool {
    // A text from a character reference or CDATA is longer in the source.
    let written = || found.document().input_text()[found.range()].replace("\r\n", "\n").len() != text.len();
    let preserved = || {
        let spaces = found.ancestors().find_map(|holder| holder.attribute((XML, "space")));
        spaces == Some("preserve")
    };
    !text.trim_matches([' ', '\t', '\r', '\n']).is_empty() || written() || preserved()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_cost_by_the_square_and_other_equals_signs_nothing() {
        let attributes: String = (0..100).map(|number| format!(" a{number}='='")).collect();
        for (text, steps) in [
            (format!("<a>{}</a>", "=".repeat(5000)), 0),
            (format!("<a{attributes}/>"), 10_000),
            (format!("<a b='>\"'{attributes}>=</a>"), 10_201),
            ("a=b".to_owned(), 0),
            ("<a xmlns='b'/>".to_owned(), 2),
        ] {
            assert_eq!(xml_parsing_steps(&text), steps, "{text}");
        }
    }
}
