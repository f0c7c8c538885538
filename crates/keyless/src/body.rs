//! The body of a request or an answer, of any length, as a stream.

use std::{
    error::Error as StdError,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, TryStreamExt as _};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, Empty, Full, StreamBody, combinators::UnsyncBoxBody};

use crate::error::{Cause, Error};

/// A body that arrives piece by piece, with its content type if known.
///
/// It implements [`http_body::Body`], so axum and hyper can send it.
pub struct Body {
    inner: UnsyncBoxBody<Bytes, Error>,
    content_type: Option<String>,
}

impl Body {
    /// Makes a body without bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::boxed(Empty::new().map_err(|never| match never {}))
    }

    /// Makes a body from a caller's body, such as axum's. If it breaks off, the error is the caller's:
    /// [`Error::Invalid`].
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self::boxed(body.map_err(|error| callers(error.into())))
    }

    /// Makes a caller's body from its pieces. An [`Error`] among them is passed on unchanged.
    pub fn from_stream<S, E>(pieces: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self::boxed(StreamBody::new(pieces.map_ok(Frame::data).map_err(|error| callers(error.into()))))
    }

    fn boxed(body: impl http_body::Body<Data = Bytes, Error = Error> + Send + 'static) -> Self {
        Self { inner: body.boxed_unsync(), content_type: None }
    }

    /// Returns the same body with a content type.
    #[must_use]
    pub fn with_content_type(self, content_type: impl Into<String>) -> Self {
        Self { content_type: Some(content_type.into()), ..self }
    }

    /// The content type, if it is known.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    /// The number of bytes, if it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        http_body::Body::size_hint(&self.inner).exact()
    }

    /// Reads the whole body into memory.
    ///
    /// # Errors
    /// When the body breaks off, or has more than `most` bytes.
    pub async fn bytes(mut self, most: usize) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(piece) = self.next().await {
            let piece = piece?;
            if all.len() + piece.len() > most {
                return Err(Error::internal_by(Cause::TooLarge(most)));
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }

    /// Returns the next piece; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<Bytes, Error>> {
        loop {
            match self.inner.frame().await? {
                Ok(frame) => {
                    // Trailers do not belong to the body's bytes.
                    if let Ok(piece) = frame.into_data() {
                        return Some(Ok(piece));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn callers(error: Box<dyn StdError + Send + Sync>) -> Error {
    match error.downcast::<Error>() {
        Ok(own) => *own,
        Err(other) => Error::invalid_by(Cause::BrokenOff(other)),
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::boxed(Full::new(bytes).map_err(|never| match never {}))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

/// A body with the content type of text.
impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::from(Bytes::from(text)).with_content_type("text/plain; charset=utf-8")
    }
}

/// A body with the content type of text.
impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self::from(Bytes::from_static(text.as_bytes())).with_content_type("text/plain; charset=utf-8")
    }
}

/// A body with the content type of JSON.
impl From<serde_json::Value> for Body {
    fn from(value: serde_json::Value) -> Self {
        Self::from(Bytes::from(value.to_string())).with_content_type("application/json")
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_breaks_off_is_the_callers_doing_unless_it_says_otherwise() {
        let broken = Body::from_stream(stream::iter([Ok(Bytes::from("a")), Err("gone")]));
        assert!(matches!(broken.bytes(10).await, Err(Error::Invalid(_))));
        let ours = Body::from_stream(stream::iter([Err::<Bytes, _>(Error::Precondition)]));
        assert!(matches!(ours.bytes(10).await, Err(Error::Precondition)));
    }

    #[tokio::test]
    async fn a_body_is_not_read_beyond_the_limit() {
        assert_eq!(Body::from("1234").bytes(4).await.unwrap(), "1234");
        assert!(Body::from("12345").bytes(4).await.is_err());
        assert_eq!((Body::from("12345").length(), Body::empty().length()), (Some(5), Some(0)));
    }
}
