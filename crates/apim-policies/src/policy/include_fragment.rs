//! `include-fragment`: runs the policies of a fragment in its place
//! (learn.microsoft.com/azure/api-management/include-fragment-policy).

use super::prelude::*;
use crate::{
    expression::Reads,
    load::{PolicyPlace, Source},
    problem::Problem,
    service::Service,
    step::{AnyPolicy, Steps, load_all, run_all},
};

#[derive(Debug)]
pub(crate) struct IncludeFragment<P> {
    pub(crate) steps: Steps<P>,
}

/// A fragment, read for the place of its inclusion.
pub(crate) struct Fragment<P> {
    steps: Steps<P>,
    /// The message bodies that the fragment's expressions may read.
    reads: Reads,
    pub(crate) warnings: Vec<Problem>,
}

pub(super) fn load<P: AnyPolicy>(element: &Element<'_>, problems: &mut Problems) -> Option<IncludeFragment<P>> {
    element.only_attributes(&["id", "fragment-id"], problems);
    element.children(&[], problems);
    let id = element.required("fragment-id", problems)?;
    if element.fragment().is_some() {
        element.problem(problems, "a fragment cannot include another");
        return None;
    }
    let Some(file) = element.service().fragments.get(id) else {
        element.undefined("fragment-id", "a fragment of the service", problems);
        return None;
    };
    match read(file, element.service(), element.fragment_place(id)) {
        Ok(Fragment { steps, reads, .. }) => {
            element.source().include(reads);
            Some(IncludeFragment { steps })
        }
        Err(refused) => {
            for Problem { position, severity, message } in refused {
                let message = format!("in the fragment \"{id}\": {position}: {message}");
                problems.add(element.offset(), severity, message);
            }
            None
        }
    }
}

/// Reads a fragment file for the place of its inclusion.
pub(crate) fn read<P: AnyPolicy>(
    file: &str,
    service: &Service,
    place: PolicyPlace,
) -> Result<Fragment<P>, Vec<Problem>> {
    let file = file.strip_prefix('\u{feff}').unwrap_or(file);
    let mut problems = Problems::default();
    let source = Source::new(file, service, place, &mut problems);
    match source.as_ref().and_then(|source| read_policies(source, &mut problems)) {
        Some((steps, reads)) if !problems.refuse() => Ok(Fragment { steps, reads, warnings: problems.locate(file) }),
        _ => Err(problems.locate(file)),
    }
}

fn read_policies<P: AnyPolicy>(source: &Source<'_>, problems: &mut Problems) -> Option<(Steps<P>, Reads)> {
    let xml = source.parse(problems)?;
    let root = Element::root(&xml, source, ("a fragment", "fragment"), problems)?;
    Some((load_all(&root, problems), source.reads()))
}

impl<P: AnyPolicy> IncludeFragment<P> {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        run_all(&self.steps, run).await
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Document, Scope, Service,
        rig::{World, document},
    };

    fn service() -> Service {
        let fragments = [
            (
                "mark",
                "<!-- --><fragment>\n<set-header name=\"x\"><value>@(context.Request.Body == null ? {{word}} : \"b\")</value></set-header></fragment>",
            ),
            (
                "fails",
                "<fragment><choose><when condition=\"true\"><set-variable id=\"in\" name=\"x\" value=\"@(context.Variables[\"y\"])\" /></when></choose></fragment>",
            ),
            ("nested", "<fragment><include-fragment fragment-id=\"mark\" /></fragment>"),
            ("inbound-only", "<fragment>\n  <rewrite-uri template=\"/\" /></fragment>"),
            ("broken", "<fragment><inbound /><base /></fragment>"),
            ("document", "<policies />"),
        ];
        let named_values = [("word".to_owned(), "\"none\"".to_owned())].into();
        let fragments = fragments.map(|(id, text)| (id.to_owned(), text.to_owned())).into();
        Service { named_values, fragments, ..Service::default() }
    }

    #[tokio::test]
    async fn the_policies_of_the_fragment_run_in_its_place() {
        let mut world = World::new();
        world.service = service();
        let include = "<choose><when condition=\"true\"><include-fragment fragment-id=\"mark\" /></when></choose>";
        world.run_sections(include, "<base />", "", "").await;
        assert_eq!(world.forwarded.lock().unwrap()[0].headers()["x"], "none");
        let outcome = world.run_sections("", "", include, "").await;
        assert_eq!(outcome.response.headers()["x"], "none");
    }

    #[tokio::test]
    async fn an_error_in_it_is_located_where_it_is_included() {
        let mut world = World::new();
        world.service = service();
        let include = "<choose><when condition=\"true\"><include-fragment fragment-id=\"fails\" /></when></choose>";
        let error = world.run_sections(include, "", "", "").await.last_error.unwrap();
        assert_eq!((error.source, error.policy_id.as_deref()), ("set-variable", Some("in")));
        assert_eq!(error.path, "choose[1]/when[1]/choose[1]/when[1]");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let problems = |outbound: &str| {
            let loaded = Document::load(Scope::Api, &document("", "", outbound, ""), &service());
            loaded.map(drop).unwrap_err().into_iter().map(|problem| problem.message).collect::<Vec<_>>()
        };
        let include = |id: &str| problems(&format!("<include-fragment fragment-id=\"{id}\" />"));
        assert_eq!(
            include("none"),
            ["the attribute \"fragment-id\" of <include-fragment> must be a fragment of the service"]
        );
        assert_eq!(include("nested"), ["in the fragment \"nested\": 1:11: a fragment cannot include another"]);
        assert_eq!(
            include("inbound-only"),
            ["in the fragment \"inbound-only\": 2:3: the policy <rewrite-uri> is not allowed in <outbound>"]
        );
        assert_eq!(
            include("broken"),
            [
                "in the fragment \"broken\": 1:11: <inbound> is not a policy",
                "in the fragment \"broken\": 1:22: <base> stands in a section, not in a policy or fragment",
            ]
        );
        assert_eq!(
            include("document"),
            ["in the fragment \"document\": 1:1: a fragment is <fragment>, not <policies>"]
        );
        assert_eq!(
            problems("<include-fragment id=\"x\" name=\"y\" />"),
            [
                "<include-fragment> needs the attribute \"fragment-id\"",
                "the attribute \"name\" of <include-fragment> is not declared",
            ]
        );
    }

    #[test]
    fn a_fragment_is_checked_on_its_own() {
        let service = service();
        assert_eq!(Document::check_fragment(&service.fragments["inbound-only"], &service), Ok(Vec::new()));
        let problems = Document::check_fragment(&service.fragments["broken"], &service).unwrap_err();
        assert_eq!(problems.len(), 2);
        // The scope of the fragment's policies is checked only where a document includes it.
        let scoped = "<fragment><rate-limit calls=\"1\" renewal-period=\"1\" /><quota calls=\"1\" renewal-period=\"1\" /></fragment>";
        assert_eq!(Document::check_fragment(scoped, &service), Ok(Vec::new()));
        let service = Service { fragments: [("scoped".to_owned(), scoped.to_owned())].into(), ..service };
        let include = document("<include-fragment fragment-id=\"scoped\" />", "", "", "");
        let refused = |scope| Document::load(scope, &include, &service).map(drop).unwrap_err().len();
        assert_eq!((refused(Scope::Global), refused(Scope::Api)), (2, 1));
        assert!(Document::load(Scope::Product, &include, &service).is_ok());
    }
}
