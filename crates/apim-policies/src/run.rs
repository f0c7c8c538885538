//! A request in a pipeline, with everything that policies read and change.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use jiff::SignedDuration;

mod after;
mod aim;
mod body;
mod lookup;
mod taps;
mod target;
mod used;

pub(crate) use self::{
    after::{After, Counted, Finish, finish, finish_token_policies},
    body::check_ascii,
    lookup::{CacheControl, Lookup},
};
use self::{taps::Taps, target::Target};
use crate::{
    expression::{self, Context, Expression, Reads, Value},
    facts::{Contract, Facts},
    failure::{Failure, LastError},
    load::{Readable, Setting, TracedValue, Written},
    location::Location,
    outcome::Outcome,
    outside::{ClientCertificate, Outside},
    scope::Section,
    state::{Meter, SemanticEntry, State},
    token::{RefusedToken, UnmetClaim, ValidatedToken},
    trace::{PolicyEnd, TraceLog},
};

/// A running policy.
#[derive(Clone, Copy)]
pub(crate) struct Running<'r> {
    location: &'r Location,
    /// The policy's number in the log, if there is a log.
    number: usize,
}

/// A request on its way. Policies work on [`Self::context`], and reach the world through the other members.
pub(crate) struct Run<'r, O: Outside> {
    pub(crate) outside: &'r O,
    pub(crate) state: &'r State,
    pub(crate) section: Section,
    /// The values that expressions see. A body that was not read into memory is absent here.
    pub(crate) context: Context,
    target: Target,
    /// The method of the caller's request.
    pub(crate) original_method: http::Method,
    /// A policy set the host for the backend. Otherwise, it is the host of the backend's URL.
    pub(crate) names_host: bool,
    /// The documented requests and responses of the operation.
    pub(crate) contract: Arc<Contract>,
    /// The gateway's certificate for a backend that asks for one.
    pub(crate) client_certificate: Option<ClientCertificate>,
    /// Tokens that passed every check.
    pub(crate) tokens: Vec<Arc<ValidatedToken>>,
    /// The claims that the last refused token lacks.
    pub(crate) unmet_claims: Vec<UnmetClaim>,
    /// The last refused token, if its claims were checked.
    pub(crate) refused_token: Option<RefusedToken>,
    /// The work that is left for the time when the response is known.
    pub(crate) after: Vec<After<'r, O>>,
    /// The entry that `cache-lookup` did not find. `cache-store` keeps the response there.
    pub(crate) lookup: Option<Lookup>,
    /// The entry that a lookup in the semantic cache did not find. The answer is kept there.
    pub(crate) semantic_lookup: Option<SemanticEntry>,
    /// The keys of the counters that have counted this request.
    pub(crate) counted: BTreeSet<String>,
    /// The running policy.
    step: Option<Running<'r>>,
    /// The trace of each policy. It exists only if the embedder asks for a trace.
    log: Option<Box<TraceLog>>,
    /// The message bodies that any expression of the pipeline may read.
    reads: Reads,
    /// The bodies that were not read.
    request_stream: Option<O::Body>,
    response_stream: Option<O::Body>,
    /// The request's body went to the backend without being read.
    body_gone: bool,
    /// The bytes of the request's body that were read into memory.
    read: usize,
    /// Counts the bytes of the bodies, if a policy needs that.
    meter: Option<Meter>,
    /// The backend of the last request, if a policy named one.
    pub(crate) backend_used: Option<String>,
    /// The reason why circuit breakers stopped the call of a backend.
    pub(crate) backend_unavailable: Option<String>,
    /// Whether the response came from a cache. If so, no model worked for it.
    pub(crate) is_from_cache: bool,
    /// The work that waits for the end of a streamed answer.
    taps: Taps,
    /// The number of policies that ran.
    policies: u32,
}

