//! The seed's issuer of workload tokens, like a Kubernetes cluster. It has its own key.

use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::keys::{KeyError, SigningKey};
use crate::seed::WorkloadIdentity;

/// The lifetime of a token in seconds: the longest that Kubernetes gives to a pod.
const LIFETIME: i64 = 86_400;

/// An issuer outside the tenant. An app registration can trust its tokens.
pub(crate) struct WorkloadIssuer {
    seed: WorkloadIdentity,
    key: SigningKey,
}

impl WorkloadIssuer {
    /// Creates the seed's issuer with a new key.
    pub(crate) fn new(seed: WorkloadIdentity) -> Result<Self, KeyError> {
        Ok(Self { seed, key: SigningKey::generate()? })
    }

    /// Returns `iss` of its tokens.
    #[must_use]
    pub(crate) fn issuer(&self) -> &str {
        &self.seed.issuer
    }

    /// Returns the content of the file that `AZURE_FEDERATED_TOKEN_FILE` names.
    ///
    /// # Errors
    /// When the system cannot use its RSA key.
    pub(crate) fn token(&self, now: Timestamp) -> Result<String, KeyError> {
        let from = now.as_second();
        let claims: Map<String, Value> = [
            ("iss", json!(self.seed.issuer)),
            ("sub", json!(self.seed.subject)),
            ("aud", json!([self.seed.audience])),
            ("iat", json!(from)),
            ("nbf", json!(from)),
            ("exp", json!(from + LIFETIME)),
            ("jti", json!(Uuid::new_v4())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
        self.key.jwt(&json!({ "alg": "RS256", "kid": self.key.id() }), &claims)
    }

    pub(super) fn decoding_key(&self) -> DecodingKey {
        self.key.decoding_key()
    }
}
