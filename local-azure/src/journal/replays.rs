//! The original of each repeated invocation. A person starts the repetition, and its trace is known before it begins.

use std::collections::VecDeque;

use super::{EntryId, TraceId};

/// The number of remembered replays.
const MOST_REPLAYS: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Replays(VecDeque<(TraceId, EntryId)>);

impl Replays {
    pub(super) fn expect(&mut self, trace: TraceId, of: EntryId) {
        if self.0.len() == MOST_REPLAYS {
            self.0.pop_front();
        }
        self.0.push_back((trace, of));
    }

    pub(super) fn original(&self, trace: TraceId) -> Option<EntryId> {
        self.0.iter().find(|(known, _)| *known == trace).map(|(_, of)| *of)
    }
}
