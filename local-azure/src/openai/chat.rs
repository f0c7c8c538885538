//! Chat completions: the request, and the answer as a whole or as events, in the captured order and format.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    body::{Object, wrong_type},
    message::{Message, OF_CHAT},
    parameters,
    refusal::ModelRefusal,
    reply::{Reply, ReplyLimits},
};
use crate::seed::ModelDeployment;

const KNOWN: [&str; 28] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "stop",
    "seed",
    "user",
    "metadata",
    "store",
    "service_tier",
    "parallel_tool_calls",
    "reasoning_effort",
    "verbosity",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "response_format",
    "logit_bias",
    "logprobs",
    "tool_choice",
    "function_call",
];

const NOT_PLAYED: [&str; 11] = [
    "tools",
    "functions",
    "modalities",
    "audio",
    "prediction",
    "web_search_options",
    "data_sources",
    "top_logprobs",
    "user_security_context",
    "enhancements",
    "moderation",
];

/// The smallest output limit that reasoning models accept.
pub(super) const LEAST_OUTPUT: u64 = 16;

/// A request for a completion.
pub(super) struct ChatRequest {
    pub(super) messages: Vec<Message>,
    pub(super) limits: ReplyLimits,
    pub(super) streams: bool,
    includes_usage: bool,
    obfuscates: bool,
}

impl ChatRequest {
    pub(super) fn read(body: &Object, deployment: &ModelDeployment) -> Result<Self, ModelRefusal> {
        body.only(&KNOWN, &NOT_PLAYED)?;
        let messages = match body.get("messages") {
            None => return Err(Object::missing("messages")),
            Some(Value::Array(list)) if list.is_empty() => {
                return Err(ModelRefusal::invalid(
                    "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array \
                     instead.",
                    "messages",
                    "empty_array",
                ));
            }
            Some(Value::Array(list)) => {
                let read = |(number, one)| Message::read(one, &format!("messages[{number}]"), &OF_CHAT);
                list.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?
            }
            Some(other) => return Err(wrong_type("messages", "an array of objects", other)),
        };
        if body.count("n", 1)?.is_some_and(|count| count > 1) {
            return Err(ModelRefusal::not_played("n greater than 1", "n"));
        }
        if body.bool("logprobs")? {
            return Err(ModelRefusal::not_played("logprobs", "logprobs"));
        }
        parameters::of_chat(body, deployment)?;
        sampling(body, deployment)?;
        let limits = ReplyLimits {
            tokens: output_limit(body, deployment)?,
            stops: stops(body)?,
            is_json: is_json(body, &messages)?,
        };
        let streams = body.bool("stream")?;
        let options = body.get("stream_options");
        if options.is_some() && !streams {
            return Err(ModelRefusal::invalid(
                "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                "stream_options",
                "invalid_value",
            ));
        }
        let option = |name: &str| options.and_then(|options| options.get(name)).and_then(Value::as_bool);
        Ok(Self {
            messages,
            limits,
            streams,
            includes_usage: option("include_usage").unwrap_or(false),
            obfuscates: option("include_obfuscation").unwrap_or(true),
        })
    }
}

/// Checks the sampling parameters. They have no effect here, but the service would refuse wrong ones.
pub(super) fn sampling(body: &Object, deployment: &ModelDeployment) -> Result<(), ModelRefusal> {
    let temperature = body.number("temperature", 0.0, 2.0)?;
    let top_p = body.number("top_p", 0.0, 1.0)?;
    let penalties = [
        ("presence_penalty", body.number("presence_penalty", -2.0, 2.0)?, 0.0),
        ("frequency_penalty", body.number("frequency_penalty", -2.0, 2.0)?, 0.0),
    ];
    if deployment.reasoning {
        for (name, value, default) in
            [("temperature", temperature, 1.0), ("top_p", top_p, 1.0)].into_iter().chain(penalties)
        {
            if value.is_some_and(|value: f64| (value - default).abs() > f64::EPSILON) {
                let value = value.unwrap_or_default();
                return Err(ModelRefusal::invalid(
                    format!(
                        "Unsupported value: '{name}' does not support {value} with this model. Only the default \
                         ({default}) value is supported."
                    ),
                    name,
                    "unsupported_value",
                ));
            }
        }
    }
    Ok(())
}

