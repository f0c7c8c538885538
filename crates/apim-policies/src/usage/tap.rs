//! Counts a streamed answer at its end.

use super::{Usage, stream::StreamUsage};

/// The work that needs the usage.
type Then = Box<dyn FnOnce(Usage) + Send + Sync>;

/// Reads the bytes of a streamed answer while they pass. It counts the used tokens once: after the last event, or when
/// it is dropped (at the stream's end, or because the client left).
pub struct UsageTap {
    stream: StreamUsage,
    /// The estimate of the prompt.
    prompt: u64,
    count: fn(&str) -> u64,
    then: Vec<Then>,
}

impl UsageTap {
    pub(crate) fn new(prompt: u64, count: fn(&str) -> u64, then: Vec<Then>) -> Self {
        Self { stream: StreamUsage::default(), prompt, count, then }
    }

    /// Reads bytes of the answer.
    pub fn passed(&mut self, bytes: &[u8]) {
        if self.then.is_empty() {
            return;
        }
        self.stream.passed(bytes, self.count);
        if self.stream.is_over {
            self.finish();
        }
    }

    fn finish(&mut self) {
        if self.then.is_empty() {
            return;
        }
        let usage = self.stream.usage(self.prompt, self.count);
        self.then.drain(..).for_each(|then| then(usage));
    }
}

impl Drop for UsageTap {
    fn drop(&mut self) {
        self.finish();
    }
}

impl std::fmt::Debug for UsageTap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UsageTap").field("stream", &self.stream).finish_non_exhaustive()
    }
}
