//! A token in the compact form of RFC 7515, parsed but not verified.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{claim_text, refusal::TokenRefusal};
use crate::json_text;

/// The members of a token's header or payload.
type Claims = serde_json::Map<String, Value>;

/// The longest token. A longer one is refused, as Microsoft.IdentityModel does (`MaximumTokenSizeInBytes`).
const LONGEST_TOKEN: usize = 256_000;

/// The deepest nesting of JSON in a header or payload, including the outermost level.
const DEEPEST_JSON: usize = 64;

/// The members of a header that must be text or null. Microsoft.IdentityModel refuses a token with any other type.
const HEADER_TEXTS: [&str; 8] = ["alg", "enc", "kid", "typ", "cty", "x5t", "zip", "nonce"];

/// A token's header and claims.
#[derive(Clone, Debug)]
pub struct Jwt {
    /// The header's `alg`; empty if the header has none.
    pub algorithm: String,
    /// The header's `kid`.
    pub key_id: Option<String>,
    pub(crate) header: Claims,
    pub(crate) claims: Claims,
    /// The claims as the token writes them.
    payload: String,
}

/// A token whose signature is not yet checked.
pub(crate) struct SignedJwt {
    pub(crate) jwt: Jwt,
    /// The header and payload as signed.
    pub(crate) signed: String,
    /// The signature in Base64url; empty for an unsigned token.
    pub(crate) signature: String,
}

impl Jwt {
    /// Returns a claim that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// Returns a claim's values as text: each element of an array, or the single value. An absent claim has no values.
    ///
    /// The texts are those of Microsoft.IdentityModel: null is empty, objects and nested arrays are as written in the
    /// token, and a number is written like in .NET (`1e3` is `1000`).
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<String> {
        match self.claims.get(name) {
            None => Vec::new(),
            Some(Value::String(text)) => vec![text.clone()],
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(_) => claim_text::values(&self.payload, name),
        }
    }
}

impl SignedJwt {
    /// Splits a signed token. An encrypted token (five parts) is not well formed here.
    pub(crate) fn parse(token: &str) -> Result<Self, TokenRefusal> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenRefusal::NotWellFormed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenRefusal::NotWellFormed)?;
        if payload.contains('.') {
            return Err(TokenRefusal::NotWellFormed);
        }
        let (_, header) = header_and_text(header)?;
        let (payload, claims) = object(payload)?;
        let text = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        let (algorithm, key_id) = (text("alg").unwrap_or_default(), text("kid"));
        let jwt = Jwt { algorithm, key_id, header, claims, payload };
        Ok(Self { jwt, signed: signed.to_owned(), signature: signature.to_owned() })
    }
}

/// Checks the size of a token. This happens before any other check.
pub(super) fn check_size(token: &str) -> Result<(), TokenRefusal> {
    // A text never has more UTF-16 units than bytes.
    if token.len() <= LONGEST_TOKEN {
        return Ok(());
    }
    let length = token.encode_utf16().count();
    if length > LONGEST_TOKEN { Err(TokenRefusal::TooLong { length, limit: LONGEST_TOKEN }) } else { Ok(()) }
}

/// Reads the header of a token, signed or encrypted.
///
/// A header that asks for extensions (`crit`, or `b64` that is false) is refused. RFC 7515, 4.1.11 requires this of a
/// reader that does not understand them. Microsoft.IdentityModel ignores them.
pub(super) fn header_and_text(part: &str) -> Result<(String, Claims), TokenRefusal> {
    let (text, header) = object(part)?;
    let is_text_or_null = |name: &&str| header.get(*name).is_none_or(|value| value.is_string() || value.is_null());
    if let Some(name) = HEADER_TEXTS.into_iter().find(|name| !is_text_or_null(name)) {
        return Err(TokenRefusal::HeaderType(name));
    }
    match () {
        () if header.contains_key("crit") => Err(TokenRefusal::Extension("crit")),
        () if header.get("b64") == Some(&Value::Bool(false)) => Err(TokenRefusal::Extension("b64")),
        () => Ok((text, header)),
    }
}

