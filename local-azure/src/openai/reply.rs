//! A deployment's answer to a prompt; the same prompt always gets the same answer.

use super::{content_filter::Findings, message::Message};
use crate::{
    seed::{FilteredText, ModelDeployment},
    tokenizer::Tokenizer,
};

/// Limits of a reply.
#[derive(Clone, Debug, Default)]
pub(super) struct ReplyLimits {
    /// The most tokens.
    pub(super) tokens: Option<u64>,
    /// Stop texts: the reply ends before the first of them.
    pub(super) stops: Vec<String>,
    /// Whether the reply must be a JSON object.
    pub(super) is_json: bool,
}

/// A reply.
#[derive(Debug)]
pub(super) struct Reply {
    /// The reply's text, split into tokens.
    pub(super) pieces: Vec<String>,
    /// Whether the token limit cut the reply.
    pub(super) is_cut: bool,
    /// The number of tokens in the reply.
    pub(super) tokens: u64,
    /// The findings of the content filter in the reply.
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

/// Returns the number of words in the user's last message, and repeats the message.
fn echo(messages: &[Message]) -> String {
    let last = messages.iter().rev().find(|message| message.is_users()).or(messages.last());
    let text = last.map(|message| message.text.as_str()).unwrap_or_default();
    let words = text.split_whitespace().count();
    let what = if words == 1 { "word" } else { "words" };
    format!("There is no language model here. Your message has {words} {what}: {text}")
}
