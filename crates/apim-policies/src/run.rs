//! One request on its way through a pipeline: what policies see and change.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use jiff::SignedDuration;

use crate::{
    Facts, Outcome, State,
    expression::{self, Body, Context, Expression, Reads, Url, Value},
    failure::{Failure, LastError},
    load::{Readable, Setting},
    outside::Outside,
    policy::{After, Step},
    scope::{Scope, Section},
    token::ValidatedToken,
    trace::Trace,
};

/// A request on its way. Policies get it, work on [`Self::context`], and reach the world through the rest.
pub(crate) struct Run<'r, O: Outside> {
    pub(crate) outside: &'r O,
    pub(crate) state: &'r State,
    pub(crate) section: Section,
    /// What expressions see. A body that was not read into memory is absent here.
    pub(crate) context: Context,
    target: Target,
    /// Tokens that passed every check.
    pub(crate) tokens: Vec<Arc<ValidatedToken>>,
    /// What is left to do when the response is known.
    pub(crate) after: Vec<After<'r>>,
    /// Keys of the counters that this request has counted for.
    pub(crate) counted: BTreeSet<String>,
    /// The policy that runs.
    step: Option<&'r Step>,
    /// What any expression of the pipeline may read.
    reads: Reads,
    /// Bodies that nobody read.
    request_stream: Option<O::Body>,
    response_stream: Option<O::Body>,
    /// The request's body went to the backend unread.
    body_gone: bool,
}

/// Where the request goes: `context.Request.Url` is made of it.
#[derive(Clone, Debug, Default)]
struct Target {
    /// Identifier of the backend, when a policy named one, and that policy's scope.
    backend: Option<(String, Scope)>,
    base: Option<Url>,
    /// Below the base: empty, or beginning with `/`.
    path: String,
}

impl<'r, O: Outside> Run<'r, O> {
    pub(crate) fn new(request: Request<O::Body>, facts: Facts, reads: Reads, state: &'r State, outside: &'r O) -> Self {
        let (parts, body) = request.into_parts();
        let mut context = Context::new(outside.now(), outside.request_id(), outside.entropy());
        let target = Target { backend: None, base: facts.api.service_url.clone(), path: facts.path };
        context.request = expression::Request {
            method: parts.method.to_string(),
            url: facts.original_url.clone(),
            original_url: facts.original_url,
            headers: parts.headers,
            body: None,
            ip_address: facts.ip_address,
            matched_parameters: facts.matched_parameters,
        };
        (context.api, context.operation, context.product) = (facts.api, facts.operation, facts.product);
        (context.subscription, context.user, context.deployment) = (facts.subscription, facts.user, facts.deployment);
        context.request.url.query = parts.uri.query().unwrap_or_default().to_owned();
        let request_stream = (!outside.is_empty(&body)).then_some(body);
        let mut run = Self {
            outside,
            state,
            section: Section::Inbound,
            context,
            target,
            tokens: Vec::new(),
            after: Vec::new(),
            counted: BTreeSet::new(),
            step: None,
            reads,
            request_stream,
            response_stream: None,
            body_gone: false,
        };
        run.aim();
        run
    }

    /// Runs an expression, with the bodies it may read in memory.
    pub(crate) async fn evaluate(&mut self, expression: &Expression) -> Result<Value, Failure> {
        let reads = expression.reads();
        if reads.request_body {
            self.read_request_body().await?;
        }
        if reads.response_body {
            self.read_response_body().await?;
        }
        let elapsed = self.outside.now().duration_since(self.context.timestamp);
        self.context.elapsed = elapsed.max(SignedDuration::ZERO).unsigned_abs();
        let value = expression.evaluate(&mut self.context).map_err(|error| Failure::expression(&error.message));
        for text in std::mem::take(&mut self.context.traces) {
            self.trace(|| text);
        }
        value
    }

    /// What a setting says for this request.
    pub(crate) async fn get<T: Readable>(&mut self, setting: &Setting<T>) -> Result<T, Failure> {
        match setting {
            Setting::Literal(value) => Ok(value.clone()),
            Setting::Expression(expression) => {
                let value = self.evaluate(expression).await?;
                T::of(&value).ok_or_else(|| {
                    let class = value.type_name();
                    Failure::expression(&format!("The value, of type {class}, is not {}.", T::EXPECTED))
                })
            }
        }
    }

