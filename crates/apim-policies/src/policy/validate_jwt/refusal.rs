//! Why a token is refused: the reason and message of `context.LastError`, and what the caller is told.
//!
//! Reasons: learn.microsoft.com/azure/api-management/api-management-error-handling-policies, except two for which the
//! tests of public projects against live gateways agree on another one: `TokenInvalidSignature` (there
//! `TokenSignatureInvalid`) and `TokenClaimValueMismatch` (there `TokenClaimValueNotAllowed`).
//!
//! Messages: `JWT not present.`, `JWT is not well formed` and `Claim value mismatch: …` were seen on live gateways; the
//! one for missing claims is the page's. The others are the texts of Microsoft.IdentityModel, which does the work in
//! API Management (its log messages, `src/Microsoft.IdentityModel.Tokens/LogMessages.cs`), followed by "Access
//! denied." as the page has it; the lists of keys and exceptions that they carry there are left out, and so is the
//! token. How a live gateway joins the two is derived.
//!
//! The caller is told `JWT not present.` or `Invalid JWT.`, both captured from live gateways.

use http::StatusCode;
use jiff::Timestamp;

use super::NAME;
use crate::{failure::Failure, token::DiscoveryError};

#[derive(Debug)]
pub(super) enum Refusal {
    NotPresent,
    NotWellFormed,
    Unsigned,
    Algorithm(String),
    /// No key at all.
    NoKeys,
    /// The token's key ID is not known, and no known key made its signature.
    UnknownKey(String),
    /// The key that the token names, or with no name every key, says no.
    Signature {
        key_id: Option<String>,
        tried: usize,
    },
    NoExpiration,
    NotYetValid {
        from: Timestamp,
        now: Timestamp,
    },
    Expired {
        to: Timestamp,
        now: Timestamp,
    },
    Lifetime {
        from: Timestamp,
        to: Timestamp,
    },
    /// A claim that must be a number of seconds is something else.
    Malformed(&'static str),
    NoAudience,
    Audience {
        found: Vec<String>,
        allowed: Vec<String>,
    },
    NoIssuer,
    Issuer {
        found: String,
        allowed: Vec<String>,
    },
    MissingClaims(Vec<String>),
    ClaimValue {
        name: String,
        expected: Vec<String>,
    },
    /// Not the caller's fault: no keys could be had to judge the token by.
    Discovery(DiscoveryError),
}

impl Refusal {
    pub(super) fn into_failure(self, status: StatusCode, message: Option<&str>) -> Failure {
        if let Self::Discovery(error) = self {
            return Failure::internal(NAME, "", error.to_string());
        }
        let default = if matches!(self, Self::NotPresent) { "JWT not present." } else { "Invalid JWT." };
        Failure::new(NAME, self.reason(), self.message(), status, message.unwrap_or(default).to_owned())
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotPresent => "TokenNotPresent",
            Self::Unsigned | Self::Algorithm(_) | Self::Signature { .. } => "TokenInvalidSignature",
            Self::NoKeys | Self::UnknownKey(_) => "TokenSignatureKeyNotFound",
            Self::Expired { .. } => "TokenExpired",
            Self::NoAudience | Self::Audience { .. } => "TokenAudienceNotAllowed",
            Self::NoIssuer | Self::Issuer { .. } => "TokenIssuerNotAllowed",
            Self::MissingClaims(_) => "TokenClaimNotFound",
            Self::ClaimValue { .. } => "TokenClaimValueMismatch",
            Self::NotWellFormed
            | Self::NoExpiration
            | Self::NotYetValid { .. }
            | Self::Lifetime { .. }
            | Self::Malformed(_)
            | Self::Discovery(_) => "JwtInvalid",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotPresent => "JWT not present.".to_owned(),
            Self::NotWellFormed => "JWT is not well formed".to_owned(),
            Self::MissingClaims(names) => {
                format!("JWT is missing the following claims: {}. Access denied.", names.join(", "))
            }
            Self::ClaimValue { name, expected } => format!("Claim value mismatch: {name}={}.", expected.join(",")),
            _ => format!("{} Access denied.", self.library_text()),
        }
    }

    /// The part of the message that Microsoft.IdentityModel writes.
    fn library_text(&self) -> String {
        match self {
            Self::Unsigned => "IDX10504: Unable to validate signature, token does not have a signature.".to_owned(),
            Self::Algorithm(name) => format!("IDX10652: The algorithm '{name}' is not supported."),
            Self::NoKeys => {
                "IDX10500: Signature validation failed. No security keys were provided to validate the signature."
                    .to_owned()
            }
            Self::UnknownKey(id) => format!(
                "IDX10503: Signature validation failed. The token's kid is: '{id}', but did not match any keys in \
                 TokenValidationParameters or Configuration."
            ),
            Self::Signature { key_id: Some(id), .. } => {
                format!("IDX10511: Signature validation failed. kid: '{id}'.")
            }
            Self::Signature { key_id: None, tried } => {
                format!(
                    "IDX10517: Signature validation failed. The token's kid is missing. Number of keys tried: {tried}."
                )
            }
            Self::NoExpiration => {
                "IDX10225: Lifetime validation failed. The token is missing an Expiration Time.".to_owned()
            }
            Self::NotYetValid { from, now } => format!(
                "IDX10222: Lifetime validation failed. The token is not yet valid. ValidFrom (UTC): '{}', Current \
                 time (UTC): '{}'.",
                date(*from),
                date(*now)
            ),
            Self::Expired { to, now } => format!(
                "IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '{}', Current time (UTC): \
                 '{}'.",
                date(*to),
                date(*now)
            ),
            Self::Lifetime { from, to } => format!(
                "IDX10224: Lifetime validation failed. The NotBefore (UTC): '{}' is after Expires (UTC): '{}'.",
                date(*from),
                date(*to)
            ),
            Self::Malformed(claim) => format!("The claim '{claim}' is not a number of seconds."),
            Self::NoAudience => "IDX10206: Unable to validate audience. The 'audiences' parameter is empty.".to_owned(),
            Self::Audience { found, allowed } => format!(
                "IDX10214: Audience validation failed. Audiences: '{}'. Did not match: validationParameters.\
                 ValidAudience: '' or validationParameters.ValidAudiences: '{}'.",
                found.join(", "),
                allowed.join(", ")
            ),
            Self::NoIssuer => {
                "IDX10211: Unable to validate issuer. The 'issuer' parameter is null or whitespace.".to_owned()
            }
            Self::Issuer { found, allowed } => format!(
                "IDX10205: Issuer validation failed. Issuer: '{found}'. Did not match: validationParameters.\
                 ValidIssuer: '' or validationParameters.ValidIssuers: '{}'.",
                allowed.join(", ")
            ),
            // These have a message of their own.
            Self::NotPresent
            | Self::NotWellFormed
            | Self::MissingClaims(_)
            | Self::ClaimValue { .. }
            | Self::Discovery(_) => String::new(),
        }
    }
}

/// As .NET writes a date in its invariant culture.
fn date(at: Timestamp) -> String {
    at.strftime("%m/%d/%Y %H:%M:%S").to_string()
}