fn output_limit(body: &Object, deployment: &ModelDeployment) -> Result<Option<u64>, ModelRefusal> {
    let old = body.count("max_tokens", 1)?;
    if old.is_some() && deployment.reasoning {
        return Err(ModelRefusal::invalid(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        ));
    }
    let least = if deployment.reasoning { LEAST_OUTPUT } else { 1 };
    let new = body.count("max_completion_tokens", least)?;
    if old.is_some() && new.is_some() {
        return Err(ModelRefusal::invalid(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            "max_tokens",
            "invalid_parameter_combination",
        ));
    }
    Ok(new.or(old))
}

fn stops(body: &Object) -> Result<Vec<String>, ModelRefusal> {
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| wrong_type("stop", "a string", value));
    match body.get("stop") {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) if list.len() > 4 => Err(ModelRefusal::invalid(
            format!(
                "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length {} \
                 instead.",
                list.len()
            ),
            "stop",
            "array_above_max_length",
        )),
        Some(Value::Array(list)) => list.iter().map(text).collect(),
        Some(one) => Ok(vec![text(one)?]),
    }
}

fn is_json(body: &Object, messages: &[Message]) -> Result<bool, ModelRefusal> {
    let Some(format) = body.get("response_format") else { return Ok(false) };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(false),
        Some("json_object") if super::message::joined(messages).to_lowercase().contains("json") => Ok(true),
        Some("json_object") => Err(ModelRefusal::Invalid {
            message:
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
                    .to_owned(),
            param: Some("messages".to_owned()),
            code: None,
        }),
        Some("json_schema") => Err(ModelRefusal::not_played("response_format of type json_schema", "response_format")),
        _ => Err(ModelRefusal::invalid(
            "Invalid value for 'response_format.type'.",
            "response_format.type",
            "invalid_value",
        )),
    }
}

/// The data that all answers to one request share.
pub(super) struct Head<'r> {
    pub(super) id: String,
    pub(super) created: i64,
    /// The model with its version, not the deployment.
    pub(super) model: String,
    pub(super) fingerprint: Option<String>,
    pub(super) has_service_tier: bool,
    pub(super) prompt_filter: &'r Value,
    pub(super) prompt_tokens: u64,
}

/// Members in the order in which the service writes them.
#[derive(Serialize)]
struct PromptFilterResult<'r> {
    prompt_index: u8,
    content_filter_results: &'r Value,
}

#[derive(Serialize)]
struct Completion<'r> {
    choices: [Value; 1],
    created: i64,
    id: &'r str,
    model: &'r str,
    object: &'static str,
    prompt_filter_results: [PromptFilterResult<'r>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
    system_fingerprint: Option<&'r str>,
    usage: Value,
}

#[derive(Serialize)]
struct Chunk<'r> {
    choices: Vec<Value>,
    created: i64,
    id: &'r str,
    model: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    obfuscation: Option<String>,
    object: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_filter_results: Option<[PromptFilterResult<'r>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_fingerprint: Option<Option<&'r str>>,
    /// The token usage; absent unless the request asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

fn usage(prompt: u64, completion: u64) -> Value {
    json!({
        "completion_tokens": completion,
        "completion_tokens_details": {
            "accepted_prediction_tokens": 0, "audio_tokens": 0, "reasoning_tokens": 0, "rejected_prediction_tokens": 0
        },
        "prompt_tokens": prompt,
        "prompt_tokens_details": { "audio_tokens": 0, "cached_tokens": 0 },
        "total_tokens": prompt + completion,
    })
}

fn finish_reason(reply: &Reply) -> &'static str {
    match reply {
        reply if reply.findings.blocks() => "content_filter",
        reply if reply.is_cut => "length",
        _ => "stop",
    }
}

