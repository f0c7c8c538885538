//! What the two sides of the handler process tell each other.

use axum::body::Body;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use tokio::sync::oneshot;

/// The client that calls the handler.
pub(crate) type HttpClient = Client<HttpConnector, Body>;

/// Where the handler stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProcessState {
    Starting,
    Ready,
    /// Ended with code 0: not restarted, and invocations run into the void.
    Exited,
    /// With the reason.
    GaveUp(String),
}

/// What the host asks of the supervisor.
pub(super) enum Control {
    Restart,
    GiveUp(String),
    Stop(oneshot::Sender<()>),
}
