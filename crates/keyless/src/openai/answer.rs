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
    /// From a body of status 200. It may hold an error all the same.
    pub(super) fn new(headers: HeaderMap, bytes: Bytes) -> Result<Self, Error> {
        // The text of such an error tells a place and no content.
        let json: Value = serde_json::from_slice(&bytes).map_err(Error::internal_by)?;
        match within(&json) {
            Some(error) => Err(error),
            None => Ok(Self { headers, bytes, json }),
        }
    }

    /// The text of the first choice, or of all messages of a response. Empty if the content filter stopped the answer,
    /// or if the answer is a tool call.
    #[must_use]
    pub fn text(&self) -> String {
        usage::text(&self.json)
    }

    /// Why it ended: `stop`, `length`, `content_filter`…; for a response its status, or why it is incomplete.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&str> {
        usage::finish_reason(&self.json)
    }

    /// The tokens that it took.
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

    /// Its headers, such as the remaining rates.
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

/// Nothing of what the model said.
impl fmt::Debug for ModelAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelAnswer").field("usage", &self.usage()).finish_non_exhaustive()
    }
}
