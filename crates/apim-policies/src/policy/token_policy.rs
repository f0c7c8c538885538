//! The common part of policies that check a token: where the token is, and the outcome if it is valid or not.

use std::sync::Arc;

use http::{HeaderName, StatusCode, header};

use super::prelude::*;
use crate::{
    expression::{self, Certificate, Request},
    token::{DecryptionKey, RefusalText, TokenFailure, TokenRefusal, ValidatedToken},
};

#[derive(Debug)]
pub(super) struct TokenPolicy {
    place: TokenPlace,
    status: Option<Setting<StatusCode>>,
    /// The message in the error body, instead of the default one.
    message: Option<Setting<String>>,
    variable: Option<String>,
}

/// The place of the token.
#[derive(Debug)]
enum TokenPlace {
    Header(Setting<HeaderName>),
    Query(Setting<String>),
    Value(Setting<String>),
}

const PLACES: [&str; 3] = ["header-name", "query-parameter-name", "token-value"];

impl TokenPolicy {
    pub(super) const ATTRIBUTES: [&str; 7] = [
        "id",
        "header-name",
        "query-parameter-name",
        "token-value",
        "failed-validation-httpcode",
        "failed-validation-error-message",
        "output-token-variable-name",
    ];

    /// Reads the attributes. If they give no place, it is `default`, if there is one.
    pub(super) fn load(element: &Element<'_>, default: Option<HeaderName>, problems: &mut Problems) -> Self {
        element.not_empty(&["query-parameter-name", "token-value", "output-token-variable-name"], problems);
        let default = default.filter(|_| PLACES.iter().all(|name| !element.has(name)));
        let place = match default {
            Some(name) => Some(TokenPlace::Header(Setting::Literal(name))),
            None => place(element, problems),
        };
        Self {
            // A missing place is already a problem, so this value is never used.
            place: place.unwrap_or(TokenPlace::Value(Setting::Literal(String::new()))),
            status: element.setting("failed-validation-httpcode", problems),
            message: element.setting("failed-validation-error-message", problems),
            variable: element.attribute("output-token-variable-name", problems).map(str::to_owned),
        }
    }

    /// Returns the token as text. The scheme is checked in the Authorization header only.
    pub(super) async fn find<O: Outside>(
        &self,
        scheme: Option<&str>,
        run: &mut Run<'_, O>,
    ) -> Result<Option<String>, Failure> {
        Ok(match &self.place {
            TokenPlace::Header(name) => {
                let name = run.get(name).await?;
                in_header(&run.context.request, &name, scheme)
            }
            TokenPlace::Query(name) => {
                let name = run.get(name).await?;
                let query = run.context.request.url.query.as_bytes();
                let pairs = url::form_urlencoded::parse(query).filter(|(key, _)| *key == name);
                let values: Vec<_> = pairs.map(|(_, value)| value).collect();
                // Several parameters count as one value with commas, like the lines of a header.
                (!values.is_empty()).then(|| values.join(","))
            }
            TokenPlace::Value(token) => Some(run.get(token).await?),
        })
    }

    /// Keeps a valid token for later policies, or fails with the policy's status and message.
    pub(super) async fn settle<O: Outside>(
        &self,
        verified: Result<ValidatedToken, TokenFailure>,
        answer: &RefusalText,
        run: &mut Run<'_, O>,
    ) -> Result<(), Failure> {
        let token = match verified {
            Ok(token) => Arc::new(token),
            Err(TokenFailure { refusal, token }) => {
                run.unmet_claims = refusal.unmet_claims();
                run.refused_token = token.map(|token| *token);
                return Err(self.refuse(refusal, answer, run).await?);
            }
        };
        run.trace(|| trace(&token));
        if let Some(name) = &self.variable {
            let jwt = expression::Jwt::new(token.jwt.header.clone(), token.jwt.claims.clone());
            run.context.variables.insert(name.clone(), jwt.into());
        }
        run.tokens.push(token);
        Ok(())
    }

