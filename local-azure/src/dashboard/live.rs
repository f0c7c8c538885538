//! Changes of the journal as they happen: as a stream of server-sent events, or by polling.
//!
//! A browser opens at most six connections to one address for all its tabs. So the tabs share one stream, and a tab
//! without it polls. The ID of an event is the number of the change, so a broken stream continues by `Last-Event-ID`.
//! Changes are lost if they are no longer kept, or if the reader was too slow. Then an event `reset` tells the page to
//! read the list again.

use std::{collections::VecDeque, convert::Infallible};

use axum::{
    Json,
    extract::{Query, State},
    response::{
        IntoResponse as _, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, stream};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Dashboard, Route, row::Row, state::MOST_STREAMS};
use crate::journal::{Change, Following, Journal};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/events", events), Route::read("/dashboard/api/changes", changes)]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct After {
    after: Option<u64>,
}

async fn events(
    State(dashboard): State<Dashboard>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
) -> Response {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let Some(place) = dashboard.stream_place() else {
        let message = format!("{MOST_STREAMS} streams are open already: ask /dashboard/api/changes instead");
        let error = json!({ "error": { "code": "TooManyStreams", "message": message } });
        return (StatusCode::SERVICE_UNAVAILABLE, Json(error)).into_response();
    };
    let messages = messages(dashboard.world().journal.clone(), last.or(after));
    let events = futures_util::StreamExt::map(messages, move |message| {
        let _held = &place;
        Ok::<_, Infallible>(message.into_event())
    });
    // A proxy or a browser may end a stream that is silent.
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// A message to a follower.
#[derive(Debug)]
pub(super) enum Message {
    Changed(Change),
    /// The reader must read the list again. Later changes follow.
    Reset(u64),
}

impl Message {
    fn into_event(self) -> Event {
        match self {
            Self::Changed(Change { sequence, entry }) => {
                let data = serde_json::to_string(&Row::from(&*entry)).unwrap_or_default();
                Event::default().event("entry").id(sequence.to_string()).data(data)
            }
            Self::Reset(sequence) => Event::default().event("reset").id(sequence.to_string()).data("{}"),
        }
    }
}

/// Streams every change after number `after`.
pub(super) fn messages(journal: Journal, after: Option<u64>) -> impl Stream<Item = Message> {
    let (following, waiting) = begin(&journal, after);
    stream::unfold((journal, following, waiting), |(journal, mut following, mut waiting)| async move {
        if let Some(message) = waiting.pop_front() {
            return Some((message, (journal, following, waiting)));
        }
        match following.next().await? {
            Ok(change) => Some((Message::Changed(change), (journal, following, waiting))),
            Err(_too_slow) => {
                let following = journal.follow(None);
                Some((Message::Reset(following.sequence), (journal, following, waiting)))
            }
        }
    })
}

fn begin(journal: &Journal, after: Option<u64>) -> (Following, VecDeque<Message>) {
    let mut following = journal.follow(after);
    let waiting = match following.backlog.take() {
        Some(changes) => changes.into_iter().map(Message::Changed).collect(),
        None => [Message::Reset(following.sequence)].into(),
    };
    (following, waiting)
}

#[derive(Serialize)]
struct Changes {
    /// The number of the last change. The next request names it.
    sequence: u64,
    /// Some changes are lost. The reader must read the list again.
    reset: bool,
    rows: serde_json::Value,
}

/// Answers with the changes after a number, for a tab without a stream.
async fn changes(State(dashboard): State<Dashboard>, Query(After { after }): Query<After>) -> Json<Changes> {
    let Following { sequence, backlog, .. } = dashboard.world().journal.follow(after);
    let rows = backlog.iter().flatten().map(|change| json!(Row::from(&*change.entry))).collect();
    Json(Changes { sequence, reset: backlog.is_none(), rows })
}
