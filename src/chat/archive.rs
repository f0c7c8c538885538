//! Stores exchanges as blobs, if the settings ask for it.
//!
//! A blob holds the question, the answer and the number of tokens. It holds no credential.

use jiff::Timestamp;
use keyless::{
    Container, ContainerName,
    openai::{ModelAnswer, ModelEvent, Usage},
    settings::{Reader, Setting},
};
use serde_json::{Value, json};
use tracing::{error, info};

const CONTAINER: Setting<ContainerName> = Setting::optional(
    "CHAT_ARCHIVE_CONTAINER",
    "no exchange is kept",
    "The blob container in which `chat` keeps each exchange.",
);

/// The container in which exchanges are stored.
#[derive(Clone, Debug)]
pub(crate) struct Archive(Container);

impl Archive {
    /// Reads the setting. `Some(None)` if no exchanges are stored.
    pub(super) fn read(env: &mut Reader) -> Option<Option<Self>> {
        let is_wanted = env.is_set(CONTAINER.name());
        let name = env.read(&CONTAINER);
        if !is_wanted {
            return Some(None);
        }
        Some(Some(Self(env.container_named("STORAGE", name.as_ref())?)))
    }
}

/// One question, and the known part of its answer.
#[derive(Debug)]
pub(crate) struct Exchange {
    archive: Option<Archive>,
    /// The ID of the invocation. It is part of the blob's name.
    invocation: Option<String>,
    at: Timestamp,
    deployment: String,
    messages: Value,
    answer: String,
    finish_reason: Option<String>,
    usage: Option<Usage>,
}

impl Exchange {
    pub(crate) fn new(archive: Option<Archive>, invocation: Option<String>, deployment: &str, messages: Value) -> Self {
        // Messages that are not stored take no memory.
        let messages = if archive.is_some() { messages } else { Value::Null };
        let (at, deployment) = (Timestamp::now(), deployment.to_owned());
        Self { archive, invocation, at, deployment, messages, answer: String::new(), finish_reason: None, usage: None }
    }

    /// Records the whole answer.
    pub(crate) fn answered(&mut self, answer: &ModelAnswer) {
        if self.archive.is_some() {
            self.answer = answer.text();
        }
        self.finish_reason = answer.finish_reason().map(str::to_owned);
        self.usage = answer.usage();
    }

    /// Records the text and the numbers of one event.
    pub(super) fn heard(&mut self, event: &ModelEvent) {
        if self.archive.is_some() {
            self.answer.push_str(event.text().unwrap_or_default());
        }
        self.finish_reason = event.finish_reason().map(str::to_owned).or(self.finish_reason.take());
        self.usage = event.usage().or(self.usage);
    }

    /// Logs the number of tokens, and writes the blob if exchanges are stored. At that time the answer is sent, or at
    /// least paid for, so a blob that cannot be written is only logged.
    pub(crate) async fn keep(self, is_complete: bool) {
        let Usage { prompt_tokens, completion_tokens, .. } = self.usage.unwrap_or_default();
        let finish_reason = self.finish_reason.as_deref().unwrap_or_default();
        info!(prompt_tokens, completion_tokens, finish_reason, is_complete, "the model answered");
        let Some(Archive(container)) = &self.archive else { return };
        if let Err(failure) = container.create(self.name(), self.content(is_complete)).await {
            error!(error = %failure, cause = ?failure, "the exchange was not archived");
        }
    }

    /// Returns the blob's name, for example `2026/11/28/0f8fad5b-d9cb-469f-a165-70867728950e.json`.
    fn name(&self) -> String {
        let day = self.at.strftime("%Y/%m/%d");
        match &self.invocation {
            Some(invocation) => format!("{day}/{invocation}.json"),
            None => format!("{day}/{}.json", self.at.as_nanosecond()),
        }
    }

    fn content(&self, is_complete: bool) -> Value {
        let usage = self
            .usage
            .map(|usage| json!({ "promptTokens": usage.prompt_tokens, "completionTokens": usage.completion_tokens }));
        json!({
            "at": self.at,
            "deployment": self.deployment,
            "messages": self.messages,
            "answer": self.answer,
            "finishReason": self.finish_reason,
            "usage": usage,
            "complete": is_complete,
        })
    }
}
