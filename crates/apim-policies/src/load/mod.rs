//! From the text of a policy file to a [`Document`]: named values, then expressions, then XML, then policies.
//!
//! The file is what `format: rawxml` deploys, which is not XML until its expressions are taken out. Everything that is
//! not understood is a problem, and all problems are reported at once.

mod csharp;
mod edited;
mod element;
mod expression;
mod named_values;

use std::{collections::BTreeMap, ops::Range};

use roxmltree::{Document as Xml, Error as XmlError};

use self::edited::Edited;
pub(crate) use self::element::{Count, Element};
use crate::{
    policy::{self, Statement},
    problem::{Position, Problem, Problems, position_of},
    scope::{Scope, Section},
};

/// A policy document of one scope.
#[derive(Debug)]
pub struct Document {
    pub(crate) scope: Scope,
    /// Where `<policies>` starts.
    pub(crate) position: Position,
    sections: BTreeMap<Section, Vec<Statement>>,
}

/// What the global scope holds when nobody has written a document for it
/// (learn.microsoft.com/azure/api-management/forward-request-policy).
const DEFAULT_GLOBAL: &str =
    "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";

impl Document {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Everything in it that is not understood, in the order of the file.
    pub fn load(scope: Scope, file: &str, named_values: &BTreeMap<String, String>) -> Result<Self, Vec<Problem>> {
        let file = file.strip_prefix('\u{feff}').unwrap_or(file);
        let mut problems = Problems::default();
        let source = Source::new(file, named_values, &mut problems);
        match source.and_then(|source| read_xml(scope, file, &source, &mut problems)) {
            Some(document) if problems.is_empty() => Ok(document),
            _ => Err(problems.locate(file)),
        }
    }

    /// The global document of a service that has none: requests are forwarded, nothing else.
    ///
    /// # Panics
    /// Never: the text is fixed and a test loads it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a fixed text that a test loads")]
    pub fn default_global() -> Self {
        Self::load(Scope::Global, DEFAULT_GLOBAL, &BTreeMap::new()).expect("the default document is well formed")
    }

    /// The statements of a section; `None` when the document does not have it.
    pub(crate) fn section(&self, section: Section) -> Option<&[Statement]> {
        self.sections.get(&section).map(Vec::as_slice)
    }
}

fn read_xml(scope: Scope, file: &str, source: &Source, problems: &mut Problems) -> Option<Document> {
    match Xml::parse(source.text()) {
        Ok(xml) => read(scope, file, &Element::new(xml.root_element(), source), problems),
        Err(error) => {
            problems.push(source.origin(xml_offset(source.text(), &error)), xml_message(&error));
            None
        }
    }
}

fn read(scope: Scope, file: &str, root: &Element<'_>, problems: &mut Problems) -> Option<Document> {
    if root.name() != "policies" {
        root.problem(problems, format!("a policy document is <policies>, not <{}>", root.name()));
        return None;
    }
    root.only_attributes(&[], problems);
    let mut sections = BTreeMap::new();
    for element in root.child_elements(problems) {
        let Some(section) = Section::ALL.into_iter().find(|section| section.name() == element.name()) else {
            element.problem(problems, format!("<{}> is not a section of a policy document", element.name()));
            continue;
        };
        element.only_attributes(&[], problems);
        let statements = policy::load_section(scope, section, &element, problems);
        if sections.insert(section, statements).is_some() {
            element.problem(problems, format!("the section <{}> appears twice", section.name()));
        }
    }
    Some(Document { scope, position: position_of(file, root.offset()), sections })
}

/// The text that is read as XML, and the way back to the file.
pub(crate) struct Source {
    named: Edited,
    lifted: Edited,
}

impl Source {
    fn new(file: &str, named_values: &BTreeMap<String, String>, problems: &mut Problems) -> Option<Self> {
        let named = named_values::substitute(file, named_values, problems);
        let lifted = expression::lift(file, &named, problems)?;
        Some(Self { named, lifted })
    }

    fn text(&self) -> &str {
        &self.lifted.text
    }

    /// Where a place of the text is in the file.
    fn origin(&self, offset: usize) -> usize {
        self.named.origin(self.lifted.origin(offset))
    }

    fn has_expression(&self, part: &Range<usize>) -> bool {
        self.lifted.replacement_in(part).is_some()
    }
}

/// The parser counts lines and characters; offsets are what the way back needs.
fn xml_offset(text: &str, error: &XmlError) -> usize {
    let position = error.pos();
    let (row, column) = (position.row.max(1) as usize, position.col.max(1) as usize);
    let line = text.split_inclusive('\n').take(row - 1).map(str::len).sum::<usize>().min(text.len());
    text[line..].char_indices().nth(column - 1).map_or(text.len(), |(at, _)| line + at)
}

fn xml_message(error: &XmlError) -> String {
    let message = error.to_string();
    format!("not well-formed XML: {}", message.replace(&format!(" at {}", error.pos()), ""))
}

#[cfg(test)]
mod tests;
