//! Message bodies on their way through the gateway: read whole, or watched while they pass.

use std::{
    error::Error as _,
    sync::{Arc, OnceLock},
};

use apim_policies::{Meter, Unread};
use axum::body::{Body, Bytes, to_bytes};
use http_body_util::{BodyExt as _, LengthLimitError};

/// Bodies that policies read are kept in memory.
const LARGEST: usize = 16 * 1024 * 1024;

/// Reads a body into memory.
pub(super) async fn read(body: Body) -> Result<Bytes, Unread> {
    to_bytes(body, LARGEST).await.map_err(|error| match error.source() {
        Some(source) if source.is::<LengthLimitError>() => Unread::TooLong(LARGEST),
        _ => Unread::Broken(error.to_string()),
    })
}

/// The body, whose bytes are counted while they pass.
pub(super) fn metered(body: Body, meter: Meter) -> Body {
    Body::new(body.inspect_frame(move |frame| meter.passed(frame.data_ref().map_or(0, Bytes::len))))
}

/// Whether a client's connection broke while its body passed through.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Arc<OnceLock<String>>);

impl Watch {
    /// The body, watched.
    pub(super) fn over(&self, body: Body) -> Body {
        let watch = self.clone();
        Body::new(body.inspect_err(move |error| {
            // Only the first error says why.
            let _ = watch.0.set(error.to_string());
        }))
    }

    /// What broke it.
    pub(super) fn broken(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_is_too_long_did_not_break() {
        assert_eq!(read(Body::from(vec![0; LARGEST])).await.unwrap().len(), LARGEST);
        let error = read(Body::from(vec![0; LARGEST + 1])).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error), ("it is longer than 16777216 bytes", Unread::TooLong(LARGEST)));
    }
}
