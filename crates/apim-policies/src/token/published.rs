//! Reads discovery documents and key sets as Microsoft.IdentityModel does. A member of a wrong type makes the whole
//! document unreadable, and an unusable entry is skipped.

use serde_json::{Map, Value};
use url::Url;

use super::SigningKey;

/// The used members of a discovery document.
pub(super) struct Discovery {
    pub(super) issuer: Option<String>,
    pub(super) keys_url: Url,
}

const DISCOVERY_TEXTS: [&str; 12] = [
    "issuer",
    "jwks_uri",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "end_session_endpoint",
    "introspection_endpoint",
    "registration_endpoint",
    "check_session_iframe",
    "service_documentation",
    "op_policy_uri",
    "op_tos_uri",
];

const DISCOVERY_FLAGS: [&str; 7] = [
    "claims_parameter_supported",
    "frontchannel_logout_session_supported",
    "frontchannel_logout_supported",
    "http_logout_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "require_request_uri_registration",
];

const DISCOVERY_LISTS: [&str; 20] = [
    "acr_values_supported",
    "claim_types_supported",
    "claims_locales_supported",
    "claims_supported",
    "display_values_supported",
    "grant_types_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "id_token_signing_alg_values_supported",
    "request_object_encryption_alg_values_supported",
    "request_object_encryption_enc_values_supported",
    "request_object_signing_alg_values_supported",
    "response_modes_supported",
    "response_types_supported",
    "scopes_supported",
    "subject_types_supported",
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "ui_locales_supported",
    "userinfo_signing_alg_values_supported",
];

const KEY_TEXTS: [&str; 20] = [
    "alg", "crv", "d", "dp", "dq", "e", "k", "kid", "kty", "n", "p", "q", "qi", "use", "x", "x5t", "x5t#S256", "x5u",
    "y", "typ",
];
const KEY_LISTS: [&str; 3] = ["key_ops", "oth", "x5c"];

/// Reads a discovery document. The error names the wrong member.
pub(super) fn discovery(document: &[u8]) -> Result<Discovery, String> {
    let document = object(document).map_err(|error| format!("not a discovery document: {error}"))?;
    let check = |names: &[&str], fits: fn(&Value) -> bool, expected: &str| {
        wrong(&document, names, fits).map_or(Ok(()), |name| {
            Err(format!("IDX11020: not a discovery document: the member '{name}' is not {expected}"))
        })
    };
    check(&DISCOVERY_TEXTS, Value::is_string, "text")?;
    check(&DISCOVERY_FLAGS, Value::is_boolean, "true or false")?;
    check(&DISCOVERY_LISTS, Value::is_array, "a list")?;
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let keys_url = text("jwks_uri").ok_or("not a discovery document: it has no jwks_uri")?;
    let keys_url = Url::parse(keys_url).map_err(|error| format!("not a discovery document: jwks_uri: {error}"))?;
    Ok(Discovery { issuer: text("issuer").map(str::to_owned), keys_url })
}

/// Reads the usable keys of a set. The error names the wrong member.
pub(super) fn key_set(document: &[u8]) -> Result<Vec<SigningKey>, String> {
    let document = object(document).map_err(|error| format!("not a key set: {error}"))?;
    let Some(Value::Array(entries)) = document.get("keys") else {
        return Err("not a key set: it has no list of keys".to_owned());
    };
    for entry in entries.iter().filter(|entry| !entry.is_null()) {
        let unreadable = |what: &str| format!("IDX10805: not a key set: {what}");
        let key = entry.as_object().ok_or_else(|| unreadable("one of its keys is not an object"))?;
        if let Some(name) = wrong(key, &KEY_TEXTS, Value::is_string) {
            return Err(unreadable(&format!("the member '{name}' of a key is not text")));
        }
        if let Some(name) = wrong(key, &KEY_LISTS, Value::is_array) {
            return Err(unreadable(&format!("the member '{name}' of a key is not a list")));
        }
    }
    Ok(entries.iter().flat_map(SigningKey::from_jwk).collect())
}

/// Returns the first of these members that exists and has a wrong type.
fn wrong<'n>(object: &Map<String, Value>, names: &[&'n str], fits: fn(&Value) -> bool) -> Option<&'n str> {
    let is_wrong = |name: &&&str| object.get(**name).is_some_and(|value| !value.is_null() && !fits(value));
    names.iter().find(is_wrong).copied()
}

/// Reads an object. A byte order mark before it is skipped, as the library does. The last of two members with one name
/// counts.
fn object(document: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::from_slice(document.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(document))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(document: &Value) -> Result<(Option<String>, String), String> {
        discovery(document.to_string().as_bytes()).map(|read| (read.issuer, read.keys_url.to_string()))
    }

    #[test]
    fn a_member_of_a_wrong_type_makes_a_document_unreadable() {
        let good = json!({ "issuer": "i", "jwks_uri": "https://a/k", "claims_supported": ["a"], "other": 1 });
        assert_eq!(read(&good).unwrap(), (Some("i".to_owned()), "https://a/k".to_owned()));
        for (name, value, message) in [
            ("issuer", json!(1), "the member 'issuer' is not text"),
            ("claims_supported", json!("a"), "the member 'claims_supported' is not a list"),
            ("request_parameter_supported", json!("true"), "'request_parameter_supported' is not true or false"),
            ("jwks_uri", json!(null), "it has no jwks_uri"),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            assert!(read(&bad).unwrap_err().contains(message), "{message}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_a_missing_issuer_are_no_hindrance() {
        let read = discovery("\u{feff}{\"jwks_uri\":\"https://a/k\"}".as_bytes()).map(|read| read.issuer);
        assert_eq!(read, Ok(None));
        assert_eq!(key_set("\u{feff}{\"keys\":[]}".as_bytes()).map(|keys| keys.len()), Ok(0));
    }

    #[test]
    fn one_key_of_a_wrong_type_spoils_the_set_and_a_broken_one_is_skipped() {
        let (n, e) = crate::rig::Signer::published().rsa_components();
        let good = json!({ "kty": "RSA", "kid": "k", "use": "", "alg": "RS512", "n": format!("{n}=="), "e": e });
        let read = |entries: &[&Value]| key_set(json!({ "keys": entries }).to_string().as_bytes());
        let broken = json!({ "kty": "RSA", "kid": "b", "n": "!", "e": "AQAB" });
        assert_eq!(read(&[&Value::Null, &broken, &good]).map(|keys| keys.len()), Ok(1));
        assert_eq!(read(&[&json!({ "kty": "RSA", "use": "enc", "n": n, "e": e })]).map(|keys| keys.len()), Ok(0));
        for (name, value) in [
            ("kid", json!(1)),
            ("alg", json!(1)),
            ("use", json!([])),
            ("x5c", json!("a")),
            ("key_ops", json!("verify")),
        ] {
            let mut bad = good.clone();
            bad[name] = value;
            assert!(read(&[&good, &bad]).unwrap_err().contains(&format!("'{name}'")), "{name}");
        }
    }

    #[test]
    fn the_last_list_of_keys_counts() {
        assert_eq!(key_set(br#"{"keys":[{"kty":"EC"}],"keys":[null]}"#).map(|keys| keys.len()), Ok(0));
    }
}
