//! Hears what the identity endpoint, or Entra, says when it gives no token.
//!
//! The SDK's errors do not always tell: every 400 of a managed identity is "not assigned", the text being in the raw
//! response alone; of an Entra answer with an escape in its description nothing is left, not even the status; and when
//! a fetch is cut off amid the SDK's retries there is no error at all.

use std::{
    error::Error as StdError,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use azure_core::{
    error::ErrorKind,
    http::{
        AsyncRawResponse, Context, Request, StatusCode,
        policies::{Policy, PolicyResult},
    },
};
use serde_json::Value;

use super::{IdentityProblem, error::layers};

/// Characters of a message that are kept.
const LONGEST: usize = 500;

/// An answer without a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// What it said in words; never the whole body.
    pub(super) said: Option<String>,
}

/// How one try to get a token failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Answer(Answer),
    Nothing(IdentityProblem),
}

/// How the last try of one fetch failed, if it did. It travels in the request's [`Context`].
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<Option<Heard>>);

impl Answers {
    pub(super) fn last(&self) -> Option<Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, heard: Option<Heard>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = heard;
    }
}

impl Answer {
    /// From an answer that is not a success: such a body holds no token.
    ///
    /// The words are `message` (App Service), `error_description` after `error` (virtual machines, Entra), or `message`
    /// within `error` (most other services).
    fn new(status: StatusCode, body: &[u8]) -> Self {
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        let word = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let error = &body["error"];
        let said = match (word(error), word(&body["error_description"])) {
            (Some(code), Some(description)) => Some(format!("{code}: {description}")),
            (code, description) => word(&body["message"]).or(word(&error["message"])).or(description).or(code),
        };
        Self { status, said: said.map(|said| said.chars().take(LONGEST).collect()) }
    }

    /// The answer that the SDK kept in its error.
    pub(super) fn within(error: &(dyn StdError + 'static)) -> Option<Self> {
        layers(error).find_map(|layer| match layer.downcast_ref::<azure_core::Error>()?.kind() {
            ErrorKind::HttpResponse { status, raw_response, .. } => {
                Some(Self::new(*status, raw_response.as_ref().map_or(&[], |response| response.body())))
            }
            _ => None,
        })
    }
}

/// Belongs in `per_try_policies` of each credential that a cache asks. Without it, classification has the SDK's errors
/// alone.
#[derive(Debug)]
pub(crate) struct RecordAnswers;

#[async_trait]
#[expect(elided_lifetimes_in_paths, reason = "spelt out, it is another signature than the trait's to async-trait")]
impl Policy for RecordAnswers {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let sent = next[0].send(ctx, request, &next[1..]).await;
        let Some(answers) = ctx.value::<Arc<Answers>>() else { return sent };
        match sent {
            Ok(response) if !response.status().is_success() => {
                let (status, headers, body) = response.deconstruct();
                let body = body.collect().await?;
                answers.record(Some(Heard::Answer(Answer::new(status, &body))));
                Ok(AsyncRawResponse::from_bytes(status, headers, body))
            }
            Ok(response) => {
                answers.record(None);
                Ok(response)
            }
            Err(error) => {
                answers.record(Some(Heard::Nothing(IdentityProblem::of(&error))));
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> Option<String> {
        Answer::new(StatusCode::BadRequest, body.as_bytes()).said
    }

    #[test]
    fn of_an_answer_the_words_are_kept_and_nothing_else() {
        assert_eq!(said(r#"{"statusCode":400,"message":"none"}"#).as_deref(), Some("none"));
        assert_eq!(said(r#"{"error":"a","error_description":"b\r\nc"}"#).as_deref(), Some("a: b\r\nc"));
        assert_eq!(said(r#"{"error":"a"}"#).as_deref(), Some("a"));
        assert_eq!(said(r#"{"error":{"code":"a","message":"b"}}"#).as_deref(), Some("b"));
        for wordless in ["", "<html>S3CRET</html>", "[]", "null", r#""S3CRET""#, r#"{"token":"S3CRET"}"#] {
            assert_eq!(said(wordless), None, "{wordless}");
        }
        let long = said(&format!(r#"{{"message":"{}"}}"#, "é".repeat(9_000))).unwrap();
        assert_eq!(long.chars().count(), LONGEST);
    }
}
