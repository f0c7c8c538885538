//! A request's body, and whether it may be sent again.

use axum::body::{Body, HttpBody as _, to_bytes};
use bytes::Bytes;

use crate::error::{Cause, Error};

/// A body up to this size, in bytes, is kept, so that its request can be repeated. Most calls of APIs are smaller.
const KEPT: u64 = 64 * 1024;

/// Small and kept, or passed on as it comes in.
pub(super) enum Payload {
    Kept(Bytes),
    Stream(Body),
}

impl Payload {
    pub(super) const fn empty() -> Self {
        Self::Kept(Bytes::new())
    }

    /// Reads a caller's body if it says that it is small.
    pub(super) async fn of(body: Body) -> Result<Self, Error> {
        match body.size_hint().exact() {
            Some(0) => Ok(Self::empty()),
            Some(length) if length <= KEPT => {
                let read = to_bytes(body, usize::try_from(KEPT).unwrap_or(usize::MAX)).await;
                read.map(Self::Kept).map_err(|error| Error::invalid(Cause::BrokenOff(error)))
            }
            _ => Ok(Self::Stream(body)),
        }
    }

    pub(super) fn may_be_repeated(&self) -> bool {
        matches!(self, Self::Kept(_))
    }

    /// The body to send; of a stream, only the first time.
    pub(super) fn take(&mut self) -> reqwest::Body {
        match self {
            Self::Kept(bytes) => bytes.clone().into(),
            Self::Stream(body) => reqwest::Body::wrap_stream(std::mem::take(body).into_data_stream()),
        }
    }
}
