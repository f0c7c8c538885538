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

/// The world as one request sees it. Policies reach outside only through this. What an embedder does not write reaches
/// nothing.
pub trait Outside: Sync {
    /// Message bodies; policies pass them on unread unless an expression reads them.
    type Body: From<Bytes> + Send;

    /// The time that token lifetimes, cache ages and counters are judged by.
    fn now(&self) -> Timestamp;

    /// The GUID of this request: `context.RequestId`, and `activityId` in the body of an internal error.
    fn request_id(&self) -> Uuid;

    /// Where `Guid.NewGuid()` and `Random` come from.
    fn entropy(&self) -> Entropy;

    /// Whether a body is known to have nothing in it; `context.Request.Body` is then null.
    fn is_empty(&self, body: &Self::Body) -> bool;

    /// Reads a whole body into memory. The embedder sets the largest size.
    fn read(&self, body: Self::Body) -> impl Future<Output = Result<Bytes, Unread>> + Send;

    /// The body of a response, handed on in pieces of 8 KB, for `buffer-response`.
    fn buffered(&self, body: Self::Body) -> Self::Body {
        body
    }

    /// The body, which tells the meter of its bytes while they pass.
    fn metered(&self, body: Self::Body, meter: Meter) -> Self::Body;

    /// The body, which shows the tap its bytes while they pass, and drops it at the end or when the client has left.
    fn tapped(&self, body: Self::Body, tap: UsageTap) -> Self::Body;

    /// Counts the tokens of a text, where no model says how many it has. The default is rough: one for four bytes.
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

/// What the gateway shows to a backend that asks for a certificate: an extension of the requests that are sent.
#[derive(Clone, Debug)]
pub struct ClientCertificate(pub Arc<Certificate>);

/// Who wants to use a connection of a credential provider.
#[derive(Clone, Copy)]
pub enum ConnectionIdentity<'t> {
    /// The service's system-assigned identity.
    Managed,
    /// Whom this token speaks for, once it is verified.
    Jwt(&'t str),
}

/// A host did not answer, or not with what was asked for. The text enters `LastError.Message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// Why a message body could not be read into memory. The text enters `LastError.Message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The connection broke before the end.
    #[error("{0}")]
    Broken(String),
    /// It has more bytes than the embedder reads, which are these.
    #[error("it is longer than {0} bytes")]
    TooLong(usize),
}

/// Why a request that was sent got no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReply {
    /// Refused, unknown, or broken off.
    #[error("{0}")]
    Unreachable(String),
    /// Not in time.
    #[error("Request to the backend service timed out")]
    TimedOut,
    /// The client's connection broke before the request's body was whole.
    #[error("the request's body: {0}")]
    ClientGone(String),
}
