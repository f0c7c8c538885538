//! Server-sent events of a language model, read while they pass: the tokens that they report, and their text.

use serde_json::Value as Json;

use super::Usage;

/// The longest line. A longer line is not an event of a model, and is skipped.
const LONGEST_LINE: usize = 1024 * 1024;
/// The size of the parts in which text is counted, so that a long stream takes no memory.
const PART: usize = 16 * 1024;

/// The usage of a stream so far.
#[derive(Debug, Default)]
pub(super) struct StreamUsage {
    line: Vec<u8>,
    is_too_long: bool,
    /// The tokens that events report. Each member is the latest number.
    prompt: Option<u64>,
    completion: Option<u64>,
    /// The text that is not counted yet.
    text: String,
    counted: u64,
    /// Whether the last event of the answer has passed.
    pub(super) is_over: bool,
}

impl StreamUsage {
    pub(super) fn passed(&mut self, bytes: &[u8], count: fn(&str) -> u64) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let is_whole = part.ends_with(b"\n");
            if self.line.len() + part.len() > LONGEST_LINE {
                self.is_too_long = true;
                self.line.clear();
            }
            if !self.is_too_long {
                self.line.extend_from_slice(part);
            }
            if is_whole {
                let line = std::mem::take(&mut self.line);
                if !std::mem::take(&mut self.is_too_long) {
                    self.read_line(&line, count);
                }
            }
        }
    }

    /// Returns the usage that the events report, or else the estimate of the prompt and a count of the text.
    pub(super) fn usage(&mut self, prompt: u64, count: fn(&str) -> u64) -> Usage {
        self.count_text(count);
        Usage { prompt: self.prompt.unwrap_or(prompt), completion: self.completion.unwrap_or(self.counted) }
    }

    fn read_line(&mut self, line: &[u8], count: fn(&str) -> u64) {
        let Some(data) = line.strip_prefix(b"data:") else { return };
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.is_over = true;
            return;
        }
        let Ok(event) = serde_json::from_slice::<Json>(data) else { return };
        self.read_usage(&event);
        self.read_text(&event);
        if self.text.len() >= PART {
            self.count_text(count);
        }
        let kind = event.get("type").and_then(Json::as_str).unwrap_or_default();
        let last = ["response.completed", "response.incomplete", "response.failed", "message_stop"];
        self.is_over |= last.contains(&kind);
    }

    fn read_usage(&mut self, event: &Json) {
        let places = [
            event.get("usage"),
            event.get("usageMetadata"),
            event.get("response").and_then(|response| response.get("usage")),
            event.get("message").and_then(|message| message.get("usage")),
        ];
        for place in places.into_iter().flatten() {
            let Some(usage) = Usage::read(place) else { continue };
            // Anthropic's first event reports the prompt, and its last event reports the answer.
            if usage.prompt > 0 {
                self.prompt = Some(usage.prompt);
            }
            let starts = event.get("type").is_some_and(|kind| kind == "message_start");
            if usage.completion > 0 && !starts {
                self.completion = Some(usage.completion);
            }
        }
    }

    fn read_text(&mut self, event: &Json) {
        let list = |value: &Json, name: &str| value.get(name).and_then(Json::as_array).cloned().unwrap_or_default();
        for choice in list(event, "choices") {
            self.push(choice.get("text"));
            let Some(delta) = choice.get("delta") else { continue };
            for name in ["content", "refusal", "reasoning_content"] {
                self.push(delta.get(name));
            }
            for call in list(delta, "tool_calls") {
                self.push(call.get("function").and_then(|function| function.get("name")));
                self.push(call.get("function").and_then(|function| function.get("arguments")));
            }
        }
        match event.get("delta") {
            Some(delta @ Json::String(_)) => self.push(Some(delta)),
            Some(delta) => {
                for name in ["text", "partial_json", "thinking"] {
                    self.push(delta.get(name));
                }
            }
            None => {}
        }
        for candidate in list(event, "candidates") {
            for part in candidate.get("content").map(|content| list(content, "parts")).unwrap_or_default() {
                self.push(part.get("text"));
            }
        }
    }

    fn push(&mut self, text: Option<&Json>) {
        if let Some(Json::String(text)) = text {
            self.text.push_str(text);
        }
    }

    fn count_text(&mut self, count: fn(&str) -> u64) {
        if !self.text.is_empty() {
            self.counted += count(&std::mem::take(&mut self.text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: fn(&str) -> u64 = |text| text.split_whitespace().count() as u64;

    /// Returns prompt, completion, and whether the stream is over. The events come in pieces of every size.
    fn read(events: &str) -> (u64, u64, bool) {
        let of_pieces = |size: usize| {
            let mut stream = StreamUsage::default();
            events.as_bytes().chunks(size).for_each(|piece| stream.passed(piece, WORDS));
            let usage = stream.usage(7, WORDS);
            (usage.prompt, usage.completion, stream.is_over)
        };
        let whole = of_pieces(events.len());
        assert!((1..20).all(|size| of_pieces(size) == whole), "{events}");
        whole
    }

    #[test]
    fn text_is_counted_where_no_event_says_what_was_used() {
        let chat = "data: {\"choices\":[]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"one two\"}}]}\r\n\r\n\
                    data: {\"choices\":[{\"delta\":{\"content\":\" three\"}}],\"usage\":null}\n\n";
        assert_eq!(read(chat), (7, 3, false));
        assert_eq!(read(&format!("{chat}data: [DONE]\n\n")), (7, 3, true));
        let tool = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"f \",\"arguments\":\"a b\"}}]}}]}\n";
        assert_eq!(read(tool), (7, 3, false));
        let google = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"one two\"}]}}]}\n\n";
        assert_eq!(read(google), (7, 2, false));
        assert_eq!(read("data:{\"type\":\"response.output_text.delta\",\"delta\":\"one\"}\n"), (7, 1, false));
        assert_eq!(read(": a comment\n\nevent: x\ndata: no JSON\n\n"), (7, 0, false));
    }

    #[test]
    fn what_events_say_was_used_wins() {
        let chat = "data: {\"choices\":[{\"delta\":{\"content\":\"one two\"}}],\"usage\":null}\n\n\
                    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":168,\"completion_tokens\":220,\"total_tokens\":388}}\n\n\
                    data: [DONE]\n\n";
        assert_eq!(read(chat), (168, 220, true));
        let responses = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":\
                         {\"input_tokens\":3,\"output_tokens\":4,\"total_tokens\":7}}}\n\n";
        assert_eq!(read(responses), (3, 4, true));
        let anthropic = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":16,\
                         \"output_tokens\":1}}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\
                         \"delta\":{\"type\":\"text_delta\",\"text\":\"one two\"}}\n\nevent: message_delta\ndata: {\"type\":\
                         \"message_delta\",\"usage\":{\"output_tokens\":403}}\n\nevent: message_stop\ndata: \
                         {\"type\":\"message_stop\"}\n\n";
        assert_eq!(read(anthropic), (16, 403, true));
        let google = "data: {\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":1}}\n\n\
                      data: {\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":9}}\n\n";
        assert_eq!(read(google), (4, 9, false));
    }

    #[test]
    fn a_line_without_an_end_takes_no_memory() {
        let mut stream = StreamUsage::default();
        (0..64).for_each(|_| stream.passed(&vec![b'x'; 64 * 1024], WORDS));
        assert!(stream.line.len() <= LONGEST_LINE);
        stream.passed(b"\ndata: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n", WORDS);
        assert_eq!(stream.usage(0, WORDS).completion, 1);
    }
}
