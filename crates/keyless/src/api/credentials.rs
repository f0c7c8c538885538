//! The token and the subscription key of a request, and their renewal after a 401.

use std::{mem::replace, sync::Arc};

use futures_util::future::join;
use http::{HeaderMap, StatusCode, header::AUTHORIZATION};
use jiff::Timestamp;

use super::{
    refusal::{ApiRefusal, RefusedPart},
    subscription_key::{KeyValue, SubscriptionKey},
};
use crate::{
    context::{TRACEPARENT, TRACESTATE, TraceContext},
    error::{Cause, Error, Service},
    failure::failure,
    identity::{Token, TokenCache, UnverifiedClaims},
    settings::Audience,
};

/// The credentials of this app for the API.
pub(super) struct ApiCredentials {
    service: Service,
    tokens: Arc<TokenCache>,
    audience: Audience,
    scope: String,
    key: Option<SubscriptionKey>,
}

/// The credentials of one request.
pub(crate) struct SentCredentials {
    token: Token,
    key: Option<KeyValue>,
}

/// The renewals for one request. Token and key are each renewed at most once.
#[derive(Default)]
pub(super) struct Renewals {
    token: bool,
    key: bool,
}

impl ApiCredentials {
    pub(super) fn new(
        service: Service,
        tokens: Arc<TokenCache>,
        audience: Audience,
        key: Option<SubscriptionKey>,
    ) -> Self {
        Self { service, tokens, scope: audience.scope(), audience, key }
    }

    pub(super) fn audience(&self) -> &Audience {
        &self.audience
    }

    pub(super) fn scope(&self) -> &str {
        &self.scope
    }

    pub(super) fn key_secret(&self) -> Option<&str> {
        self.key.as_ref().map(SubscriptionKey::secret)
    }

    /// Returns the token and the key. Those that are not in memory are fetched at the same time.
    pub(super) async fn current(&self) -> Result<SentCredentials, Error> {
        let key = async {
            match &self.key {
                Some(key) => key.value().await.map(Some),
                None => Ok(None),
            }
        };
        let (key, token) = join(key, self.tokens.token(&self.scope)).await;
        Ok(SentCredentials { key: key?, token: token.map_err(|error| failure(self.service, error.into()))? })
    }

    /// Removes the header of our key, in case a caller set it.
    pub(super) fn without_key(&self, mut headers: HeaderMap) -> HeaderMap {
        if let Some(key) = &self.key {
            headers.remove(key.header());
        }
        headers
    }

    /// Adds token, key, and the trace context of the try to the headers.
    pub(super) fn sign(
        &self,
        mut headers: HeaderMap,
        shown: &SentCredentials,
        context: Option<&TraceContext>,
    ) -> Result<HeaderMap, Error> {
        if let (Some(key), Some(value)) = (&self.key, &shown.key) {
            let value = value.to_header().ok_or_else(|| Error::refused(Service::KeyVault, Cause::NotAKey))?;
            headers.insert(key.header(), value);
        }
        let token = shown.token.bearer().ok_or_else(|| Error::refused(Service::Identity, Cause::NotAToken))?;
        headers.insert(AUTHORIZATION, token);
        if let Some(context) = context {
            headers.insert(TRACEPARENT, context.parent.clone());
            match &context.state {
                Some(state) => headers.insert(TRACESTATE, state.clone()),
                // The `tracestate` of a forwarded request belongs to another parent.
                None => headers.remove(TRACESTATE),
            };
        }
        Ok(headers)
    }

    /// Reports whether a token or a key exists that differs from the refused one.
    pub(super) async fn renew(&self, shown: &SentCredentials, refusal: &ApiRefusal, done: &mut Renewals) -> bool {
        match (refusal.part, &self.key, &shown.key) {
            (RefusedPart::Key, Some(key), Some(value)) => !replace(&mut done.key, true) && key.renew(value).await,
            (RefusedPart::Token, ..) if refusal.status == StatusCode::UNAUTHORIZED => {
                !replace(&mut done.token, true) && self.tokens.invalidate(shown.token.secret())
            }
            (RefusedPart::Key | RefusedPart::Token | RefusedPart::Role | RefusedPart::Quota, ..) => false,
        }
    }

    /// Names the claim of this token that may be the reason for a refusal.
    pub(super) fn mismatch(&self, shown: &SentCredentials) -> String {
        UnverifiedClaims::new(shown.token.secret().secret()).mismatch(self.audience.as_str(), Timestamp::now())
    }
}

impl SentCredentials {
    /// Returns the headers of token and key.
    #[cfg(all(test, feature = "api-management"))]
    pub(super) fn headers(&self) -> Option<[http::HeaderValue; 2]> {
        Some([self.token.bearer()?, self.key.as_ref()?.to_header()?])
    }

    /// Returns the texts that no log may show, even if the API echoes them.
    pub(crate) fn credentials(&self) -> Vec<&str> {
        let key = self.key.as_ref().map(KeyValue::expose);
        [self.token.secret().secret()].into_iter().chain(key).collect()
    }
}
