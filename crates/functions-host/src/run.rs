//! A running invocation, from its first line in the log to its last line and its entry in the journal.

use std::{sync::Arc, time::Instant};

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    answer::{Failure, WorkerAnswer},
    client_error::is_rubbish,
    core::{Core, Counted},
    invocation::{Call, Invocation},
    json::Json,
    log::{Level, LogSource},
    redirect,
};

/// The version that the host reports in `X-Azure-Functions-HostVersion`: that of the host in Core Tools 4.14.
pub(super) const HOST_VERSION: HeaderValue = HeaderValue::from_static("4.1052.0.0");
pub(super) const USER_AGENT: &str = "Azure-Functions-Host/4.1052.0.0";
pub(super) const HOST_VERSION_HEADER: HeaderName = HeaderName::from_static("x-azure-functions-hostversion");
pub(super) const INVOCATION_ID_HEADER: HeaderName = HeaderName::from_static("x-azure-functions-invocationid");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The number of redirects that .NET's HTTP client follows.
const MOST_REDIRECTS: usize = 50;
/// The reason for an HTTP call or a call by hand, in the words of the real host.
pub(super) const BY_CALL: &str = "This function was programmatically called via the host APIs.";

/// A running invocation. If it is dropped before its end, it counts as failed: the caller left.
pub(super) struct Run {
    core: Arc<Core>,
    pub(super) id: Uuid,
    function: String,
    method: Method,
    path: String,
    call: Option<Call>,
    traceparent: Option<String>,
    began: Timestamp,
    started: Instant,
    over: bool,
    _counted: Counted,
}

impl Run {
    /// Starts an invocation. `method` and `path` are those of the request to the handler.
    pub(super) fn begin(core: &Arc<Core>, function: &str, reason: &str, method: &Method, path: &str) -> Self {
        let id = Uuid::new_v4();
        let line = format!("Executing 'Functions.{function}' (Reason='{reason}', Id={id})");
        core.log.write_of(LogSource::Invocation, Level::Information, line);
        Self {
            core: Arc::clone(core),
            id,
            function: function.to_owned(),
            method: method.clone(),
            path: path.to_owned(),
            call: None,
            traceparent: None,
            began: Timestamp::now(),
            started: Instant::now(),
            over: false,
            _counted: core.invocations.one(),
        }
    }

    /// Notes the caller's request and its trace.
    pub(super) fn called_by(mut self, request: &Request<Body>) -> Self {
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        self.call = Some(Call { method, path });
        let traceparent = request.headers().get(TRACEPARENT);
        self.traceparent = traceparent.and_then(|value| value.to_str().ok()).map(str::to_owned);
        self
    }

