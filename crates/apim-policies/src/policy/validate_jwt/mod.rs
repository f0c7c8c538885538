//! `validate-jwt`: a token, its signature, its claims
//! (learn.microsoft.com/azure/api-management/validate-jwt-policy).
//!
//! The signature is checked first; then lifetime, audience and issuer; the required claims last. The first failure
//! decides what the caller and `on-error` see. The caller is told `JWT not present.` or `Invalid JWT.`, both captured
//! from live gateways.

mod load;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use http::{HeaderName, StatusCode, header, request::Parts};
use jiff::SignedDuration;
use url::Url;

use super::Kind;
use crate::{
    execute::{Context, Variable},
    failure::Failure,
    outside::Outside,
    scope::Section,
    token::{Answer, OpenIdCache, RequiredClaim, Rules, SigningKey},
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
        let text = self.token(&context.request);
        let verified = self.rules().verify(text.as_deref(), keys, outside).await;
        let token = Arc::new(verified.map_err(|refusal| refusal.into_failure(&self.answer()))?);
        if let Some(name) = &self.variable {
            context.variables.insert(name.clone(), Variable::Jwt(Arc::clone(&token.jwt)));
        }
        context.tokens.push(token);
        Ok(())
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            open_id: &self.open_id,
            keys: &self.keys,
            require_signed: self.require_signed,
            require_expiration: self.require_expiration,
            clock_skew: self.clock_skew,
            audiences: &self.audiences,
            issuers: &self.issuers,
            required_claims: &self.required_claims,
        }
    }

    fn answer(&self) -> Answer<'_> {
        Answer {
            policy: NAME,
            status: self.status,
            message: self.message.as_deref(),
            not_present: "JWT not present.",
            invalid: "Invalid JWT.",
        }
    }

    /// The token as text.
    fn token(&self, request: &Parts) -> Option<String> {
        match &self.place {
            Place::Header(name) => self.header(request, name),
            Place::Query(name) => {
                let query = request.uri.query().unwrap_or_default();
                let (_, value) = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name)?;
                Some(value.into_owned())
            }
            Place::Literal(token) => Some(token.clone()),
        }
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
