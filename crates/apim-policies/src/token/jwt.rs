//! A token in the compact form of RFC 7515, taken apart. Being well formed says nothing about being true.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// Members of a token's header or payload.
type Claims = serde_json::Map<String, Value>;

/// A token's header and claims.
#[derive(Clone, Debug)]
pub struct Jwt {
    /// `alg` of the header.
    pub algorithm: String,
    /// `kid` of the header.
    pub key_id: Option<String>,
    pub(crate) header: Claims,
    pub(crate) claims: Claims,
}

/// A token whose signature is still to be checked.
pub(crate) struct SignedJwt {
    pub(crate) jwt: Jwt,
    /// Header and payload as they were signed.
    pub(crate) signed: String,
    /// Base64url; empty for an unsigned token.
    pub(crate) signature: String,
}

impl Jwt {
    /// A claim that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim's values as text: those of an array one by one, any other value alone; none when it is absent or null.
    /// Numbers and booleans are written as in JSON.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<String> {
        match self.claims.get(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values.iter().map(text_of).collect(),
            Some(value) => vec![text_of(value)],
        }
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl SignedJwt {
    /// Takes a token apart; `None` when it is not well formed, is encrypted (five parts), or has a critical header
    /// parameter (`crit`), all of which would have to be understood.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        if payload.contains('.') {
            return None;
        }
        let header = object(header)?;
        if header.contains_key("crit") {
            return None;
        }
        let key_id = match header.get("kid") {
            None => None,
            Some(id) => Some(id.as_str()?.to_owned()),
        };
        let algorithm = header.get("alg")?.as_str()?.to_owned();
        let jwt = Jwt { algorithm, key_id, header, claims: object(payload)? };
        Some(Self { jwt, signed: signed.to_owned(), signature: signature.to_owned() })
    }
}

fn object(part: &str) -> Option<Claims> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn what_is_not_a_signed_json_object_is_not_a_token() {
        let good = token(r#"{"alg":"RS256","kid":"k"}"#, r#"{"a":1}"#);
        assert!(SignedJwt::parse(&good).is_some());
        let bad = [
            String::new(),
            "a.b".to_owned(),
            "a.b.c".to_owned(),
            format!("{good}.x"),
            format!("{good}.x.y"),
            format!("Bearer {good}"),
            token("[]", "{}"),
            token(r#"{"alg":1}"#, "{}"),
            token(r#"{"alg":"RS256","kid":1}"#, "{}"),
            token(r#"{"alg":"RS256","crit":["b64"]}"#, "{}"),
            token(r#"{"alg":"RS256"}"#, "[]"),
            token(r#"{"alg":"RS256"}"#, "not JSON"),
        ];
        for token in bad {
            assert!(SignedJwt::parse(&token).is_none(), "{token}");
        }
    }

    #[test]
    fn claims_are_read_as_sets_of_text() {
        let claims = r#"{"roles":["a","b"],"one":"a b","n":12,"t":true,"null":null,"empty":[]}"#;
        let jwt = SignedJwt::parse(&token(r#"{"alg":"none"}"#, claims)).unwrap().jwt;
        assert_eq!(jwt.values("roles"), ["a", "b"]);
        assert_eq!(jwt.values("one"), ["a b"]);
        assert_eq!(jwt.values("n"), ["12"]);
        assert_eq!(jwt.values("t"), ["true"]);
        for absent in ["null", "empty", "other"] {
            assert!(jwt.values(absent).is_empty(), "{absent}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(token in "\\PC*", dotted in "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){2}") {
            let _ = SignedJwt::parse(&token);
            let _ = SignedJwt::parse(&dotted);
        }
    }
}
