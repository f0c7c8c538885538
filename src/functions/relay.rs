//! Passes a request on to an API behind API Management, as this app, and streams the answer back.
//!
//! Callers reach the paths of `RELAY_PATHS` and nothing else. `TRACE` is not among the methods: it would show them the
//! token and the key.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    response::Response,
    routing::{MethodFilter, any},
};
use futures_util::TryStreamExt;
use tracing::error;

use super::{Function, Trigger};
use crate::{
    app::App,
    config::ApiPath,
    error::{Cause, Error, Missing},
};

const METHODS: MethodFilter = MethodFilter::GET
    .or(MethodFilter::HEAD)
    .or(MethodFilter::POST)
    .or(MethodFilter::PUT)
    .or(MethodFilter::PATCH)
    .or(MethodFilter::DELETE)
    .or(MethodFilter::OPTIONS);

pub(super) const FUNCTION: Function =
    Function { name: "relay", trigger: Trigger::Http { methods: METHODS, route: "relay/{*path}", run: || any(run) } };

async fn run(State(app): State<Arc<App>>, route: MatchedPath, request: Request) -> Result<Response, Error> {
    let path = rest(route.as_str(), request.uri().path());
    let path = ApiPath::new(path).ok_or_else(|| Error::invalid(Cause::Escapes))?;
    if !app.relay_paths().admit(&path) {
        return Err(Error::NotFound(Missing::RelayPath));
    }
    let (head, body) = app.clients().await?.api.relay(path, request).await?.into_parts();
    // The status has gone out by then: a failure can only be logged, and cuts the answer.
    let body = body.into_data_stream().inspect_err(|failure| error!(error = %failure, "API Management broke off"));
    Ok(Response::from_parts(head, Body::from_stream(body)))
}

/// What follows the function's own path, as it was written: a decoded `%2F` could not be told from a slash any more.
fn rest<'a>(route: &str, path: &'a str) -> &'a str {
    let own = route.split("/{*").next().unwrap_or_default();
    let rest = path.strip_prefix(own).unwrap_or_default();
    if rest.is_empty() { "/" } else { rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_path_is_what_the_caller_wrote() {
        assert_eq!(rest("/api/relay/{*path}", "/api/relay/orders/a%2Fb/"), "/orders/a%2Fb/");
        assert_eq!(rest("/api/relay/{*path}", "/api/relay//evil"), "//evil");
        assert_eq!(rest("/api/relay", "/api/relay"), "/");
    }
}