    /// Returns the failure. The policy's own message may read `context.LastError`.
    async fn refuse<O: Outside>(
        &self,
        refusal: TokenRefusal,
        answer: &RefusalText,
        run: &mut Run<'_, O>,
    ) -> Result<Failure, Failure> {
        let status = run.get_any(self.status.as_ref()).await?.unwrap_or(StatusCode::UNAUTHORIZED);
        let failure = refusal.into_failure(answer, status);
        let Some(message) = &self.message else { return Ok(failure) };
        run.set_last_error(&failure);
        let message = run.get(message).await?;
        Ok(if failure.is_internal() { failure } else { failure.with_public_message(message) })
    }
}

fn place(element: &Element<'_>, problems: &mut Problems) -> Option<TokenPlace> {
    let written: Vec<_> = PLACES.into_iter().filter(|name| element.has(name)).collect();
    let &[name] = written.as_slice() else {
        let message = format!(
            "<{}> needs exactly one of the attributes header-name, query-parameter-name and token-value",
            element.name()
        );
        element.problem(problems, message);
        return None;
    };
    match name {
        "header-name" => element.setting(name, problems).map(TokenPlace::Header),
        "query-parameter-name" => element.setting(name, problems).map(TokenPlace::Query),
        _ => {
            let token = element.setting::<String>(name, problems)?;
            if let Setting::Literal(token) = &token
                && token.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("Bearer "))
            {
                element.bad_value(name, "a token without the scheme Bearer", problems);
            }
            Some(TokenPlace::Value(token))
        }
    }
}

/// Returns the entries of a list, which must have at least one.
pub(super) fn list<'d>(element: &Element<'d>, entry: &str, problems: &mut Problems) -> Vec<Element<'d>> {
    element.only_attributes(&[], problems);
    let entries = element.children(&[(entry, Count::Any)], problems);
    if entries.is_empty() {
        element.problem(problems, format!("<{}> needs at least one <{entry}>", element.name()));
    }
    entries
}

/// Returns the certificate of the service that an element names with `certificate-id`.
pub(super) fn certificate<'d>(element: &Element<'d>, problems: &mut Problems) -> Option<&'d Certificate> {
    let id = element.required("certificate-id", problems)?;
    let certificate = element.service().certificates.get(id);
    if certificate.is_none() {
        element.undefined("certificate-id", "a certificate of the service", problems);
    }
    certificate
}

/// Reads a certificate whose key decrypts tokens.
pub(super) fn decryption_certificate(
    id: Option<String>,
    element: &Element<'_>,
    problems: &mut Problems,
) -> Option<DecryptionKey> {
    let key = DecryptionKey::from_certificate(id, certificate(element, problems)?);
    if key.is_none() {
        element.bad_value("certificate-id", "a certificate with the private key, and that of RSA", problems);
    }
    key
}

fn in_header(request: &Request, name: &HeaderName, scheme: Option<&str>) -> Option<String> {
    // Several lines count as one value with commas, which is not a token. No line is picked out.
    let mut lines = request.headers.get_all(name).iter().map(|line| line.as_bytes());
    let first = std::str::from_utf8(lines.next()?).ok()?;
    let rest: Vec<_> = lines.collect();
    let joined;
    let value = match rest.is_empty() {
        true => first,
        false => {
            joined = format!("{first},{}", std::str::from_utf8(&rest.join(&b',')).ok()?);
            &joined
        }
    };
    if *name != header::AUTHORIZATION {
        return Some(value.to_owned());
    }
    match scheme {
        Some(scheme) => without_scheme(value, scheme).map(str::to_owned),
        // Every example of the documentation sends "Bearer". The bare token is accepted, too.
        None => Some(without_scheme(value, "Bearer").unwrap_or(value).to_owned()),
    }
}

/// Returns the text after a scheme. The scheme has any letter case, as in HTTP (how a live gateway compares it is not
/// documented).
fn without_scheme<'v>(value: &'v str, scheme: &str) -> Option<&'v str> {
    let value = value.trim_start();
    let (found, rest) = value.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Describes a valid token for the trace.
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
