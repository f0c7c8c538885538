//! Commands to a running local-azure. No Azure service has them. They are requests to the proxy's own address, not to a
//! host, and need this run's identity header. Requests that another site's page makes a browser send are refused first.

use std::{iter, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use http::{Method, StatusCode, header::CONTENT_TYPE};
use loopback_server::Foreign;
use serde_json::json;

use crate::{
    fault::Fault,
    journal::{Journal, TraceId},
    monitor::ReceivedTrace,
    run_secret::RunSecret,
    subscription_keys::Which,
    world::{Metric, World},
};

/// POST makes the tenant sign with a new key; the answer has its ID as `kid`.
pub const ROLL_OVER: &str = "/local-azure/signing-keys/roll-over";

/// POST to `{this}{subscription}/primary` (or `/secondary`) replaces that key of an API Management subscription; the
/// answer has, as `secrets`, the vaults' secrets that hold the new one. No key is in it.
pub const REGENERATE: &str = "/local-azure/subscription-keys/";

/// POST answers with the journal: its entries as a JSON array, in the order in which they ended.
pub const JOURNAL: &str = "/local-azure/journal";

/// POST to `{this}{trace ID}` answers with the spans and log records that Azure Monitor received of a trace: an object
/// with `spans`, `logs` and `dropped`, the number of dropped records of all traces.
pub const TELEMETRY: &str = "/local-azure/telemetry/";

/// POST answers with the sums of metrics that policies would have sent to Application Insights: a JSON array of objects
/// with `namespace`, `name`, `dimensions` and `value`.
pub const METRICS: &str = "/local-azure/metrics";
/// POST of a fault as JSON, with the members of the seed's `[[faults]]`, sets it from now on. The answer has the
/// fault's number as `id`. An impossible fault is answered 400.
pub const FAULTS: &str = "/local-azure/faults";

/// POST answers with the set faults and their counts, as a JSON array.
pub const LIST_FAULTS: &str = "/local-azure/faults/list";

/// POST ends every fault; the answer is an empty JSON array.
pub const CLEAR_FAULTS: &str = "/local-azure/faults/clear";

/// Longest body of a request, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// The number of the journal's entries in each piece of the answer.
const ENTRIES_IN_A_PIECE: usize = 64;

/// The header with the value of `IDENTITY_HEADER`. A page in a browser cannot send it.
pub const HEADER: &str = "x-local-azure-control";

struct Control {
    world: Arc<World>,
    secret: RunSecret,
}

/// A command.
enum ControlRequest {
    RollOver,
    Journal,
    Metrics,
    Telemetry(TraceId),
    Regenerate(String, Which),
    SetFault,
    ListFaults,
    ClearFaults,
}

pub(crate) fn routes(world: Arc<World>, secret: RunSecret) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Control { world, secret }))
}

