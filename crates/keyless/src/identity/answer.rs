//! An answer of the identity endpoint, or of Entra, without a token.
//!
//! The SDK's errors are not enough. For every 400 of a managed identity they say "not assigned", and only the raw
//! response has the text. For an Entra answer with an escape in its description they keep nothing, not even the status.

use std::{error::Error as StdError, iter::successors};

use azure_core::{error::ErrorKind, http::StatusCode};
use serde_json::Value;

/// The number of characters of a message that are kept.
const MESSAGE_CHARS: usize = 500;

/// An answer without a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EndpointAnswer {
    pub(super) status: StatusCode,
    /// The message, never the whole body.
    pub(super) said: Option<String>,
}

impl EndpointAnswer {
    /// Reads an unsuccessful answer. Its body holds no token.
    ///
    /// The text is in `message` (App Service), in `error_description` after `error` (virtual machines, Entra), or in
    /// `message` within `error` (most other services).
    pub(super) fn new(status: StatusCode, body: &[u8]) -> Self {
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let word = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let error = &body["error"];
        let said = match (word(error), word(&body["error_description"])) {
            (Some(code), Some(description)) => Some(format!("{code}: {description}")),
            (code, description) => word(&body["message"]).or(word(&error["message"])).or(description).or(code),
        };
        Self { status, said: said.map(|said| said.chars().take(MESSAGE_CHARS).collect()) }
    }

    /// Finds the answer that the SDK kept in its error.
    pub(super) fn within(error: &(dyn StdError + 'static)) -> Option<Self> {
        layers(error).find_map(|layer| match layer.downcast_ref::<azure_core::Error>()?.kind() {
            ErrorKind::HttpResponse { status, raw_response, .. } => {
                Some(Self::new(*status, raw_response.as_ref().map_or(&[], |response| response.body())))
            }
            _ => None,
        })
    }
}

/// Iterates over an error and all its sources.
pub(super) fn layers<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> Option<String> {
        EndpointAnswer::new(StatusCode::BadRequest, body.as_bytes()).said
    }

    #[test]
    fn the_message_of_an_answer_is_kept_and_nothing_else() {
        assert_eq!(said(r#"{"statusCode":400,"message":"none"}"#).as_deref(), Some("none"));
        assert_eq!(said(r#"{"error":"a","error_description":"b\r\nc"}"#).as_deref(), Some("a: b\r\nc"));
        assert_eq!(said(r#"{"error":"a"}"#).as_deref(), Some("a"));
        assert_eq!(said(r#"{"error":{"code":"a","message":"b"}}"#).as_deref(), Some("b"));
        for wordless in ["", "<html>S3CRET</html>", "[]", "null", r#""S3CRET""#, r#"{"token":"S3CRET"}"#] {
            assert_eq!(said(wordless), None, "{wordless}");
        }
        let long = said(&format!(r#"{{"message":"{}"}}"#, "é".repeat(9_000))).unwrap();
        assert_eq!(long.chars().count(), MESSAGE_CHARS);
    }
}
