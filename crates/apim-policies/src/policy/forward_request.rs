//! `forward-request`: sends the request to the backend
//! (learn.microsoft.com/azure/api-management/forward-request-policy).
//!
//! A body that no expression reads streams through: in pieces of 8 KB, or as it arrives with `buffer-response="false"`.

use std::time::Duration;

use http::{StatusCode, header};

use super::prelude::*;
use super::redirect::Repeatable;
use crate::{outside::NoReply, run::seen};

const NAME: &str = "forward-request";

/// The documented default of the backend's time.
const TIMEOUT: Duration = Duration::from_secs(300);

const ATTRIBUTES: [&str; 9] = [
    "id",
    "timeout",
    "timeout-ms",
    "continue-timeout",
    "http-version",
    "follow-redirects",
    "buffer-request-body",
    "buffer-response",
    "fail-on-error-status-code",
];

#[derive(Debug)]
pub(crate) struct ForwardRequest {
    /// The time in seconds.
    timeout: Option<Setting<u32>>,
    timeout_ms: Option<Setting<u32>>,
    follows_redirects: Option<Setting<bool>>,
    /// Keeps the body in order to send it again.
    buffers_body: bool,
    buffers_response: bool,
    fails_on_error: bool,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ForwardRequest> {
    element.only_attributes(&ATTRIBUTES, problems);
    element.children(&[], problems);
    if element.has("timeout") && element.has("timeout-ms") {
        element.problem(problems, "<forward-request> takes timeout or timeout-ms, not both");
    }
    match element.attribute("http-version", problems) {
        None | Some("1" | "2or1") => {}
        Some("2") => element.unsupported_value("http-version", "HTTP/2 to the backend is not played", problems),
        Some(_) => element.bad_value("http-version", "1, 2 or 2or1", problems),
    }
    // The time in which a backend must answer 100 Continue. The gateway never asks for that answer.
    let _without_effect: Option<Setting<u32>> = element.setting("continue-timeout", problems);
    Some(ForwardRequest {
        timeout: element.setting("timeout", problems),
        timeout_ms: element.setting("timeout-ms", problems),
        follows_redirects: element.setting("follow-redirects", problems),
        buffers_body: element.flag("buffer-request-body", problems).unwrap_or(false),
        buffers_response: element.flag("buffer-response", problems).unwrap_or(true),
        fails_on_error: element.flag("fail-on-error-status-code", problems).unwrap_or(false),
    })
}

impl ForwardRequest {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let timeout = self.timeout(run).await?;
        let follows = run.get_any(self.follows_redirects.as_ref()).await?.unwrap_or(false);
        let backend = match run.next_backend() {
            Ok(backend) => backend,
            Err(reason) => {
                unavailable(reason, run);
                return Ok(());
            }
        };
        let mut request = run.request_to_send(self.buffers_body || follows).await?;
        if let Some(backend) = &backend
            && let Some(authorization) = run.authorization_for(backend).await?
        {
            request.headers_mut().insert(header::AUTHORIZATION, authorization);
        }
        let body = if follows { Some(run.body().await?) } else { None };
        let repeatable = body.and_then(|body| Repeatable::from_request(&request, body));
        // The query may hold a key.
        run.trace(|| format!("sends {} {}", request.method(), without_query(&request.uri().to_string())));
        let mut sent = run.outside.forward(request, timeout).await.map(seen);
        if let Some(repeatable) = repeatable {
            sent = repeatable.follow(sent, timeout, run).await;
        }
        // A client that goes away is no sign of a failing backend.
        if let Some(backend) = &backend
            && !matches!(sent, Err(NoReply::ClientGone(_)))
        {
            run.report(backend, sent.as_ref().ok().map(|(seen, _)| seen));
        }
        let (seen, body) = sent.map_err(|cause| Failure::no_reply(&cause))?;
        let status = seen.status_code;
        run.backend_unavailable = None;
        run.trace(|| format!("the backend answered {status}"));
        let body = (!run.outside.is_empty(&body)).then_some(body);
        let body = if self.buffers_response { body.map(|body| run.outside.buffered(body)) } else { body };
        run.respond(seen, body);
        if self.fails_on_error && (400..600).contains(&status) {
            return Err(Failure::error_status(status));
        }
        Ok(())
    }

