//! Wraps a service with faults.

use std::{
    io,
    sync::{Arc, Weak},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::{task::yield_now, time::sleep};

use super::{Fault, FaultKind, FaultService, Faults, Struck, cut::Cut, strike};
use crate::{journal::Decision, world::World};

/// The longest body that is spoilt. A longer one passes unchanged.
const LONGEST_SPOILT_BODY: usize = 64 * 1024 * 1024;

const LATENCY: u64 = 1_000;
const PAUSE: u64 = 100;
/// The number of pieces of a slow body.
const PIECES: usize = 10;

/// The answer of a network's proxy that lets nothing through.
const WEB_PAGE: &str = "<!doctype html><title>Sign in</title><p>Sign in to use this network.</p>";

#[derive(Clone)]
struct Around {
    faults: Faults,
    service: FaultService,
    /// Absent if no fault of the service changes the world.
    world: Weak<World>,
}

/// Wraps a service so that its faults strike. Some faults change the world.
pub(crate) fn inject(routes: Router, faults: &Faults, service: FaultService, world: Weak<World>) -> Router {
    routes.layer(from_fn_with_state(Around { faults: faults.clone(), service, world }, answer))
}

async fn answer(State(around): State<Around>, request: Request<Body>, next: Next) -> Response {
    let headers: &HeaderMap = request.headers();
    let struck = Struck { path: request.uri().path(), has_token: headers.contains_key(header::AUTHORIZATION) };
    let faults: Arc<[Fault]> = around.faults.strike(around.service, &struck).into();
    if faults.is_empty() {
        return strike::with(faults, next.run(request)).await;
    }
    let mut response = match instead_of(&around, &faults).await {
        Some(instead) => {
            // If the connection ends while the client still sends, the client may never see the answer.
            read_to_the_end(request).await;
            instead
        }
        None => strike::with(faults.clone(), next.run(request)).await,
    };
    for fault in faults.iter() {
        response = after(&around, fault, response).await;
    }
    response
}

async fn read_to_the_end(request: Request<Body>) {
    let mut pieces = request.into_body().into_data_stream();
    while let Some(Ok(_)) = pieces.next().await {}
}

/// Returns the answer that replaces the service's answer.
async fn instead_of(around: &Around, faults: &[Fault]) -> Option<Response> {
    for fault in faults {
        if let Some(instead) = before(around, fault).await {
            return Some(told(instead, fault));
        }
    }
    None
}

/// Does a fault's work before the service is asked. A returned answer replaces the service's.
async fn before(around: &Around, fault: &Fault) -> Option<Response> {
    use FaultKind as Kind;
    match fault.kind {
        Kind::Latency => {
            sleep(Duration::from_millis(fault.milliseconds.unwrap_or(LATENCY))).await;
            None
        }
        Kind::Hang => match fault.milliseconds {
            Some(milliseconds) => {
                sleep(Duration::from_millis(milliseconds)).await;
                None
            }
            None => std::future::pending().await,
        },
        Kind::Throttled => Some(refusal(StatusCode::TOO_MANY_REQUESTS, fault)),
        Kind::Error => Some(refusal(StatusCode::INTERNAL_SERVER_ERROR, fault)),
        Kind::Unavailable => Some(refusal(StatusCode::SERVICE_UNAVAILABLE, fault)),
        Kind::Reset | Kind::NotReady => Some(cut()),
        Kind::Foreign => Some(([(header::CONTENT_TYPE, "text/html")], WEB_PAGE).into_response()),
        Kind::KeyRollover => {
            // If no new key can be made, the old key goes on, as it would in Azure.
            around.world.upgrade().map(|world| world.roll_over_signing_keys());
            None
        }
        Kind::SecretRotated | Kind::SecretDisabled | Kind::SecretDeleted => {
            change_secret(around, fault);
            None
        }
        // The service plays these faults, or the answer is changed below.
        Kind::Truncated
        | Kind::Slow
        | Kind::NearExpiry
        | Kind::Expired
        | Kind::Signature
        | Kind::RoleRemoved
        | Kind::RoleNotPropagated
        | Kind::ContainerMissing
        | Kind::LeaseHeld
        | Kind::ClockSkew => None,
    }
}

/// Changes the service's answer.
async fn after(around: &Around, fault: &Fault, response: Response) -> Response {
    match fault.kind {
        FaultKind::Truncated => told(truncated(response).await, fault),
        FaultKind::Slow => slow(response, fault).await,
        FaultKind::SecretDisabled | FaultKind::SecretDeleted => {
            restore_secret(around, fault);
            response
        }
        _ => response,
    }
}

/// Puts the fault into the journal's decision as the reason.
fn told(mut response: Response, fault: &Fault) -> Response {
    let reason = Some(format!("injected fault: {}", fault.kind));
    response.extensions_mut().get_or_insert_with(Decision::default).reason = reason;
    response
}

fn cut() -> Response {
    let mut response = StatusCode::BAD_GATEWAY.into_response();
    response.extensions_mut().insert(Cut);
    response
}

/// The error in JSON that most of Azure's services use. Storage itself answers in XML, but its front end answers in
/// this form.
fn refusal(status: StatusCode, fault: &Fault) -> Response {
    let code = status.canonical_reason().unwrap_or_default().replace(' ', "");
    let body = serde_json::json!({ "error": { "code": code, "message": format!("injected fault: {}", fault.kind) } });
    let mut response = (status, axum::Json(body)).into_response();
    if let Some(seconds) = fault.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Sends half of the body, and then ends the connection. Without a body, the connection ends at once.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    match to_bytes(body, LONGEST_SPOILT_BODY).await {
        Ok(body) if body.len() > 1 => {
            parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
            let half = body.slice(..body.len() / 2);
            let broken = stream::once(async {
                // The server sends its data when nothing more is ready. After an error it sends nothing.
                yield_now().await;
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            });
            Response::from_parts(parts, Body::from_stream(stream::iter([Ok(half)]).chain(broken)))
        }
        _ => cut(),
    }
}

async fn slow(response: Response, fault: &Fault) -> Response {
    let pause = Duration::from_millis(fault.milliseconds.unwrap_or(PAUSE));
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LONGEST_SPOILT_BODY).await else { return cut() };
    if body.is_empty() {
        sleep(pause).await;
        return Response::from_parts(parts, Body::empty());
    }
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let length = body.len().div_ceil(PIECES);
    let pieces = stream::unfold(body, move |mut left| async move {
        if left.is_empty() {
            return None;
        }
        sleep(pause).await;
        let piece: Bytes = left.split_to(length.min(left.len()));
        Some((Ok::<_, io::Error>(piece), left))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Changes the fault's secret, which the request asks for. Every vault that has a secret of this name is changed.
fn change_secret(around: &Around, fault: &Fault) {
    let (Some(world), Some(name)) = (around.world.upgrade(), fault.secret.as_deref()) else { return };
    if fault.kind == FaultKind::SecretRotated {
        return world.rotate_secret(name);
    }
    for vault in world.vaults().all() {
        // A vault without the secret is not changed.
        let _ = match fault.kind {
            FaultKind::SecretDeleted => vault.delete(name),
            _ => vault.disable(name),
        };
    }
}

fn restore_secret(around: &Around, fault: &Fault) {
    let (Some(world), Some(name)) = (around.world.upgrade(), fault.secret.as_deref()) else { return };
    for vault in world.vaults().all() {
        let _ = match fault.kind {
            FaultKind::SecretDeleted => vault.recover(name),
            _ => vault.enable(name),
        };
    }
}