    pub(super) fn id_header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.id.to_string()).unwrap_or(HeaderValue::from_static(""))
    }

    /// Waits for the handler. Fails with the reason if the host gave up.
    pub(super) async fn handler_ready(&self) -> Result<(), Failure> {
        let not_running = |reason| Failure::Other(format!("the Functions host is not running: {reason}"));
        self.core.handler.ready().await.map_err(not_running)
    }

    /// Describes a failed connection in plain words.
    pub(super) fn no_answer(&self, error: &hyper_util::client::legacy::Error) -> Failure {
        let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
        Failure::Other(if self.core.handler.has_exited() {
            "the handler exited with code 0, after which the Functions host does not restart it".to_owned()
        } else if is_rubbish(error) {
            format!(
                "the handler's answer is not HTTP ({cause}): it must speak HTTP/1.1 on FUNCTIONS_CUSTOMHANDLER_PORT"
            )
        } else {
            format!("no answer from the handler: {cause}")
        })
    }

    /// Returns the end of the time that `functionTimeout` allows.
    pub(super) fn deadline(&self) -> Option<tokio::time::Instant> {
        self.core.script.host.function_timeout.and_then(|limit| self.started.checked_add(limit)).map(Into::into)
    }

    /// Reports whether `functionTimeout` has passed.
    pub(super) fn is_late(&self) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= tokio::time::Instant::now())
    }

    /// Ends an invocation that took too long. The handler is killed, as in the real host, which ends all other
    /// invocations too.
    pub(super) fn timed_out(&self) -> Failure {
        self.core.handler.restart();
        Failure::Other(format!(
            "functionTimeout exceeded after {} s; the handler is killed and restarted",
            self.started.elapsed().as_secs()
        ))
    }

    /// Ends an invocation that succeeded for the host. `reason` is the handler's text if the status is an error.
    pub(super) fn succeeded(self, status: StatusCode, reason: Option<String>) -> Invocation {
        self.end(status, None, reason)
    }

    /// Ends a failed invocation. `status` is the handler's, if it answered.
    pub(super) fn failed(self, status: Option<StatusCode>, failure: &Failure) -> Invocation {
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.end(status, Some(failure.to_string()), Some(failure.reason()))
    }

    fn end(mut self, status: StatusCode, error: Option<String>, reason: Option<String>) -> Invocation {
        self.over = true;
        self.report(status, error, reason)
    }

    fn report(&self, status: StatusCode, error: Option<String>, reason: Option<String>) -> Invocation {
        let invocation = Invocation {
            id: self.id,
            function: self.function.clone(),
            method: self.method.to_string(),
            path: self.path.clone(),
            call: self.call.clone(),
            traceparent: self.traceparent.clone(),
            started: self.began,
            duration: self.started.elapsed(),
            status: status.as_u16(),
            reason,
            error,
        };
        (self.core.journal)(&invocation);
        let (function, id, milliseconds) = (&self.function, self.id, invocation.duration.as_millis());
        let line = |outcome| format!("Executed 'Functions.{function}' ({outcome}, Id={id}, Duration={milliseconds}ms)");
        let write = |level, text| self.core.log.write_of(LogSource::Invocation, level, text);
        match &invocation.error {
            None => write(Level::Information, line("Succeeded")),
            Some(error) => {
                write(Level::Error, line("Failed"));
                write(Level::Error, error.clone());
            }
        }
        invocation
    }

    /// Writes a log line that belongs to the invocation.
    pub(super) fn note(&self, line: &str) {
        self.core.log.information(line);
    }

    /// Sends `POST /<function>` with a JSON payload. All triggers but plain HTTP are invoked like this. The caller ends
    /// the run.
    pub(super) async fn post(
        &self,
        payload: &Json,
    ) -> Result<(StatusCode, WorkerAnswer), (Option<StatusCode>, Failure)> {
        let outcome = match self.core.script.host.function_timeout {
            Some(limit) => match tokio::time::timeout(limit, self.exchange(payload)).await {
                Ok(outcome) => outcome,
                Err(_) => Err((None, self.timed_out())),
            },
            None => self.exchange(payload).await,
        };
        for line in outcome.iter().flat_map(|(_, answer)| &answer.logs) {
            self.core.log.write_of(LogSource::Handler, Level::Information, line);
        }
        outcome
    }

    async fn exchange(&self, payload: &Json) -> Result<(StatusCode, WorkerAnswer), (Option<StatusCode>, Failure)> {
        self.handler_ready().await.map_err(|failure| (None, failure))?;
        let redirects = if self.core.script.host.follows_redirects { MOST_REDIRECTS } else { 0 };
        let mut call = Some((Method::POST, self.core.handler.url(&self.path)));
        let mut response = None;
        for _ in 0..=redirects {
            let Some((method, url)) = call.take() else { break };
            let request = url.and_then(|url| self.request(&method, url, payload));
            let request = request.map_err(|error| (None, Failure::Other(error.to_string())))?;
            let url = request.uri().clone();
            let answered = self.core.client.request(request).await.map_err(|error| (None, self.no_answer(&error)))?;
            call = redirect::next(&method, &url, &answered).map(|(method, url)| (method, Ok(url)));
            response = Some(answered);
        }
        let response = response.ok_or_else(|| (None, Failure::Other("the request was not sent".to_owned())))?;
        let status = response.status();
        let content_type = response.headers().get(header::CONTENT_TYPE).cloned();
        let body =
            response.into_body().collect().await.map_err(|error| {
                (Some(status), Failure::Other(format!("the handler broke off its answer: {error}")))
            })?;
        let content_type = content_type.as_ref().and_then(|value| value.to_str().ok());
        let answer =
            WorkerAnswer::read(status, content_type, &body.to_bytes()).map_err(|failure| (Some(status), failure))?;
        Ok((status, answer))
    }

    /// Makes the request. A redirect may have changed the method to GET, which has no body.
    fn request(&self, method: &Method, url: Uri, payload: &Json) -> Result<Request<Body>, http::Error> {
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header(HOST_VERSION_HEADER, HOST_VERSION)
            .header(INVOCATION_ID_HEADER, self.id_header())
            .header(header::USER_AGENT, USER_AGENT);
        let own_host = |request: Request<Body>| {
            let (mut parts, body) = request.into_parts();
            parts.headers = self.core.handler.host_first(parts.headers);
            Request::from_parts(parts, body)
        };
        if method != Method::POST {
            return request.body(Body::empty()).map(own_host);
        }
        let bytes = Bytes::from(payload.to_string());
        // A body of unknown length goes out chunked, without Content-Length, as the real host sends it.
        let body = Body::from_stream(stream::once(async move { Ok::<_, std::convert::Infallible>(bytes) }));
        request.header(header::CONTENT_TYPE, "application/json; charset=utf-8").body(body).map(own_host)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.over {
            let gone = "the caller went away before the handler answered".to_owned();
            self.report(StatusCode::INTERNAL_SERVER_ERROR, Some(gone.clone()), Some(gone));
        }
    }
}
