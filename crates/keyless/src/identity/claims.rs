//! The claims of our own token, for people to read. They are not verified, and no decision depends on them.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The claims that tell why a service would refuse a token. They contain no part of the token itself.
#[derive(Debug, Default, Deserialize, Serialize, PartialEq)]
pub(crate) struct UnverifiedClaims {
    #[serde(rename(deserialize = "aud"), skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    #[serde(rename(deserialize = "iss"), skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(rename(deserialize = "ver"), skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// The app roles. A token for an Azure service has none, because its roles are those of Azure RBAC.
    #[serde(default)]
    roles: Vec<String>,
    /// The expiry, in seconds since 1970.
    #[serde(rename(deserialize = "exp"), skip_serializing)]
    expires: Option<f64>,
    #[serde(rename(deserialize = "nbf"), skip_serializing)]
    starts: Option<f64>,
}

impl UnverifiedClaims {
    /// Reads the claims. They are empty for a token that is not a JWT, because only the audience knows a token's
    /// format.
    pub(crate) fn new(token: &str) -> Self {
        let claims = token.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
        claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default()
    }

    /// Explains why an API that expects tokens for `asked` may have refused this one. It names the first of lifetime,
    /// role, audience and issuer that does not fit. The API's own reasons are only in its log, so its caller cannot
    /// know more.
    pub(crate) fn mismatch(&self, asked: &str, now: Timestamp) -> String {
        let Self { audience: Some(audience), issuer: Some(issuer), version: Some(version), roles, .. } = self else {
            return "nothing can be said: its claims cannot be read".to_owned();
        };
        let now = now.as_second() as f64;
        if self.expires.is_some_and(|end| end <= now) {
            return "the lifetime does not fit: it is over; check this machine's clock".to_owned();
        }
        if self.starts.is_some_and(|start| start > now) {
            return "the lifetime does not fit: it has not begun; check this machine's clock".to_owned();
        }
        if !is_audience(audience, asked, version) {
            return format!("the audience does not fit: it is {audience}, and {asked} was asked for");
        }
        if roles.is_empty() {
            return format!(
                "the role does not fit: it has none. Where {asked} is another API, mend <NAME>__audience; where it is \
                 the right one, give the identity an app role of it (a new role shows in new tokens alone)"
            );
        }
        let roles = roles.join(" ");
        if version == "1.0" {
            return format!(
                "the issuer may not fit: it is {issuer}, of version 1.0, which a policy for version 2.0 refuses; set \
                 requestedAccessTokenVersion of the API's registration to 2, or accept this issuer. Its audience is \
                 {audience}, its role {roles}"
            );
        }
        format!(
            "issuer, audience, role and lifetime look right: {issuer}, {audience}, {roles}; compare them with the \
             policy, and see the gateway's log for the signature"
        )
    }
}

/// Reports whether the audience fits. A token of version 1 repeats the requested audience; a token of version 2 always
/// has the client ID.
fn is_audience(audience: &str, asked: &str, version: &str) -> bool {
    let asked_by_id = Uuid::try_parse(asked).is_ok();
    if version == "1.0" || asked_by_id {
        audience.eq_ignore_ascii_case(asked)
    } else {
        Uuid::try_parse(audience).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_and_the_rest_is_left() {
        let payload = r#"{"aud":"a","iss":"i","ver":"2.0","roles":["Orders.Read"],"oid":"S3CRET"}"#;
        let claims = UnverifiedClaims::new(&format!("h.{}.s", BASE64_URL_SAFE_NO_PAD.encode(payload)));
        let shown = serde_json::to_string(&claims).unwrap();
        assert_eq!(shown, r#"{"audience":"a","issuer":"i","version":"2.0","roles":["Orders.Read"]}"#);
    }

    fn mismatch(changes: &[(&str, serde_json::Value)]) -> String {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let mut payload = serde_json::json!({
            "aud": "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c", "iss": "https://login.microsoftonline.com/t/v2.0",
            "ver": "2.0", "roles": ["Orders.Read"], "nbf": 1_799_999_000, "exp": 1_800_001_000,
        });
        for (name, value) in changes {
            payload[*name] = value.clone();
        }
        let token = format!("h.{}.s3cret", BASE64_URL_SAFE_NO_PAD.encode(payload.to_string()));
        let mismatch = UnverifiedClaims::new(&token).mismatch("api://orders", now);
        assert!(!mismatch.contains("s3cret") && !mismatch.contains(&token), "{mismatch}");
        mismatch
    }

    #[test]
    fn each_claim_that_does_not_fit_is_named() {
        let (v1, sts) = (("ver", "1.0".into()), ("iss", "https://sts.windows.net/t/".into()));
        for (changes, expected) in [
            (vec![("exp", 1_800_000_000.into())], "the lifetime does not fit: it is over"),
            (vec![("nbf", 1_800_000_001.into())], "the lifetime does not fit: it has not begun"),
            (vec![("roles", serde_json::json!([]))], "the role does not fit"),
            (vec![("aud", "api://billing".into())], "the audience does not fit: it is api://billing, and api://orders"),
            (vec![v1.clone(), sts.clone()], "the audience does not fit"),
            (vec![v1, sts, ("aud", "api://orders".into())], "the issuer may not fit: it is https://sts.windows.net/t/"),
            (vec![], "issuer, audience, role and lifetime look right"),
            (vec![("ver", 2.into())], "nothing can be said"),
        ] {
            let mismatch = mismatch(&changes);
            assert!(mismatch.starts_with(expected), "{mismatch}");
        }
    }

    #[test]
    fn what_is_no_jwt_has_no_claims() {
        for opaque in ["", "a", "a.b.c", "a.%.c", "..", "a.bnVsbA.c"] {
            assert_eq!(UnverifiedClaims::new(opaque), UnverifiedClaims::default(), "{opaque}");
        }
    }
}
