//! Support for the tests of several modules: an identity with numbered tokens.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};

use crate::{
    connection::Connection,
    identity::{Credential, TokenCache},
    transport::Http,
};

/// The tokens `t1`, `t2`…
#[derive(Debug, Default)]
pub(crate) struct Numbered(AtomicUsize);

#[async_trait]
impl TokenCredential for Numbered {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let number = 1 + self.0.fetch_add(1, Ordering::Relaxed);
        Ok(AccessToken::new(format!("t{number}"), (SystemTime::now() + Duration::from_secs(3_600_000)).into()))
    }
}

/// A connection whose identity always has a token.
pub(crate) fn connection(endpoint: &str) -> Connection {
    let tokens = TokenCache::new(Arc::new(Numbered::default()), Duration::from_secs(5));
    Connection::new(endpoint.parse().unwrap(), Credential::ManagedIdentity(None), tokens, Http::default())
}