impl Head<'_> {
    fn prompt_filter_results(&self) -> [PromptFilterResult<'_>; 1] {
        [PromptFilterResult { prompt_index: 0, content_filter_results: self.prompt_filter }]
    }

    fn service_tier(&self) -> Option<&'static str> {
        self.has_service_tier.then_some("default")
    }

    /// Returns the whole answer.
    pub(super) fn completion(&self, reply: &Reply) -> Result<String, serde_json::Error> {
        let mut choice = json!({
            "content_filter_results": reply.findings.of_answer(),
            "finish_reason": finish_reason(reply),
            "index": 0,
            "logprobs": null,
        });
        // A blocked answer has no message.
        if !reply.findings.blocks() {
            choice["message"] =
                json!({ "annotations": [], "content": reply.text(), "refusal": null, "role": "assistant" });
        }
        let body = serde_json::to_string(&Completion {
            choices: [choice],
            created: self.created,
            id: &self.id,
            model: &self.model,
            object: "chat.completion",
            prompt_filter_results: self.prompt_filter_results(),
            service_tier: self.service_tier(),
            system_fingerprint: self.fingerprint.as_deref(),
            usage: usage(self.prompt_tokens, reply.tokens),
        })?;
        Ok(body + "\n")
    }

    /// Returns the answer as events.
    pub(super) fn events(&self, request: &ChatRequest, reply: &Reply) -> Result<Vec<String>, serde_json::Error> {
        let mut chunks = vec![Chunk {
            choices: Vec::new(),
            created: 0,
            id: "",
            model: "",
            obfuscation: None,
            object: "",
            prompt_filter_results: Some(self.prompt_filter_results()),
            service_tier: None,
            system_fingerprint: None,
            usage: None,
        }];
        let choice = |filter: Value, delta: Value, finish: Option<&str>| {
            json!({
                "content_filter_results": filter, "delta": delta, "finish_reason": finish, "index": 0, "logprobs": null
            })
        };
        let first = json!({ "content": "", "refusal": null, "role": "assistant" });
        let is_blocked = reply.findings.blocks();
        chunks.push(self.chunk(request, "", vec![choice(json!({}), first, None)]));
        // A blocked answer shows no text.
        for piece in reply.pieces.iter().filter(|_| !is_blocked) {
            let choice = choice(reply.findings.of_answer(), json!({ "content": piece }), None);
            chunks.push(self.chunk(request, piece, vec![choice]));
        }
        let last = if is_blocked { reply.findings.of_answer() } else { json!({}) };
        chunks.push(self.chunk(request, "", vec![choice(last, json!({}), Some(finish_reason(reply)))]));
        if request.includes_usage {
            let mut chunk = self.chunk(request, "", Vec::new());
            chunk.usage = Some(usage(self.prompt_tokens, reply.tokens));
            chunks.push(chunk);
        }
        let mut events = chunks
            .iter()
            .map(|chunk| Ok(format!("data: {}\n\n", serde_json::to_string(chunk)?)))
            .collect::<Result<Vec<_>, serde_json::Error>>()?;
        events.push("data: [DONE]\n\n".to_owned());
        Ok(events)
    }

    fn chunk(&self, request: &ChatRequest, piece: &str, choices: Vec<Value>) -> Chunk<'_> {
        Chunk {
            choices,
            created: self.created,
            id: &self.id,
            model: &self.model,
            obfuscation: request.obfuscates.then(|| padding(piece)),
            object: "chat.completion.chunk",
            prompt_filter_results: None,
            service_tier: self.service_tier(),
            system_fingerprint: Some(self.fingerprint.as_deref()),
            usage: request.includes_usage.then_some(Value::Null),
        }
    }
}

/// Returns padding, with which texts of different lengths give events of one length. So an observer of the lengths
/// alone does not learn the text.
pub(super) fn padding(piece: &str) -> String {
    "aQ3xZ9rT1mK7pW5v".chars().take(16 - piece.len() % 16).collect()
}
