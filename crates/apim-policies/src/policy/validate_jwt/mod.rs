//! `validate-jwt`: a token, its signature, its claims
//! (learn.microsoft.com/azure/api-management/validate-jwt-policy).
//!
//! The signature is checked first; then lifetime, audience and issuer; the required claims last. The first failure
//! decides what the caller and `on-error` see.

mod checks;
mod load;
mod refusal;
mod required_claims;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use http::{HeaderName, StatusCode, header};
use jiff::SignedDuration;
use url::Url;

use self::{refusal::Refusal, required_claims::RequiredClaim};
use super::Kind;
use crate::{
    expression::{self, Request},
    failure::Failure,
    load::Setting,
    outside::Outside,
    run::Run,
    scope::Section,
    token::{OpenIdCache, SignedJwt, SigningKey, ValidatedToken},
};

const NAME: &str = "validate-jwt";

pub(super) const KIND: Kind = Kind { name: NAME, sections: &[Section::Inbound], load: load::load };

/// The policy as written; the documented defaults are filled in when it runs.
#[derive(Debug)]
pub(crate) struct ValidateJwt {
    place: Place,
    status: Option<Setting<StatusCode>>,
    /// Replaces the message in the error body.
    message: Option<Setting<String>>,
    require_expiration: Option<Setting<bool>>,
    /// Looked at in the Authorization header only.
    scheme: Option<Setting<String>>,
    require_signed: Option<Setting<bool>>,
    /// In seconds.
    clock_skew: Option<Setting<u32>>,
    variable: Option<String>,
    open_id: Vec<Setting<Url>>,
    keys: Vec<SigningKey>,
    audiences: Vec<Setting<String>>,
    /// Accepted besides the issuers of the discovery documents.
    issuers: Vec<String>,
    required_claims: Vec<RequiredClaim>,
}

/// Where the token is.
#[derive(Debug)]
enum Place {
    Header(Setting<HeaderName>),
    Query(Setting<String>),
    Value(Setting<String>),
}

/// What the settings say for one request.
struct Rules {
    require_expiration: bool,
    require_signed: bool,
    clock_skew: SignedDuration,
    open_id: Vec<Url>,
    audiences: Vec<String>,
}

impl ValidateJwt {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let token = self.token(run).await?;
        let rules = self.rules(run).await?;
        let token = match self.validate(token.as_deref(), &rules, &run.state.open_id, run.outside).await {
            Ok(token) => Arc::new(token),
            Err(refusal) => return Err(self.refuse(refusal, run).await?),
        };
        run.trace(|| trace(&token));
        if let Some(name) = &self.variable {
            let jwt = expression::Jwt::new(token.jwt.header.clone(), token.jwt.claims.clone());
            run.context.variables.insert(name.clone(), jwt.into());
        }
        run.tokens.push(token);
        Ok(())
    }

    /// The failure as the policy words it. Its own words may ask for `context.LastError`.
    async fn refuse<O: Outside>(&self, refusal: Refusal, run: &mut Run<'_, O>) -> Result<Failure, Failure> {
        let status = run.get_any(self.status.as_ref()).await?.unwrap_or(StatusCode::UNAUTHORIZED);
        let failure = refusal.into_failure(status);
        let Some(message) = &self.message else { return Ok(failure) };
        run.set_last_error(&failure);
        let message = run.get(message).await?;
        Ok(if failure.is_internal() { failure } else { failure.with_public_message(message) })
    }

    async fn rules<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Rules, Failure> {
        let mut rules = Rules {
            require_expiration: run.get_any(self.require_expiration.as_ref()).await?.unwrap_or(true),
            require_signed: run.get_any(self.require_signed.as_ref()).await?.unwrap_or(true),
            clock_skew: SignedDuration::from_secs(run.get_any(self.clock_skew.as_ref()).await?.unwrap_or(0).into()),
            open_id: Vec::new(),
            audiences: Vec::new(),
        };
        for url in &self.open_id {
            rules.open_id.push(run.get(url).await?);
        }
        for audience in &self.audiences {
            rules.audiences.push(run.get(audience).await?);
        }
        Ok(rules)
    }

    async fn validate<O: Outside>(
        &self,
        token: Option<&str>,
        rules: &Rules,
        keys: &OpenIdCache,
        outside: &O,
    ) -> Result<ValidatedToken, Refusal> {
        let token = token.ok_or(Refusal::NotPresent)?;
        let token = SignedJwt::parse(token).ok_or(Refusal::NotWellFormed)?;
        let published_issuers = self.verify_signature(&token, rules, keys, outside).await?;
        let jwt = token.jwt;
        checks::lifetime(&jwt, outside.now(), rules.clock_skew, rules.require_expiration)?;
        checks::audience(&jwt, &rules.audiences)?;
        checks::issuer(&jwt, &self.issuers, &published_issuers)?;
        let satisfied = required_claims::check(&self.required_claims, &jwt)?;
        Ok(ValidatedToken { jwt: Arc::new(jwt), satisfied })
    }

    /// The token as text; an empty one counts as absent.
    async fn token<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Option<String>, Failure> {
        let text = match &self.place {
            Place::Header(name) => {
                let name = run.get(name).await?;
                let scheme = run.get_any(self.scheme.as_ref()).await?;
                header(&run.context.request, &name, scheme.as_deref())
            }
            Place::Query(name) => {
                let name = run.get(name).await?;
                let query = run.context.request.url.query.as_bytes();
                let mut pairs = url::form_urlencoded::parse(query);
                pairs.find(|(key, _)| *key == name).map(|(_, value)| value.into_owned())
            }
            Place::Value(token) => Some(run.get(token).await?),
        };
        Ok(text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
    }
}

fn header(request: &Request, name: &HeaderName, scheme: Option<&str>) -> Option<String> {
    // Several lines are one value with commas, which is not a token: none of them is picked out.
    let lines: Vec<_> = request.headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
    if lines.is_empty() {
        return None;
    }
    let value = String::from_utf8(lines.join(&b',')).ok()?;
    if *name != header::AUTHORIZATION {
        return Some(value);
    }
    match scheme {
        Some(scheme) => without_scheme(&value, scheme).map(str::to_owned),
        // Every example of the documentation sends "Bearer"; the bare token is taken too.
        None => Some(without_scheme(&value, "Bearer").unwrap_or(&value).to_owned()),
    }
}

/// What follows a scheme, in any letter case as HTTP has it (how a live gateway compares it is not documented).
fn without_scheme<'v>(value: &'v str, scheme: &str) -> Option<&'v str> {
    let value = value.trim_start();
    let (found, rest) = value.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// What the token proved.
fn trace(token: &ValidatedToken) -> String {
    let satisfied: Vec<_> =
        token.satisfied.iter().map(|(name, values)| format!(", {name}={}", values.join(","))).collect();
    format!(
        "the token is valid: aud={}, iss={}{}",
        token.jwt.values("aud").join(","),
        token.jwt.text("iss").unwrap_or_default(),
        satisfied.concat()
    )
}
