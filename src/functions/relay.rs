//! Passes a request on to an API behind API Management, with this app's credentials. Streams the answer back.
//!
//! Callers reach the paths of `RELAY_PATHS` and nothing else. `TRACE` is not among the methods of function.json,
//! because it would show callers the token and the key.

use functions_handler::{
    RestOfPath,
    axum::{
        body::Body,
        extract::{Request, State},
        response::Response,
    },
};
use futures_util::TryStreamExt;
use keyless::ApiPath;
use tracing::error;

use crate::{
    app::App,
    error::{Error, Missing},
};

pub(crate) async fn run(
    State(app): State<App>,
    RestOfPath(path): RestOfPath,
    request: Request,
) -> Result<Response, Error> {
    let path = ApiPath::new(&path).ok_or(Error::Rule("its path leads, or may lead, out of the API"))?;
    if !app.relay_paths.admit(&path) {
        return Err(Error::NotFound(Missing::RelayPath));
    }
    let (head, body) = app.api.forward(path, request).await?.into_parts();
    // The status is already sent at that time. A failure can only be logged, and cuts the answer.
    let pieces =
        Body::new(body).into_data_stream().inspect_err(|failure| error!(error = %failure, "API Management broke off"));
    Ok(Response::from_parts(head, Body::from_stream(pieces)))
}
