//! The messages between the two sides of the handler process.

use axum::body::Body;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use tokio::sync::oneshot;

/// The client that calls the handler.
pub(crate) type HttpClient = Client<HttpConnector, Body>;

/// The state of the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProcessState {
    Starting,
    Ready,
    /// The handler ended with code 0. It is not restarted, and invocations reach no handler.
    Exited,
    /// The host gave up on the handler, for this reason.
    GaveUp(String),
}

/// A request of the host to the supervisor.
pub(super) enum Control {
    Restart,
    GiveUp(String),
    Stop(oneshot::Sender<()>),
}
