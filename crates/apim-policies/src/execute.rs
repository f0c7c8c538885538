//! Runs a pipeline: inbound, backend, outbound. After a failure in any of them, it runs on-error
//! (learn.microsoft.com/azure/api-management/api-management-error-handling-policies).

use std::{slice, sync::Arc};

use bytes::Bytes;
use http::{Request, request::Parts};

use crate::{
    facts::Facts,
    failure::{Failure, LastError},
    outcome::Outcome,
    outside::Outside,
    pipeline::Pipeline,
    policy::{Cors, Policy, is_preflight, preflight},
    run::{Run, finish, finish_token_policies},
    scope::Section,
    state::State,
    step::{Step, Stop, run_all},
};

impl Pipeline {
    /// Runs the sections for a request.
    pub async fn run<O: Outside>(
        &self,
        request: Request<O::Body>,
        facts: Facts,
        state: &State,
        outside: &O,
    ) -> Outcome<O::Body> {
        let mut run = Run::new(request, facts, self.reads, state, outside);
        let mut ended = Ok(());
        for section in [Section::Inbound, Section::Backend, Section::Outbound] {
            if section == Section::Outbound
                && let Err(failure) = finish_token_policies(&mut run).await
            {
                ended = Err(failure.into());
                break;
            }
            ended = self.run_section(section, &mut run).await;
            if ended.is_err() {
                break;
            }
        }
        if let Err(Stop::Found) = ended {
            run.section = Section::Outbound;
            ended = run_all(after_cache_store(self.steps(Section::Outbound)), &mut run).await;
        }
        if let Err(Stop::Failed(failure)) = ended {
            return self.fail(failure, run).await;
        }
        match finish(&mut run).await {
            Ok(()) => self.end(run, None),
            Err(failure) => self.fail(failure, run).await,
        }
    }

    /// Answers a preflight request of a browser. Returns `None` if the request is not a preflight request, or the
    /// inbound section has no `cors` directly in it.
    ///
    /// No other policy runs.
    pub async fn preflight<O: Outside>(
        &self,
        request: &Parts,
        facts: Facts,
        state: &State,
        outside: &O,
    ) -> Option<Outcome<O::Body>> {
        let mut policies = cors_policies(self.steps(Section::Inbound)).peekable();
        if !is_preflight(&request.method, &request.headers) || policies.peek().is_none() {
            return None;
        }
        let request = Request::from_parts(request.clone(), O::Body::from(Bytes::new()));
        let mut run = Run::new(request, facts, self.reads, state, outside);
        match preflight(policies, &mut run).await {
            Ok(()) => Some(self.end(run, None)),
            Err(failure) => Some(self.fail(failure, run).await),
        }
    }

    /// Ends a request that a built-in step refused before any policy ran: only `on-error` runs.
    pub async fn refuse<O: Outside>(
        &self,
        failure: Failure,
        request: Request<O::Body>,
        facts: Facts,
        state: &State,
        outside: &O,
    ) -> Outcome<O::Body> {
        self.fail(failure, Run::new(request, facts, self.reads, state, outside)).await
    }

    async fn fail<O: Outside>(&self, failure: Failure, mut run: Run<'_, O>) -> Outcome<O::Body> {
        answer(&failure, &mut run);
        let mut ended = self.run_section(Section::OnError, &mut run).await;
        if let Err(late) = finish(&mut run).await {
            ended = Err(late.into());
        }
        match ended {
            Ok(()) | Err(Stop::Returned | Stop::Found) => self.end(run, Some(failure.into_error())),
            // The behaviour of a live gateway here is not documented. The newer failure is the one to look at.
            Err(Stop::Failed(second)) => {
                answer(&second, &mut run);
                self.end(run, Some(second.into_error()))
            }
        }
    }

    /// Ends the run and returns its outcome. Traces name the documents as this pipeline does.
    fn end<O: Outside>(&self, run: Run<'_, O>, last_error: Option<LastError>) -> Outcome<O::Body> {
        let mut outcome = run.end(last_error);
        for policy in &mut outcome.policies {
            policy.document = self.name(policy.scope).cloned();
        }
        outcome
    }

    async fn run_section<'r, O: Outside>(&'r self, section: Section, run: &mut Run<'r, O>) -> Result<(), Stop> {
        run.section = section;
        run_all(self.steps(section), run).await
    }
}

/// Returns the policies of a section that answer preflight requests: those directly in the section or in a fragment
/// that it includes. Those inside `choose` and similar policies are not included.
fn cors_policies(steps: &[Arc<Step<Policy>>]) -> impl Iterator<Item = &Cors> {
    let steps = steps.iter().flat_map(|step| {
        if let Policy::IncludeFragment(fragment) = &step.policy {
            fragment.steps.as_slice()
        } else {
            slice::from_ref(step)
        }
    });
    steps.filter_map(|step| if let Policy::Cors(policy) = &step.policy { Some(&**policy) } else { None })
}

/// Returns the steps after `cache-store` or the semantic cache's store, because a response from the cache has passed
/// the store already. If another policy holds the store, these are the steps after that policy. Without a store, they
/// are the whole section.
fn after_cache_store(steps: &[Arc<Step<Policy>>]) -> &[Arc<Step<Policy>>] {
    let store = steps.iter().rposition(|step| keeps_response(&step.policy));
    store.map_or(steps, |place| &steps[place + 1..])
}

