//! A policy file before it is XML: its text, the positions in the file, and the place of its policies.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use roxmltree::{Document as Xml, Error as XmlError, Node};

use super::{
    edited::Edited,
    expression::{self, Lifted},
    named_values,
};
use crate::{
    expression::{Expression, Reads, xml_parsing_steps},
    problem::{Problems, Severity},
    scope::{Scope, Section},
    service::Service,
};

/// The most steps of the parser beyond reading a text once: about 3,000 attributes of one element.
const MOST_STEPS: usize = 10_000_000;

/// The most bytes of a policy document, by Azure's limits
/// (learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits).
const LONGEST_DOCUMENT: usize = 256 * 1024;

/// The most bytes of a fragment. No page documents a limit.
const LONGEST_FRAGMENT: usize = 512 * 1024;

/// The text that is read as XML, its mapping to positions in the file, and the place of its policies.
pub(crate) struct Source<'s> {
    named: Edited,
    lifted: Lifted,
    pub(super) service: &'s Service,
    pub(super) place: PolicyPlace,
    /// The message bodies that the included fragments may read.
    included: Cell<Reads>,
    /// The start of each line of the file, from the second line on.
    lines: Vec<usize>,
    /// The ordinal of each element among its siblings of the same name, by the element's start.
    ordinals: RefCell<BTreeMap<usize, usize>>,
    /// The policies read so far that may stand only once in the file or in a section. Each has the start of the file or
    /// section, and the policy's name.
    once: RefCell<BTreeSet<(usize, String)>>,
}

/// The place at which the policies of a text run.
pub(crate) struct PolicyPlace {
    pub(crate) scope: Scope,
    /// The section that includes the fragment. Otherwise, the elements give the section.
    pub(crate) section: Option<Section>,
    /// The path of the policies that include the fragment.
    pub(crate) path: String,
    /// The fragment that the text belongs to. The identifier is empty if the fragment is checked alone.
    pub(crate) fragment: Option<Arc<str>>,
}

impl<'s> Source<'s> {
    pub(crate) fn new(file: &str, service: &'s Service, place: PolicyPlace, problems: &mut Problems) -> Option<Self> {
        let (what, most, severity) = match place.fragment {
            Some(_) => ("a fragment", LONGEST_FRAGMENT, Severity::Unsupported),
            None => ("a policy document", LONGEST_DOCUMENT, Severity::Invalid),
        };
        if file.len() > most {
            problems.add(0, severity, format!("{what} has at most {} KiB", most / 1024));
            return None;
        }
        let named = named_values::substitute(file, service, problems)?;
        let lifted = expression::lift(file, &named, problems)?;
        let lines = file.match_indices('\n').map(|(at, _)| at + 1).collect();
        let (included, ordinals, once) = (Cell::default(), RefCell::default(), RefCell::default());
        Some(Self { named, lifted, service, place, included, lines, ordinals, once })
    }

    /// Reports whether this is the first call for the policy's name in the part of the file that begins at `part`.
    pub(super) fn is_first(&self, part: usize, name: &str) -> bool {
        self.once.borrow_mut().insert((part, name.to_owned()))
    }

    /// Returns the line of a position in the file, from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset) + 1
    }

    /// Returns the ordinal of an element among its siblings of the same name, from 1. All siblings are counted at once,
    /// since there may be many.
    pub(super) fn ordinal(&self, element: Node<'_, '_>) -> usize {
        let mut ordinals = self.ordinals.borrow_mut();
        let start = element.range().start;
        if let Some(known) = ordinals.get(&start) {
            return *known;
        }
        let mut counts = BTreeMap::new();
        let neighbours = element.parent().into_iter().flat_map(|parent| parent.children());
        for neighbour in neighbours.filter(Node::is_element) {
            let count = counts.entry(neighbour.tag_name().name()).or_insert(0);
            *count += 1;
            ordinals.insert(neighbour.range().start, *count);
        }
        ordinals.get(&start).copied().unwrap_or(1)
    }

    pub(super) fn text(&self) -> &str {
        &self.lifted.text.text
    }

    /// Returns the position in the file of a position in the text.
    pub(super) fn origin(&self, offset: usize) -> usize {
        self.named.origin(self.lifted.text.origin(offset))
    }

    /// Returns the first expression in a part of the text. The inner `None` stands for a refused expression.
    pub(super) fn expression_in(&self, part: &Range<usize>) -> Option<&Option<Arc<Expression>>> {
        self.lifted.expressions.get(self.lifted.text.replacement_in(part)?)
    }

    /// Parses the text. Returns `None` if it is not XML, which is then reported.
    pub(crate) fn parse(&self, problems: &mut Problems) -> Option<Xml<'_>> {
        if xml_parsing_steps(self.text()) > MOST_STEPS {
            let reason = "the file has too many attributes or namespaces: about 3,000 of one element are read";
            problems.add(0, Severity::Unsupported, reason);
            return None;
        }
        match Xml::parse(self.text()) {
            Ok(xml) => Some(xml),
            Err(error) => {
                problems.push(self.origin(xml_offset(self.text(), &error)), xml_message(&error));
                None
            }
        }
    }

    /// Adds the message bodies that an included fragment may read.
    pub(crate) fn include(&self, reads: Reads) {
        self.included.set(self.included.get().or(reads));
    }

    /// Returns the message bodies that the expressions may read.
    pub(crate) fn reads(&self) -> Reads {
        let all = self.lifted.expressions.iter().flatten().map(|expression| expression.reads());
        all.fold(self.included.get(), Reads::or)
    }
}

/// Returns the offset of an XML error. The parser gives line and column, but the mapping to the file needs offsets.
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
