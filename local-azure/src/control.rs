//! What a person asks a running local-azure to do. No service of Azure's has this: it answers at the proxy's own address,
//! to requests that are not for any host, and only to who knows this run's identity header.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{Method, StatusCode};
use serde_json::json;

use crate::world::World;

/// POST makes the tenant sign with a new key; the answer has its ID as `kid`.
pub const ROLL_OVER: &str = "/local-azure/signing-keys/roll-over";

/// The header with the value of `IDENTITY_HEADER`. A page in a browser cannot send it.
pub const HEADER: &str = "x-local-azure-control";

struct Control {
    world: Arc<World>,
    secret: String,
}

pub(crate) fn routes(world: Arc<World>, secret: String) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Control { world, secret }))
}

async fn answer(State(control): State<Arc<Control>>, request: Request) -> Response {
    if request.method() != Method::POST || request.uri().path() != ROLL_OVER {
        let message = format!("this is an HTTPS proxy: it takes CONNECT, not {} {}\n", request.method(), request.uri());
        return (StatusCode::METHOD_NOT_ALLOWED, message).into_response();
    }
    if request.headers().get(HEADER).is_none_or(|value| value != control.secret.as_str()) {
        let message = format!("the header {HEADER} is missing or is not this run's IDENTITY_HEADER\n");
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    match control.world.roll_over_signing_keys() {
        Ok(kid) => Json(json!({ "kid": kid })).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
