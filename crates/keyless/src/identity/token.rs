//! A token and its header.

use std::sync::Arc;

use azure_core::credentials::{AccessToken, Secret};
use http::HeaderValue;

/// A token that is kept, and its `Authorization` header, which is made once. A copy of either copies no text.
#[derive(Clone)]
pub(crate) struct Token(Arc<BearerToken>);

struct BearerToken {
    token: AccessToken,
    bearer: Option<HeaderValue>,
}

impl Token {
    pub(super) fn new(token: AccessToken) -> Self {
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.token.secret())).ok();
        let bearer = bearer.map(|mut bearer| {
            bearer.set_sensitive(true);
            // Only the first copy makes the bytes shared.
            drop(bearer.clone());
            bearer
        });
        Self(Arc::new(BearerToken { token, bearer }))
    }

    /// Returns the header; `None` for a token that no header can carry.
    pub(crate) fn bearer(&self) -> Option<HeaderValue> {
        self.0.bearer.clone()
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0.token.token
    }

    /// Returns the SDK's form of the token, with a copy of the text.
    pub(super) fn to_sdk(&self) -> AccessToken {
        self.0.token.clone()
    }
}
