//! The token and the subscription key of a request, and what to do about them after a 401.

use std::{mem::replace, sync::Arc};

use azure_core::credentials::{AccessToken, TokenCredential as _};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::AUTHORIZATION};
use jiff::Timestamp;

use super::refusal::{About, Refusal};
use crate::{
    azure::{SecretValue, Secrets, claims::UnverifiedClaims, failure::failure, token_cache::TokenCache},
    config::{ApiManagement, Audience, SecretName},
    error::{Cause, Error, Service},
};

/// What this app shows to the gateway.
pub(super) struct Access {
    tokens: Arc<TokenCache>,
    audience: Audience,
    scope: String,
    secrets: Arc<Secrets>,
    key_secret: SecretName,
    key_header: HeaderName,
}

/// What one request shows.
pub(super) struct Pass {
    token: AccessToken,
    key: SecretValue,
}

/// What was renewed for one request; each once.
#[derive(Default)]
pub(super) struct Renewals {
    token: bool,
    key: bool,
}

impl Access {
    pub(super) fn new(config: &ApiManagement, tokens: Arc<TokenCache>, secrets: Arc<Secrets>) -> Self {
        Self {
            tokens,
            audience: config.audience.clone(),
            scope: config.audience.scope(),
            secrets,
            key_secret: config.key_secret.clone(),
            key_header: config.key_header.clone(),
        }
    }

    pub(super) fn key_secret(&self) -> &SecretName {
        &self.key_secret
    }

    pub(super) async fn pass(&self) -> Result<Pass, Error> {
        let key = self.secrets.get(&self.key_secret).await?;
        let token = self.tokens.get_token(&[&self.scope], None).await;
        Ok(Pass { key, token: token.map_err(|error| failure(Service::ApiManagement, error))? })
    }

    /// Without what a caller may have put where our key goes.
    pub(super) fn without_credentials(&self, mut headers: HeaderMap) -> HeaderMap {
        headers.remove(&self.key_header);
        headers
    }

    pub(super) fn sign(&self, mut headers: HeaderMap, pass: &Pass) -> Result<HeaderMap, Error> {
        let sensitive = |text: &str| {
            let mut value = HeaderValue::from_str(text)?;
            value.set_sensitive(true);
            Ok::<_, http::header::InvalidHeaderValue>(value)
        };
        let key = sensitive(pass.key.expose()).map_err(|_| Error::refused(Service::KeyVault, Cause::NotAKey))?;
        let token = sensitive(&format!("Bearer {}", pass.token.token.secret()));
        let token = token.map_err(|_| Error::refused(Service::Identity, Cause::NotAToken))?;
        headers.insert(&self.key_header, key);
        headers.insert(AUTHORIZATION, token);
        Ok(headers)
    }

    /// Whether there is another token, or another key, than the one that was refused.
    pub(super) async fn renew(&self, pass: &Pass, refusal: &Refusal, done: &mut Renewals) -> bool {
        match refusal.about {
            About::Key => !replace(&mut done.key, true) && self.renew_key(&pass.key).await,
            About::Token if refusal.status == StatusCode::UNAUTHORIZED => {
                !replace(&mut done.token, true) && self.tokens.invalidate(&pass.token.token)
            }
            About::Token | About::Quota => false,
        }
    }

    /// The secret may have been rotated since it was read; another caller may have found that already. A key that is
    /// wrong in the vault does not make each request two: [`Secrets::forget`] sees to that.
    async fn renew_key(&self, refused: &SecretValue) -> bool {
        let is_other = |key: Result<SecretValue, Error>| key.is_ok_and(|key| key.expose() != refused.expose());
        if is_other(self.secrets.get(&self.key_secret).await) {
            return true;
        }
        self.secrets.forget(&self.key_secret).await;
        is_other(self.secrets.get(&self.key_secret).await)
    }

    /// What about this token may have been refused.
    pub(super) fn misfit(&self, pass: &Pass) -> String {
        UnverifiedClaims::of(pass.token.token.secret()).misfit(self.audience.as_str(), Timestamp::now())
    }
}