fn object(part: &str) -> Result<(String, Claims), TokenRefusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRefusal::NotWellFormed)?;
    let text = String::from_utf8(bytes).map_err(|_| TokenRefusal::NotWellFormed)?;
    let members = serde_json::from_str(&text).map_err(|error| match error.to_string().contains("out of range") {
        true => TokenRefusal::NumberOutOfRange,
        false => TokenRefusal::NotWellFormed,
    })?;
    if json_text::depth(&text) > DEEPEST_JSON {
        return Err(TokenRefusal::TooDeep(DEEPEST_JSON));
    }
    Ok((text, members))
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
        let (header, payload) = (r#"{"alg":"RS256"}"#, r#"{"a":1}"#);
        assert!(SignedJwt::parse(&good).is_ok());
        let bad = [
            String::new(),
            "a.b".to_owned(),
            "a.b.c".to_owned(),
            format!("{good}.x"),
            format!("{good}.x.y"),
            format!("Bearer {good}"),
            good.replacen('.', "=.", 1),
            good.replacen('.', " .", 1),
            token("[]", "{}"),
            token(r#"{"alg":1}"#, "{}"),
            token(r#"{"alg":"RS256","kid":1}"#, "{}"),
            token(r#"{"alg":"RS256","typ":["JWT"]}"#, "{}"),
            token(r#"{"alg":"RS256","x5t":{}}"#, "{}"),
            token(r#"{"alg":"RS256","nonce":false}"#, "{}"),
            token(r#"{"alg":"RS256","crit":["b64"]}"#, "{}"),
            token(r#"{"alg":"RS256","crit":null}"#, "{}"),
            token(r#"{"alg":"RS256","b64":false}"#, "{}"),
            token(header, "[]"),
            token(header, "not JSON"),
            token(header, "\u{feff}{}"),
            token(header, "{\"a\":1,}"),
            token(header, "{'a':1}"),
            token(header, "{\"a\":NaN}"),
            token(header, "{\"a\":1}/**/"),
            token(header, "{\"a\":1} x"),
            token(header, "{\"a\":1}\0"),
            format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(b"{\"alg\":\"\xff\"}"), URL_SAFE_NO_PAD.encode(payload)),
        ];
        for token in bad {
            assert!(SignedJwt::parse(&token).is_err(), "{token}");
        }
    }

    #[test]
    fn a_null_member_of_the_header_is_an_absent_one() {
        let jwt = SignedJwt::parse(&token(r#"{"alg":null,"kid":null,"typ":null}"#, "{}")).map(|token| token.jwt);
        let jwt = jwt.unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!((jwt.algorithm.as_str(), jwt.key_id), ("", None));
    }

    #[test]
    fn the_last_of_two_members_of_one_name_counts() {
        let token = token(r#"{"alg":"a","alg":"b"}"#, r#"{"n":[1],"\u006e":[2]}"#);
        let jwt = SignedJwt::parse(&token).unwrap_or_else(|refusal| panic!("{refusal}")).jwt;
        assert_eq!((jwt.algorithm.as_str(), jwt.values("n")), ("b", vec!["2".to_owned()]));
    }

    #[test]
    fn json_is_read_to_a_depth_of_64_levels() {
        let nested = |levels: usize| {
            let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
            SignedJwt::parse(&token(r#"{"alg":"none"}"#, &format!("{{\"x\":{open}{close}}}"))).is_ok()
        };
        assert_eq!((nested(64), nested(65), nested(127)), (true, false, false));
    }

    #[test]
    fn a_token_of_more_than_256000_characters_is_refused() {
        assert!(check_size(&"x".repeat(256_000)).is_ok());
        assert!(check_size(&"x".repeat(256_001)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(token in "\\PC*", dotted in "[A-Za-z0-9_-]{0,40}(\\.[A-Za-z0-9_-]{0,40}){2}") {
            let _ = SignedJwt::parse(&token);
            let _ = SignedJwt::parse(&dotted);
        }
    }
}
