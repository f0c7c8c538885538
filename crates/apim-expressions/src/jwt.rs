//! `Jwt`: a parsed token. This crate does not verify it; `validate-jwt` does.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value as Json};

/// The header and the claims of a token.
#[derive(Clone)]
pub struct Jwt {
    /// The token's JOSE header.
    pub header: Map<String, Json>,
    /// The token's claims.
    pub claims: Map<String, Json>,
}

impl Jwt {
    /// Makes a token from a header and claims that were parsed elsewhere.
    #[must_use]
    pub fn new(header: Map<String, Json>, claims: Map<String, Json>) -> Self {
        Self { header, claims }
    }

    /// Reads a token in compact form, alone or after `Bearer `; `None` when it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let scheme = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        let token = if scheme.is_some() { text[7..].trim() } else { text };
        let mut parts = token.split('.');
        let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        Some(Self { header: object(header)?, claims: object(claims)? })
    }

    /// Returns a claim's values as text: the elements of an array one by one, any other value alone.
    pub(crate) fn values(claim: &Json) -> Vec<String> {
        let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match claim {
            Json::Null => Vec::new(),
            Json::Array(values) => values.iter().map(text).collect(),
            value => vec![text(value)],
        }
    }
}

fn object(part: &str) -> Option<Map<String, Json>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Shows only the names of the claims.
impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.claims.keys()).finish()
    }
}
