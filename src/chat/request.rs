//! The requests that `chat` accepts: text only, with one answer. It refuses features that it does not pass on.

use keyless::openai::Model;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::Error;

/// The largest request, in bytes: more than the context of most models.
pub(crate) const LARGEST_BYTES: usize = 1024 * 1024;

const MOST_TOKENS: u64 = 1_000_000;

const TOOLS: &str = "it passes no tools to the model, nor calls or answers of tools";
const MEMBERS: &str = "it takes messages or prompt, stream, max_tokens or max_completion_tokens, and temperature";

/// A caller's request that was checked.
#[derive(Debug, PartialEq)]
pub(crate) struct Question {
    messages: Vec<Value>,
    pub(crate) stream: bool,
    max_tokens: Option<u64>,
    temperature: Option<f64>,
}

/// The known members. Each may occur only once.
#[derive(Deserialize)]
struct ChatMembers {
    messages: Option<Value>,
    prompt: Option<Value>,
    stream: Option<Value>,
    max_tokens: Option<Value>,
    max_completion_tokens: Option<Value>,
    temperature: Option<Value>,
    n: Option<Value>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Question {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Error> {
        let body = std::str::from_utf8(body).map_err(|_| Error::Rule("its body is not UTF-8"))?;
        if body.trim().is_empty() {
            return Err(Error::Rule("it has no body; it takes JSON with messages or a prompt"));
        }
        // The text of serde's error may quote the body.
        let body: ChatMembers = serde_json::from_str(body)
            .map_err(|_| Error::Rule("its body is not JSON, not an object, or names a member twice"))?;
        if let Some(name) = body.others.keys().next() {
            return Err(Error::Rule(match name.as_str() {
                "tools" | "tool_choice" | "parallel_tool_calls" | "functions" | "function_call" => TOOLS,
                "model" => "the model is a setting of this app, and no part of a request",
                _ => MEMBERS,
            }));
        }
        if body.n.is_some_and(|n| n != 1) {
            return Err(Error::Rule("it gives one answer: n is 1 or absent"));
        }
        Ok(Self {
            messages: messages(body.messages, body.prompt)?,
            stream: stream(body.stream)?,
            max_tokens: max_tokens(body.max_tokens, body.max_completion_tokens)?,
            temperature: temperature(body.temperature)?,
        })
    }

    /// Returns the conversation.
    pub(crate) fn messages(&self) -> Value {
        self.messages.clone().into()
    }

    /// Makes the request to the model.
    pub(crate) fn into_request(self, model: &Model) -> Value {
        let mut request = json!({ "messages": self.messages });
        if let Some(most) = self.max_tokens {
            request[model.max_tokens_parameter()] = most.into();
        }
        if let Some(temperature) = self.temperature {
            request["temperature"] = temperature.into();
        }
        if self.stream && model.streams_usage() {
            request["stream_options"] = json!({ "include_usage": true });
        }
        request
    }
}

fn messages(messages: Option<Value>, prompt: Option<Value>) -> Result<Vec<Value>, Error> {
    match (messages, prompt) {
        (Some(_), Some(_)) => Err(Error::Rule("it takes messages or a prompt, not both")),
        (None, None) => Err(Error::Rule("it has neither messages nor a prompt")),
        (None, Some(Value::String(prompt))) if !prompt.trim().is_empty() => {
            Ok(vec![json!({ "role": "user", "content": prompt })])
        }
        (None, Some(_)) => Err(Error::Rule("a prompt is a text that is not empty")),
        (Some(Value::Array(messages)), None) if !messages.is_empty() => messages.into_iter().map(message).collect(),
        (Some(_), None) => Err(Error::Rule("messages is a list of at least one message")),
    }
}

fn message(message: Value) -> Result<Value, Error> {
    let Value::Object(mut message) = message else {
        return Err(Error::Rule("a message is an object with a role and a content"));
    };
    let (role, text) = (message.remove("role"), message.remove("content"));
    if message.contains_key("tool_calls")
        || message.contains_key("tool_call_id")
        || message.contains_key("function_call")
    {
        return Err(Error::Rule(TOOLS));
    }
    if !message.is_empty() {
        return Err(Error::Rule("a message has a role and a content, and nothing else"));
    }
    let role = match role.as_ref().and_then(Value::as_str) {
        Some(role @ ("system" | "developer" | "user" | "assistant")) => role,
        Some("tool" | "function") => return Err(Error::Rule(TOOLS)),
        _ => return Err(Error::Rule("the role of a message is system, developer, user or assistant")),
    };
    Ok(json!({ "role": role, "content": content(text)? }))
}

/// Reads a text, or parts of text.
fn content(content: Option<Value>) -> Result<Value, Error> {
    const EMPTY: Error = Error::Rule("the content of a message is a text that is not empty");
    match content {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(text.into()),
        Some(Value::Array(parts)) if !parts.is_empty() => {
            for part in &parts {
                match (part["type"].as_str(), part["text"].as_str(), part.as_object().map(Map::len)) {
                    (Some("text"), Some(text), Some(2)) if !text.trim().is_empty() => {}
                    (Some("text"), ..) => return Err(EMPTY),
                    _ => return Err(Error::Rule("it takes text alone: no images, sound or files")),
                }
            }
            Ok(parts.into())
        }
        _ => Err(EMPTY),
    }
}

fn stream(stream: Option<Value>) -> Result<bool, Error> {
    match stream {
        None => Ok(false),
        Some(Value::Bool(stream)) => Ok(stream),
        Some(_) => Err(Error::Rule("stream is true or false")),
    }
}

fn max_tokens(max_tokens: Option<Value>, max_completion_tokens: Option<Value>) -> Result<Option<u64>, Error> {
    if max_tokens.is_some() && max_completion_tokens.is_some() {
        return Err(Error::Rule("it takes max_tokens or max_completion_tokens, which are the same, not both"));
    }
    let Some(most) = max_tokens.or(max_completion_tokens) else { return Ok(None) };
    let most = most.as_u64().filter(|most| (1..=MOST_TOKENS).contains(most));
    most.map(Some).ok_or(Error::Rule("max_tokens is a whole number from 1 to 1000000"))
}

fn temperature(temperature: Option<Value>) -> Result<Option<f64>, Error> {
    let Some(temperature) = temperature else { return Ok(None) };
    let temperature = temperature.as_f64().filter(|number| (0.0..=2.0).contains(number));
    temperature.map(Some).ok_or(Error::Rule("temperature is a number from 0 to 2"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: impl AsRef<[u8]>) -> String {
        let error = Question::parse(body.as_ref()).unwrap_err();
        assert_eq!(error.status().as_u16(), 400, "{error}");
        error.message()
    }

    #[test]
    fn a_prompt_is_one_message_of_the_user() {
        let prompt = Question::parse(br#"{ "prompt": "Hi", "n": 1 }"#).unwrap();
        assert_eq!(
            prompt,
            Question::parse(br#"{ "messages": [{ "role": "user", "content": "Hi" }], "stream": null }"#).unwrap()
        );
        assert_eq!(prompt.messages(), json!([{ "role": "user", "content": "Hi" }]));
    }

    #[test]
    fn what_a_caller_may_set_is_read() {
        let body = br#"{ "messages": [{ "role": "developer", "content": [{ "type": "text", "text": "Be short." }] },
            { "role": "assistant", "content": "Yes." }], "stream": true, "max_tokens": 16, "temperature": 0 }"#;
        let question = Question::parse(body).unwrap();
        assert_eq!((question.stream, question.max_tokens, question.temperature), (true, Some(16), Some(0.0)));
        let named = Question::parse(br#"{ "prompt": "Hi", "max_completion_tokens": 7 }"#).unwrap();
        assert_eq!(named.max_tokens, Some(7));
    }

    #[test]
    fn what_is_no_question_is_refused_with_its_reason() {
        for (body, reason) in [
            ("", "it has no body"),
            ("  ", "it has no body"),
            ("{", "not JSON"),
            ("[]", "not an object"),
            ("\"Hi\"", "not an object"),
            (r#"{ "prompt": "a", "prompt": "b" }"#, "a member twice"),
            ("{}", "neither messages nor a prompt"),
            (r#"{ "prompt": null }"#, "neither messages nor a prompt"),
            (r#"{ "prompt": "" }"#, "a prompt is a text"),
            (r#"{ "prompt": " \n" }"#, "a prompt is a text"),
            (r#"{ "prompt": ["a"] }"#, "a prompt is a text"),
            (r#"{ "prompt": "a", "messages": [] }"#, "not both"),
            (r#"{ "messages": [] }"#, "at least one message"),
            (r#"{ "messages": "a" }"#, "at least one message"),
            (r#"{ "messages": ["a"] }"#, "a message is an object"),
            (r#"{ "messages": [{ "content": "a" }] }"#, "the role of a message"),
            (r#"{ "messages": [{ "role": "", "content": "a" }] }"#, "the role of a message"),
            (r#"{ "messages": [{ "role": "User", "content": "a" }] }"#, "the role of a message"),
            (r#"{ "messages": [{ "role": 1, "content": "a" }] }"#, "the role of a message"),
            (r#"{ "messages": [{ "role": "root", "content": "a" }] }"#, "the role of a message"),
            (r#"{ "messages": [{ "role": "tool", "content": "a" }] }"#, "no tools"),
            (r#"{ "messages": [{ "role": "assistant", "content": null, "tool_calls": [] }] }"#, "no tools"),
            (r#"{ "messages": [{ "role": "user" }] }"#, "the content of a message"),
            (r#"{ "messages": [{ "role": "user", "content": "" }] }"#, "the content of a message"),
            (r#"{ "messages": [{ "role": "user", "content": [] }] }"#, "the content of a message"),
            (r#"{ "messages": [{ "role": "user", "content": 7 }] }"#, "the content of a message"),
            (r#"{ "messages": [{ "role": "user", "content": [{ "type": "text", "text": "" }] }] }"#, "the content"),
            (r#"{ "messages": [{ "role": "user", "content": "a", "name": "b" }] }"#, "nothing else"),
            (
                r#"{ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "x" } }] }] }"#,
                "no images",
            ),
            (
                r#"{ "messages": [{ "role": "user", "content": [{ "type": "input_audio", "input_audio": {} }] }] }"#,
                "no images, sound",
            ),
            (r#"{ "prompt": "a", "n": 2 }"#, "one answer"),
            (r#"{ "prompt": "a", "n": 0 }"#, "one answer"),
            (r#"{ "prompt": "a", "n": "1" }"#, "one answer"),
            (r#"{ "prompt": "a", "tools": [] }"#, "no tools"),
            (r#"{ "prompt": "a", "tool_choice": "none" }"#, "no tools"),
            (r#"{ "prompt": "a", "functions": [] }"#, "no tools"),
            (r#"{ "prompt": "a", "model": "gpt" }"#, "a setting of this app"),
            (r#"{ "prompt": "a", "response_format": {} }"#, "it takes messages or prompt"),
            (r#"{ "prompt": "a", "stream": "true" }"#, "stream is true or false"),
            (r#"{ "prompt": "a", "max_tokens": 0 }"#, "max_tokens is a whole number"),
            (r#"{ "prompt": "a", "max_tokens": 1.5 }"#, "max_tokens is a whole number"),
            (r#"{ "prompt": "a", "max_tokens": -1 }"#, "max_tokens is a whole number"),
            (r#"{ "prompt": "a", "max_tokens": 1000001 }"#, "max_tokens is a whole number"),
            (r#"{ "prompt": "a", "max_tokens": 9, "max_completion_tokens": 9 }"#, "not both"),
            (r#"{ "prompt": "a", "temperature": 2.1 }"#, "temperature is a number"),
            (r#"{ "prompt": "a", "temperature": -0.1 }"#, "temperature is a number"),
            (r#"{ "prompt": "a", "temperature": "hot" }"#, "temperature is a number"),
        ] {
            let message = refused(body);
            assert!(message.contains(reason), "{body}: {message}");
        }
        assert!(refused(b"{ \"prompt\": \"\xFF\" }").contains("not UTF-8"));
    }

    #[test]
    fn a_refusal_quotes_nothing_of_the_request() {
        for body in [r#"{ "S3CRET": 1 }"#, r#"{ "prompt": S3CRET }"#, r#"{ "messages": [{ "role": "S3CRET" }] }"#] {
            let error = Question::parse(body.as_bytes()).unwrap_err();
            assert!(!format!("{error:?} {}", error.message()).contains("S3CRET"), "{error:?}");
        }
    }
}
