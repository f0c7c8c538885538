//! `redirect-content-urls`: turns links to the backend in a response into links to the gateway, and the reverse in a
//! request
//! (learn.microsoft.com/azure/api-management/redirect-content-urls-policy).
//!
//! It changes bodies only, not headers such as Location. Azure does not document which texts are links. Here a link is
//! the whole base URL, anywhere in a text body.

use super::{find_and_replace::replace, prelude::*};

#[derive(Debug)]
pub(crate) struct RedirectContentUrls;

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<RedirectContentUrls> {
    element.only_attributes(&["id"], problems);
    element.children(&[], problems);
    element.once_in_section(problems);
    Some(RedirectContentUrls)
}

impl RedirectContentUrls {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let Some(backend) = run.context.api.service_url.as_ref().map(ToString::to_string) else { return Ok(()) };
        let mut gateway = run.context.request.original_url.clone();
        gateway.path = format!("/{}", run.context.api.path.trim_matches('/'));
        gateway.query = String::new();
        let (backend, gateway) = (backend.trim_end_matches('/').to_owned(), gateway.to_string());
        let gateway = gateway.trim_end_matches('/').to_owned();
        let (from, to) = match run.section {
            Section::Inbound | Section::Backend => (gateway, backend),
            Section::Outbound | Section::OnError => (backend, gateway),
        };
        let body = run.body().await?;
        let Ok(text) = std::str::from_utf8(&body) else { return Ok(()) };
        run.trace(|| format!("links from {from} become links to {to}"));
        replace(text, &from, &to, run)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use crate::{
        State,
        rig::{World, document, problems_in},
    };

    #[tokio::test]
    async fn links_to_the_backend_become_links_to_the_gateway_and_the_reverse() {
        let world = World::new();
        world.answer(200, "{\"next\":\"https://backend.test/base/orders?page=2\"}");
        let policy = "<redirect-content-urls />";
        let request = Request::post("/orders").body(Bytes::from_static(b"see https://gateway.test/7")).unwrap();
        let outcome = world.run(&document(policy, "<base />", policy, ""), request, &State::default()).await;
        assert_eq!(world.forwarded.lock().unwrap()[0].body(), "see https://backend.test/base/7");
        assert_eq!(outcome.response.body(), "{\"next\":\"https://gateway.test/orders?page=2\"}");
    }

    #[test]
    fn it_stands_once_and_says_nothing() {
        assert_eq!(
            problems_in("outbound", "<redirect-content-urls />\n<redirect-content-urls from=\"x\" />"),
            [
                "3:1: <redirect-content-urls> may stand in a section once",
                "3:24: the attribute \"from\" of <redirect-content-urls> is not declared",
            ]
        );
    }
}