    async fn timeout<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Duration, Failure> {
        if let Some(seconds) = run.get_any(self.timeout.as_ref()).await? {
            return Ok(Duration::from_secs(seconds.into()));
        }
        let milliseconds = run.get_any(self.timeout_ms.as_ref()).await?;
        Ok(milliseconds.map_or(TIMEOUT, |milliseconds| Duration::from_millis(milliseconds.into())))
    }
}

/// Answers instead of the backends, because their circuit breakers are open.
///
/// Public policies recognize this answer by its status text, in the condition of a `retry`. So the policies go on after
/// it. Its exact words, and whether a live gateway then goes to on-error, are not documented.
fn unavailable<O: Outside>(reason: String, run: &mut Run<'_, O>) {
    run.trace(|| reason.clone());
    let public = "Service unavailable".to_owned();
    let failure = Failure::new(NAME, "", reason.clone(), StatusCode::SERVICE_UNAVAILABLE, public);
    let mut response = failure.response(String::new);
    response.status_reason = reason;
    run.backend_unavailable = Some(response.status_reason.clone());
    run.respond(response, None);
}

fn without_query(url: &str) -> &str {
    url.split_once('?').map_or(url, |(url, _)| url)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::Request;

    use crate::{
        Backend, ManagedIdentityCredentials, NoReply, PoolMember, State,
        rig::{World, document, problems_in},
    };

    /// Returns the time that the backend gets.
    async fn timeout(attributes: &str) -> Duration {
        let world = World::new();
        world.run_sections("", &format!("<forward-request {attributes} />"), "", "").await;
        world.timeouts.lock().unwrap()[0]
    }

    #[tokio::test]
    async fn the_backend_is_given_the_time_that_the_policy_says() {
        assert_eq!(timeout("").await, Duration::from_secs(300));
        assert_eq!(
            timeout("timeout=\"20\" http-version=\"2or1\" buffer-response=\"false\"").await,
            Duration::from_secs(20)
        );
        assert_eq!(timeout("timeout=\"@(2 * 5)\"").await, Duration::from_secs(10));
        assert_eq!(timeout("timeout-ms=\"1500\"").await, Duration::from_millis(1500));
    }

    #[tokio::test]
    async fn no_answer_in_time_is_an_internal_error() {
        let world = World::new();
        world.answers.lock().unwrap().push_back(Err(NoReply::TimedOut));
        let outcome = world.run_sections("", "<base />", "", "").await;
        assert_eq!(outcome.response.status(), 500);
        assert_eq!(
            outcome.response.body(),
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \
             \"activityId\": \"00000000-0000-0000-0000-000000000001\" }"
        );
        let error = outcome.last_error.unwrap();
        assert_eq!(
            (error.source, error.to_string().as_str()),
            ("forward-request", "Timeout: Request to the backend service timed out")
        );
    }

    #[tokio::test]
    async fn an_error_status_fails_only_when_it_is_asked_to() {
        let run = async |attribute: &str| {
            let world = World::new();
            world.answer(503, "busy");
            world.run_sections("", &format!("<forward-request {attribute} />"), "", "").await
        };
        let passed = run("fail-on-error-status-code=\"false\"").await;
        assert_eq!((passed.response.status().as_u16(), passed.response.body()), (503, &Bytes::from("busy")));
        let failed = run("fail-on-error-status-code=\"true\"").await;
        // `on-error` sees and changes the backend's response.
        assert_eq!((failed.response.status().as_u16(), failed.response.body()), (503, &Bytes::from("busy")));
        assert_eq!(failed.last_error.unwrap().message, "The backend answered 503.");
    }

    #[tokio::test]
    async fn a_body_is_sent_twice_only_when_it_is_buffered() {
        let send_twice = async |backend: &str, body: &'static str| {
            let world = World::new();
            let request = Request::post("/orders").body(Bytes::from_static(body.as_bytes())).unwrap();
            let outcome = world.run(&document("", backend, "", ""), request, &State::default()).await;
            let forwarded: Vec<_> = world.forwarded.lock().unwrap().iter().map(|one| one.body().clone()).collect();
            (outcome.last_error.map(|error| error.source), forwarded)
        };
        let twice = "<forward-request /><forward-request />";
        assert_eq!(send_twice(twice, "body").await, (Some("forward-request"), vec!["body".into()]));
        assert_eq!(send_twice(twice, "").await, (None, vec!["".into(), "".into()]));
        let buffered = "<forward-request buffer-request-body=\"true\" /><forward-request />";
        assert_eq!(send_twice(buffered, "body").await, (None, vec!["body".into(), "body".into()]));
    }

    #[tokio::test]
    async fn a_backend_with_credentials_gets_the_gateways_token_and_not_the_callers() {
        let mut world = World::new();
        world.tokens.insert("https://model.test".to_owned(), "t0k3n".to_owned());
        let single =
            |credentials| Backend::Single { url: "https://one.test".parse().unwrap(), breaker: None, credentials };
        let credentials = |resource: &str| {
            Some(ManagedIdentityCredentials { resource: resource.to_owned(), client_id: Some("c1d".to_owned()) })
        };
        let pool = vec![PoolMember { backend: "with".to_owned(), priority: 1, weight: 1 }];
        world.service.backends.extend([
            ("with".to_owned(), single(credentials("https://model.test"))),
            ("without".to_owned(), single(None)),
            ("pool".to_owned(), Backend::Pool(pool)),
            ("odd".to_owned(), single(credentials("https://none.test"))),
        ]);
        for (backend, status, sent) in [
            ("with", 200, Some("Bearer t0k3n")),
            ("pool", 200, Some("Bearer t0k3n")),
            ("without", 200, Some("the caller's")),
            ("odd", 500, None),
        ] {
            let inbound = format!(
                "<set-header name=\"Authorization\"><value>the caller's</value></set-header>\
                 <set-backend-service backend-id=\"{backend}\" />"
            );
            let outcome = world.run_sections(&inbound, "<base />", "", "").await;
            assert_eq!(outcome.response.status(), status, "{backend}");
            let forwarded = std::mem::take(&mut *world.forwarded.lock().unwrap());
            let header = forwarded.first().map(|request| request.headers()["authorization"].to_str().unwrap());
            assert_eq!(header, sent, "{backend}");
        }
        assert!(!world.traces.lock().unwrap().concat().contains("t0k3n"));
        assert_eq!(world.tokens_asked.lock().unwrap()[0].1.as_deref(), Some("c1d"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "backend",
                "<forward-request timeout=\"-1\" timeout-ms=\"1\" http-version=\"2\" follow-redirects=\"yes!\" \
                 continue-timeout=\"x\" buffer-response=\"no\"><x /></forward-request>"
            ),
            [
                "2:1: <forward-request> takes timeout or timeout-ms, not both",
                "2:18: the attribute \"timeout\" of <forward-request> must be a whole number from 0 to 2147483647",
                "2:46: the attribute \"http-version\" of <forward-request>: HTTP/2 to the backend is not played",
                "2:63: the attribute \"follow-redirects\" of <forward-request> must be true or false",
                "2:87: the attribute \"continue-timeout\" of <forward-request> must be a whole number from 0 to 2147483647",
                "2:108: the attribute \"buffer-response\" of <forward-request> must be true or false",
                "2:129: <x> is not declared in <forward-request>",
            ]
        );
    }
}
