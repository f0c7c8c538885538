//! The texts in requests to language models and in their answers.

use serde_json::Value as Json;

/// The texts of a prompt, and the number of its messages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) text: String,
    pub(super) messages: usize,
}

/// Returns the prompt of a request to chat completions or the Responses API; empty if the body is something else.
pub(super) fn of_prompt(body: &[u8], ignore_system: bool) -> Prompt {
    let Ok(json) = serde_json::from_slice::<Json>(body) else { return Prompt::default() };
    let mut texts = Vec::new();
    let mut messages = 0;
    for name in ["instructions", "prompt", "messages", "input"] {
        match json.get(name) {
            Some(Json::Array(list)) => {
                for message in list {
                    let role = message.get("role").and_then(Json::as_str).unwrap_or_default();
                    messages += 1;
                    if !(ignore_system && matches!(role, "system" | "developer")) {
                        collect(message.get("content").unwrap_or(message), &mut texts);
                    }
                }
            }
            Some(Json::String(_)) if ignore_system && name == "instructions" => {}
            Some(Json::String(text)) => texts.push(text.clone()),
            _ => {}
        }
    }
    Prompt { text: texts.join("\n"), messages }
}

/// Returns the text of an answer, plain or as server-sent events.
pub(super) fn of_answer(body: &[u8], is_stream: bool) -> String {
    let mut texts = Vec::new();
    if is_stream {
        for line in body.split(|byte| *byte == b'\n') {
            let data = line.strip_prefix(b"data:").map(<[u8]>::trim_ascii);
            let Some(Ok(event)) = data.map(serde_json::from_slice::<Json>) else { continue };
            for choice in event.get("choices").and_then(Json::as_array).into_iter().flatten() {
                let delta = choice.get("delta").and_then(|delta| delta.get("content"));
                texts.extend(delta.and_then(Json::as_str).map(str::to_owned));
            }
            texts.extend(event.get("delta").and_then(Json::as_str).map(str::to_owned));
        }
        return texts.concat();
    }
    let Ok(json) = serde_json::from_slice::<Json>(body) else { return String::new() };
    for choice in json.get("choices").and_then(Json::as_array).into_iter().flatten() {
        let content = choice.get("message").and_then(|message| message.get("content"));
        collect(content.unwrap_or(&Json::Null), &mut texts);
    }
    for item in json.get("output").and_then(Json::as_array).into_iter().flatten() {
        collect(item.get("content").unwrap_or(&Json::Null), &mut texts);
    }
    texts.join("\n")
}

/// Collects a text, or the texts of parts.
fn collect(value: &Json, texts: &mut Vec<String>) {
    match value {
        Json::String(text) => texts.push(text.clone()),
        Json::Array(parts) => parts.iter().for_each(|part| collect(part.get("text").unwrap_or(&Json::Null), texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_and_answers_are_found_in_each_shape() {
        let chat =
            br#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"u"}]}]}"#;
        assert_eq!(of_prompt(chat, false), Prompt { text: "s\nu".to_owned(), messages: 2 });
        assert_eq!(of_prompt(chat, true), Prompt { text: "u".to_owned(), messages: 2 });
        assert_eq!(of_prompt(br#"{"input":"a","instructions":"b"}"#, false).text, "b\na");
        assert_eq!(of_prompt(b"no JSON", false), Prompt::default());
        assert_eq!(of_answer(br#"{"choices":[{"message":{"content":"a"}}]}"#, false), "a");
        assert_eq!(of_answer(br#"{"output":[{"content":[{"text":"a"}]}]}"#, false), "a");
        let events =
            b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"delta\":\"b\"}\n\ndata: [DONE]\n\n";
        assert_eq!(of_answer(events, true), "ab");
    }
}
