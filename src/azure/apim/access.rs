//! The token and the subscription key of a request, and what to do about them after a 401.

use std::{mem::replace, sync::Arc, time::Duration};

use azure_core::credentials::{AccessToken, TokenCredential as _};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::AUTHORIZATION};
use jiff::Timestamp;
use tokio::{sync::Mutex, time::Instant};

use super::refusal::{About, Refusal};
use crate::{
    azure::{SecretValue, Secrets, claims::UnverifiedClaims, failure::failure, token_cache::TokenCache},
    config::{ApiManagement, Audience, SecretName},
    error::{Cause, Error, Service},
};

/// The shortest time between two times that the vault is asked again because the gateway refused the key: a key that is
/// wrong in the vault must not make each request two.
const PAUSE: Duration = Duration::from_secs(30);

/// What this app shows to the gateway.
pub(super) struct Access {
    tokens: Arc<TokenCache>,
    audience: Audience,
    scope: String,
    secrets: Arc<Secrets>,
    key_secret: SecretName,
    key_header: HeaderName,
    /// When the vault was asked again. Held while it is: others wait, and find the new key.
    asked_again: Mutex<Option<Instant>>,
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
            asked_again: Mutex::default(),
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

    /// The secret may have been rotated since it was read.
    async fn renew_key(&self, refused: &SecretValue) -> bool {
        let is_other = |key: Result<SecretValue, Error>| key.is_ok_and(|key| key.expose() != refused.expose());
        let mut asked_again = self.asked_again.lock().await;
        if is_other(self.secrets.get(&self.key_secret).await) {
            return true;
        }
        if asked_again.is_some_and(|at| at.elapsed() < PAUSE) {
            return false;
        }
        *asked_again = Some(Instant::now());
        self.secrets.forget(&self.key_secret).await;
        is_other(self.secrets.get(&self.key_secret).await)
    }

    /// What about this token may have been refused.
    pub(super) fn misfit(&self, pass: &Pass) -> String {
        UnverifiedClaims::of(pass.token.token.secret()).misfit(self.audience.as_str(), Timestamp::now())
    }
}
