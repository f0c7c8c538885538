//! The bearer token of a request: its claims and header, never the token itself.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// The number of hash bytes that tell two tokens apart.
const HASH_BYTES: usize = 6;

/// The kept parts of a token besides its claims.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownToken {
    /// Header parameter `alg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// Header parameter `kid`: the ID of the key that, according to the token, signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The beginning of its SHA-256: requests with the same hash carried the same token.
    pub hash: String,
}

#[derive(Deserialize)]
struct Header {
    alg: Option<String>,
    kid: Option<String>,
}

/// Returns the shown parts of the request's bearer token. The claims are not verified. `None` if the request has no
/// JWT.
pub(crate) fn shown_token(headers: &HeaderMap) -> Option<(ShownToken, Map<String, Value>)> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let mut parts = token.split('.').filter(|_| scheme.eq_ignore_ascii_case("bearer"));
    let Header { alg, kid } = decoded(parts.next()?)?;
    let claims = decoded(parts.next()?)?;
    let hash = Sha256::digest(token).iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect();
    Some((ShownToken { alg, kid, hash }, claims))
}

fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
