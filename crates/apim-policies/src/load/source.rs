//! A policy file before it is XML: its text, the positions in the file, and the scope of its policies.

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

/// Steps of the parser beyond reading a text once: about 3,000 attributes of one element.
const MOST_STEPS: usize = 10_000_000;

/// Bytes of a policy document, as Azure's limits have it
/// (learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits).
const LONGEST_DOCUMENT: usize = 256 * 1024;

/// Bytes of a fragment. No page has a limit for them.
const LONGEST_FRAGMENT: usize = 512 * 1024;

/// The text that is read as XML, the way back to the file, and where its policies will run.
pub(crate) struct Source<'s> {
    named: Edited,
    lifted: Lifted,
    pub(super) service: &'s Service,
    pub(super) place: PolicyPlace,
    /// What fragments read that it includes.
    included: Cell<Reads>,
    /// Where each line of the file starts, from the second.
    lines: Vec<usize>,
    /// The how manieth of its name each element is among its neighbours, by where it starts.
    ordinals: RefCell<BTreeMap<usize, usize>>,
    /// Policies that may stand in the file or in a section once and were read: where that begins, and their name.
    once: RefCell<BTreeSet<(usize, String)>>,
}

/// Where the policies of a text run.
pub(crate) struct PolicyPlace {
    pub(crate) scope: Scope,
    /// Where the fragment is included; otherwise the elements say it.
    pub(crate) section: Option<Section>,
    /// What holds the fragment there.
    pub(crate) path: String,
    /// The fragment that the text is; its identifier is empty where it is looked at on its own.
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

    /// Whether no policy of this name was asked about in the part of the file that begins there.
    pub(super) fn is_first(&self, part: usize, name: &str) -> bool {
        self.once.borrow_mut().insert((part, name.to_owned()))
    }

    /// The line of a place in the file, from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset) + 1
    }

    /// The how manieth of its name an element is among its neighbours, from 1. All neighbours are counted at once, since
    /// there may be many.
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

    /// Where a place of the text is in the file.
    pub(super) fn origin(&self, offset: usize) -> usize {
        self.named.origin(self.lifted.text.origin(offset))
    }

    /// The first expression in a part of the text; `None` inside when it was refused.
    pub(super) fn expression_in(&self, part: &Range<usize>) -> Option<&Option<Arc<Expression>>> {
        self.lifted.expressions.get(self.lifted.text.replacement_in(part)?)
    }

    /// Parses the text; `None` when it is not XML, which is then reported.
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

    /// Adds what a fragment reads that the document includes.
    pub(crate) fn include(&self, reads: Reads) {
        self.included.set(self.included.get().or(reads));
    }

    /// Message bodies that the expressions may read.
    pub(crate) fn reads(&self) -> Reads {
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
