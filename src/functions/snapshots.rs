//! Lists a source's snapshots, newest first and a thousand at most, and reads the latest back as it was stored.

use std::sync::Arc;

use axum::{
    Json,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::{MethodFilter, any},
};
use futures_util::TryStreamExt;
use http::header::{CONTENT_TYPE, ETAG};
use serde::{Deserialize, Serialize};
use tracing::error;

use super::{Function, Trigger};
use crate::{
    app::App,
    archive::{self, Snapshot},
    azure::Content,
    error::{Error, Missing},
};

pub(super) const FUNCTION: Function = Function {
    name: "snapshots",
    trigger: Trigger::Http { methods: MethodFilter::GET, route: "snapshots/{source}/{which?}", run: || any(run) },
};

#[derive(Deserialize)]
struct Route {
    source: String,
    which: Option<String>,
}

#[derive(Serialize)]
struct List {
    source: String,
    snapshots: Vec<Snapshot>,
}

async fn run(State(app): State<Arc<App>>, route: Result<Path<Route>, PathRejection>) -> Result<Response, Error> {
    let Path(route) = route?;
    let source = &app.source(&route.source)?.name;
    match route.which.as_deref() {
        None => {
            let snapshots = archive::list(&app.clients().await?.blobs, source).await?;
            Ok(Json(List { source: route.source, snapshots }).into_response())
        }
        Some("latest") => Ok(stream(archive::latest(&app.clients().await?.blobs, source).await?)),
        Some(_) => Err(Error::NotFound(Missing::Snapshot)),
    }
}

/// The status has gone out before the last byte has come in, so a failure then can only be logged and cut the answer.
fn stream(Content { content_type, etag, body }: Content) -> Response {
    let body = body.inspect_err(|failure| error!(error = %failure, "Blob Storage broke off"));
    ([(CONTENT_TYPE, content_type), (ETAG, etag)], Body::from_stream(body)).into_response()
}
