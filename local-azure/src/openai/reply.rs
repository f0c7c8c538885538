//! A deployment's answer to a prompt: always the same for the same prompt.

use super::{content_filter::Findings, message::Message};
use crate::{
    seed::{FilteredText, ModelDeployment},
    tokenizer::Tokenizer,
};

/// Limits of a reply.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplyLimits {
    /// Tokens at most.
    pub(super) tokens: Option<u64>,
    /// Texts before which it ends.
    pub(super) stops: Vec<String>,
    /// Whether it must be a JSON object.
    pub(super) is_json: bool,
}

/// A reply.
#[derive(Debug)]
pub(super) struct Reply {
    /// Its text, cut into tokens.
    pub(super) pieces: Vec<String>,
    /// Whether the limit of tokens cut it.
    pub(super) is_cut: bool,
    /// How many tokens it has.
    pub(super) tokens: u64,
    /// What the content filter found in it.
    pub(super) findings: Findings,
}

impl Reply {
    pub(super) fn new(
        deployment: &ModelDeployment,
        filter: &[FilteredText],
        messages: &[Message],
        limits: &ReplyLimits,
        tokenizer: &Tokenizer,
    ) -> Self {
        let mut text = deployment.answer.clone().unwrap_or_else(|| echo(messages));
        if limits.is_json {
            text = serde_json::json!({ "answer": text }).to_string();
        }
        let stop =
            limits.stops.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| text.find(stop.as_str())).min();
        text.truncate(stop.unwrap_or(text.len()));
        let mut pieces = tokenizer.pieces(&text);
        let most = limits.tokens.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let is_cut = pieces.len() > most;
        pieces.truncate(most);
        let text = pieces.concat();
        let findings = super::content_filter::look_for(filter, &text);
        Self { pieces, is_cut, tokens: tokenizer.count(&text), findings }
    }

    pub(super) fn text(&self) -> String {
        self.pieces.concat()
    }
}

/// Words about the last message of the user, and that message again.
fn echo(messages: &[Message]) -> String {
    let last = messages.iter().rev().find(|message| message.is_users()).or(messages.last());
    let text = last.map(|message| message.text.as_str()).unwrap_or_default();
    let words = text.split_whitespace().count();
    let what = if words == 1 { "word" } else { "words" };
    format!("There is no language model here. Your message has {words} {what}: {text}")
}
