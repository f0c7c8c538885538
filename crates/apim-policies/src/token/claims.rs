//! Lifetime, audience and issuer of a token whose signature is good, as Microsoft.IdentityModel checks them (its
//! `Validators`), stricter in one point: a trailing slash in an audience counts.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Jwt, refusal::Refusal};

/// `exp` and `nbf` against the clock. Without skew a token is expired the moment after `exp`.
pub(super) fn lifetime(
    jwt: &Jwt,
    now: Timestamp,
    skew: SignedDuration,
    require_expiration: bool,
) -> Result<(), Refusal> {
    let (from, to) = (instant(jwt, "nbf")?, instant(jwt, "exp")?);
    let Some(to) = to else {
        if require_expiration {
            return Err(Refusal::NoExpiration);
        }
        return from.map_or(Ok(()), |from| begun(from, now, skew));
    };
    if let Some(from) = from {
        if from > to {
            return Err(Refusal::Lifetime { from, to });
        }
        begun(from, now, skew)?;
    }
    if now.duration_since(to) > skew { Err(Refusal::Expired { to, now }) } else { Ok(()) }
}

fn begun(from: Timestamp, now: Timestamp, skew: SignedDuration) -> Result<(), Refusal> {
    if from.duration_since(now) > skew { Err(Refusal::NotYetValid { from, now }) } else { Ok(()) }
}

/// A claim that is a number of seconds since 1970, whole or not.
fn instant(jwt: &Jwt, claim: &'static str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = jwt.claims.get(claim) else { return Ok(None) };
    let seconds = value.as_i64().or_else(|| {
        // Times of a valid token are far within what a double holds exactly.
        #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and the result is range-checked")]
        value.as_f64().map(|seconds| seconds as i64)
    });
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).map(Some).ok_or(Refusal::Malformed(claim))
}

/// Some audience of the token must be listed, to the letter. Without a list the audience is not looked at.
pub(super) fn audience(jwt: &Jwt, allowed: &[String]) -> Result<(), Refusal> {
    if allowed.is_empty() {
        return Ok(());
    }
    let found = jwt.values("aud");
    if found.is_empty() {
        return Err(Refusal::NoAudience);
    }
    if found.iter().any(|audience| allowed.contains(audience)) {
        return Ok(());
    }
    Err(Refusal::Audience { found, allowed: allowed.to_vec() })
}

/// The issuer must be a listed one or that of a discovery document. Without either it is not looked at.
pub(super) fn issuer(jwt: &Jwt, listed: &[String], published: &[String]) -> Result<(), Refusal> {
    let mut allowed = listed.iter().chain(published).peekable();
    if allowed.peek().is_none() {
        return Ok(());
    }
    let Some(found) = jwt.claims.get("iss").and_then(Value::as_str) else {
        return Err(Refusal::NoIssuer);
    };
    if allowed.clone().any(|issuer| matches(issuer, found, jwt.text("tid"))) {
        return Ok(());
    }
    Err(Refusal::Issuer { found: found.to_owned(), allowed: allowed.cloned().collect() })
}

/// The documents for several tenants (`/common`, `/organizations`) publish an issuer with a place for the tenant ID,
/// which the token must fill with its own `tid`.
fn matches(issuer: &str, found: &str, tenant: Option<&str>) -> bool {
    const TENANT: &str = "{tenantid}";
    match tenant {
        Some(tenant) if issuer.contains(TENANT) => issuer.replace(TENANT, tenant) == found,
        _ => issuer == found,
    }
}