/// Reports whether the policy keeps responses in a cache, or holds a policy that does.
fn keeps_response(policy: &Policy) -> bool {
    fn any<'p>(mut steps: impl Iterator<Item = &'p Arc<Step<Policy>>>) -> bool {
        steps.any(|step| keeps_response(&step.policy))
    }
    if let Policy::Choose(policy) = policy {
        any(policy.steps())
    } else if let Policy::IncludeFragment(policy) = policy {
        any(policy.steps.iter())
    } else if let Policy::LimitConcurrency(policy) = policy {
        any(policy.steps.iter())
    } else if let Policy::Retry(policy) = policy {
        any(policy.steps.iter())
    } else if let Policy::SemanticCache(policy) = policy {
        policy.stores()
    } else {
        matches!(policy, Policy::CacheStore(_))
    }
}

/// Sets the default error response of a failure, and `context.LastError`.
fn answer<O: Outside>(failure: &Failure, run: &mut Run<'_, O>) {
    if !failure.keeps_response() {
        let response = failure.response(|| run.outside.request_id().to_string());
        run.respond(response, None);
    }
    run.context.last_error = Some(failure.error().clone().into());
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderValue;

    use super::*;
    use crate::{
        Scope, Service,
        rig::{World, document},
    };

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
        let outcome = world.run(&text, request(), &State::default()).await;
        let forwarded = world.forwarded.lock().unwrap();
        let sent = forwarded[0].headers();
        assert_eq!(
            (sent["x-in"].as_bytes(), sent["x-back"].as_bytes(), sent.get("x-old")),
            (&b"1"[..], &b"2"[..], None)
        );
        assert_eq!(forwarded[0].uri(), "https://backend.test/base/?a=b");
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
        let outcome = world.run(&text, request(), &State::default()).await;
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
        let outcome = world.run(&document("", "<base />", "", ""), request(), &State::default()).await;
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
        let outcome = world.run(&document("", "", &set("x-out", "1"), ""), request(), &State::default()).await;
        assert_eq!((outcome.response.status().as_u16(), outcome.response.body().len()), (200, 0));
        assert_eq!(outcome.response.headers()["x-out"], "1");
        assert!(world.forwarded.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_header_that_is_not_ascii_is_not_sent_on() {
        let world = World::new();
        let mut request = request();
        request.headers_mut().insert("x-name", HeaderValue::from_bytes("Zo\u{eb}".as_bytes()).unwrap());
        let outcome = world.run(&document("", "<base />", "", ""), request, &State::default()).await;
        assert_eq!(outcome.response.status(), 500);
        let error = outcome.last_error.unwrap();
        assert_eq!(
            (error.source, error.message.as_str()),
            ("forward-request", "Request headers must contain only ASCII characters, and x-name does not.")
        );
        assert!(world.forwarded.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_status_without_content_has_none_whatever_policies_set() {
        for (code, sent) in [(204, ""), (205, ""), (304, ""), (200, "text"), (404, "text")] {
            let world = World::new();
            world.answer(200, "of the backend");
            let outbound = format!("<set-body>text</set-body><set-status code=\"{code}\" />");
            let outcome = world.run(&document("", "<base />", &outbound, ""), request(), &State::default()).await;
            assert_eq!((outcome.response.status().as_u16(), outcome.response.body().as_ref()), (code, sent.as_bytes()));
            let backends = format!("<set-status code=\"{code}\" />");
            let answer = http::Response::builder().header("content-length", "4").body(Bytes::from_static(b"text"));
            world.answers.lock().unwrap().push_back(Ok(answer.unwrap()));
            let outcome = world.run(&document("", "<base />", &backends, ""), request(), &State::default()).await;
            assert_eq!(outcome.response.body(), sent);
            assert_eq!(outcome.response.headers().contains_key("content-length"), !sent.is_empty());
        }
    }

    #[tokio::test]
    async fn a_second_forward_fails() {
        let world = World::new();
        let text = document("", "<base /><forward-request />", "", "");
        let outcome = world.run(&text, request(), &State::default()).await;
        assert_eq!(outcome.response.status(), 500);
        assert_eq!(world.forwarded.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_refusal_before_the_policies_runs_on_error_alone() {
        let world = World::new();
        let text = document(&set("x-in", "1"), "", &set("x-out", "1"), &set("x-error", "1"));
        let document = crate::Document::load(Scope::Global, &text, &Service::default()).unwrap();
        let pipeline = Pipeline::compose(&[&document]).unwrap();
        let failure = Failure::subscription_key_not_found(HeaderValue::from_static("challenge"));
        let outcome = pipeline.refuse(failure, request(), Facts::default(), &State::default(), &world).await;
        let headers = outcome.response.headers();
        assert_eq!(
            (headers["www-authenticate"].as_bytes(), headers["x-error"].as_bytes()),
            (&b"challenge"[..], &b"1"[..])
        );
        assert!(!headers.contains_key("x-out"));
        assert_eq!(outcome.last_error.unwrap().source, "authorization");
    }
}
