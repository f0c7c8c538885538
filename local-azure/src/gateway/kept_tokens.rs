//! The credential manager's cache of connections' tokens.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};

use apim_policies::expression::Authorization;
use tokio::sync::Mutex;

/// The cached tokens, by credential provider and connection.
#[derive(Default)]
pub(super) struct Credentials(StdMutex<HashMap<(String, String), Arc<Slot>>>);

/// A slot for one token. It is locked while a token is fetched, so all callers that need the token wait for one fetch.
pub(super) type Slot = Mutex<Option<KeptToken>>;

/// A token and the end of its use.
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
