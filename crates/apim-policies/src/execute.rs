//! Running a pipeline: inbound, backend, outbound; or, after a failure anywhere, on-error
//! (learn.microsoft.com/azure/api-management/api-management-error-handling-policies).

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, request::Parts};

use crate::{
    failure::{Failure, LastError},
    outside::Outside,
    scope::{Pipeline, Section},
    token::{Jwt, OpenIdCache, ValidatedToken},
};

/// How a request ended.
#[derive(Debug)]
pub struct Outcome<B> {
    /// What the caller gets.
    pub response: Response<B>,
    /// What went wrong; `None` when nothing did.
    pub last_error: Option<LastError>,
    /// Tokens that passed every check of a `validate-jwt`, in the order they were checked.
    pub tokens: Vec<Arc<ValidatedToken>>,
    /// `context.Variables` at the end.
    pub variables: BTreeMap<String, Variable>,
}

/// A value in `context.Variables`.
#[derive(Clone, Debug)]
pub enum Variable {
    /// A validated token, from `output-token-variable-name`.
    Jwt(Arc<Jwt>),
}

/// What policies work on.
pub(crate) struct Context<B> {
    pub(crate) request: Parts,
    /// Taken when the request is forwarded.
    body: Option<B>,
    pub(crate) response: Option<Response<B>>,
    pub(crate) tokens: Vec<Arc<ValidatedToken>>,
    pub(crate) variables: BTreeMap<String, Variable>,
}

impl<B: From<Bytes>> Context<B> {
    fn new(request: Request<B>) -> Self {
        let (request, body) = request.into_parts();
        Self { request, body: Some(body), response: None, tokens: Vec::new(), variables: BTreeMap::new() }
    }

    /// The request as policies left it; `None` the second time.
    pub(crate) fn take_request(&mut self) -> Option<Request<B>> {
        Some(Request::from_parts(self.request.clone(), self.body.take()?))
    }

    /// The headers that a policy in this section changes: of the request before there is a response, then of that.
    pub(crate) fn headers(&mut self, section: Section) -> &mut HeaderMap {
        match section {
            Section::Inbound | Section::Backend => &mut self.request.headers,
            Section::Outbound | Section::OnError => self.response.get_or_insert_with(empty).headers_mut(),
        }
    }

    fn end(self, last_error: Option<LastError>) -> Outcome<B> {
        let response = self.response.unwrap_or_else(empty);
        Outcome { response, last_error, tokens: self.tokens, variables: self.variables }
    }
}

/// Where no `forward-request` ran, the caller gets 200 with nothing in it.
fn empty<B: From<Bytes>>() -> Response<B> {
    Response::new(B::from(Bytes::new()))
}

impl Pipeline {
    /// Takes a request through the sections.
    pub async fn run<O: Outside>(
        &self,
        request: Request<O::Body>,
        keys: &OpenIdCache,
        outside: &O,
    ) -> Outcome<O::Body> {
        let mut context = Context::new(request);
        for section in [Section::Inbound, Section::Backend, Section::Outbound] {
            if let Err(failure) = self.run_section(section, &mut context, keys, outside).await {
                return self.fail(failure, context, keys, outside).await;
            }
        }
        context.end(None)
    }

    /// Ends a request that a built-in step refused before any policy ran: only `on-error` runs.
    pub async fn refuse<O: Outside>(
        &self,
        failure: Failure,
        request: Request<O::Body>,
        keys: &OpenIdCache,
        outside: &O,
    ) -> Outcome<O::Body> {
        self.fail(failure, Context::new(request), keys, outside).await
    }

    async fn fail<O: Outside>(
        &self,
        failure: Failure,
        mut context: Context<O::Body>,
        keys: &OpenIdCache,
        outside: &O,
    ) -> Outcome<O::Body> {
        context.response = Some(failure.response(|| outside.request_id()));
        match self.run_section(Section::OnError, &mut context, keys, outside).await {
            Ok(()) => context.end(Some(failure.error)),
            // What a live gateway does here is not documented; the newer failure is the one to look at.
            Err(second) => {
                context.response = Some(second.response(|| outside.request_id()));
                context.end(Some(second.error))
            }
        }
    }

