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

use http::{HeaderName, StatusCode, header, request::Parts};
use jiff::SignedDuration;
use url::Url;

use self::{refusal::Refusal, required_claims::RequiredClaim};
use super::Kind;
use crate::{
    execute::{Context, Variable},
    failure::Failure,
    outside::Outside,
    scope::Section,
    token::{OpenIdCache, SignedJwt, SigningKey, ValidatedToken},
};

const NAME: &str = "validate-jwt";

pub(super) const KIND: Kind = Kind { name: NAME, sections: &[Section::Inbound], load: load::load };

/// The policy as written, with the documented defaults filled in.
#[derive(Debug)]
pub(crate) struct ValidateJwt {
    place: Place,
    status: StatusCode,
    /// Replaces the message in the error body.
    message: Option<String>,
    require_expiration: bool,
    /// Looked at in the Authorization header only.
    scheme: Option<String>,
    require_signed: bool,
    clock_skew: SignedDuration,
    variable: Option<String>,
    open_id: Vec<Url>,
    keys: Vec<SigningKey>,
    audiences: Vec<String>,
    /// Accepted besides the issuers of the discovery documents.
    issuers: Vec<String>,
    required_claims: Vec<RequiredClaim>,
}

/// Where the token is.
#[derive(Debug)]
enum Place {
    Header(HeaderName),
    Query(String),
    Literal(String),
}

impl ValidateJwt {
    pub(super) async fn run<O: Outside>(
        &self,
        context: &mut Context<O::Body>,
        keys: &OpenIdCache,
        outside: &O,
    ) -> Result<(), Failure> {
        let token = match self.validate(&context.request, keys, outside).await {
            Ok(token) => Arc::new(token),
            Err(refusal) => return Err(refusal.into_failure(self.status, self.message.as_deref())),
        };
        if let Some(name) = &self.variable {
            context.variables.insert(name.clone(), Variable::Jwt(Arc::clone(&token.jwt)));
        }
        context.tokens.push(token);
        Ok(())
    }

    async fn validate<O: Outside>(
        &self,
        request: &Parts,
        keys: &OpenIdCache,
        outside: &O,
    ) -> Result<ValidatedToken, Refusal> {
        let token = self.token(request).ok_or(Refusal::NotPresent)?;
        let token = SignedJwt::parse(&token).ok_or(Refusal::NotWellFormed)?;
        let published_issuers = self.verify_signature(&token, keys, outside).await?;
        let jwt = token.jwt;
        checks::lifetime(&jwt, outside.now(), self.clock_skew, self.require_expiration)?;
        checks::audience(&jwt, &self.audiences)?;
        checks::issuer(&jwt, &self.issuers, &published_issuers)?;
        let satisfied = required_claims::check(&self.required_claims, &jwt)?;
        Ok(ValidatedToken { jwt: Arc::new(jwt), satisfied })
    }

    /// The token as text; an empty one counts as absent.
    fn token(&self, request: &Parts) -> Option<String> {
        let text = match &self.place {
            Place::Header(name) => self.header(request, name)?,
            Place::Query(name) => {
                let query = request.uri.query().unwrap_or_default();
                let (_, value) = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name)?;
                value.into_owned()
            }
            Place::Literal(token) => token.clone(),
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn header(&self, request: &Parts, name: &HeaderName) -> Option<String> {
        // Several lines are one value with commas, which is not a token: none of them is picked out.
        let lines: Vec<_> = request.headers.get_all(name).iter().map(|line| line.as_bytes()).collect();
        if lines.is_empty() {
            return None;
        }
        let value = String::from_utf8(lines.join(&b',')).ok()?;
        if *name != header::AUTHORIZATION {
            return Some(value);
        }
        match &self.scheme {
            Some(scheme) => without_scheme(&value, scheme).map(str::to_owned),
            // Every example of the documentation sends "Bearer"; the bare token is taken too.
            None => Some(without_scheme(&value, "Bearer").unwrap_or(&value).to_owned()),
        }
    }
}

/// What follows a scheme, in any letter case as HTTP has it (how a live gateway compares it is not documented).
fn without_scheme<'v>(value: &'v str, scheme: &str) -> Option<&'v str> {
    let value = value.trim_start();
    let (found, rest) = value.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then_some(rest)
}
