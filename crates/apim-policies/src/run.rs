//! One request in a pipeline, with everything that policies read and change.

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

/// A policy that runs.
#[derive(Clone, Copy)]
pub(crate) struct Running<'r> {
    location: &'r Location,
    /// Its number in the log, where there is one.
    number: usize,
}

/// A request on its way. Policies get it, work on [`Self::context`], and reach the world through the rest.
pub(crate) struct Run<'r, O: Outside> {
    pub(crate) outside: &'r O,
    pub(crate) state: &'r State,
    pub(crate) section: Section,
    /// What expressions see. A body that was not read into memory is absent here.
    pub(crate) context: Context,
    target: Target,
    /// The method that the caller used.
    pub(crate) original_method: http::Method,
    /// A policy named the host that the backend is told; otherwise it is that of the backend's URL.
    pub(crate) names_host: bool,
    /// What the operation documents.
    pub(crate) contract: Arc<Contract>,
    /// What the gateway shows to a backend that asks for a certificate.
    pub(crate) client_certificate: Option<ClientCertificate>,
    /// Tokens that passed every check.
    pub(crate) tokens: Vec<Arc<ValidatedToken>>,
    /// What the last token that was refused lacks.
    pub(crate) unmet_claims: Vec<UnmetClaim>,
    /// That token, where its claims were looked at.
    pub(crate) refused_token: Option<RefusedToken>,
    /// What is left to do when the response is known.
    pub(crate) after: Vec<After<'r, O>>,
    /// Where `cache-lookup` found nothing, so that `cache-store` keeps the response there.
    pub(crate) lookup: Option<Lookup>,
    /// What a lookup in the semantic cache did not find, so that the answer is kept there.
    pub(crate) semantic_lookup: Option<SemanticEntry>,
    /// Keys of the counters that this request has counted for.
    pub(crate) counted: BTreeSet<String>,
    /// The policy that runs.
    step: Option<Running<'r>>,
    /// What each policy did. Empty unless the embedder asks for a trace.
    log: Option<Box<TraceLog>>,
    /// What any expression of the pipeline may read.
    reads: Reads,
    /// Bodies that were not read.
    request_stream: Option<O::Body>,
    response_stream: Option<O::Body>,
    /// The request's body went to the backend unread.
    body_gone: bool,
    /// Bytes of the request's body that were read into memory.
    read: usize,
    /// Counts the bytes of the bodies, where a policy wants that.
    meter: Option<Meter>,
    /// The backend that the last request went to, where a policy named one.
    pub(crate) backend_used: Option<String>,
    /// Why circuit breakers kept the gateway from asking a backend.
    pub(crate) backend_unavailable: Option<String>,
    /// Whether the response came from a cache, so that no model worked for it.
    pub(crate) is_from_cache: bool,
    /// What waits for the end of a streamed answer.
    taps: Taps,
    /// How many policies ran.
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

    /// Runs an expression, with the bodies it may read in memory.
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

    /// What a setting says for this request.
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

    /// As [`Self::get`], where there may be no setting.
    pub(crate) async fn get_any<T: Readable>(&mut self, setting: Option<&Setting<T>>) -> Result<Option<T>, Failure> {
        match setting {
            None => Ok(None),
            Some(setting) => self.get(setting).await.map(Some),
        }
    }

    /// As [`Self::get`], for each of several settings.
    pub(crate) async fn get_all<T: Readable>(&mut self, settings: &[Setting<T>]) -> Result<Vec<T>, Failure> {
        let mut values = Vec::with_capacity(settings.len());
        for setting in settings {
            values.push(self.get(setting).await?);
        }
        Ok(values)
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

    /// Makes a failure of the running policy `context.LastError`.
    pub(crate) fn set_last_error(&mut self, failure: &Failure) {
        let mut failure = failure.clone();
        self.locate(&mut failure);
        self.context.last_error = Some(failure.into_error().into());
    }

    /// Says that the running policy failed, unless one inside of it did.
    pub(crate) fn locate(&self, failure: &mut Failure) {
        if let Some(running) = self.step {
            failure.error_mut().locate(running.location, self.section);
        }
    }

    /// Says what the running policy decided, and why; never a token or key.
    pub(crate) fn trace(&mut self, text: impl FnOnce() -> String) {
        if let (Some(running), Some(log)) = (self.step, &mut self.log) {
            log.decision(running.number, text());
        }
    }

    /// Says what an expression of the running policy gave.
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

    /// A key or token came up that no trace may show.
    pub(crate) fn hide(&mut self, secret: &str) {
        if let Some(log) = &mut self.log {
            log.secrets().add(secret);
        }
    }

    /// Counts a policy that is about to run.
    pub(crate) fn count_policy(&mut self) -> u32 {
        self.policies = self.policies.saturating_add(1);
        self.policies
    }

    /// Makes a policy the running one, and returns the one before.
    pub(crate) fn enter(&mut self, location: &'r Location) -> Option<Running<'r>> {
        let section = self.section;
        let number = self.log.as_mut().map_or(0, |log| log.begin(location, section, self.outside.stopwatch()));
        self.resume(Running { location, number })
    }

    /// Makes a policy that waited the running one again, and returns the one before.
    pub(crate) fn resume(&mut self, running: Running<'r>) -> Option<Running<'r>> {
        self.step.replace(running)
    }

    /// The policy that runs.
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
        // Every status comes from a response that had one, or from a policy that was checked.
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

/// Whether a response of this status has content, whatever policies made of it (RFC 9110, 15.3.5, 15.3.6 and 15.4.5).
fn has_content(status: u16) -> bool {
    !matches!(status, 204 | 205 | 304)
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
