//! From the text of a policy file to a [`Document`]: named values, then expressions, then XML, then policies.
//!
//! The file is what `format: rawxml` deploys, which is not XML until its expressions are taken out. Everything that is
//! not understood is a problem, and all problems are reported at once.

mod csharp;
mod edited;
mod element;
mod expression;
mod fragment;
mod named_values;
mod setting;

use std::{cell::Cell, collections::BTreeMap, ops::Range, sync::Arc};

use roxmltree::{Document as Xml, Error as XmlError};

use self::{edited::Edited, expression::Lifted};
pub(crate) use self::{
    element::{Count, Element},
    setting::{Readable, Setting},
};
use crate::{
    expression::{Expression, Reads},
    policy::{self, Statement},
    problem::{Position, Problem, Problems, position_of},
    scope::{Scope, Section},
    service::Service,
};

/// A policy document of one scope.
#[derive(Debug)]
pub struct Document {
    pub(crate) scope: Scope,
    /// Where `<policies>` starts.
    pub(crate) position: Position,
    sections: BTreeMap<Section, Vec<Statement>>,
    /// Message bodies that its expressions may read.
    pub(crate) reads: Reads,
    warnings: Vec<Problem>,
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
    pub fn load(scope: Scope, file: &str, service: &Service) -> Result<Self, Vec<Problem>> {
        let file = file.strip_prefix('\u{feff}').unwrap_or(file);
        let mut problems = Problems::default();
        let place = Place { scope, section: None, path: String::new(), in_fragment: false };
        let source = Source::new(file, service, place, &mut problems);
        match source.and_then(|source| read_xml(file, &source, &mut problems)) {
            Some(document) if !problems.refuse() => Ok(Self { warnings: problems.locate(file), ..document }),
            _ => Err(problems.locate(file)),
        }
    }

    /// What API Management takes although its documentation says otherwise, and what has no effect.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Reads a fragment file on its own, to say what is wrong with it wherever it is included. Whether its policies are
    /// allowed in a section shows where it is. Returns its warnings.
    ///
    /// # Errors
    /// Everything in it that is not understood, in the order of the file.
    pub fn check_fragment(file: &str, service: &Service) -> Result<Vec<Problem>, Vec<Problem>> {
        let place = Place { scope: Scope::Global, section: None, path: String::new(), in_fragment: true };
        fragment::load(file, service, place).map(|fragment| fragment.warnings)
    }

    /// Whether the root of a file is `<fragment>`, as far as can be told without reading the file.
    #[must_use]
    pub fn is_fragment(file: &str) -> bool {
        let mut rest = file.trim_start_matches('\u{feff}').trim_start();
        for (start, end) in [("<?", "?>"), ("<!--", "-->")].iter().cycle().take(64) {
            if let Some(inside) = rest.strip_prefix(start) {
                rest = inside.split_once(end).map_or("", |(_, after)| after).trim_start();
            }
        }
        rest.strip_prefix("<fragment").is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric() && c != '-'))
    }

    /// The global document of a service that has none: requests are forwarded, nothing else.
    ///
    /// # Panics
    /// Never: the text is fixed and a test loads it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a fixed text that a test loads")]
    pub fn default_global() -> Self {
        Self::load(Scope::Global, DEFAULT_GLOBAL, &Service::default()).expect("the default document is well formed")
    }

    /// The statements of a section; `None` when the document does not have it.
    pub(crate) fn section(&self, section: Section) -> Option<&[Statement]> {
        self.sections.get(&section).map(Vec::as_slice)
    }
}

fn read_xml(file: &str, source: &Source<'_>, problems: &mut Problems) -> Option<Document> {
    match Xml::parse(source.text()) {
        Ok(xml) => read(file, &Element::new(xml.root_element(), source), problems),
        Err(error) => {
            problems.push(source.origin(xml_offset(source.text(), &error)), xml_message(&error));
            None
        }
    }
}

fn read(file: &str, root: &Element<'_>, problems: &mut Problems) -> Option<Document> {
    if root.name() != "policies" {
        root.problem(problems, format!("a policy document is <policies>, not <{}>", root.name()));
        return None;
    }
    root.only_attributes(&[], problems);
    let mut sections = BTreeMap::new();
    for element in root.child_elements(problems) {
        let Some(section) = Section::named(element.name()) else {
            element.problem(problems, format!("<{}> is not a section of a policy document", element.name()));
            continue;
        };
        element.only_attributes(&[], problems);
        let statements = policy::load_section(section, &element, problems);
        if sections.insert(section, statements).is_some() {
            element.problem(problems, format!("the section <{}> appears twice", section.name()));
        }
    }
    let reads = root.source().reads();
    let (position, warnings) = (position_of(file, root.offset()), Vec::new());
    Some(Document { scope: root.scope(), position, sections, reads, warnings })
}

/// The text that is read as XML, the way back to the file, and where its policies will run.
pub(crate) struct Source<'s> {
    named: Edited,
    lifted: Lifted,
    service: &'s Service,
    place: Place,
    /// What fragments read that it includes.
    included: Cell<Reads>,
}

/// Where the policies of a text run.
struct Place {
    scope: Scope,
    /// Where the fragment is included; otherwise the elements say it.
    section: Option<Section>,
    /// What holds the fragment there.
    path: String,
    in_fragment: bool,
}

impl<'s> Source<'s> {
    fn new(file: &str, service: &'s Service, place: Place, problems: &mut Problems) -> Option<Self> {
        let named = named_values::substitute(file, service, problems);
        let lifted = expression::lift(file, &named, problems)?;
        Some(Self { named, lifted, service, place, included: Cell::default() })
    }

    fn text(&self) -> &str {
        &self.lifted.text.text
    }

    /// Where a place of the text is in the file.
    fn origin(&self, offset: usize) -> usize {
        self.named.origin(self.lifted.text.origin(offset))
    }

    /// The first expression in a part of the text; `None` inside when it was refused.
    fn expression_in(&self, part: &Range<usize>) -> Option<&Option<Arc<Expression>>> {
        self.lifted.expressions.get(self.lifted.text.replacement_in(part)?)
    }

    fn reads(&self) -> Reads {
        let all = self.lifted.expressions.iter().flatten().map(|expression| expression.reads());
        all.fold(self.included.get(), Reads::or)
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
mod random;
#[cfg(test)]
mod tests;
