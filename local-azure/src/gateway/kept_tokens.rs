//! The credential manager's cache of connections' tokens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};

use apim_policies::expression::Authorization;
use tokio::sync::Mutex;

/// The tokens at hand, by credential provider and connection.
#[derive(Default)]
pub(super) struct Credentials(StdMutex<HashMap<(String, String), Arc<Slot>>>);

/// Locked while a token is fetched, so that all who need it wait for one fetch.
pub(super) type Slot = Mutex<Option<KeptToken>>;

/// A token and how long it is used.
pub(super) struct KeptToken {
    pub(super) authorization: Authorization,
    /// Seconds since 1970.
    pub(super) until: i64,
}

impl Credentials {
    pub(super) fn slot(&self, provider: &str, connection: &str) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((provider.to_owned(), connection.to_owned())).or_default())
    }
}