async fn answer(State(control): State<Arc<Control>>, request: Request) -> Response {
    let Some(ask) = ControlRequest::from_request(&request) else {
        let message = format!("this is an HTTPS proxy: it takes CONNECT, not {} {}\n", request.method(), request.uri());
        return (StatusCode::METHOD_NOT_ALLOWED, message).into_response();
    };
    if let Err(foreign) = Foreign::check(request.headers()) {
        return (StatusCode::FORBIDDEN, format!("{foreign}\n")).into_response();
    }
    if !request.headers().get(HEADER).is_some_and(|value| control.secret.is(value.as_bytes())) {
        let message = format!("the header {HEADER} is missing or is not this run's IDENTITY_HEADER\n");
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    match ask {
        ControlRequest::RollOver => match control.world.roll_over_signing_keys() {
            Ok(kid) => Json(json!({ "kid": kid })).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
        },
        ControlRequest::Journal => in_pieces(&control.world.journal),
        ControlRequest::Metrics => {
            let one = |Metric { namespace, name, dimensions, value }| json!({ "namespace": namespace, "name": name, "dimensions": dimensions, "value": value });
            Json(control.world.metrics().all().into_iter().map(one).collect::<Vec<_>>()).into_response()
        }
        ControlRequest::Telemetry(trace) => {
            Json(ReceivedTrace::from_telemetry(control.world.telemetry(), trace)).into_response()
        }
        ControlRequest::Regenerate(subscription, which) => {
            match control.world.regenerate_subscription_key(&subscription, which) {
                Ok(secrets) => Json(json!({ "secrets": secrets })).into_response(),
                Err(error) => (StatusCode::NOT_FOUND, format!("{error}\n")).into_response(),
            }
        }
        ControlRequest::SetFault => match set_fault(&control.world, request).await {
            Ok(id) => Json(json!({ "id": id })).into_response(),
            Err(why) => (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response(),
        },
        ControlRequest::ListFaults => Json(control.world.faults().all()).into_response(),
        ControlRequest::ClearFaults => {
            control.world.faults().clear();
            Json(json!([])).into_response()
        }
    }
}

/// Answers with the whole journal, piece by piece. The whole text at once would take the journal's memory again for
/// each reader.
fn in_pieces(journal: &Journal) -> Response {
    let entries = journal.latest(usize::MAX).entries;
    let pieces = (0..entries.len()).step_by(ENTRIES_IN_A_PIECE).map(move |start| {
        let mut text = Vec::new();
        for (at, entry) in entries.iter().enumerate().skip(start).take(ENTRIES_IN_A_PIECE) {
            if at > 0 {
                text.push(b',');
            }
            serde_json::to_writer(&mut text, entry.as_ref())?;
        }
        Ok::<_, serde_json::Error>(Bytes::from(text))
    });
    let [begin, end] = [&b"["[..], b"]"].map(|bracket| Ok(Bytes::from_static(bracket)));
    let pieces = iter::once(begin).chain(pieces).chain(iter::once(end));
    ([(CONTENT_TYPE, "application/json")], Body::from_stream(stream::iter(pieces))).into_response()
}

async fn set_fault(world: &World, request: Request) -> Result<u64, String> {
    let body = to_bytes(request.into_body(), LONGEST_BODY).await.map_err(|error| error.to_string())?;
    let fault: Fault = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    world.faults().set(fault).map_err(|refused| refused.to_string())
}

impl ControlRequest {
    fn from_request(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        if request.method() != Method::POST {
            return None;
        }
        match path {
            ROLL_OVER => return Some(Self::RollOver),
            JOURNAL => return Some(Self::Journal),
            METRICS => return Some(Self::Metrics),
            FAULTS => return Some(Self::SetFault),
            LIST_FAULTS => return Some(Self::ListFaults),
            CLEAR_FAULTS => return Some(Self::ClearFaults),
            _ => {}
        }
        if let Some(trace) = path.strip_prefix(TELEMETRY) {
            return trace.parse().ok().map(Self::Telemetry);
        }
        let (subscription, which) = path.strip_prefix(REGENERATE)?.rsplit_once('/')?;
        let which = [Which::Primary, Which::Secondary].into_iter().find(|one| one.to_string() == which)?;
        Some(Self::Regenerate(subscription.to_owned(), which))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use serde_json::Value;

    use super::*;
    use crate::journal::Service;

    #[tokio::test]
    async fn the_journal_comes_whole_and_in_order_however_many_pieces_it_has() {
        for count in [0, 1, ENTRIES_IN_A_PIECE, 2 * ENTRIES_IN_A_PIECE + 1] {
            let journal = Journal::default();
            for number in 0..count {
                journal.record(journal.begin(Service::KeyVault, "GET", &format!("/{number}")));
            }
            let body = to_bytes(in_pieces(&journal).into_body(), usize::MAX).await.unwrap();
            let entries: Vec<Value> = serde_json::from_slice(&body).unwrap();
            let paths = entries.iter().map(|entry| entry["path"].as_str().unwrap().to_owned());
            assert!(paths.eq((0..count).map(|number| format!("/{number}"))), "{count}");
        }
    }
}
