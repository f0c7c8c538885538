//! Work that waits for the end of a streamed answer.

use crate::usage::{Usage, UsageTap};

#[derive(Default)]
pub(super) struct Taps {
    prompt: u64,
    then: Vec<Box<dyn FnOnce(Usage) + Send + Sync>>,
}

impl Taps {
    /// Adds work. `prompt` is the number of prompt tokens if no event reports it.
    pub(super) fn add(&mut self, prompt: u64, then: impl FnOnce(Usage) + Send + Sync + 'static) {
        self.prompt = prompt;
        self.then.push(Box::new(then));
    }

    pub(super) fn into_tap(self, count: fn(&str) -> u64) -> Option<UsageTap> {
        (!self.then.is_empty()).then(|| UsageTap::new(self.prompt, count, self.then))
    }
}