    /// As [`Self::get`], where there may be no setting.
    pub(crate) async fn get_any<T: Readable>(&mut self, setting: Option<&Setting<T>>) -> Result<Option<T>, Failure> {
        match setting {
            None => Ok(None),
            Some(setting) => self.get(setting).await.map(Some),
        }
    }

    /// The headers that a policy changes: of the request before there is a response, then of that.
    pub(crate) fn headers(&mut self) -> &mut HeaderMap {
        match self.section {
            Section::Inbound | Section::Backend => &mut self.context.request.headers,
            Section::Outbound | Section::OnError => &mut self.response().headers,
        }
    }

    /// The response, an empty 200 where there is none yet.
    pub(crate) fn response(&mut self) -> &mut expression::Response {
        self.context.response.get_or_insert_with(empty_response)
    }

    /// Puts a response in the place of the one before.
    pub(crate) fn respond(&mut self, response: expression::Response, body: Option<O::Body>) {
        self.context.response = Some(response);
        self.response_stream = body;
    }

    /// Replaces the body of the request, or of the response once there is one, as [`Self::headers`] does.
    pub(crate) fn set_body(&mut self, body: Bytes) {
        let body = (!body.is_empty()).then(|| Body::new(body));
        match self.section {
            Section::Inbound | Section::Backend => {
                self.request_stream = None;
                self.context.request.body = body;
            }
            Section::Outbound | Section::OnError => {
                self.response_stream = None;
                self.response().body = body;
            }
        }
        self.headers().remove(header::CONTENT_LENGTH);
    }

    /// Reads the request's body into memory, unless it is there.
    pub(crate) async fn read_request_body(&mut self) -> Result<(), Failure> {
        if let Some(stream) = self.request_stream.take() {
            let bytes = self.outside.read(stream).await.map_err(|error| {
                Failure::internal("", "ClientConnectionFailure", format!("the request's body: {error}"))
            })?;
            self.context.request.body = (!bytes.is_empty()).then(|| Body::new(bytes));
        }
        Ok(())
    }

    /// Reads the response's body into memory, unless it is there.
    pub(crate) async fn read_response_body(&mut self) -> Result<(), Failure> {
        if let Some(stream) = self.response_stream.take() {
            let bytes = self.outside.read(stream).await.map_err(|error| {
                Failure::internal("", "BackendConnectionFailure", format!("the response's body: {error}"))
            })?;
            self.response().body = (!bytes.is_empty()).then(|| Body::new(bytes));
        }
        Ok(())
    }

    /// The body of the request, or of the response once there is one, as [`Self::headers`] does; it stays.
    pub(crate) async fn body(&mut self) -> Result<Bytes, Failure> {
        let body = match self.section {
            Section::Inbound | Section::Backend => {
                self.read_request_body().await?;
                &self.context.request.body
            }
            Section::Outbound | Section::OnError => {
                self.read_response_body().await?;
                &self.response().body
            }
        };
        Ok(body.as_ref().and_then(Body::content).cloned().unwrap_or_default())
    }

    /// The request as policies left it. Its body stays in memory when it is there, or when a later expression may read
    /// it, or when asked to; otherwise it goes along and cannot be sent again.
    pub(crate) async fn request_to_send(&mut self, keep_body: bool) -> Result<Request<O::Body>, Failure> {
        if keep_body || self.reads.request_body {
            self.read_request_body().await?;
        }
        if std::mem::replace(&mut self.body_gone, self.request_stream.is_some()) && self.context.request.body.is_none()
        {
            // What a live gateway does with a second forward-request is not documented.
            let message = "the request's body has been forwarded already; buffer-request-body=\"true\" keeps it";
            return Err(Failure::internal("", "", message.to_owned()));
        }
        let body = match (self.request_stream.take(), &self.context.request.body) {
            (Some(stream), _) => stream,
            (None, Some(body)) => {
                // What an expression took away is gone, and its length with it.
                if body.content().is_none() {
                    self.context.request.headers.remove(header::CONTENT_LENGTH);
                }
                O::Body::from(body.content().cloned().unwrap_or_default())
            }
            (None, None) => O::Body::from(Bytes::new()),
        };
        let seen = &self.context.request;
        let mut request = Request::builder()
            .method(seen.method.as_str())
            .uri(seen.url.to_string())
            .body(body)
            .map_err(|error| Failure::internal("", "", format!("{}: {error}", seen.url)))?;
        *request.headers_mut() = seen.headers.clone();
        Ok(request)
    }

