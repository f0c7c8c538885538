//! An SDK credential without the SDK's own cache.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};

/// Makes a new credential for each token, because an SDK credential cannot forget its token.
///
/// This costs microseconds if the client options bring a transport. `make` reports problems of its settings at each
/// fetch.
pub(super) struct Uncached<F>(pub(super) F);

#[async_trait]
impl<F> TokenCredential for Uncached<F>
where
    F: Fn() -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync,
{
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        (self.0)()?.get_token(scopes, options).await
    }
}

impl<F> fmt::Debug for Uncached<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uncached").finish_non_exhaustive()
    }
}
