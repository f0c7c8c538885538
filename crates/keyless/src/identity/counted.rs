//! A credential whose tokens are counted.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};

use crate::transport::Http;

/// Counts the tokens that `source` gives, and its failures.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) source: Arc<dyn TokenCredential>,
    pub(super) http: Http,
}

#[async_trait]
impl TokenCredential for Counted {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let token = self.source.get_token(scopes, options).await;
        if let Some(signals) = self.http.signals() {
            signals.token_fetched(&scopes.join(" "), token.is_ok());
        }
        token
    }
}
