//! Text, usage and end of an answer, in the formats of chat completions and of responses.

use serde_json::Value;

/// The tokens that a call took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt; `input_tokens` of responses.
    pub prompt_tokens: u64,
    /// Tokens of the answer, including reasoning; `output_tokens` of responses.
    pub completion_tokens: u64,
    /// The sum of both.
    pub total_tokens: u64,
}

impl Usage {
    /// Reads the usage of a whole answer, of a chunk, or of an event that holds a response.
    pub(super) fn from_json(json: &Value) -> Option<Self> {
        let usage =
            [json, &json["response"]].into_iter().map(|holder| &holder["usage"]).find(|usage| usage.is_object())?;
        let number = |chat: &str, responses: &str| usage[chat].as_u64().or_else(|| usage[responses].as_u64());
        let (prompt, completion) = (
            number("prompt_tokens", "input_tokens")?,
            number("completion_tokens", "output_tokens").unwrap_or_default(),
        );
        let total = usage["total_tokens"].as_u64().unwrap_or(prompt + completion);
        Some(Self { prompt_tokens: prompt, completion_tokens: completion, total_tokens: total })
    }
}

/// Returns the text of a whole answer: of the first choice, or of all messages of a response.
pub(super) fn text(json: &Value) -> String {
    if let Some(content) = json["choices"][0]["message"]["content"].as_str() {
        return content.to_owned();
    }
    let items = json["output"].as_array().into_iter().flatten();
    let parts = items.flat_map(|item| item["content"].as_array().into_iter().flatten());
    parts.filter(|part| part["type"] == "output_text").filter_map(|part| part["text"].as_str()).collect()
}

/// Returns the text that an event adds.
pub(super) fn text_delta(json: &Value) -> Option<&str> {
    if json["type"] == "response.output_text.delta" {
        return json["delta"].as_str();
    }
    let choice = json["choices"].as_array()?.iter().find(|choice| choice["index"] == 0)?;
    choice["delta"]["content"].as_str()
}

/// Returns the reason why an answer ended: `stop`, `length`, `content_filter`… of the first choice. For a response it
/// is the status, or the reason why it is incomplete.
pub(super) fn finish_reason(json: &Value) -> Option<&str> {
    if let Some(choices) = json["choices"].as_array() {
        return choices.iter().find_map(|choice| choice["finish_reason"].as_str());
    }
    let kind = json["type"].as_str();
    let response = match kind {
        None => json,
        Some("response.completed" | "response.incomplete") => &json["response"],
        Some(_) => return None,
    };
    response["incomplete_details"]["reason"].as_str().or_else(|| response["status"].as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_shapes_give_text_usage_and_end() {
        let chat = json!({
            "choices": [{ "index": 0, "finish_reason": "stop", "message": { "content": "Hello" } }],
            "usage": { "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5 }
        });
        let response = json!({
            "status": "completed", "incomplete_details": null,
            "output": [
                { "type": "reasoning", "summary": [] },
                { "type": "message", "content": [{ "type": "output_text", "text": "Hel" }, { "type": "output_text", "text": "lo" }] }
            ],
            "usage": { "input_tokens": 3, "output_tokens": 2, "total_tokens": 5 }
        });
        for (answer, end) in [(chat, "stop"), (response, "completed")] {
            assert_eq!((text(&answer).as_str(), finish_reason(&answer)), ("Hello", Some(end)));
            let expected = Usage { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
            assert_eq!(Usage::from_json(&answer), Some(expected));
        }
    }

    #[test]
    fn frames_without_choices_or_text_add_nothing() {
        for frame in [
            json!({ "choices": [], "id": "", "prompt_filter_results": [] }),
            json!({ "choices": [{ "index": 0, "delta": { "role": "assistant", "content": null }, "finish_reason": null }] }),
            json!({ "choices": [{ "index": 0, "content_filter_offsets": {}, "finish_reason": null }], "usage": null }),
            json!({ "type": "response.created", "response": { "status": "in_progress", "usage": null } }),
        ] {
            assert_eq!(
                (text_delta(&frame), finish_reason(&frame), Usage::from_json(&frame)),
                (None, None, None),
                "{frame}"
            );
        }
        let second = json!({ "choices": [{ "index": 1, "delta": { "content": "other" } }] });
        assert_eq!(text_delta(&second), None);
    }

    #[test]
    fn an_answer_that_the_filter_stopped_has_no_text_and_says_so() {
        let chat = json!({ "choices": [{ "index": 0, "finish_reason": "content_filter" }] });
        assert_eq!((text(&chat).as_str(), finish_reason(&chat)), ("", Some("content_filter")));
        let response = json!({
            "type": "response.incomplete",
            "response": { "status": "incomplete", "incomplete_details": { "reason": "max_output_tokens" } }
        });
        assert_eq!(finish_reason(&response), Some("max_output_tokens"));
    }
}
