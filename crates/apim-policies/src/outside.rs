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
    /// A message body. Policies pass it on unread unless an expression reads it.
    type Body: From<Bytes> + Send;

    /// Returns the time for token lifetimes, cache ages and counters.
    fn now(&self) -> Timestamp;

    /// Returns the GUID of this request: `context.RequestId`, and `activityId` in the body of an internal error.
    fn request_id(&self) -> Uuid;

    /// Returns the source of `Guid.NewGuid()` and `Random`.
    fn entropy(&self) -> Entropy;

    /// Reports whether a body is known to be empty. If so, `context.Request.Body` is null.
    fn is_empty(&self, body: &Self::Body) -> bool;

    /// Reads a whole body into memory. The embedder sets the largest size.
    fn read(&self, body: Self::Body) -> impl Future<Output = Result<Bytes, Unread>> + Send;

    /// Returns a response body that is passed on in pieces of 8 KB, for `buffer-response`.
    fn buffered(&self, body: Self::Body) -> Self::Body {
        body
    }

    /// Returns the body, which reports its bytes to the meter while they pass.
    fn metered(&self, body: Self::Body, meter: Meter) -> Self::Body;

    /// Returns the body, which passes its bytes to the tap while they stream. It drops the tap at its end or when the
    /// client leaves.
    fn tapped(&self, body: Self::Body, tap: UsageTap) -> Self::Body;

    /// Returns the token counter for texts whose token number no model reports. The default is rough: one token for
    /// four bytes.
    fn tokenizer(&self) -> fn(&str) -> u64 {
        |text| text.len().div_ceil(4) as u64
    }

    /// Reads a discovery or key document. Any answer except 200 is [`Unreachable`].
    fn fetch(&self, url: &Url) -> impl Future<Output = Result<Bytes, Unreachable>> + Send {
        ready(Err(Unreachable(format!("{url} is out of reach"))))
    }

    /// Sends the request to the backend in its absolute URL, for `forward-request`. The response's headers must arrive
    /// within the time. If the request has a `Host` header, a policy set it.
    fn forward(
        &self,
        request: Request<Self::Body>,
        timeout: Duration,
    ) -> impl Future<Output = Result<Response<Self::Body>, NoReply>> + Send;

    /// Sends a request that a policy made, for `send-request`. The whole response must arrive within the time.
    fn send(
        &self,
        request: Request<Bytes>,
        _timeout: Duration,
    ) -> impl Future<Output = Result<Response<Bytes>, NoReply>> + Send {
        ready(Err(NoReply::Unreachable(format!("{} is out of reach", request.uri()))))
    }

    /// Returns a token for the resource. The identity is the service's user-assigned identity with this client ID, or
    /// its system-assigned identity. The embedder keeps tokens until they expire.
    fn managed_identity_token(
        &self,
        resource: &str,
        _client_id: Option<&str>,
    ) -> impl Future<Output = Result<String, Unreachable>> + Send {
        ready(Err(Unreachable(format!("there is no identity for {resource}"))))
    }

    /// Returns the authorization that a connection of a credential provider gives to this identity, for
    /// `get-authorization-context`. The embedder checks the connection's access policies, and keeps tokens until they
    /// expire.
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

    /// Reports whether [`Outcome::policies`](crate::Outcome::policies) is needed. If not, nothing is collected.
    fn traces(&self) -> bool {
        false
    }

    /// Returns the time since the request began, to measure each policy. It is called only for traces.
    fn stopwatch(&self) -> Duration {
        Duration::ZERO
    }

    /// Returns the secrets that no trace may show: subscription keys and secret named values. Traces hide the
    /// credentials of requests and policies anyway. It is called only for traces.
    fn secrets(&self) -> Secrets {
        Secrets::default()
    }
}

/// The gateway's certificate for a backend that asks for one. Sent requests hold it as an extension.
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

/// The error of a host that did not answer, or gave a wrong answer. The text enters `LastError.Message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// The reason why a message body cannot be read into memory. The text enters `LastError.Message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The connection broke before the end of the body.
    #[error("{0}")]
    Broken(String),
    /// The body has more bytes than this limit of the embedder.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
}

/// The reason why a sent request got no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// The host refused the connection or is unknown, or the connection broke.
    #[error("{0}")]
    Unreachable(String),
    /// The response did not arrive in time.
    #[error("Request to the backend service timed out")]
    TimedOut,
    /// The client's connection broke before the request's body was complete.
    #[error("the request's body: {0}")]
    ClientGone(String),
}