impl<'r, O: Outside> Run<'r, O> {
    pub(crate) fn new(request: Request<O::Body>, facts: Facts, reads: Reads, state: &'r State, outside: &'r O) -> Self {
        let (parts, body) = request.into_parts();
        let mut context = Context::new(outside.now(), outside.request_id(), outside.entropy());
        let target = Target::new(facts.api.service_url.clone(), facts.path);
        context.request = expression::Request {
            method: parts.method.to_string(),
            url: facts.original_url.clone(),
            original_url: facts.original_url,
            headers: parts.headers,
            body: None,
            ip_address: facts.ip_address,
            matched_parameters: facts.matched_parameters,
            certificate: facts.client_certificate,
        };
        (context.api, context.operation, context.product) = (facts.api, facts.operation, facts.product);
        (context.subscription, context.user, context.deployment) = (facts.subscription, facts.user, facts.deployment);
        context.request.url.query = parts.uri.query().unwrap_or_default().to_owned();
        let request_stream = (!outside.is_empty(&body)).then_some(body);
        let log = outside.traces().then(|| {
            let mut secrets = outside.secrets();
            secrets.add_headers(&context.request.headers);
            Box::new(TraceLog::new(secrets))
        });
        let mut run = Self {
            outside,
            state,
            section: Section::Inbound,
            context,
            target,
            original_method: parts.method,
            names_host: false,
            contract: facts.contract,
            client_certificate: None,
            tokens: Vec::new(),
            unmet_claims: Vec::new(),
            refused_token: None,
            after: Vec::new(),
            lookup: None,
            semantic_lookup: None,
            counted: BTreeSet::new(),
            step: None,
            log,
            reads,
            request_stream,
            response_stream: None,
            body_gone: false,
            read: 0,
            meter: None,
            backend_used: None,
            backend_unavailable: None,
            is_from_cache: false,
            taps: Taps::default(),
            policies: 0,
        };
        run.aim();
        run
    }

    /// Reads the bodies that an expression may read into memory, and runs the expression.
    async fn evaluate(&mut self, written: &Written) -> Result<Value, Failure> {
        let expression: &Expression = &written.expression;
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
        if let Ok(value) = &value {
            self.trace_value(written, value);
        }
        value
    }

    /// Returns the value of a setting for this request.
    pub(crate) async fn get<T: Readable>(&mut self, setting: &Setting<T>) -> Result<T, Failure> {
        match setting {
            Setting::Literal(value) => Ok(value.clone()),
            Setting::Expression(written) => {
                let value = self.evaluate(written).await?;
                T::from_value(&value).ok_or_else(|| {
                    let class = value.type_name();
                    Failure::expression(&format!("The value, of type {class}, is not {}.", T::EXPECTED))
                })
            }
        }
    }

    /// Returns a value like [`Self::get`]; `None` if there is no setting.
    pub(crate) async fn get_any<T: Readable>(&mut self, setting: Option<&Setting<T>>) -> Result<Option<T>, Failure> {
        match setting {
            None => Ok(None),
            Some(setting) => self.get(setting).await.map(Some),
        }
    }

    /// Returns a value like [`Self::get`] for each of several settings.
    pub(crate) async fn get_all<T: Readable>(&mut self, settings: &[Setting<T>]) -> Result<Vec<T>, Failure> {
        let mut values = Vec::with_capacity(settings.len());
        for setting in settings {
            values.push(self.get(setting).await?);
        }
        Ok(values)
    }

    /// Returns the headers that a policy changes: those of the request before there is a response, then those of the
    /// response.
    pub(crate) fn headers(&mut self) -> &mut HeaderMap {
        match self.section {
            Section::Inbound | Section::Backend => &mut self.context.request.headers,
            Section::Outbound | Section::OnError => &mut self.response().headers,
        }
    }

    /// Returns the response. Before the backend answers, the response is an empty 200.
    pub(crate) fn response(&mut self) -> &mut expression::Response {
        self.context.response.get_or_insert_with(empty_response)
    }

    /// Replaces the response.
    pub(crate) fn respond(&mut self, response: expression::Response, body: Option<O::Body>) {
        self.context.response = Some(response);
        self.response_stream = body;
    }

    /// Makes a failure of the running policy `context.LastError`.
    pub(crate) fn set_last_error(&mut self, failure: &Failure) {
        let mut failure = failure.clone();
        self.locate(&mut failure);
        self.context.last_error = Some(failure.into_error().into());
    }

    /// Records that the running policy failed, unless a policy inside it failed.
    pub(crate) fn locate(&self, failure: &mut Failure) {
        if let Some(running) = self.step {
            failure.error_mut().locate(running.location, self.section);
        }
    }

