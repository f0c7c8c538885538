//! `cross-domain`: the policy file that Flash and Silverlight request at `/crossdomain.xml`
//! (learn.microsoft.com/azure/api-management/cross-domain-policy).
//!
//! The page does not say how and at which path the file is served. This path comes from Adobe's specification.

use bytes::Bytes;
use http::{HeaderValue, header};

use super::prelude::*;
use crate::expression::{Body, Response};

const PATH: &str = "/crossdomain.xml";

#[derive(Debug)]
pub(crate) struct CrossDomain {
    file: Bytes,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<CrossDomain> {
    element.only_attributes(&["id"], problems);
    element.once_in_section(problems);
    if element.scope() != Scope::Global {
        element.problem(problems, "<cross-domain> is allowed in the global document alone");
    }
    let children = element.children(&[("cross-domain-policy", Count::AtMostOne)], problems);
    let Some(policy) = children.first() else {
        element.problem(problems, "<cross-domain> needs <cross-domain-policy>");
        return None;
    };
    Some(CrossDomain { file: Bytes::from(policy.written()) })
}

impl CrossDomain {
    /// Reports whether the request asks for the file.
    pub(crate) fn is_asked_for(path: &str) -> bool {
        path == PATH
    }

    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Stop> {
        if !Self::is_asked_for(&run.context.request.original_url.path) {
            return Ok(());
        }
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("text/x-cross-domain-policy"))];
        let response = Response {
            status_code: 200,
            status_reason: "OK".to_owned(),
            headers: headers.into_iter().collect(),
            body: Some(Body::new(self.file.clone())),
        };
        run.respond(response, None);
        Err(Stop::Returned)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use crate::{
        Document, Facts, Pipeline, Scope, Service, State,
        expression::Url,
        rig::{World, problems_in},
    };

    #[tokio::test]
    async fn the_file_is_served_and_other_requests_go_on() {
        let text = "<policies><inbound><cross-domain><cross-domain-policy><allow-access-from domain=\"*\" />\
            </cross-domain-policy></cross-domain></inbound><backend><forward-request /></backend></policies>";
        let document = Document::load(Scope::Global, text, &Service::default()).unwrap();
        let pipeline = Pipeline::compose(&[&document]).unwrap();
        for (path, expected) in [
            ("/crossdomain.xml", "<cross-domain-policy><allow-access-from domain=\"*\" /></cross-domain-policy>"),
            ("/other", "backend"),
        ] {
            let facts =
                Facts { original_url: Url::parse(&format!("https://gateway.test{path}")).unwrap(), ..Facts::default() };
            let request = Request::builder().uri(path).body(Bytes::new()).unwrap();
            let outcome = pipeline.run(request, facts, &State::default(), &World::new()).await;
            assert_eq!(outcome.response.body(), expected);
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in("inbound", "<cross-domain x=\"1\" />"),
            [
                "2:1: <cross-domain> is allowed in the global document alone",
                "2:1: <cross-domain> needs <cross-domain-policy>",
                "2:15: the attribute \"x\" of <cross-domain> is not declared",
            ]
        );
    }
}
