//! What a token of ours says. Read for people only: nothing here is verified, and nothing is decided by it.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

/// The claims that tell why a service would refuse a token. No part of the token itself.
#[derive(Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
pub(crate) struct UnverifiedClaims {
    #[serde(rename(deserialize = "aud"), skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    #[serde(rename(deserialize = "iss"), skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(rename(deserialize = "ver"), skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// App roles. A token for an Azure service has none: there, roles are Azure RBAC's.
    #[serde(default)]
    roles: Vec<String>,
}

impl UnverifiedClaims {
    /// Empty for what is no JWT: to everybody but its audience, a token is opaque.
    pub(super) fn of(token: &str) -> Self {
        let claims = token.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
        claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_and_the_rest_is_left() {
        let payload = r#"{"aud":"a","iss":"i","ver":"2.0","roles":["Orders.Read"],"oid":"S3CRET"}"#;
        let claims = UnverifiedClaims::of(&format!("h.{}.s", BASE64_URL_SAFE_NO_PAD.encode(payload)));
        let shown = serde_json::to_string(&claims).unwrap();
        assert_eq!(shown, r#"{"audience":"a","issuer":"i","version":"2.0","roles":["Orders.Read"]}"#);
    }

    #[test]
    fn what_is_no_jwt_has_no_claims() {
        for opaque in ["", "a", "a.b.c", "a.%.c", "..", "a.bnVsbA.c"] {
            assert_eq!(UnverifiedClaims::of(opaque), UnverifiedClaims::default(), "{opaque}");
        }
    }
}
