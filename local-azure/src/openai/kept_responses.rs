//! Responses that the service stores: all, except those with `"store": false`.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The most stored responses; older ones are dropped. Azure drops them after 30 days.
const MOST_KEPT_RESPONSES: usize = 500;

/// The most bytes of all stored texts. Each response holds its whole conversation.
const MOST_KEPT_BYTES: usize = 16 * 1024 * 1024;

/// A response that can be read and continued.
#[derive(Clone, Debug)]
pub(super) struct KeptResponse {
    /// The body of the answer.
    pub(super) body: String,
    /// The texts of the conversation so far, and whether each is from the user.
    pub(super) texts: Vec<(bool, String)>,
    /// The number of texts from this response's own request.
    pub(super) own: usize,
}

#[derive(Debug, Default)]
pub(super) struct KeptResponses(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    by_id: BTreeMap<String, KeptResponse>,
    /// Response IDs, oldest first.
    order: VecDeque<String>,
    bytes: usize,
}

impl KeptResponse {
    fn bytes(&self) -> usize {
        self.body.len() + self.texts.iter().map(|(_, text)| text.len()).sum::<usize>()
    }
}

impl Inner {
    fn forget(&mut self, id: &str) -> bool {
        let Some(forgotten) = self.by_id.remove(id) else { return false };
        self.bytes -= forgotten.bytes();
        self.order.retain(|other| other != id);
        true
    }
}

impl KeptResponses {
    /// Stores a response, and drops the oldest ones while there are too many or they are too large. The new response
    /// always stays.
    pub(super) fn keep(&self, id: String, response: KeptResponse) {
        let mut kept = self.lock();
        kept.forget(&id);
        kept.bytes += response.bytes();
        kept.order.push_back(id.clone());
        kept.by_id.insert(id, response);
        while kept.order.len() > 1 && (kept.order.len() > MOST_KEPT_RESPONSES || kept.bytes > MOST_KEPT_BYTES) {
            let Some(oldest) = kept.order.front().cloned() else { return };
            kept.forget(&oldest);
        }
    }

    pub(super) fn get(&self, id: &str) -> Option<KeptResponse> {
        self.lock().by_id.get(id).cloned()
    }

    pub(super) fn forget(&self, id: &str) -> bool {
        self.lock().forget(id)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(body: String) -> KeptResponse {
        KeptResponse { body, texts: vec![(true, "a question".to_owned())], own: 1 }
    }

    #[test]
    fn the_oldest_go_by_number_and_by_size_and_the_last_stays() {
        let kept = KeptResponses::default();
        (0..=MOST_KEPT_RESPONSES).for_each(|number| kept.keep(number.to_string(), response("short".to_owned())));
        assert!(kept.get("0").is_none() && kept.get("1").is_some());
        kept.keep("long".to_owned(), response("x".repeat(MOST_KEPT_BYTES / 2)));
        assert!(kept.get("1").is_none() && kept.get(&MOST_KEPT_RESPONSES.to_string()).is_some());
        kept.keep("too long".to_owned(), response("x".repeat(MOST_KEPT_BYTES)));
        assert!(kept.get("long").is_none() && kept.get("too long").is_some());
        assert!(kept.forget("too long") && !kept.forget("too long"));
        assert_eq!(kept.lock().bytes, 0);
    }
}
