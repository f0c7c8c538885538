//! The main job on demand, for one source.
//!
//! The slot is the current minute. The answer is 201 if this call wrote the blob, and 200 with the same body if the
//! timer or an earlier call had already written the slot.

use functions_handler::axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    error::Error,
    snapshots::{Slot, Snapshot, Snapshots, TakenSnapshot},
};

#[derive(Serialize)]
struct SnapshotAnswer<'a> {
    source: &'a str,
    #[serde(flatten)]
    snapshot: &'a Snapshot,
}

pub(crate) async fn run(
    State(snapshots): State<Snapshots>,
    source: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    let Path(name) = source?;
    let taken = snapshots.take(snapshots.source(&name)?, Slot::minute_of(Timestamp::now())).await?;
    let (status, snapshot) = match &taken {
        TakenSnapshot::Written(snapshot) => (StatusCode::CREATED, snapshot),
        TakenSnapshot::AlreadyWritten(snapshot) => (StatusCode::OK, snapshot),
    };
    let location = [(LOCATION, snapshot.blob.url.to_string())];
    Ok((status, location, Json(SnapshotAnswer { source: &name, snapshot })).into_response())
}