    async fn run_section<O: Outside>(
        &self,
        section: Section,
        context: &mut Context<O::Body>,
        keys: &OpenIdCache,
        outside: &O,
    ) -> Result<(), Failure> {
        for step in self.steps(section) {
            step.run(section, context, keys, outside).await.map_err(|mut failure| {
                failure.error.scope = Some(step.scope);
                failure.error.section = Some(section);
                failure.error.policy_id.clone_from(&step.id);
                failure
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::{Scope, rig::World};

    fn document(inbound: &str, backend: &str, outbound: &str, on_error: &str) -> String {
        format!(
            "<policies><inbound>{inbound}</inbound><backend>{backend}</backend><outbound>{outbound}</outbound>\
             <on-error>{on_error}</on-error></policies>"
        )
    }

    fn set(name: &str, value: &str) -> String {
        format!("<set-header name=\"{name}\"><value>{value}</value></set-header>")
    }

    fn request() -> Request<Bytes> {
        Request::builder().uri("/orders?a=b").header("x-old", "1").body(Bytes::from_static(b"body")).unwrap()
    }

    const TOKEN: &str = "<validate-jwt header-name=\"x-token\" />";

    #[tokio::test]
    async fn headers_change_on_the_request_before_the_backend_and_on_the_response_after() {
        let world = World::new();
        let inbound = format!("{}<set-header name=\"x-old\" exists-action=\"delete\" />", set("x-in", "1"));
        let text =
            document(&inbound, &format!("{}<base />", set("x-back", "2")), &set("x-out", "3"), &set("x-error", "4"));
        let outcome = world.run(&text, request(), &OpenIdCache::default()).await;
        let forwarded = world.forwarded.lock().unwrap();
        let sent = forwarded[0].headers();
        assert_eq!(
            (sent["x-in"].as_bytes(), sent["x-back"].as_bytes(), sent.get("x-old")),
            (&b"1"[..], &b"2"[..], None)
        );
        assert_eq!(forwarded[0].uri(), "/orders?a=b");
        assert_eq!(forwarded[0].body(), "body");
        let got = outcome.response.headers();
        assert_eq!((got["x-out"].as_bytes(), got.len()), (&b"3"[..], 1));
        assert_eq!(outcome.response.body(), "backend");
    }

    #[tokio::test]
    async fn a_failure_skips_what_is_left_and_on_error_changes_the_response() {
        let world = World::new();
        let inbound = format!("{TOKEN}{}", set("x-in", "1"));
        let text = document(&inbound, "<base />", &set("x-out", "1"), &set("WWW-Authenticate", "Bearer"));
        let outcome = world.run(&text, request(), &OpenIdCache::default()).await;
        assert_eq!(outcome.response.status(), 401);
        assert_eq!(outcome.response.body(), r#"{ "statusCode": 401, "message": "JWT not present." }"#);
        assert_eq!(outcome.response.headers()["www-authenticate"], "Bearer");
        assert!(!outcome.response.headers().contains_key("x-out"));
        assert!(world.forwarded.lock().unwrap().is_empty());
        let error = outcome.last_error.unwrap();
        assert_eq!((error.scope, error.section), (Some(Scope::Api), Some(Section::Inbound)));
    }

    #[tokio::test]
    async fn an_unreachable_backend_is_an_internal_error() {
        let mut world = World::new();
        world.backend_is_down = true;
        let outcome = world.run(&document("", "<base />", "", ""), request(), &OpenIdCache::default()).await;
        assert_eq!(outcome.response.status(), 500);
        assert!(
            outcome.response.body().starts_with(b"{ \"statusCode\": 500, \"message\": \"Internal server error\", ")
        );
        let error = outcome.last_error.unwrap();
        assert_eq!(
            (error.source, error.to_string().as_str()),
            ("forward-request", "BackendConnectionFailure: connection refused")
        );
        assert_eq!((error.scope, error.section), (Some(Scope::Global), Some(Section::Backend)));
    }

    #[tokio::test]
    async fn without_forward_request_nothing_is_sent_and_the_answer_is_empty() {
        let world = World::new();
        let outcome = world.run(&document("", "", &set("x-out", "1"), ""), request(), &OpenIdCache::default()).await;
        assert_eq!((outcome.response.status().as_u16(), outcome.response.body().len()), (200, 0));
        assert_eq!(outcome.response.headers()["x-out"], "1");
        assert!(world.forwarded.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_second_forward_fails() {
        let world = World::new();
        let text = document("", "<base /><forward-request />", "", "");
        let outcome = world.run(&text, request(), &OpenIdCache::default()).await;
        assert_eq!(outcome.response.status(), 500);
        assert_eq!(world.forwarded.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_refusal_before_the_policies_runs_on_error_alone() {
        let world = World::new();
        let text = document(&set("x-in", "1"), "", &set("x-out", "1"), &set("x-error", "1"));
        let document = crate::Document::load(Scope::Global, &text, &BTreeMap::new()).unwrap();
        let pipeline = Pipeline::compose(&[&document]).unwrap();
        let failure = Failure::subscription_key_not_found(HeaderValue::from_static("challenge"));
        let outcome = pipeline.refuse(failure, request(), &OpenIdCache::default(), &world).await;
        let headers = outcome.response.headers();
        assert_eq!(
            (headers["www-authenticate"].as_bytes(), headers["x-error"].as_bytes()),
            (&b"challenge"[..], &b"1"[..])
        );
        assert!(!headers.contains_key("x-out"));
        assert_eq!(outcome.last_error.unwrap().source, "authorization");
    }
}
