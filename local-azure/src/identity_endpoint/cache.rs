//! Azure's own cache of tokens: one for each identity and resource, for about 24 hours. No caller can empty it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use uuid::Uuid;

use crate::issuer::{Token, TokenError};

/// Seconds for which a token is handed out again.
const KEPT: i64 = 24 * 60 * 60;

/// Tokens by principal ID and by the resource exactly as it was asked for.
#[derive(Default)]
pub(super) struct TokenCache(Mutex<HashMap<(Uuid, String), Arc<Token>>>);

impl TokenCache {
    /// The token of the last 24 hours, or a new one. A refusal is not kept.
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
