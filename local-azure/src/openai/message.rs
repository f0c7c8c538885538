//! Messages of a prompt, in the formats of chat completions and the Responses API: text only.

use serde_json::Value;

use super::{body::wrong_type, refusal::ModelRefusal};
use crate::tokenizer::Tokenizer;

/// One message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    role: String,
    name: Option<String>,
    pub(super) text: String,
}

/// The names of a message's text parts, and its allowed roles.
pub(super) struct MessageShape {
    pub(super) text_parts: &'static [&'static str],
    pub(super) roles: &'static [&'static str],
}

pub(super) const OF_CHAT: MessageShape =
    MessageShape { text_parts: &["text", "refusal"], roles: &["system", "assistant", "user", "developer"] };
pub(super) const OF_RESPONSES: MessageShape = MessageShape {
    text_parts: &["input_text", "output_text", "text"],
    roles: &["assistant", "system", "developer", "user"],
};

/// The tokens of a prompt in addition to its messages: they begin the reply.
const PRIMING: u64 = 3;
/// The tokens of each message in addition to its texts.
const PER_MESSAGE: u64 = 3;

impl Message {
    pub(super) fn user(text: &str) -> Self {
        Self { role: "user".to_owned(), name: None, text: text.to_owned() }
    }

    /// Returns the instructions of the Responses API as a message.
    pub(super) fn developer(text: &str) -> Self {
        Self { role: "developer".to_owned(), name: None, text: text.to_owned() }
    }

    pub(super) fn assistant(text: &str) -> Self {
        Self { role: "assistant".to_owned(), name: None, text: text.to_owned() }
    }

    /// Reads the message at a place such as `messages[0]`.
    pub(super) fn read(value: &Value, place: &str, shape: &MessageShape) -> Result<Self, ModelRefusal> {
        let Value::Object(members) = value else { return Err(wrong_type(place, "an object", value)) };
        let role = match members.get("role") {
            Some(Value::String(role)) if shape.roles.contains(&role.as_str()) => role.clone(),
            Some(Value::String(role)) if matches!(role.as_str(), "tool" | "function") => {
                return Err(ModelRefusal::not_played(
                    &format!("messages of the role {role}"),
                    &format!("{place}.role"),
                ));
            }
            Some(Value::String(role)) => {
                let known: Vec<_> = shape.roles.iter().map(|role| format!("'{role}'")).collect();
                return Err(ModelRefusal::invalid(
                    format!("Invalid value: '{role}'. Supported values are: {}.", known.join(", ")),
                    &format!("{place}.role"),
                    "invalid_value",
                ));
            }
            Some(other) => return Err(wrong_type(&format!("{place}.role"), "a string", other)),
            None => return Err(super::body::Object::missing(&format!("{place}.role"))),
        };
        let name = match members.get("name") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name.clone()),
            Some(other) => return Err(wrong_type(&format!("{place}.name"), "a string", other)),
        };
        for (member, value) in members {
            let known = ["role", "name", "content", "type", "id", "status", "refusal", "annotations", "phase"];
            if matches!(member.as_str(), "tool_calls" | "tool_call_id" | "function_call" | "audio")
                && !value.is_null()
                && value.as_array().is_none_or(|list| !list.is_empty())
            {
                return Err(ModelRefusal::not_played(member, &format!("{place}.{member}")));
            }
            if !value.is_null() && !known.contains(&member.as_str()) && !matches!(member.as_str(), "tool_calls") {
                let place = format!("{place}.{member}");
                return Err(ModelRefusal::invalid(
                    format!("Unknown parameter: '{place}'."),
                    &place,
                    "unknown_parameter",
                ));
            }
        }
        let text = content(members.get("content"), &format!("{place}.content"), shape)?;
        Ok(Self { role, name, text })
    }

    /// Reports whether the user wrote the message.
    pub(super) fn is_users(&self) -> bool {
        self.role == "user"
    }
}

fn content(value: Option<&Value>, place: &str, shape: &MessageShape) -> Result<String, ModelRefusal> {
    match value {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(parts)) => {
            let mut text = String::new();
            for (number, part) in parts.iter().enumerate() {
                let place = format!("{place}[{number}]");
                let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
                if !shape.text_parts.contains(&kind) {
                    let what = if kind.is_empty() {
                        "parts without a type".to_owned()
                    } else {
                        format!("parts of type {kind}")
                    };
                    return Err(ModelRefusal::not_played(&what, &format!("{place}.type")));
                }
                match part.get("text").or_else(|| part.get(kind)) {
                    Some(Value::String(part)) => text.push_str(part),
                    Some(other) => return Err(wrong_type(&format!("{place}.text"), "a string", other)),
                    None => return Err(super::body::Object::missing(&format!("{place}.text"))),
                }
            }
            Ok(text)
        }
        Some(Value::Null) | None => Err(ModelRefusal::invalid(
            format!("Invalid value for '{place}': expected a string, got null."),
            place,
            "invalid_value",
        )),
        Some(other) => Err(wrong_type(place, "one of a string or array of objects", other)),
    }
}

/// Counts the tokens of a prompt, like OpenAI's cookbook.
pub(super) fn count(messages: &[Message], tokenizer: &Tokenizer) -> u64 {
    let one = |message: &Message| {
        let name = message.name.as_ref().map_or(0, |name| 1 + tokenizer.count(name));
        PER_MESSAGE + tokenizer.count(&message.role) + tokenizer.count(&message.text) + name
    };
    PRIMING + messages.iter().map(one).sum::<u64>()
}

/// Returns all texts of a prompt, for the content filter.
pub(super) fn joined(messages: &[Message]) -> String {
    messages.iter().map(|message| message.text.as_str()).collect::<Vec<_>>().join("\n")
}
