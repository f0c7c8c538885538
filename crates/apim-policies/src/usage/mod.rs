//! Reads the tokens that a language model used from its answers, whole or streamed: OpenAI (chat, responses,
//! embeddings), Anthropic and Google.

mod stream;
mod tap;

use serde_json::Value as Json;

pub use self::tap::UsageTap;

/// The tokens of a request and its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt: u64,
    pub(crate) completion: u64,
}

impl Usage {
    pub(crate) fn total(self) -> u64 {
        self.prompt.saturating_add(self.completion)
    }

    /// Reads the usage in the body of an answer.
    pub(crate) fn from_body(body: &[u8]) -> Option<Self> {
        let json: Json = serde_json::from_slice(body).ok()?;
        Self::read(json.get("usage").or_else(|| json.get("usageMetadata"))?)
    }

    /// Reads an object such as `usage`.
    fn read(usage: &Json) -> Option<Self> {
        let number = |name: &str| usage.get(name).and_then(Json::as_u64);
        let sum = |names: &[&str]| {
            let numbers: Vec<_> = names.iter().filter_map(|name| number(name)).collect();
            (!numbers.is_empty()).then(|| numbers.iter().sum::<u64>())
        };
        // Anthropic does not include the tokens that it read from, or wrote to, its cache in the input.
        let prompt = sum(&["prompt_tokens"])
            .or_else(|| sum(&["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]))
            .or_else(|| number("promptTokenCount"));
        let completion = sum(&["completion_tokens"])
            .or_else(|| number("output_tokens"))
            .or_else(|| sum(&["candidatesTokenCount", "thoughtsTokenCount"]));
        let total = number("total_tokens").or_else(|| number("totalTokenCount"));
        match (prompt, completion, total) {
            (None, None, None) => None,
            (prompt, _, Some(total)) => {
                let prompt = prompt.unwrap_or_default().min(total);
                Some(Self { prompt, completion: total - prompt })
            }
            (prompt, completion, None) => {
                Some(Self { prompt: prompt.unwrap_or_default(), completion: completion.unwrap_or_default() })
            }
        }
    }
}

/// Counts a prompt's tokens roughly, from the body of a request.
pub(crate) fn of_prompt(body: &[u8], count: fn(&str) -> u64) -> u64 {
    /// The tokens that OpenAI's models add to each message, and to a prompt.
    const PER_MESSAGE: u64 = 4;
    const PER_PROMPT: u64 = 3;
    let Ok(json) = serde_json::from_slice::<Json>(body) else { return 0 };
    let mut texts = String::new();
    let mut messages = 0;
    for name in ["messages", "contents", "prompt", "input", "instructions", "system"] {
        let Some(value) = json.get(name) else { continue };
        if matches!(name, "messages" | "contents") {
            messages += value.as_array().map_or(0, Vec::len) as u64;
        }
        collect(value, &mut texts);
    }
    let overhead = if messages > 0 { PER_PROMPT + PER_MESSAGE * messages } else { 0 };
    count(&texts) + overhead
}

/// Collects all texts of a value, except those that give its kind.
fn collect(value: &Json, texts: &mut String) {
    match value {
        Json::String(text) => texts.push_str(text),
        Json::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Json::Object(members) => {
            let said =
                members.iter().filter(|(name, _)| !matches!(name.as_str(), "role" | "type" | "image_url" | "url"));
            said.for_each(|(_, value)| collect(value, texts));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vendor_tells_its_tokens() {
        for (body, usage) in [
            (r#"{"usage":{"prompt_tokens":16,"completion_tokens":24,"total_tokens":40}}"#, Some((16, 24))),
            (r#"{"usage":{"prompt_tokens":8,"total_tokens":8}}"#, Some((8, 0))),
            (r#"{"usage":{"total_tokens":402}}"#, Some((0, 402))),
            (r#"{"usage":{"input_tokens":12,"output_tokens":22,"total_tokens":34}}"#, Some((12, 22))),
            (
                r#"{"usage":{"input_tokens":3,"cache_creation_input_tokens":4,"cache_read_input_tokens":5,"output_tokens":6}}"#,
                Some((12, 6)),
            ),
            (
                r#"{"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":5,"thoughtsTokenCount":6,"totalTokenCount":15}}"#,
                Some((4, 11)),
            ),
            (r#"{"usage":{}}"#, None),
            (r#"{"usage":null}"#, None),
            ("{}", None),
            ("[", None),
        ] {
            let expected = usage.map(|(prompt, completion)| Usage { prompt, completion });
            assert_eq!(Usage::from_body(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn a_prompt_is_its_texts_and_something_for_each_message() {
        let bytes: fn(&str) -> u64 = |text| text.len() as u64;
        for (body, count) in [
            (
                r#"{"messages":[{"role":"user","content":"abc"},{"role":"user","content":[{"type":"text","text":"de"}]}]}"#,
                16,
            ),
            (r#"{"input":"abc","instructions":"d","model":"ignored"}"#, 4),
            (r#"{"input":["abc","d"]}"#, 4),
            ("not JSON", 0),
        ] {
            assert_eq!(of_prompt(body.as_bytes(), bytes), count, "{body}");
        }
    }
}