    /// Sends the request on to another base URL.
    pub(crate) fn set_base(&mut self, base: Url, backend: Option<String>) {
        self.target.base = Some(base);
        let scope = self.step.map_or(Scope::Global, |step| step.scope);
        self.target.backend = backend.map(|id| (id, scope));
        self.aim();
    }

    /// Whether a document of a broader scope than the running policy's named a backend.
    pub(crate) fn has_backend_of_broader_scope(&self) -> bool {
        let scope = self.step.map(|step| step.scope);
        self.target.backend.as_ref().is_some_and(|(_, other)| Some(*other) < scope)
    }

    /// Sends the request on to another path below the base.
    pub(crate) fn set_path(&mut self, path: String) {
        self.target.path = path;
        self.aim();
    }

    fn aim(&mut self) {
        let Some(base) = &self.target.base else { return };
        let path = if self.target.path.is_empty() { "/" } else { &self.target.path };
        let query = std::mem::take(&mut self.context.request.url.query);
        let path = format!("{}{path}", base.path.trim_end_matches('/'));
        self.context.request.url = Url { path, query, ..base.clone() };
    }

    /// Makes a failure of the running policy `context.LastError`.
    pub(crate) fn set_last_error(&mut self, failure: &Failure) {
        let mut error = failure.error().clone();
        if let Some(step) = self.step {
            error.locate(step, self.section);
        }
        self.context.last_error = Some(error.into());
    }

    /// Says what the running policy decided, and why; never a token or key.
    pub(crate) fn trace(&self, text: impl FnOnce() -> String) {
        if let Some(step) = self.step
            && self.outside.traces()
        {
            let (scope, section, policy) = (step.scope, self.section, step.name);
            self.outside.trace(Trace { scope, section, path: &step.path, policy, text: &text() });
        }
    }

    /// Makes a policy the running one, and returns the one before.
    pub(crate) fn enter(&mut self, step: Option<&'r Step>) -> Option<&'r Step> {
        std::mem::replace(&mut self.step, step)
    }

    pub(crate) fn end(mut self, last_error: Option<LastError>) -> Outcome<O::Body> {
        let seen = self.context.response.take().unwrap_or_else(empty_response);
        let (status, reason) = (seen.status_code, seen.status_reason.clone());
        let mut headers = seen.headers;
        let body = match (self.response_stream, seen.body) {
            (Some(stream), _) => stream,
            (None, None) => O::Body::from(Bytes::new()),
            (None, Some(body)) => {
                if body.content().is_none() {
                    headers.remove(header::CONTENT_LENGTH);
                }
                O::Body::from(body.content().cloned().unwrap_or_default())
            }
        };
        let mut response = Response::new(body);
        // Every status comes from a response that had one, or from a policy that was checked.
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = headers;
        Outcome { response, reason, last_error, tokens: self.tokens, variables: self.context.variables }
    }
}

fn empty_response() -> expression::Response {
    expression::Response { status_code: 200, status_reason: "OK".to_owned(), ..expression::Response::default() }
}

/// A response as expressions see it, without its body.
pub(crate) fn seen<B>(response: Response<B>) -> (expression::Response, B) {
    let (parts, body) = response.into_parts();
    let reason = parts.status.canonical_reason().unwrap_or_default().to_owned();
    let seen = expression::Response {
        status_code: parts.status.as_u16(),
        status_reason: reason,
        headers: parts.headers,
        body: None,
    };
    (seen, body)
}
