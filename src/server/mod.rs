//! The HTTP side of the handler: what the host calls.
//!
//! Nothing here holds a body back: what a function reads it reads as it comes in, and what it streams goes out chunk by
//! chunk. A host that proxies passes that on; one that forwards collects the answer first.

mod invocation;
mod posted;
mod router;
mod stop;
mod template;

use std::{future::Future, net::Ipv4Addr, sync::Arc, time::Duration};

use axum::serve::ListenerExt;
use futures_util::FutureExt;
use tokio::{net::TcpListener, time};
use tracing::{debug, info, warn};

pub use self::{
    router::RouteError,
    stop::{Parent, stop_signal},
    template::TemplateError,
};
use crate::{app::App, functions, start::StartError};

/// How long running invocations may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(4);

/// Takes the port, on the one address that the host calls. From here on a caller waits instead of being turned away.
///
/// # Errors
/// When the port is taken.
pub async fn bind(port: u16) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|source| StartError::Listen { port, source })?;
    info!("listening on port {port} of 127.0.0.1");
    Ok(listener)
}

/// Answers the host until `stop` is ready; then running invocations may finish, for four seconds.
///
/// # Errors
/// When the routes do not fit the host's, or the listener breaks.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let router = router::router(Arc::new(app), functions::ALL)?;
    let stop = stop.shared();
    let overdue = stop.clone().then(|()| time::sleep(GRACE));
    // A chunk of a stream shall not wait for the one before it to be acknowledged.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            debug!("a connection delays small chunks: {error}");
        }
    });
    let served = axum::serve(listener, router).with_graceful_shutdown(stop);
    tokio::select! {
        served = served.into_future() => Ok(served?),
        () = overdue => {
            warn!("invocations that were still running have been cut off");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
