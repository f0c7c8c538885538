//! Fragments: policies that documents include.

use std::sync::Arc;

use roxmltree::Document as Xml;

use super::{Element, Place, Source, xml_message, xml_offset};
use crate::{
    expression::Reads,
    policy::{self, Step},
    problem::{Problem, Problems},
    service::Service,
};

/// A fragment, read for the place that includes it.
pub(super) struct Fragment {
    steps: Vec<Arc<Step>>,
    /// Message bodies that its expressions may read.
    reads: Reads,
    pub(super) warnings: Vec<Problem>,
}

pub(super) fn load(file: &str, service: &Service, place: Place) -> Result<Fragment, Vec<Problem>> {
    let file = file.strip_prefix('\u{feff}').unwrap_or(file);
    let mut problems = Problems::default();
    let source = Source::new(file, service, place, &mut problems);
    let loaded = source.as_ref().and_then(|source| read_xml(source, &mut problems));
    match loaded {
        Some((steps, reads)) if !problems.refuse() => Ok(Fragment { steps, reads, warnings: problems.locate(file) }),
        _ => Err(problems.locate(file)),
    }
}

fn read_xml(source: &Source<'_>, problems: &mut Problems) -> Option<(Vec<Arc<Step>>, Reads)> {
    let xml = match Xml::parse(source.text()) {
        Ok(xml) => xml,
        Err(error) => {
            problems.push(source.origin(xml_offset(source.text(), &error)), xml_message(&error));
            return None;
        }
    };
    let root = Element::new(xml.root_element(), source);
    if root.name() != "fragment" {
        root.problem(problems, format!("a fragment is <fragment>, not <{}>", root.name()));
        return None;
    }
    root.only_attributes(&[], problems);
    Some((policy::load_all(&root, problems), source.reads()))
}

impl Element<'_> {
    /// Whether the element stands in a fragment.
    pub(crate) fn is_in_fragment(&self) -> bool {
        self.source().place.in_fragment
    }

    /// The policies of a fragment, for this place; `None` when there is no such fragment.
    pub(crate) fn include(&self, id: &str) -> Option<Result<Vec<Arc<Step>>, Vec<Problem>>> {
        let file = self.service().fragments.get(id)?;
        let place = Place { scope: self.scope(), section: self.section(), path: self.path(), in_fragment: true };
        let loaded = load(file, self.service(), place);
        Some(loaded.map(|fragment| {
            let included = &self.source().included;
            included.set(included.get().or(fragment.reads));
            fragment.steps
        }))
    }
}
