//! `mock-response`: answers the caller with an example of the operation
//! (learn.microsoft.com/azure/api-management/mock-response-policy).
//!
//! It takes the first documented response with an example that has the status, and the media type if the policy names
//! one. Without an example the answer has no body. A named media type is the answer's `Content-Type` in both cases. API
//! Management also makes examples from schemas; this crate does not.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::prelude::*;
use crate::expression::{Body, Response};

#[derive(Debug)]
pub(crate) struct MockResponse {
    status: StatusCode,
    content_type: Option<HeaderValue>,
}

/// Reads the element. Neither attribute takes an expression.
pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<MockResponse> {
    element.only_attributes(&["id", "status-code", "content-type"], problems);
    element.children(&[], problems);
    let status = element.attribute("status-code", problems).map_or(Some(StatusCode::OK), StatusCode::read);
    if status.is_none() {
        element.bad_value("status-code", StatusCode::EXPECTED, problems);
    }
    let content_type = element.attribute("content-type", problems).map(|text| {
        let value = HeaderValue::from_str(text.trim()).ok().filter(|_| is_media_type(text));
        if value.is_none() {
            element.bad_value("content-type", "a media type", problems);
        }
        value
    });
    Some(MockResponse { status: status?, content_type: content_type.flatten() })
}

impl MockResponse {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Stop> {
        let asked = self.content_type.as_ref().and_then(|value| value.to_str().ok());
        let contract = Arc::clone(&run.contract);
        let example = contract.responses.iter().find_map(|response| {
            let fits = response.status == self.status.as_u16()
                && asked.is_none_or(|asked| is_same(asked, &response.content_type));
            Some((response, response.example.as_ref().filter(|_| fits)?))
        });
        run.trace(|| match example {
            Some((response, _)) => format!("answers {} with an example of {}", self.status, response.content_type),
            None => format!("answers {} without content, as the operation has no such example", self.status),
        });
        let mut headers = HeaderMap::new();
        let found = example.and_then(|(response, _)| HeaderValue::from_str(&response.content_type).ok());
        headers.extend(self.content_type.clone().or(found).map(|value| (header::CONTENT_TYPE, value)));
        let response = Response {
            status_code: self.status.as_u16(),
            status_reason: self.status.canonical_reason().unwrap_or_default().to_owned(),
            headers,
            body: example.map(|(_, text)| Body::new(Bytes::from(text.clone()))),
        };
        run.respond(response, None);
        Err(Stop::Returned)
    }
}

/// Reports whether a text is two words with a slash between them, perhaps with parameters.
fn is_media_type(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && !word.contains([' ', '/', '*']);
    kind(text).split_once('/').is_some_and(|(first, second)| is_word(first) && is_word(second))
}

/// Compares two media types without their parameters, such as `charset`, and without letter case.
fn is_same(one: &str, other: &str) -> bool {
    kind(one).eq_ignore_ascii_case(kind(other))
}

fn kind(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use crate::{
        Contract, Facts, OperationResponse, Outcome, Scope, State,
        rig::{World, document, problems_in, subscribed},
    };

    /// Returns the policy's answer to a call of an operation with these responses: status, content type and body.
    async fn run(sections: [&str; 3]) -> Outcome<Bytes> {
        let response = |status, content_type: &str, example: Option<&str>| OperationResponse {
            status,
            content_type: content_type.to_owned(),
            example: example.map(str::to_owned),
            ..OperationResponse::default()
        };
        let responses = vec![
            response(200, "text/csv", None),
            response(200, "application/json", Some("{\"a\":1}")),
            response(200, "application/xml", Some("<a/>")),
            response(404, "application/json", Some("{}")),
        ];
        let [inbound, outbound, on_error] = sections;
        let facts = Facts { contract: Arc::new(Contract { responses, ..Contract::default() }), ..subscribed("a") };
        let world = World::new();
        let text = document(inbound, "<base />", outbound, on_error);
        let outcome = world.run_at(Scope::Api, &text, facts, &State::default()).await;
        assert_eq!(world.forwarded.lock().unwrap().len(), usize::from(inbound.is_empty()));
        outcome
    }

    async fn answer(attributes: &str) -> (u16, String, String) {
        let after = "<set-header name=\"x\"><value>1</value></set-header>";
        let outcome = run([&format!("<mock-response {attributes} />{after}"), after, ""]).await;
        assert_eq!(outcome.last_error, None);
        let (parts, body) = outcome.response.into_parts();
        let content_type = parts.headers.get("content-type").map_or("-", |value| value.to_str().unwrap()).to_owned();
        assert_eq!(parts.headers.len(), usize::from(content_type != "-"));
        (parts.status.as_u16(), content_type, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn the_first_example_that_fits_is_the_answer() {
        let is = |status, content_type: &str, body: &str| (status, content_type.to_owned(), body.to_owned());
        assert_eq!(answer("").await, is(200, "application/json", "{\"a\":1}"));
        assert_eq!(answer("content-type=\"application/xml\"").await, is(200, "application/xml", "<a/>"));
        let with_parameter = "content-type=\"Application/JSON; charset=utf-8\"";
        assert_eq!(answer(with_parameter).await, is(200, "Application/JSON; charset=utf-8", "{\"a\":1}"));
        assert_eq!(answer("status-code=\"404\"").await, is(404, "application/json", "{}"));
        // The media type or the status has no example, so the answer has no content.
        assert_eq!(answer("content-type=\"text/csv\"").await, is(200, "text/csv", ""));
        assert_eq!(answer("status-code=\"404\" content-type=\"text/csv\"").await, is(404, "text/csv", ""));
        assert_eq!(answer("status-code=\"201\"").await, is(201, "-", ""));
    }

    #[tokio::test]
    async fn it_replaces_the_response_in_outbound_and_on_error() {
        let mock = "<mock-response status-code=\"404\" />";
        let outcome = run(["", mock, ""]).await;
        assert_eq!((outcome.response.status().as_u16(), outcome.response.body().as_ref()), (404, &b"{}"[..]));
        let outcome = run(["<validate-jwt header-name=\"x\" />", "", mock]).await;
        assert_eq!((outcome.response.status().as_u16(), outcome.response.body().as_ref()), (404, &b"{}"[..]));
        assert_eq!(outcome.last_error.unwrap().source, "validate-jwt");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<mock-response status-code=\"abc\" content-type=\"json\" index=\"1\"><x /></mock-response>\n\
                 <mock-response status-code=\"@(200)\" />"
            ),
            [
                "2:16: the attribute \"status-code\" of <mock-response> must be a status code from 200 to 599",
                "2:34: the attribute \"content-type\" of <mock-response> must be a media type",
                "2:54: the attribute \"index\" of <mock-response> is not declared",
                "2:64: <x> is not declared in <mock-response>",
                "3:16: the attribute \"status-code\" of <mock-response> does not take a policy expression",
            ]
        );
        assert_eq!(
            problems_in("backend", "<mock-response />"),
            ["2:1: the policy <mock-response> is not allowed in <backend>"]
        );
    }
}
