//! The HTTP side of the handler: what the host calls.

use std::{any::Any, future::Future, net::Ipv4Addr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::FutureExt;
use tokio::{net::TcpListener, time};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::warn;

use crate::{
    app::App,
    error::{Cause, Error, Missing},
    functions,
    start::StartError,
    telemetry,
};

/// Azure's load balancer leaves an HTTP caller after 230 seconds; a function that exceeds `functionTimeout` of
/// `host.json` costs the process its life, and every other invocation with it.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(220);

/// How long running invocations may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(4);

/// The largest request that a function reads as a whole, in bytes.
const LARGEST_REQUEST: usize = 1024 * 1024;

/// Takes the port, on the one address that the host calls. From here on a caller waits instead of being turned away.
///
/// # Errors
/// When the port is taken.
pub async fn bind(port: u16) -> Result<TcpListener, StartError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|source| StartError::Listen { port, source })
}

/// Answers the host until `stop` is ready; then running invocations may finish, for four seconds.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let stop = stop.shared();
    let overdue = stop.clone().then(|()| time::sleep(GRACE));
    let served = axum::serve(listener, router(Arc::new(app))).with_graceful_shutdown(stop);
    tokio::select! {
        served = served.into_future() => Ok(served?),
        () = overdue => {
            warn!("invocations that were still running have been cut off");
            Ok(())
        }
    }
}

/// Ready when the process is asked to end. The host itself does not ask, it kills; people and containers do.
pub async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    // Without a handler for the signal, the system's default ends the process; there is nothing to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn router(app: Arc<App>) -> Router {
    // The host asks for the root until it is answered at all, and sends nothing else before.
    let mut router = Router::new().route("/", get(async || "keyless-functions"));
    for function in functions::ALL {
        for path in function.paths() {
            let endpoint = function
                .endpoint()
                .layer(CatchPanicLayer::custom(panicked))
                .layer(from_fn_with_state(TIME_LIMIT, limit_time))
                .layer(from_fn_with_state(function.name, telemetry::invocation));
            router = router.route(&path, endpoint);
        }
    }
    router
        .fallback(no_such_route)
        .method_not_allowed_fallback(no_such_route)
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .with_state(app)
}

/// Also for a wrong method: to the host that is another route.
async fn no_such_route() -> Error {
    Error::NotFound(Missing::Route)
}

async fn limit_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let answered = time::timeout(limit, next.run(request)).await;
    answered.unwrap_or_else(|_| Error::internal(Cause::TooSlow(limit.as_secs())).into_response())
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    Error::internal(Cause::Panic(text)).into_response()
}

#[cfg(test)]
mod tests;
