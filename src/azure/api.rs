//! Calls APIs behind API Management: with a token whose app role the gateway validates, and a subscription key.

use std::{fmt, sync::Arc};

use azure_core::credentials::TokenCredential as _;
use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use reqwest::{Client, Response};
use url::Url;

use super::{
    SecretValue,
    failure::{explanation, failure},
    token_cache::TokenCache,
};
use crate::{
    config::{ApiManagement, ApiPath, SecretName},
    error::{Cause, Error, Service},
};

/// The largest answer that is taken, in bytes. It is held in memory once.
const LARGEST: usize = 32 * 1024 * 1024;

/// An API's answer of success.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// The gateway, called as one identity for one audience.
pub(crate) struct Api {
    http: Client,
    base: Url,
    tokens: Arc<TokenCache>,
    scope: String,
    key_secret: SecretName,
    key_header: HeaderName,
}

impl Api {
    pub(super) fn new(config: &ApiManagement, tokens: Arc<TokenCache>, http: Client) -> Self {
        Self {
            http,
            base: config.connection.endpoint.clone(),
            tokens,
            scope: config.audience.scope(),
            key_secret: config.key_secret.clone(),
            key_header: config.key_header.clone(),
        }
    }

    /// Which secret holds the subscription key.
    pub(crate) fn key_secret(&self) -> &SecretName {
        &self.key_secret
    }

    /// GETs `path` with a token of our identity and the subscription key `key`.
    ///
    /// Only a 2xx is an answer. A redirect is refused like any other: it would carry the token to another place.
    pub(crate) async fn get(&self, path: &ApiPath, key: &SecretValue) -> Result<Answer, Error> {
        let refused = |error| failure(Service::ApiManagement, error);
        let token = self.tokens.get_token(&[&self.scope], None).await.map_err(refused)?;
        let request = self
            .http
            .get(path.below(&self.base))
            .bearer_auth(token.token.secret())
            .header(&self.key_header, key_value(key)?);
        let response = request.send().await.map_err(unreachable)?;
        if !response.status().is_success() {
            let (status, body) = (response.status(), read(response).await?);
            if status == StatusCode::UNAUTHORIZED {
                // A role that was given since is in a new token only.
                self.tokens.invalidate(&token.token);
            }
            let said = explanation(&body).unwrap_or(Cause::Silent);
            return Err(Error::answered(Service::ApiManagement, status, said));
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("application/octet-stream").to_owned();
        Ok(Answer { content_type, body: read(response).await? })
    }
}

fn key_value(key: &SecretValue) -> Result<HeaderValue, Error> {
    let value = HeaderValue::from_str(key.expose());
    let mut value = value.map_err(|_| Error::refused(Service::KeyVault, Cause::NotAKey))?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(mut response: Response) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Error::internal(Cause::TooLarge(LARGEST)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A path of the operator's may hold a query, so the URL stays out of the log.
fn unreachable(error: reqwest::Error) -> Error {
    Error::unreachable(Service::ApiManagement, error.without_url())
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base.as_str()).field("scope", &self.scope).finish_non_exhaustive()
    }
}
