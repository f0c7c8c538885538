//! An answer in one piece.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::{
    refusal::{request_id, within},
    usage::{self, Usage},
};
use crate::error::Error;

/// A model's answer in one piece.
#[derive(Clone)]
pub struct ModelAnswer {
    headers: HeaderMap,
    bytes: Bytes,
    json: Value,
}

impl ModelAnswer {
    /// Reads a body of status 200. Even such a body may hold an error.
    pub(super) fn new(headers: HeaderMap, bytes: Bytes) -> Result<Self, Error> {
        // The text of a JSON error states a position, and no content.
        let json: Value = serde_json::from_slice(&bytes).map_err(Error::internal_by)?;
        match within(&json) {
            Some(error) => Err(error),
            None => Ok(Self { headers, bytes, json }),
        }
    }

    /// Returns the text of the first choice, or of all messages of a response. It is empty if the content filter
    /// stopped the answer, or if the answer is a tool call.
    #[must_use]
    pub fn text(&self) -> String {
        usage::text(&self.json)
    }

    /// The reason why the answer ended: `stop`, `length`, `content_filter`… For a response it is the status, or the
    /// reason why it is incomplete.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&str> {
        usage::finish_reason(&self.json)
    }

    /// The number of tokens that the call took.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        Usage::from_json(&self.json)
    }

    /// The whole answer as JSON.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The whole answer as received.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The headers, such as the remaining rates.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The service's ID of the request, for support cases.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

/// Shows no text of the model.
impl fmt::Debug for ModelAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelAnswer").field("usage", &self.usage()).finish_non_exhaustive()
    }
}