    /// Traces a decision of the running policy, and its reason. The text never has a token or key.
    pub(crate) fn trace(&mut self, text: impl FnOnce() -> String) {
        if let (Some(running), Some(log)) = (self.step, &mut self.log) {
            log.decision(running.number, text());
        }
    }

    /// Traces the value of an expression of the running policy.
    fn trace_value(&mut self, written: &Written, value: &Value) {
        let (Some(running), Some(log)) = (self.step, &mut self.log) else { return };
        let text = value.to_text().map_or_else(|_| value.type_name().to_string(), |text| text.to_string());
        log.value(
            running.number,
            &written.name,
            match written.shown {
                TracedValue::Value => text,
                TracedValue::Length => format!("({} characters)", text.chars().count()),
                TracedValue::Nothing => "(redacted)".to_owned(),
            },
        );
    }

    /// Hides a key or token, which no trace may show.
    pub(crate) fn hide(&mut self, secret: &str) {
        if let Some(log) = &mut self.log {
            log.secrets().add(secret);
        }
    }

    /// Counts a policy that is about to run. Returns the number of policies so far.
    pub(crate) fn count_policy(&mut self) -> u32 {
        self.policies = self.policies.saturating_add(1);
        self.policies
    }

    /// Makes a policy the running one, and returns the previous one.
    pub(crate) fn enter(&mut self, location: &'r Location) -> Option<Running<'r>> {
        let section = self.section;
        let number = self.log.as_mut().map_or(0, |log| log.begin(location, section, self.outside.stopwatch()));
        self.resume(Running { location, number })
    }

    /// Makes a policy that waited the running one again, and returns the previous one.
    pub(crate) fn resume(&mut self, running: Running<'r>) -> Option<Running<'r>> {
        self.step.replace(running)
    }

    /// Returns the running policy.
    pub(crate) fn running(&self) -> Option<Running<'r>> {
        self.step
    }

    /// Ends the running policy, and makes the outer one the running one again.
    pub(crate) fn leave(&mut self, outer: Option<Running<'r>>, end: PolicyEnd) {
        if let (Some(running), Some(log)) = (self.step, &mut self.log) {
            log.end(running.number, end, self.outside.stopwatch());
        }
        self.step = outer;
    }

    pub(crate) fn end(mut self, last_error: Option<LastError>) -> Outcome<O::Body> {
        let seen = self.context.response.take().unwrap_or_else(empty_response);
        let (status, reason) = (seen.status_code, seen.status_reason.clone());
        let mut headers = seen.headers;
        let has_content = has_content(status);
        if !has_content {
            headers.remove(header::CONTENT_LENGTH);
        }
        let body = match (self.response_stream, seen.body) {
            _ if !has_content => O::Body::from(Bytes::new()),
            (Some(stream), _) => stream,
            (None, None) => O::Body::from(Bytes::new()),
            (None, Some(body)) => {
                if body.content().is_none() {
                    headers.remove(header::CONTENT_LENGTH);
                }
                O::Body::from(body.content().cloned().unwrap_or_default())
            }
        };
        let body = match self.taps.into_tap(self.outside.tokenizer()) {
            Some(tap) => self.outside.tapped(body, tap),
            None => body,
        };
        let mut response = Response::new(match self.meter {
            Some(meter) => self.outside.metered(body, meter),
            None => body,
        });
        // Every status comes from a response with a status, or from a checked policy.
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = headers;
        Outcome {
            response,
            reason,
            last_error,
            tokens: self.tokens,
            unmet_claims: self.unmet_claims,
            refused_token: self.refused_token,
            variables: self.context.variables,
            backend_unavailable: self.backend_unavailable,
            policies: self.log.map(|log| log.finish()).unwrap_or_default(),
        }
    }
}

/// Reports whether a response of this status has content. Policies cannot change that (RFC 9110, 15.3.5, 15.3.6 and
/// 15.4.5).
fn has_content(status: u16) -> bool {
    !matches!(status, 204 | 205 | 304)
}

fn empty_response() -> expression::Response {
    expression::Response { status_code: 200, status_reason: "OK".to_owned(), ..expression::Response::default() }
}

/// Converts a response to the form that expressions see, without its body.
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
