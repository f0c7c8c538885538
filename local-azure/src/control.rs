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

use crate::{
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

/// POST answers with what policies would have sent to Application Insights, added up: a JSON array of objects with
/// `namespace`, `name`, `dimensions` and `value`.
pub const METRICS: &str = "/local-azure/metrics";

/// The header with the value of `IDENTITY_HEADER`. A page in a browser cannot send it.
pub const HEADER: &str = "x-local-azure-control";

struct Control {
    world: Arc<World>,
    secret: String,
}

/// What is asked for.
enum Ask<'r> {
    RollOver,
    Journal,
    Metrics,
    Regenerate(&'r str, Which),
}

pub(crate) fn routes(world: Arc<World>, secret: String) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Control { world, secret }))
}

async fn answer(State(control): State<Arc<Control>>, request: Request) -> Response {
    let Some(ask) = Ask::of(&request) else {
        let message = format!("this is an HTTPS proxy: it takes CONNECT, not {} {}\n", request.method(), request.uri());
        return (StatusCode::METHOD_NOT_ALLOWED, message).into_response();
    };
    if request.headers().get(HEADER).is_none_or(|value| value != control.secret.as_str()) {
        let message = format!("the header {HEADER} is missing or is not this run's IDENTITY_HEADER\n");
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    match ask {
        Ask::RollOver => match control.world.roll_over_signing_keys() {
            Ok(kid) => Json(json!({ "kid": kid })).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
        },
        Ask::Journal => Json(control.world.journal.entries()).into_response(),
        Ask::Metrics => {
            let one = |Metric { namespace, name, dimensions, value }| json!({ "namespace": namespace, "name": name, "dimensions": dimensions, "value": value });
            Json(control.world.metrics().all().into_iter().map(one).collect::<Vec<_>>()).into_response()
        }
        Ask::Regenerate(subscription, which) => match control.world.regenerate_subscription_key(subscription, which) {
            Ok(secrets) => Json(json!({ "secrets": secrets })).into_response(),
            Err(error) => (StatusCode::NOT_FOUND, format!("{error}\n")).into_response(),
        },
    }
}

impl<'r> Ask<'r> {
    fn of(request: &'r Request) -> Option<Self> {
        let path = request.uri().path();
        if request.method() != Method::POST {
            return None;
        }
        if path == ROLL_OVER {
            return Some(Self::RollOver);
        }
        if path == JOURNAL {
            return Some(Self::Journal);
        }
        if path == METRICS {
            return Some(Self::Metrics);
        }
        let (subscription, which) = path.strip_prefix(REGENERATE)?.rsplit_once('/')?;
        let which = [Which::Primary, Which::Secondary].into_iter().find(|one| one.to_string() == which)?;
        Some(Self::Regenerate(subscription, which))
    }
}
