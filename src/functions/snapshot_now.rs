//! The main job on demand, for one source.
//!
//! The slot is the current minute. 201 when this call wrote the blob; 200, with the same body, when the slot already
//! had one: by the timer or by an earlier call.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::{MethodFilter, any},
};
use http::{StatusCode, header::LOCATION};
use jiff::Timestamp;
use serde::Serialize;

use super::{Function, Trigger};
use crate::{
    app::App,
    archive::{self, Slot, Snapshot, Taken},
    error::Error,
};

pub(super) const FUNCTION: Function = Function {
    name: "snapshot_now",
    trigger: Trigger::Http { methods: MethodFilter::POST, route: "snapshots/{source}", run: || any(run) },
};

#[derive(Serialize)]
struct Body<'a> {
    source: &'a str,
    #[serde(flatten)]
    snapshot: &'a Snapshot,
}

async fn run(State(app): State<Arc<App>>, source: Result<Path<String>, PathRejection>) -> Result<Response, Error> {
    let Path(name) = source?;
    let source = app.source(&name)?;
    let taken = archive::take(app.clients().await?, source, Slot::minute_of(Timestamp::now())).await?;
    let (status, snapshot) = match &taken {
        Taken::Written(snapshot) => (StatusCode::CREATED, snapshot),
        Taken::AlreadyWritten(snapshot) => (StatusCode::OK, snapshot),
    };
    let location = [(LOCATION, snapshot.blob.url.to_string())];
    Ok((status, location, Json(Body { source: &name, snapshot })).into_response())
}
