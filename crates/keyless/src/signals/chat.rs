//! One call of a model, from the request to the last event of the answer. No text of the request or the answer is
//! recorded.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};
use url::Url;

use super::{
    Signals,
    active::innermost,
    call_span::CallSpan,
    names::{self, gen_ai},
    record::{Attributes, Outcome, Value},
};
use crate::context::TraceContext;

/// The request to a model.
pub(crate) struct ModelQuestion<'a> {
    pub(crate) deployment: &'a str,
    pub(crate) url: &'a Url,
    /// The operation's name in the conventions.
    pub(crate) shape: &'static str,
    pub(crate) request: &'a Map<String, Json>,
    pub(crate) streams: bool,
}

/// A call of a model. Dropping it records it, so an answer that is not read to its end is recorded too.
pub(crate) struct ChatSpan {
    context: Option<TraceContext>,
    recording: Option<Box<Recording>>,
}

struct Recording {
    span: CallSpan,
    /// The reasons why the answer ended.
    reasons: Vec<String>,
    /// Whether the first event has yet to arrive.
    waits: bool,
}

impl ChatSpan {
    pub(crate) fn start(signals: Option<&Signals>, asked: &ModelQuestion<'_>) -> Self {
        let context = innermost();
        let name = Cow::Owned(format!("chat {}", asked.deployment));
        let open = signals.and_then(|signals| CallSpan::open(signals, context.as_ref(), name));
        let Some((mut span, own)) = open else { return Self { context, recording: None } };
        span.attributes = attributes(asked);
        let within = tracing::Span::current().id();
        let recording = Recording { span, reasons: Vec::new(), waits: asked.streams };
        Self { context: own.map(|own| TraceContext { within, ..own }), recording: Some(Box::new(recording)) }
    }

    /// The context of the call's tries.
    pub(crate) fn context(&self) -> Option<TraceContext> {
        self.context.clone()
    }

    /// Records a whole answer, or an event of one.
    pub(crate) fn take(&mut self, json: &Json) {
        let Some(recording) = &mut self.recording else { return };
        if std::mem::replace(&mut recording.waits, false) {
            let seconds = Value::Float(recording.span.seconds());
            recording.span.attributes.set(gen_ai::TIME_TO_FIRST_CHUNK, seconds);
        }
        for holder in [json, &json["response"]] {
            recording.take(holder);
        }
    }

    /// Records that the whole answer has arrived.
    pub(crate) fn ended(&mut self) {
        if let Some(recording) = &mut self.recording {
            recording.span.outcome = Outcome::Unset;
        }
    }

    /// Records that there is no answer, or no more of it.
    pub(crate) fn failed(&mut self, kind: &'static str) {
        if let Some(recording) = &mut self.recording {
            recording.span.outcome = Outcome::Error;
            recording.span.attributes.set(names::ERROR_TYPE, Value::fixed(kind));
        }
    }
}

fn attributes(asked: &ModelQuestion<'_>) -> Attributes {
    let mut attributes = Attributes::default()
        .with(gen_ai::OPERATION, Value::fixed("chat"))
        .with(gen_ai::PROVIDER, Value::fixed(gen_ai::AZURE_OPENAI))
        .with(gen_ai::REQUEST_MODEL, Value::text(asked.deployment))
        .with(gen_ai::API_TYPE, Value::fixed(asked.shape))
        .with(names::SERVER_ADDRESS, Value::text(asked.url.host_str().unwrap_or_default()))
        .with(names::SERVER_PORT, Value::count(asked.url.port_or_known_default().unwrap_or_default()));
    if asked.streams {
        attributes.set(gen_ai::REQUEST_STREAM, Value::Bool(true));
    }
    let member = |name: &str| asked.request.get(name);
    let most = ["max_completion_tokens", "max_output_tokens", "max_tokens"].into_iter().find_map(member);
    if let Some(most) = most.and_then(Json::as_i64) {
        attributes.set(gen_ai::REQUEST_MAX_TOKENS, Value::Int(most));
    }
    for (name, attribute) in [("temperature", gen_ai::REQUEST_TEMPERATURE), ("top_p", gen_ai::REQUEST_TOP_P)] {
        if let Some(number) = member(name).and_then(Json::as_f64) {
            attributes.set(attribute, Value::Float(number));
        }
    }
    attributes
}

impl Recording {
    fn take(&mut self, holder: &Json) {
        for (name, attribute) in [("model", gen_ai::RESPONSE_MODEL), ("id", gen_ai::RESPONSE_ID)] {
            if let Some(text) = holder[name].as_str().filter(|text| !text.is_empty()) {
                self.span.attributes.set(attribute, Value::text(text));
            }
        }
        let choices = holder["choices"].as_array().into_iter().flatten();
        let reasons = choices.filter_map(|choice| choice["finish_reason"].as_str()).map(str::to_owned);
        self.reasons.extend(reasons);
        let usage = &holder["usage"];
        for (chat, responses, attribute) in [
            ("/prompt_tokens", "/input_tokens", gen_ai::INPUT_TOKENS),
            ("/completion_tokens", "/output_tokens", gen_ai::OUTPUT_TOKENS),
            ("/prompt_tokens_details/cached_tokens", "/input_tokens_details/cached_tokens", gen_ai::CACHED_TOKENS),
            (
                "/completion_tokens_details/reasoning_tokens",
                "/output_tokens_details/reasoning_tokens",
                gen_ai::REASONING_TOKENS,
            ),
        ] {
            let number = [chat, responses].into_iter().find_map(|path| usage.pointer(path)?.as_i64());
            if let Some(number) = number {
                self.span.attributes.set(attribute, Value::Int(number));
            }
        }
        // A response names its end in another way.
        if holder["object"] == "response" && matches!(holder["status"].as_str(), Some("completed" | "incomplete")) {
            let reason = holder["incomplete_details"]["reason"].as_str().or_else(|| holder["status"].as_str());
            self.reasons = reason.map(str::to_owned).into_iter().collect();
        }
    }
}

impl Drop for ChatSpan {
    fn drop(&mut self) {
        let Some(recording) = self.recording.take() else { return };
        let Recording { mut span, reasons, waits: _ } = *recording;
        if !reasons.is_empty() {
            span.attributes.set(gen_ai::FINISH_REASONS, Value::Texts(reasons));
        }
        span.end();
    }
}
