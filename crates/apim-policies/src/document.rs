//! Turns the text of a policy file into a [`Document`]: named values, then expressions, then XML, then policies.
//!
//! The file has the format `rawxml` of a deployment, which is not XML until its expressions are taken out. Everything
//! unknown is a problem, and all problems are reported at once.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    expression::Reads,
    load::{Element, PolicyPlace, Source},
    policy::{Policy, include_fragment},
    problem::{Position, Problem, Problems, position_of},
    scope::{Scope, Section},
    service::Service,
    step::{Step, load_step},
};

/// A policy document of one scope.
#[derive(Debug)]
pub struct Document {
    pub(crate) scope: Scope,
    /// The start of `<policies>`.
    pub(crate) position: Position,
    sections: BTreeMap<Section, Vec<Statement>>,
    /// Message bodies that the document's expressions may read.
    pub(crate) reads: Reads,
    warnings: Vec<Problem>,
    /// The document's name in traces.
    pub(crate) name: Option<Arc<str>>,
}

/// The document that the global scope has by default
/// (learn.microsoft.com/azure/api-management/forward-request-policy).
const DEFAULT_GLOBAL: &str =
    "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";

impl Document {
    /// Reads a policy file.
    ///
    /// # Errors
    /// All parts of the file that are not understood, in the order of the file.
    pub fn load(scope: Scope, file: &str, service: &Service) -> Result<Self, Vec<Problem>> {
        let file = file.strip_prefix('\u{feff}').unwrap_or(file);
        let mut problems = Problems::default();
        let place = PolicyPlace { scope, section: None, path: String::new(), fragment: None };
        let source = Source::new(file, service, place, &mut problems);
        match source.and_then(|source| read(file, &source, &mut problems)) {
            Some(document) if !problems.refuse() => Ok(Self { warnings: problems.locate(file), ..document }),
            _ => Err(problems.locate(file)),
        }
    }

    /// Returns the document with a name for traces, such as its file name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Returns problems that do not refuse the document: parts that API Management accepts although its documentation
    /// says otherwise, and parts without effect.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Checks a fragment file alone, and returns its warnings. It finds the problems that do not depend on the place of
    /// inclusion. A section is checked against the fragment's policies only where the fragment is included.
    ///
    /// # Errors
    /// All parts of the file that are not understood, in the order of the file.
    pub fn check_fragment(file: &str, service: &Service) -> Result<Vec<Problem>, Vec<Problem>> {
        let place = PolicyPlace { scope: Scope::Global, section: None, path: String::new(), fragment: Some("".into()) };
        include_fragment::read::<Policy>(file, service, place).map(|fragment| fragment.warnings)
    }

    /// Reports whether the root of a file is `<fragment>`, as far as this can be seen without parsing the file.
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

    /// Returns the global document of a service without one: it only forwards requests.
    ///
    /// # Panics
    /// Never: the text is fixed and a test loads it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a fixed text that a test loads")]
    pub fn default_global() -> Self {
        Self::load(Scope::Global, DEFAULT_GLOBAL, &Service::default()).expect("the default document is well formed")
    }

    /// Returns the statements of a section; `None` if the document does not have the section.
    pub(crate) fn section(&self, section: Section) -> Option<&[Statement]> {
        self.sections.get(&section).map(Vec::as_slice)
    }
}

fn read(file: &str, source: &Source<'_>, problems: &mut Problems) -> Option<Document> {
    let xml = source.parse(problems)?;
    let root = Element::root(&xml, source, ("a policy document", "policies"), problems)?;
    let mut sections = BTreeMap::new();
    for element in root.child_elements(problems) {
        let Some(section) = Section::named(element.name()) else {
            element.problem(problems, format!("<{}> is not a section of a policy document", element.name()));
            continue;
        };
        element.only_attributes(&[], problems);
        let statements = load_section(section, &element, problems);
        if sections.insert(section, statements).is_some() {
            element.problem(problems, format!("the section <{}> appears twice", section.name()));
        }
    }
    let reads = source.reads();
    let (position, warnings) = (position_of(file, root.offset()), Vec::new());
    Some(Document { scope: root.scope(), position, sections, reads, warnings, name: None })
}

/// An entry of a section.
#[derive(Debug)]
pub(crate) enum Statement {
    /// `<base />`: the same section of the scopes above.
    Base,
    Step(Arc<Step<Policy>>),
}

/// Reads the content of a section.
fn load_section(section: Section, element: &Element<'_>, problems: &mut Problems) -> Vec<Statement> {
    let mut statements = Vec::new();
    for child in element.child_elements(problems) {
        if child.name() == "base" {
            child.only_attributes(&[], problems);
            child.children(&[], problems);
            if statements.iter().any(|one| matches!(one, Statement::Base)) {
                child.problem(problems, format!("<base> appears twice in <{section}>"));
            }
            statements.push(Statement::Base);
        } else {
            statements.extend(load_step(&child, problems).map(Statement::Step));
        }
    }
    statements
}

#[cfg(test)]
mod random;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod tests;
