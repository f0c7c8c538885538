//! Repeats an invocation through the host's HTTP endpoint, as a new invocation.

use std::time::Duration;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use functions_host::FunctionsHost;
use http::{Method, Request, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Dashboard, Route};
use crate::journal::{CallerRequest, Entry, EntryId, Following, TraceId};

/// The largest answer that is shown, in bytes.
const LARGEST_ANSWER: usize = 256 * 1024;

/// The longest wait for the entry of an invocation that has ended.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

pub(super) fn routes() -> Vec<Route> {
    vec![Route::change("/dashboard/api/requests/{id}/replay", replay)]
}

/// The parts of a request that a person adds: queries, headers and bodies are not kept, because they may hold keys.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct ReplayInput {
    query: Option<String>,
    content_type: Option<String>,
    body: Option<String>,
    /// Whether the person knows that the function may change something.
    confirmed: bool,
}

/// Why an invocation is not repeated.
#[derive(Debug, thiserror::Error)]
enum ReplayRefusal {
    #[error("the journal has no entry {0}: it was dropped, or is of another run")]
    NoSuchEntry(u64),
    #[error("only invocations of the Functions host can be repeated; this is a request to {0}")]
    NotInvocation(String),
    #[error("no Functions host runs")]
    NoHost,
    #[error("{0} may change something: confirm that it is to run again")]
    Unconfirmed(String),
    #[error("the request cannot be sent: {0}")]
    Request(#[from] http::Error),
    #[error("{0}")]
    Host(String),
}

impl IntoResponse for ReplayRefusal {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::NoSuchEntry(_) => (StatusCode::NOT_FOUND, "NoSuchEntry"),
            Self::NotInvocation(_) => (StatusCode::BAD_REQUEST, "NotInvocation"),
            Self::NoHost => (StatusCode::CONFLICT, "NoHost"),
            Self::Unconfirmed(_) => (StatusCode::CONFLICT, "Unconfirmed"),
            Self::Request(_) => (StatusCode::BAD_REQUEST, "BadRequest"),
            Self::Host(_) => (StatusCode::BAD_GATEWAY, "Host"),
        };
        (status, Json(json!({ "error": { "code": code, "message": self.to_string() } }))).into_response()
    }
}

async fn replay(
    State(dashboard): State<Dashboard>,
    Path(id): Path<u64>,
    Json(given): Json<ReplayInput>,
) -> Result<Json<Value>, ReplayRefusal> {
    let entry = dashboard.world().journal.entry(EntryId(id)).ok_or(ReplayRefusal::NoSuchEntry(id))?;
    let facts = entry.invocation.as_ref().ok_or_else(|| ReplayRefusal::NotInvocation(entry.service.to_string()))?;
    let host = dashboard.host().ok_or(ReplayRefusal::NoHost)?;
    match &facts.call {
        None => run_timer(&dashboard, &host, &entry, &facts.function, &given).await,
        Some(call) => send(&dashboard, &host, &entry, call, given).await,
    }
}

async fn run_timer(
    dashboard: &Dashboard,
    host: &FunctionsHost,
    entry: &Entry,
    function: &str,
    given: &ReplayInput,
) -> Result<Json<Value>, ReplayRefusal> {
    if !given.confirmed {
        return Err(ReplayRefusal::Unconfirmed(format!("the timer {function}")));
    }
    let invocation = host.invoke(function, None).await.map_err(|error| ReplayRefusal::Host(error.to_string()))?;
    let new = dashboard.world().journal.mark_replay(invocation.id, entry.id);
    Ok(Json(json!({ "entry": new, "status": invocation.status, "error": invocation.error })))
}

async fn send(
    dashboard: &Dashboard,
    host: &FunctionsHost,
    entry: &Entry,
    CallerRequest { method, path }: &CallerRequest,
    given: ReplayInput,
) -> Result<Json<Value>, ReplayRefusal> {
    let is_safe = Method::try_from(method.as_str()).is_ok_and(|method| method.is_safe());
    if !is_safe && !given.confirmed {
        return Err(ReplayRefusal::Unconfirmed(format!("{method} {path}")));
    }
    let trace = Uuid::new_v4().simple().to_string();
    let (span, _) = trace.split_at(16);
    // The path begins with a slash, so the URL's host stays the Functions host.
    let mut url = format!("{}{path}", host.url().as_str().trim_end_matches('/'));
    if let Some(query) = given.query.filter(|query| !query.is_empty()) {
        url = format!("{url}?{}", query.trim_start_matches('?'));
    }
    let mut request = Request::builder().method(method.as_str()).uri(url);
    request = request.header("traceparent", format!("00-{trace}-{span}-01"));
    if let Some(key) = host.master_key() {
        request = request.header("x-functions-key", key);
    }
    if let Some(kind) = given.content_type.filter(|kind| !kind.is_empty()) {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let request = request.body(Body::from(given.body.unwrap_or_default()))?;
    if let Ok(trace) = trace.parse::<TraceId>() {
        dashboard.world().journal.expect_replay(trace, entry.id);
    }
    let following = dashboard.world().journal.follow(None);
    let response =
        dashboard.world().network.send(request).await.map_err(|error| ReplayRefusal::Host(error.to_string()))?;
    let status = response.status().as_u16();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let body = to_bytes(response.into_body(), LARGEST_ANSWER).await;
    let body = body.map_or_else(
        |_| format!("the answer has more than {LARGEST_ANSWER} bytes, or was cut off"),
        |body| String::from_utf8_lossy(&body).into_owned(),
    );
    let new = timeout(LONGEST_WAIT, entry_of(following, &trace)).await.ok().flatten();
    Ok(Json(json!({ "entry": new, "trace": trace, "status": status, "contentType": kind, "body": body })))
}

/// Returns the entry of the invocation. It is recorded when the answer has ended.
async fn entry_of(mut following: Following, trace: &str) -> Option<EntryId> {
    while let Some(Ok(change)) = following.next().await {
        let entry = &change.entry;
        if entry.invocation.is_some() && entry.trace.is_some_and(|found| found.to_string() == trace) {
            return Some(entry.id);
        }
    }
    None
}
