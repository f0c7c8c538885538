//! Joins the documents that apply to a request at the places of `<base />`
//! (learn.microsoft.com/azure/api-management/api-management-howto-policies).

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    document::{Document, Statement},
    expression::Reads,
    policy::{CrossDomain, Policy},
    problem::{Problem, Severity},
    scope::{Scope, Section},
    step::Step,
};

/// The policies that apply to a request, in the order of their execution.
#[derive(Debug)]
pub struct Pipeline {
    sections: BTreeMap<Section, Vec<Arc<Step<Policy>>>>,
    /// The message bodies that the policies' expressions may read.
    pub(crate) reads: Reads,
    /// The names of the documents in traces.
    names: BTreeMap<Scope, Arc<str>>,
}

impl Pipeline {
    /// Joins documents of different scopes, given in any order. In each section, the narrowest document runs, and its
    /// `<base />` stands for the whole section of the scopes above. A scope without a document is left out.
    ///
    /// # Errors
    /// When a document lacks a section that the scopes above have. Azure does not document whether those then run.
    pub fn compose(documents: &[&Document]) -> Result<Self, Vec<(Scope, Problem)>> {
        let mut ordered = documents.to_vec();
        ordered.sort_by_key(|document| document.scope);
        let mut problems = Vec::new();
        let mut sections = BTreeMap::new();
        for section in Section::ALL {
            let mut steps = Vec::new();
            for document in &ordered {
                match document.section(section) {
                    Some(statements) => steps = fill_base(statements, &steps),
                    None if steps.is_empty() => {}
                    None => problems.push((document.scope, missing(document, section))),
                }
            }
            sections.insert(section, steps);
        }
        let names =
            ordered.iter().filter_map(|document| Some((document.scope, Arc::clone(document.name.as_ref()?)))).collect();
        let reads = ordered.iter().map(|document| document.reads).fold(Reads::default(), Reads::or);
        if problems.is_empty() { Ok(Self { sections, reads, names }) } else { Err(problems) }
    }

    /// Reports whether a `cross-domain` policy answers requests for this path.
    #[must_use]
    pub fn serves_cross_domain(&self, path: &str) -> bool {
        let has_policy = |step: &Arc<Step<Policy>>| matches!(step.policy, Policy::CrossDomain(_));
        CrossDomain::is_asked_for(path) && self.steps(Section::Inbound).iter().any(has_policy)
    }

    /// Returns the name of a scope's document in traces.
    pub(crate) fn name(&self, scope: Scope) -> Option<&Arc<str>> {
        self.names.get(&scope)
    }

    pub(crate) fn steps(&self, section: Section) -> &[Arc<Step<Policy>>] {
        self.sections.get(&section).map(Vec::as_slice).unwrap_or_default()
    }
}

fn fill_base(statements: &[Statement], base: &[Arc<Step<Policy>>]) -> Vec<Arc<Step<Policy>>> {
    let mut steps = Vec::new();
    for statement in statements {
        match statement {
            Statement::Base => steps.extend_from_slice(base),
            Statement::Step(step) => steps.push(Arc::clone(step)),
        }
    }
    steps
}

fn missing(document: &Document, section: Section) -> Problem {
    let message = format!(
        "there is no <{section}> section, and the scopes above fill theirs; whether it then runs is not documented, so \
         write <{section}><base /></{section}> or an empty <{section} />"
    );
    Problem { position: document.position, severity: Severity::Unsupported, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(scope: Scope, text: &str) -> Document {
        Document::load(scope, text, &crate::Service::default()).unwrap()
    }

    fn with_inbound(scope: Scope, inbound: &str) -> Document {
        let text = format!(
            "<policies><inbound>{inbound}</inbound><backend><base /></backend><outbound /><on-error /></policies>"
        );
        document(scope, &text)
    }

    /// Lists the scope and `id` of each step in the inbound section.
    fn inbound(documents: &[&Document]) -> String {
        let pipeline = Pipeline::compose(documents).unwrap();
        let steps = pipeline.steps(Section::Inbound).iter();
        steps.map(|step| format!("{}:{} ", step.location.scope, step.location.id.as_deref().unwrap_or("-"))).collect()
    }

    fn delete(id: &str) -> String {
        format!(r#"<set-header id="{id}" name="x" exists-action="delete" />"#)
    }

    #[test]
    fn base_stands_for_the_whole_section_above_where_it_is_written() {
        let global = with_inbound(Scope::Global, &delete("g"));
        let product = with_inbound(Scope::Product, &format!("{}<base />", delete("p")));
        let api = with_inbound(Scope::Api, &format!("<base />{}", delete("a")));
        let operation = with_inbound(Scope::Operation, &format!("{}<base />{}", delete("o1"), delete("o2")));
        assert_eq!(
            inbound(&[&operation, &api, &product, &global]),
            "operation:o1 product:p global:g api:a operation:o2 "
        );
        assert_eq!(inbound(&[&global, &api]), "global:g api:a ");
    }

    #[test]
    fn without_base_nothing_above_runs() {
        let global = with_inbound(Scope::Global, &delete("g"));
        let api = with_inbound(Scope::Api, &delete("a"));
        let operation = with_inbound(Scope::Operation, "<base />");
        assert_eq!(inbound(&[&global, &api, &operation]), "api:a ");
    }

    #[test]
    fn base_in_the_global_document_means_nothing() {
        assert_eq!(inbound(&[&with_inbound(Scope::Global, &format!("<base />{}", delete("g")))]), "global:g ");
    }

    #[test]
    fn the_default_global_document_forwards() {
        let pipeline = Pipeline::compose(&[&Document::default_global()]).unwrap();
        assert_eq!(pipeline.steps(Section::Backend).len(), 1);
    }

    #[test]
    fn an_absent_section_is_refused_only_where_it_matters() {
        let global = Document::default_global();
        let fine = document(Scope::Api, "<policies><inbound /><backend><base /></backend></policies>");
        assert!(Pipeline::compose(&[&global, &fine]).is_ok());
        let unclear = document(Scope::Api, "\n <policies><inbound /></policies>");
        let problems = Pipeline::compose(&[&global, &unclear]).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].0, Scope::Api);
        assert!(problems[0].1.to_string().starts_with("2:2: there is no <backend> section"), "{}", problems[0].1);
    }
}
