//! Checks lifetime, audience and issuer of a token, and the types of its registered claims, as Microsoft.IdentityModel
//! does (its `Validators`).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Jwt, refusal::TokenRefusal};

/// Checks `exp` and `nbf` against the clock. Without skew, a token expires the moment after `exp`.
pub(super) fn lifetime(
    jwt: &Jwt,
    now: Timestamp,
    skew: SignedDuration,
    require_expiration: bool,
) -> Result<(), TokenRefusal> {
    let (from, to) = (instant(jwt, "nbf")?, instant(jwt, "exp")?);
    let Some(to) = to else {
        if require_expiration {
            return Err(TokenRefusal::NoExpiration);
        }
        return from.map_or(Ok(()), |from| begun(from, now, skew));
    };
    if let Some(from) = from {
        if from > to {
            return Err(TokenRefusal::Lifetime { from, to });
        }
        begun(from, now, skew)?;
    }
    if now.duration_since(to) > skew { Err(TokenRefusal::Expired { to, now }) } else { Ok(()) }
}

fn begun(from: Timestamp, now: Timestamp, skew: SignedDuration) -> Result<(), TokenRefusal> {
    if from.duration_since(now) > skew { Err(TokenRefusal::NotYetValid { from, now }) } else { Ok(()) }
}

/// The last second that .NET supports. Later times count as this one.
const END_OF_YEAR_9999: i64 = 253_402_300_799;

/// Reads a claim of seconds since 1970: a number or its text, rounded to the nearest second.
fn instant(jwt: &Jwt, claim: &'static str) -> Result<Option<Timestamp>, TokenRefusal> {
    let Some(value) = jwt.claims.get(claim) else { return Ok(None) };
    let seconds = seconds(value).ok_or(TokenRefusal::ClaimType { claim, expected: TIME })?;
    let seconds = seconds.clamp(0, END_OF_YEAR_9999);
    // The last time of the time library is some hours before that of .NET.
    Ok(Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)))
}

fn seconds(value: &Value) -> Option<i64> {
    let whole = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => return None,
    };
    let number = || match value {
        Value::String(text) => number_in(text.trim()),
        _ => value.as_f64(),
    };
    #[expect(clippy::cast_possible_truncation, reason = "the number is checked to be within an i64")]
    let rounded = || number().map(f64::round_ties_even).filter(|n| n.abs() < 9.2e18).map(|n| n as i64);
    whole.or_else(rounded)
}

/// Reads a text as a number: digits, a point, a sign and an exponent, but no words such as `inf`.
fn number_in(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E'));
    text.parse().ok().filter(|_| is_number)
}

const TIME: &str = "a number of seconds";
const TEXT: &str = "text";

/// Checks the types of the registered claims. Microsoft.IdentityModel has one type for each, and refuses a token with
/// another type, even if no policy asks for the claim (since version 7).
pub(super) fn check_types(jwt: &Jwt) -> Result<(), TokenRefusal> {
    for claim in ["exp", "nbf", "iat"] {
        instant(jwt, claim)?;
    }
    let is = |claim: &str, fits: fn(&Value) -> bool| jwt.claims.get(claim).is_none_or(fits);
    for claim in ["iss", "jti", "azp"] {
        if !is(claim, |value| value.is_string() || value.is_null()) {
            return Err(TokenRefusal::ClaimType { claim, expected: TEXT });
        }
    }
    if !is("sub", |value| value.is_string() || value.is_number() || value.is_null()) {
        return Err(TokenRefusal::ClaimType { claim: "sub", expected: "text or a number" });
    }
    let is_audience = |value: &Value| match value {
        Value::Array(items) => items.iter().all(Value::is_string),
        value => value.is_string() || value.is_null(),
    };
    if !is("aud", is_audience) {
        return Err(TokenRefusal::ClaimType { claim: "aud", expected: "text or a list of texts" });
    }
    Ok(())
}

/// Checks that one audience of the token is listed. Without a list, the audience is not checked.
pub(super) fn audience(jwt: &Jwt, allowed: &[String]) -> Result<(), TokenRefusal> {
    if allowed.is_empty() {
        return Ok(());
    }
    let found: Vec<_> = match jwt.claims.get("aud") {
        None | Some(Value::Null) => Vec::new(),
        Some(_) => jwt.values("aud"),
    };
    if found.is_empty() {
        return Err(TokenRefusal::NoAudience);
    }
    if found.iter().any(|audience| allowed.iter().any(|allowed| is_same_audience(audience, allowed))) {
        return Ok(());
    }
    Err(TokenRefusal::Audience { found, allowed: allowed.to_vec() })
}

/// Compares exactly, except for one slash at the end
/// (`TokenValidationParameters.IgnoreTrailingSlashWhenValidatingAudience`).
pub(super) fn is_same_audience(audience: &str, allowed: &str) -> bool {
    let is_longer = |long: &str, short: &str| long.strip_suffix('/') == Some(short);
    !audience.trim().is_empty()
        && !allowed.trim().is_empty()
        && (audience == allowed || is_longer(audience, allowed) || is_longer(allowed, audience))
}

/// Checks that the issuer is listed, or is that of a discovery document. Without either, it is not checked, unless a
/// discovery document that publishes no issuer was read.
pub(super) fn issuer(
    jwt: &Jwt,
    listed: &[String],
    published: &[String],
    is_discovered: bool,
) -> Result<(), TokenRefusal> {
    let mut allowed = listed.iter().chain(published).peekable();
    if allowed.peek().is_none() {
        return if is_discovered { Err(TokenRefusal::NoValidIssuer) } else { Ok(()) };
    }
    let found = jwt.text("iss").filter(|issuer| !issuer.trim().is_empty()).ok_or(TokenRefusal::NoIssuer)?;
    let is_published = |issuer: &String| matches(issuer, found, jwt.text("tid"));
    if listed.iter().any(|issuer| issuer == found) || published.iter().any(is_published) {
        return Ok(());
    }
    Err(TokenRefusal::Issuer { found: found.to_owned(), allowed: allowed.cloned().collect() })
}

/// Compares an issuer. The documents for several tenants (`/common`, `/organizations`) publish an issuer with a
/// placeholder for the tenant ID. The token must fill it with its own `tid`, a GUID.
fn matches(issuer: &str, found: &str, tenant: Option<&str>) -> bool {
    const TENANT: &str = "{tenantid}";
    if !issuer.contains(TENANT) {
        return issuer == found;
    }
    let tenant = tenant.filter(|tenant| tenant.len() == 36 && uuid::Uuid::try_parse(tenant).is_ok());
    tenant.is_some_and(|tenant| issuer.replace(TENANT, tenant) == found)
}
