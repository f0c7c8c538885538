//! The Responses API: the request, and the answer as a whole or as events, in the captured order and format.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    body::{Object, wrong_type},
    chat::{LEAST_OUTPUT, padding, sampling},
    message::{Message, OF_RESPONSES},
    parameters::RepeatedParameters,
    refusal::ModelRefusal,
    reply::{Reply, ReplyLimits},
};
use crate::seed::ModelDeployment;

const KNOWN: [&str; 23] = [
    "model",
    "input",
    "instructions",
    "stream",
    "stream_options",
    "max_output_tokens",
    "max_tool_calls",
    "previous_response_id",
    "store",
    "temperature",
    "top_p",
    "text",
    "reasoning",
    "truncation",
    "metadata",
    "user",
    "include",
    "parallel_tool_calls",
    "service_tier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "tool_choice",
];

const NOT_PLAYED: [&str; 6] = ["tools", "prompt", "conversation", "context_management", "top_logprobs", "moderation"];

/// A request for a response.
pub(super) struct ResponsesRequest {
    pub(super) instructions: Option<String>,
    pub(super) messages: Vec<Message>,
    pub(super) previous: Option<String>,
    pub(super) limits: ReplyLimits,
    pub(super) streams: bool,
    pub(super) stores: bool,
    temperature: Option<f64>,
    top_p: Option<f64>,
    obfuscates: bool,
    told: RepeatedParameters,
}

impl ResponsesRequest {
    pub(super) fn read(body: &Object, deployment: &ModelDeployment) -> Result<Self, ModelRefusal> {
        if body.bool("background")? {
            return Err(ModelRefusal::not_played("background", "background"));
        }
        body.only(&[&KNOWN[..], &["background"]].concat(), &NOT_PLAYED)?;
        let messages = match body.get("input") {
            None => return Err(Object::missing("input")),
            Some(Value::String(text)) => vec![Message::user(text)],
            Some(Value::Array(items)) => {
                let read = |(number, one)| item(one, &format!("input[{number}]"));
                items.iter().enumerate().map(read).collect::<Result<Vec<_>, _>>()?
            }
            Some(other) => return Err(wrong_type("input", "one of a string or array of objects", other)),
        };
        let told = RepeatedParameters::read(body, deployment)?;
        sampling(body, deployment)?;
        let format = body.get("text").and_then(|text| text.get("format")).and_then(|format| format.get("type"));
        let is_json = match format.and_then(Value::as_str) {
            None | Some("text") => false,
            Some("json_object") => true,
            Some(kind) => return Err(ModelRefusal::not_played(&format!("text.format of type {kind}"), "text.format")),
        };
        let streams = body.bool("stream")?;
        let obfuscates = body.get("stream_options").and_then(|options| options.get("include_obfuscation"));
        Ok(Self {
            instructions: body.text("instructions")?.map(str::to_owned),
            messages,
            previous: body.text("previous_response_id")?.map(str::to_owned),
            limits: ReplyLimits { tokens: body.count("max_output_tokens", LEAST_OUTPUT)?, stops: Vec::new(), is_json },
            streams,
            stores: body.get("store").is_none() || body.bool("store")?,
            temperature: body.number("temperature", 0.0, 2.0)?,
            top_p: body.number("top_p", 0.0, 1.0)?,
            obfuscates: obfuscates.and_then(Value::as_bool).unwrap_or(true),
            told,
        })
    }
}

fn item(value: &Value, place: &str) -> Result<Message, ModelRefusal> {
    match value.get("type").and_then(Value::as_str) {
        None | Some("message") => Message::read(value, place, &OF_RESPONSES),
        Some(kind) => Err(ModelRefusal::not_played(&format!("input of type {kind}"), &format!("{place}.type"))),
    }
}

/// The data that all answers to one request share.
pub(super) struct Head<'r> {
    pub(super) id: String,
    pub(super) item: String,
    pub(super) created: i64,
    pub(super) completed: i64,
    /// The deployment, not the model.
    pub(super) deployment: &'r str,
    pub(super) prompt_filter: &'r Value,
    /// The number of characters in the prompt.
    pub(super) prompt_end: usize,
    pub(super) prompt_tokens: u64,
}

