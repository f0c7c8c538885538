//! Bearer tokens as Azure's own services check them: signature, lifetime, audience, issuer, tenant.
//!
//! It verifies with the tenant's keys directly. Policies do not use this module: like API Management, they fetch the
//! keys through discovery.

use http::{HeaderMap, header};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    fault,
    issuer::Entra,
    issuer::v1_issuer,
    journal::{Demand, DemandKind, shown_token},
};

/// The identity or app registration that a verified token belongs to.
pub(crate) struct Caller {
    /// Claim `oid`: the principal ID, which role assignments hold.
    pub(crate) principal_id: Uuid,
    /// Claim `appid`: the client ID.
    pub(crate) app_id: String,
    /// Name of that identity, or app registration, in the seed.
    pub(crate) identity: Option<String>,
    /// Claim `aud`.
    pub(crate) audience: String,
    /// Claim `iss`.
    pub(crate) issuer: String,
    /// Claim `xms_mirid`: resource ID of the managed identity.
    pub(crate) identity_resource_id: Option<String>,
    /// Claim `xms_az_rid`: resource ID of the resource that the identity is assigned to.
    pub(crate) host_resource_id: Option<String>,
    /// Claim `roles`: app roles on the service, which only Microsoft Graph reads.
    pub(crate) roles: Vec<String>,
}

/// The check that a request's token did not pass.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenRefusal {
    #[error("the request has no Authorization header")]
    Missing,
    #[error("the Authorization header is not \"Bearer \" and a token")]
    NotBearer,
    #[error("the token is not a JWT with the claims of an access token")]
    Malformed,
    /// Holds the token's header, still encoded.
    #[error("the token is not signed by a key that the tenant publishes")]
    UnknownKey(String),
    #[error("the token's signature is wrong")]
    Signature,
    #[error("the token is not valid yet")]
    NotYetValid,
    #[error("the token is expired")]
    Expired,
    #[error("the token is for {0}")]
    Audience(String),
    #[error("the token is from {found}, not from {expected}")]
    Issuer { expected: String, found: String },
}

impl TokenRefusal {
    /// Returns the token's audience if the audience check failed. The token's signature was right.
    pub(crate) fn audience(&self) -> Option<&str> {
        match self {
            Self::Audience(found) => Some(found),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    tid: Uuid,
    nbf: i64,
    exp: i64,
    oid: Option<Uuid>,
    appid: Option<String>,
    xms_mirid: Option<String>,
    xms_az_rid: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// Verifies the request's bearer token for a service that accepts any of `audiences`.
///
/// Azure's services ask for version 1 tokens, so only the version 1 issuer of the tenant is accepted.
pub(crate) fn verify(
    entra: &Entra,
    headers: &HeaderMap,
    audiences: &[&str],
    now: Timestamp,
) -> Result<Caller, TokenRefusal> {
    verify_token(entra, bearer(headers)?, audiences, now)
}

/// Like [`verify`], but takes the token itself instead of the request's headers.
pub(crate) fn verify_token(
    entra: &Entra,
    token: &str,
    audiences: &[&str],
    now: Timestamp,
) -> Result<Caller, TokenRefusal> {
    let (claims, now) = (signed_claims(entra, token)?, fault::skewed(now));
    if now.as_second() < claims.nbf {
        return Err(TokenRefusal::NotYetValid);
    }
    if now.as_second() >= claims.exp {
        return Err(TokenRefusal::Expired);
    }
    if !audiences.contains(&claims.aud.as_str()) {
        return Err(TokenRefusal::Audience(claims.aud));
    }
    let tenant = entra.seed.tenant.id;
    let expected = v1_issuer(tenant);
    if claims.iss != expected || claims.tid != tenant {
        return Err(TokenRefusal::Issuer { expected, found: claims.iss });
    }
    let principal_id = claims.oid.ok_or(TokenRefusal::Malformed)?;
    Ok(Caller {
        principal_id,
        app_id: claims.appid.ok_or(TokenRefusal::Malformed)?,
        identity: entra.directory.principal(principal_id).map(|principal| principal.name.clone()),
        audience: claims.aud,
        issuer: claims.iss,
        identity_resource_id: claims.xms_mirid,
        host_resource_id: claims.xms_az_rid,
        roles: claims.roles,
    })
}

/// Lists the service's demands on the token beside the values that the request showed, for the journal.
pub(crate) fn demands(
    entra: &Entra,
    headers: &HeaderMap,
    audiences: &[&str],
    now: Timestamp,
    verified: Result<&Caller, &TokenRefusal>,
) -> Vec<Demand> {
    let (token, claims) = shown_token(headers).unzip();
    let claims = claims.unwrap_or_default();
    // Checks run in the order of the list; the one that failed ends them.
    let failed = verified.err().map(TokenRefusal::step);
    let met = |step: usize| failed.is_none_or(|failed| failed >= step).then(|| failed != Some(step));
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let time = |name: &str| claims.get(name)?.as_i64().and_then(|second| Timestamp::from_second(second).ok());
    let times = time("nbf").zip(time("exp")).map(|(from, to)| format!("valid from {from} to {to}"));
    let key = token.as_ref().map(|token| {
        let [alg, kid] = [&token.alg, &token.kid].map(|text| text.as_deref().unwrap_or("none"));
        format!("{alg}, key {kid}")
    });
    vec![
        Demand::new(DemandKind::Token, ["a JWT as bearer"])
            .found(token.map(|token| format!("a JWT, {}", token.hash)))
            .met(met(0)),
        Demand::new(DemandKind::Signature, ["RS256, by a key of the tenant"]).found(key).met(met(1)),
        Demand::new(DemandKind::Lifetime, [format!("valid at {}", fault::skewed(now))]).found(times).met(met(2)),
        Demand::new(DemandKind::Audience, audiences.iter().copied()).found(text("aud")).met(met(3)),
        Demand::new(DemandKind::Issuer, [v1_issuer(entra.seed.tenant.id)]).found(text("iss")).met(met(4)),
    ]
}

impl TokenRefusal {
    /// Number of the check that failed.
    const fn step(&self) -> usize {
        match self {
            Self::Missing | Self::NotBearer | Self::Malformed => 0,
            Self::UnknownKey(_) | Self::Signature => 1,
            Self::NotYetValid | Self::Expired => 2,
            Self::Audience(_) => 3,
            Self::Issuer { .. } => 4,
        }
    }
}

fn bearer(headers: &HeaderMap) -> Result<&str, TokenRefusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(TokenRefusal::Missing)?;
    if values.next().is_some() {
        return Err(TokenRefusal::NotBearer);
    }
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(TokenRefusal::NotBearer)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(TokenRefusal::NotBearer) }
}

/// Returns the claims of a correctly signed token. Nothing in the claims is checked yet.
fn signed_claims(entra: &Entra, token: &str) -> Result<Claims, TokenRefusal> {
    let header = decode_header(token).map_err(|_| TokenRefusal::Malformed)?;
    let unknown_key = || TokenRefusal::UnknownKey(token.split('.').next().unwrap_or_default().to_owned());
    if header.alg != Algorithm::RS256 {
        return Err(unknown_key());
    }
    let key = header.kid.and_then(|id| entra.signing_keys.decoding_key(&id)).ok_or_else(unknown_key)?;
    match decode::<Claims>(token, &key, &signature_only()) {
        Ok(verified) => Ok(verified.claims),
        Err(error) => Err(match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenRefusal::Signature,
            _ => TokenRefusal::Malformed,
        }),
    }
}

/// A validation of the RS256 signature alone. The caller checks the claims, because it must tell the checks apart.
pub(crate) fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}
