//! The embedder's part: a clock, randomness, tokens, and all sending.

use std::{
    future::{Future, ready},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use url::Url;
use uuid::Uuid;

use crate::{
    expression::{Authorization, Certificate, Entropy},
    state::Meter,
    trace::Secrets,
    usage::UsageTap,
};

/// The embedder's side of one request. Policies reach the outside only through this trait. A method that the embedder
/// does not implement reaches nothing.
pub trait Outside: Sync {
    /// Message bodies; policies pass them on unread unless an expression reads them.
    type Body: From<Bytes> + Send;

    /// The time for token lifetimes, cache ages and counters.
    fn now(&self) -> Timestamp;

    /// The GUID of this request: `context.RequestId`, and `activityId` in the body of an internal error.
    fn request_id(&self) -> Uuid;

    /// The source of `Guid.NewGuid()` and `Random`.
    fn entropy(&self) -> Entropy;

    /// Whether a body is known to be empty; then `context.Request.Body` is null.
    fn is_empty(&self, body: &Self::Body) -> bool;

    /// Reads a whole body into memory. The embedder sets the largest size.
    fn read(&self, body: Self::Body) -> impl Future<Output = Result<Bytes, Unread>> + Send;

    /// The body of a response, passed on in pieces of 8 KB, for `buffer-response`.
    fn buffered(&self, body: Self::Body) -> Self::Body {
        body
    }

    /// The body, which reports its bytes to the meter while they pass.
    fn metered(&self, body: Self::Body, meter: Meter) -> Self::Body;

    /// The body, which passes its bytes to the tap while they stream, and drops the tap at the end or when the client
    /// leaves.
    fn tapped(&self, body: Self::Body, tap: UsageTap) -> Self::Body;

    /// Counts the tokens of a text, if no model reports the number. The default is rough: one token for four bytes.
    fn tokenizer(&self) -> fn(&str) -> u64 {
        |text| text.len().div_ceil(4) as u64
    }

    /// Reads a discovery or key document; anything but a 200 answer is [`Unreachable`].
    fn fetch(&self, url: &Url) -> impl Future<Output = Result<Bytes, Unreachable>> + Send {
        ready(Err(Unreachable(format!("{url} is out of reach"))))
    }

    /// Sends the request to the backend that its absolute URL names, for `forward-request`. The response's headers must
    /// be there within the time. Where the request has a `Host`, a policy set it.
    fn forward(
        &self,
        request: Request<Self::Body>,
        timeout: Duration,
    ) -> impl Future<Output = Result<Response<Self::Body>, NoReply>> + Send;

    /// Sends a request that a policy made, for `send-request`. The whole response must be there within the time.
    fn send(
        &self,
        request: Request<Bytes>,
        _timeout: Duration,
    ) -> impl Future<Output = Result<Response<Bytes>, NoReply>> + Send {
        ready(Err(NoReply::Unreachable(format!("{} is out of reach", request.uri()))))
    }

    /// A token for the resource, as the service's user-assigned identity with this client ID, or as its system-assigned
    /// one. The embedder keeps tokens until they expire.
    fn managed_identity_token(
        &self,
        resource: &str,
        _client_id: Option<&str>,
    ) -> impl Future<Output = Result<String, Unreachable>> + Send {
        ready(Err(Unreachable(format!("there is no identity for {resource}"))))
    }

    /// What a connection of a credential provider gives to this identity, for `get-authorization-context`. The embedder
    /// checks the connection's access policies, and keeps tokens until they expire.
    fn authorization(
        &self,
        provider: &str,
        connection: &str,
        _identity: ConnectionIdentity<'_>,
    ) -> impl Future<Output = Result<Authorization, Unreachable>> + Send {
        ready(Err(Unreachable(format!("there is no connection {provider}/{connection}"))))
    }

    /// Waits, between the attempts of `retry`.
    fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send;

    /// Whether [`Outcome::policies`](crate::Outcome::policies) is wanted. Where it is not, nothing is collected.
    fn traces(&self) -> bool {
        false
    }

    /// Time since the request began, for how long each policy took. It is asked for traces alone.
    fn stopwatch(&self) -> Duration {
        Duration::ZERO
    }

    /// What no trace may show, besides the credentials that requests and policies bring: subscription keys, named
    /// values that are secret. It is asked for traces alone.
    fn secrets(&self) -> Secrets {
        Secrets::default()
    }
}

/// The gateway's certificate for a backend that asks for one: an extension of sent requests.
#[derive(Clone, Debug)]
pub struct ClientCertificate(pub Arc<Certificate>);

/// The identity that uses a connection of a credential provider.
#[derive(Clone, Copy)]
pub enum ConnectionIdentity<'t> {
    /// The service's system-assigned identity.
    Managed,
    /// The identity in this token, after it is verified.
    Jwt(&'t str),
}

/// A host did not answer, or answered with something else. The text enters `LastError.Message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// Why a message body could not be read into memory. The text enters `LastError.Message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The connection broke before the end.
    #[error("{0}")]
    Broken(String),
    /// It has more bytes than this limit of the embedder.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
}

/// Why a sent request got no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// Refused, unknown, or broken off.
    #[error("{0}")]
    Unreachable(String),
    /// The response did not arrive in time.
    #[error("Request to the backend service timed out")]
    TimedOut,
    /// The client's connection broke before the request's body was whole.
    #[error("the request's body: {0}")]
    ClientGone(String),
}
