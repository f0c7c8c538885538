//! Message bodies in the gateway: read whole, or observed while they stream through.

use std::{
    error::Error as _,
    sync::{Arc, OnceLock},
};

use apim_policies::{Meter, Unread, UsageTap};
use axum::body::{Body, Bytes, to_bytes};
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, LengthLimitError};

/// The largest body that policies can read: it is kept in memory.
const LARGEST_READ_BODY: usize = 16 * 1024 * 1024;

/// Reads a body into memory.
pub(super) async fn read(body: Body) -> Result<Bytes, Unread> {
    to_bytes(body, LARGEST_READ_BODY).await.map_err(|error| match error.source() {
        Some(source) if source.is::<LengthLimitError>() => Unread::TooLong(LARGEST_READ_BODY),
        _ => Unread::Broken(error.to_string()),
    })
}

/// Counts the body's bytes while they stream through.
pub(super) fn metered(body: Body, meter: Meter) -> Body {
    Body::new(body.inspect_frame(move |frame| meter.passed(frame.data_ref().map_or(0, Bytes::len))))
}

/// Shows the body's bytes to the tap while they stream through.
pub(super) fn tapped(body: Body, mut tap: UsageTap) -> Body {
    Body::new(body.inspect_frame(move |frame| {
        if let Some(data) = frame.data_ref() {
            tap.passed(data);
        }
    }))
}

/// The bytes that `buffer-response` collects before it sends them on.
const BUFFER: usize = 8 * 1024;

/// Sends the body on in pieces of at least 8 KiB; the last piece may be shorter.
pub(super) fn buffered(body: Body) -> Body {
    let pieces = stream::unfold(Some(body.into_data_stream()), async |rest| {
        let mut rest = rest?;
        let mut piece = Vec::new();
        while let Some(data) = rest.next().await {
            match data {
                Ok(data) => piece.extend_from_slice(&data),
                Err(error) => return Some((Err(error), None)),
            }
            if piece.len() >= BUFFER {
                return Some((Ok(Bytes::from(piece)), Some(rest)));
            }
        }
        (!piece.is_empty()).then(|| (Ok(Bytes::from(piece)), None))
    });
    Body::from_stream(pieces)
}

/// Records whether a client's connection broke while its body streamed through.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Arc<OnceLock<String>>);

impl Watch {
    /// Watches a body.
    pub(super) fn over(&self, body: Body) -> Body {
        let watch = self.clone();
        Body::new(body.inspect_err(move |error| {
            // Only the first error tells the cause.
            let _ = watch.0.set(error.to_string());
        }))
    }

    /// Returns the error that broke the connection.
    pub(super) fn broken(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_buffered_body_comes_in_pieces_of_8_kilobytes_and_whole() {
        let events = (0..100).map(|event| Ok::<_, std::io::Error>(Bytes::from(format!("{event:0>200}"))));
        let body = buffered(Body::from_stream(stream::iter(events)));
        let pieces: Vec<_> = body.into_data_stream().map(|piece| piece.unwrap().len()).collect().await;
        assert_eq!(pieces, [8200, 8200, 3600]);
    }

    #[tokio::test]
    async fn a_body_that_is_too_long_did_not_break() {
        assert_eq!(read(Body::from(vec![0; LARGEST_READ_BODY])).await.unwrap().len(), LARGEST_READ_BODY);
        let error = read(Body::from(vec![0; LARGEST_READ_BODY + 1])).await.unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error),
            ("it is longer than 16777216 bytes", Unread::TooLong(LARGEST_READ_BODY))
        );
    }
}
