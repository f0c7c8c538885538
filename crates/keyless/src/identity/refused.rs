//! A policy for SDK clients: it drops a token that a service refused, and calls no service without an identity.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::{
    credentials::Secret,
    http::{
        Context, Request, StatusCode,
        headers::AUTHORIZATION,
        policies::{Policy, PolicyResult},
    },
};

use super::tokens::TokenCache;

/// Put it into `per_try_policies` of each client that gets its tokens from the cache. There it is below the SDK's own
/// policy. The SDK's policy forgets its copy of a refused token, but would get the same token from the cache.
///
/// Key Vault's client then retries once itself. Storage's client returns the 401 to its caller, and the next call has
/// another token. A 401 to a request without a token is a challenge and drops nothing.
#[derive(Debug)]
pub(crate) struct ForgetRefused(pub(crate) Arc<TokenCache>);

#[async_trait]
#[expect(elided_lifetimes_in_paths, reason = "spelt out, it is another signature than the trait's to async-trait")]
impl Policy for ForgetRefused {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        self.0.check().await?;
        let response = next[0].send(ctx, request, &next[1..]).await?;
        if response.status() == StatusCode::Unauthorized
            && let Some(refused) = request.headers().get_optional_str(&AUTHORIZATION)
            && let Some(refused) = refused.strip_prefix("Bearer ")
        {
            self.0.invalidate(&Secret::new(refused.to_owned()));
        }
        Ok(response)
    }
}
