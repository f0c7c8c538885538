//! What the embedder brings: a clock, discovery documents, the backend.

use std::future::Future;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use url::Url;

/// The world as one request sees it. Policies reach outside only through this.
pub trait Outside: Sync {
    /// Message bodies; policies pass them on unread and make new ones for error responses.
    type Body: From<Bytes> + Send;

    /// The time that token lifetimes and cache ages are judged by.
    fn now(&self) -> Timestamp;

    /// The GUID of this request, `activityId` in the body of an internal error.
    fn request_id(&self) -> String;

    /// Reads a discovery or key document; anything but a 200 answer is [`Unreachable`].
    fn fetch(&self, url: &Url) -> impl Future<Output = Result<Bytes, Unreachable>> + Send;

    /// Sends the request to the API's backend.
    fn forward(
        &self,
        request: Request<Self::Body>,
    ) -> impl Future<Output = Result<Response<Self::Body>, Unreachable>> + Send;
}

/// A host did not answer, or not with what was asked for. The text enters `LastError.Message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);