/// Members in the order in which the service writes them.
#[derive(Serialize)]
struct Response<'r> {
    id: &'r str,
    object: &'static str,
    created_at: i64,
    status: &'static str,
    background: bool,
    completed_at: Option<i64>,
    content_filters: Value,
    error: Value,
    frequency_penalty: f64,
    incomplete_details: Value,
    instructions: Option<&'r str>,
    max_output_tokens: Option<u64>,
    max_tool_calls: Option<u64>,
    model: &'r str,
    output: Vec<Item<'r>>,
    parallel_tool_calls: bool,
    presence_penalty: f64,
    previous_response_id: Option<&'r str>,
    prompt_cache_key: Option<&'r str>,
    prompt_cache_retention: Option<&'r str>,
    reasoning: &'r Value,
    safety_identifier: Option<&'r str>,
    service_tier: &'static str,
    store: bool,
    temperature: f64,
    text: Value,
    tool_choice: &'r str,
    tools: [Value; 0],
    top_logprobs: u8,
    top_p: f64,
    truncation: &'r str,
    usage: Option<Usage>,
    user: Option<&'r str>,
    metadata: &'r Value,
}

#[derive(Serialize)]
struct Item<'r> {
    id: &'r str,
    #[serde(rename = "type")]
    kind: &'static str,
    status: &'static str,
    content: Vec<OutputText<'r>>,
    role: &'static str,
}

#[derive(Serialize)]
struct OutputText<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    annotations: [Value; 0],
    logprobs: [Value; 0],
    text: &'r str,
}

#[derive(Serialize)]
struct Usage {
    input_tokens: u64,
    input_tokens_details: Value,
    output_tokens: u64,
    output_tokens_details: Value,
    total_tokens: u64,
}

/// The service's text in place of a blocked answer.
const BLOCKED: &str = "I'm sorry, but I cannot assist with that request.";

impl<'r> Head<'r> {
    fn response(&'r self, request: &'r ResponsesRequest, reply: Option<(&Reply, &'r str)>) -> Response<'r> {
        let told = &request.told;
        let blocked = reply.is_some_and(|(reply, _)| reply.findings.blocks());
        let is_cut = reply.is_some_and(|(reply, _)| reply.is_cut);
        let (status, incomplete) = match reply {
            None => ("in_progress", Value::Null),
            Some(_) if blocked => ("incomplete", json!({ "reason": "content_filter" })),
            Some(_) if is_cut => ("incomplete", json!({ "reason": "max_output_tokens" })),
            Some(_) => ("completed", Value::Null),
        };
        Response {
            id: &self.id,
            object: "response",
            created_at: self.created,
            status,
            background: false,
            completed_at: (status == "completed").then_some(self.completed),
            content_filters: reply.map_or(Value::Null, |(reply, text)| self.filters(reply, text)),
            error: Value::Null,
            frequency_penalty: 0.0,
            incomplete_details: incomplete,
            instructions: request.instructions.as_deref(),
            max_output_tokens: request.limits.tokens,
            max_tool_calls: told.max_tool_calls,
            model: self.deployment,
            output: reply.map(|(_, text)| self.message(text, status)).into_iter().collect(),
            parallel_tool_calls: told.parallel_tool_calls,
            presence_penalty: 0.0,
            previous_response_id: request.previous.as_deref(),
            prompt_cache_key: told.prompt_cache_key.as_deref(),
            prompt_cache_retention: told.prompt_cache_retention.as_deref(),
            reasoning: &told.reasoning,
            safety_identifier: told.safety_identifier.as_deref(),
            service_tier: "default",
            store: request.stores,
            temperature: request.temperature.unwrap_or(1.0),
            text: json!({
                "format": { "type": if request.limits.is_json { "json_object" } else { "text" } },
                "verbosity": told.verbosity,
            }),
            tool_choice: &told.tool_choice,
            tools: [],
            top_logprobs: 0,
            top_p: request.top_p.unwrap_or(1.0),
            truncation: &told.truncation,
            usage: reply.map(|(reply, _)| Usage {
                input_tokens: self.prompt_tokens,
                input_tokens_details: json!({ "cached_tokens": 0 }),
                output_tokens: reply.tokens,
                output_tokens_details: json!({ "reasoning_tokens": 0 }),
                total_tokens: self.prompt_tokens + reply.tokens,
            }),
            user: told.user.as_deref(),
            metadata: &told.metadata,
        }
    }

    fn filters(&self, reply: &Reply, text: &str) -> Value {
        let one = |kind: &str, blocked: bool, results: Value, end: usize| {
            json!({
                "blocked": blocked,
                "source_type": kind,
                "content_filter_raw": [],
                "content_filter_results": results,
                "content_filter_offsets": { "start_offset": 0, "end_offset": end, "check_offset": 0 },
            })
        };
        json!([
            one("prompt", false, self.prompt_filter.clone(), self.prompt_end),
            one("completion", reply.findings.blocks(), reply.findings.of_answer(), text.chars().count()),
        ])
    }

    fn message<'t>(&'t self, text: &'t str, status: &'static str) -> Item<'t> {
        Item { id: &self.item, kind: "message", status, content: vec![part(text)], role: "assistant" }
    }

