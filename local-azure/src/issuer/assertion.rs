//! A JWT with which a client authenticates. Its content is not trusted before its signature is verified.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, decode};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};

use super::{
    certificate::{ClientCertificate, Padding},
    refusal::EntraRefusal,
};
use crate::access_token::signature_only;

/// The clock difference in seconds that is tolerated.
const CLOCK_DIFFERENCE: i64 = 300;

/// An assertion that was parsed, but not verified yet.
pub(super) struct Assertion<'t> {
    token: &'t str,
    header: Header,
    claims: Claims,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
    crit: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    #[serde(default, deserialize_with = "optional_seconds")]
    nbf: Option<f64>,
    #[serde(deserialize_with = "seconds")]
    exp: f64,
    xms_mirid: Option<String>,
}

/// Seconds since 1970. They may have a fraction (RFC 7519, `NumericDate`), as MSAL for Python sends it. Entra also
/// accepts them as text, as MSAL.NET sends them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    match Seconds::deserialize(deserializer)? {
        Seconds::Number(seconds) => Ok(seconds),
        Seconds::Text(text) => text.parse::<u32>().map(f64::from).map_err(D::Error::custom),
    }
}

fn optional_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    seconds(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl<'t> Assertion<'t> {
    /// Parses a token with the claims that every assertion has.
    pub(super) fn read(token: &'t str) -> Option<Self> {
        let mut parts = token.split('.');
        let (header, claims) = (json(parts.next()?)?, json(parts.next()?)?);
        (parts.count() == 1).then_some(Self { token, header, claims })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.claims.iss
    }

    pub(super) fn subject(&self) -> &str {
        &self.claims.sub
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// Returns `aud`, for the text of a refusal.
    pub(super) fn audience(&self) -> String {
        match &self.claims.aud {
            Audience::One(one) => one.clone(),
            Audience::Many(many) => many.join(", "),
        }
    }

    pub(super) fn is_for(&self, audience: &str) -> bool {
        match &self.claims.aud {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.iter().any(|one| one == audience),
        }
    }

    /// Reports whether a managed identity is the token's subject.
    pub(super) fn is_of_managed_identity(&self) -> bool {
        self.claims.xms_mirid.is_some()
    }

    /// Returns the first header parameter that must be understood; local-azure understands none.
    pub(super) fn critical_header(&self) -> Option<&str> {
        let names = self.header.crit.as_ref()?;
        Some(names.first().map_or("crit", String::as_str))
    }

    /// Reports whether the assertion has expired.
    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        now.as_second() >= self.claims.exp as i64
    }

    /// Reports whether the header names this certificate. Thumbprints may use either alphabet of base64.
    pub(super) fn is_signed_with(&self, certificate: &ClientCertificate) -> bool {
        let is = |named: &Option<String>, thumbprint: &[u8]| {
            let named = named.as_deref().map(|text| text.trim_end_matches('='));
            named.is_some_and(|text| {
                text == URL_SAFE_NO_PAD.encode(thumbprint) || text == STANDARD.encode(thumbprint).trim_end_matches('=')
            })
        };
        is(&self.header.x5t_s256, certificate.sha256()) || is(&self.header.x5t, certificate.sha1())
    }

    /// Reports whether this certificate's key made the signature.
    pub(super) fn verify_with(&self, certificate: &ClientCertificate) -> bool {
        let padding = match self.header.alg.as_str() {
            "RS256" => Padding::Pkcs1,
            "PS256" => Padding::Pss,
            _ => return false,
        };
        let signed = self.token.rsplit_once('.');
        signed.is_some_and(|(message, signature)| {
            URL_SAFE_NO_PAD
                .decode(signature)
                .is_ok_and(|signature| certificate.verify(padding, message.as_bytes(), &signature))
        })
    }

    /// Reports whether this key made the signature, with RS256.
    pub(super) fn verify_with_key(&self, key: &DecodingKey) -> bool {
        decode::<serde_json::Value>(self.token, key, &signature_only()).is_ok()
    }

    pub(super) fn check_lifetime(&self, now: Timestamp) -> Result<(), EntraRefusal> {
        let seconds = now.as_second();
        let from = self.claims.nbf.map_or(seconds, |from| from as i64);
        let to = self.claims.exp as i64;
        if from.saturating_sub(CLOCK_DIFFERENCE) <= seconds && seconds < to.saturating_add(CLOCK_DIFFERENCE) {
            return Ok(());
        }
        let time = |at| Timestamp::from_second(at).map_or_else(|_| at.to_string(), |time| time.to_string());
        Err(EntraRefusal::invalid_client(
            700_024,
            format!(
                "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, expiry time of assertion {}.",
                time(seconds),
                time(from),
                time(to)
            ),
        ))
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
