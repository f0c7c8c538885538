//! Azure's own token cache: one token for each identity and resource, for about 24 hours. Callers cannot empty it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use uuid::Uuid;

use crate::issuer::{Token, TokenError};

/// The seconds for which a cached token is returned.
const KEPT: i64 = 24 * 60 * 60;

/// Tokens by principal ID and by the resource, in its exact requested spelling.
#[derive(Default)]
pub(super) struct TokenCache(Mutex<HashMap<(Uuid, String), Arc<Token>>>);

impl TokenCache {
    /// Returns the token of the last 24 hours, or a new one. Refusals are not cached.
    pub(super) fn get_or_issue(
        &self,
        principal_id: Uuid,
        resource: &str,
        now: Timestamp,
        issue: impl FnOnce() -> Result<Token, TokenError>,
    ) -> Result<Arc<Token>, TokenError> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (principal_id, resource.to_owned());
        if let Some(token) = tokens.get(&key).filter(|token| now.as_second() < token.not_before + KEPT) {
            return Ok(token.clone());
        }
        let token = Arc::new(issue()?);
        tokens.insert(key, token.clone());
        Ok(token)
    }
}
