//! Tokens that a model used for the request.

use http::header;

use super::Run;
use crate::{
    expression::Body,
    failure::Failure,
    outside::Outside,
    usage::{self, Usage},
};

impl<O: Outside> Run<'_, O> {
    /// Counts the prompt's tokens. The request's body stays in memory.
    pub(crate) async fn prompt_tokens(&mut self) -> Result<u64, Failure> {
        self.read_request_body().await?;
        let body = self.context.request.body.as_ref().and_then(Body::content);
        Ok(body.map_or(0, |body| usage::of_prompt(body, self.outside.tokenizer())))
    }

    /// Returns the tokens that a successful response reports. Returns `None` for a stream, which reports them at its
    /// end.
    pub(crate) async fn usage(&mut self) -> Result<Option<Usage>, Failure> {
        let Some(response) = self.context.response.as_ref().filter(|_| !self.is_from_cache) else {
            return Ok(Some(Usage::default()));
        };
        if !(200..300).contains(&response.status_code) {
            return Ok(Some(Usage::default()));
        }
        let kind = response.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream") {
            return Ok(None);
        }
        self.read_response_body().await?;
        let body = self.context.response.as_ref().and_then(|response| response.body.as_ref()?.content());
        Ok(Some(body.and_then(|body| Usage::from_body(body)).unwrap_or_default()))
    }

    /// Runs `then` when the streamed answer has ended. `prompt` is the number of prompt tokens if no event reports it.
    pub(crate) fn when_used(&mut self, prompt: u64, then: impl FnOnce(Usage) + Send + Sync + 'static) {
        self.taps.add(prompt, then);
    }
}