    /// Returns the whole answer, as indented JSON with only ASCII characters.
    pub(super) fn whole(&self, request: &ResponsesRequest, reply: &Reply) -> Result<String, serde_json::Error> {
        let text = shown(reply);
        Ok(ascii(&serde_json::to_string_pretty(&self.response(request, Some((reply, &text))))?))
    }

    /// Returns the answer as events.
    pub(super) fn events(&self, request: &ResponsesRequest, reply: &Reply) -> Result<Vec<String>, serde_json::Error> {
        let text = shown(reply);
        let pieces = if reply.findings.blocks() { vec![text.clone()] } else { reply.pieces.clone() };
        let opened = self.response(request, None);
        let done = self.response(request, Some((reply, &text)));
        let last = if done.status == "completed" { "response.completed" } else { "response.incomplete" };
        let empty =
            Item { id: &self.item, kind: "message", status: "in_progress", content: Vec::new(), role: "assistant" };
        let place = json!({ "item_id": self.item, "output_index": 0, "content_index": 0 });
        let mut events = Events::default();
        events.push("response.created", json!({}), &[("response", serde_json::to_string(&opened)?)]);
        events.push("response.in_progress", json!({}), &[("response", serde_json::to_string(&opened)?)]);
        events.push(
            "response.output_item.added",
            json!({ "output_index": 0 }),
            &[("item", serde_json::to_string(&empty)?)],
        );
        events.push("response.content_part.added", place.clone(), &[("part", serde_json::to_string(&part(""))?)]);
        for piece in &pieces {
            let mut own = place.clone();
            (own["delta"], own["logprobs"]) = (json!(piece), json!([]));
            if request.obfuscates {
                own["obfuscation"] = json!(padding(piece));
            }
            events.push("response.output_text.delta", own, &[]);
        }
        let mut own = place.clone();
        (own["text"], own["logprobs"]) = (json!(text), json!([]));
        events.push("response.output_text.done", own, &[]);
        events.push("response.content_part.done", place, &[("part", serde_json::to_string(&part(&text))?)]);
        let item = serde_json::to_string(&self.message(&text, done.status))?;
        events.push("response.output_item.done", json!({ "output_index": 0 }), &[("item", item)]);
        events.push(last, json!({}), &[("response", serde_json::to_string(&done)?)]);
        Ok(events.0)
    }

    /// Returns the events of an answer that breaks off. The stream has begun with 200, so the error is one of its
    /// events.
    pub(super) fn broken_off(
        &self,
        request: &ResponsesRequest,
        message: &str,
    ) -> Result<Vec<String>, serde_json::Error> {
        let opened = serde_json::to_string(&self.response(request, None))?;
        let mut events = Events::default();
        events.push("response.created", json!({}), &[("response", opened.clone())]);
        events.push("response.in_progress", json!({}), &[("response", opened)]);
        let error = json!({
            "type": "too_many_requests", "code": "no_capacity", "headers": { "skip-error-remapping": "true" },
            "message": message, "param": null
        });
        events.push("error", json!({ "error": error }), &[]);
        Ok(events.0)
    }
}

/// Returns the text that the caller sees.
pub(super) fn shown(reply: &Reply) -> String {
    if reply.findings.blocks() { BLOCKED.to_owned() } else { reply.text() }
}

fn part(text: &str) -> OutputText<'_> {
    OutputText { kind: "output_text", annotations: [], logprobs: [], text }
}

#[derive(Default)]
struct Events(Vec<String>);

impl Events {
    /// Adds an event with its number, these members, and members that are already JSON, whose own members have a fixed
    /// order.
    fn push(&mut self, kind: &str, members: Value, written: &[(&str, String)]) {
        let mut data = format!(r#"{{"type":"{kind}","sequence_number":{}"#, self.0.len());
        for (name, value) in members.as_object().into_iter().flatten() {
            data.push_str(&format!(",\"{name}\":{value}"));
        }
        for (name, value) in written {
            data.push_str(&format!(",\"{name}\":{value}"));
        }
        self.0.push(format!("event: {kind}\ndata: {data}}}\n\n"));
    }
}

/// Escapes every non-ASCII character. In JSON, such characters occur only in strings.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}
