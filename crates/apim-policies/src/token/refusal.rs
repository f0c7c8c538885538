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
//! What the caller is told is the policy's own affair ([`Answer`]).

use http::StatusCode;
use jiff::Timestamp;

use super::open_id::DiscoveryError;
use crate::failure::Failure;

/// What a policy tells the caller about a token, unless the policy has words of its own.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) not_present: &'static str,
    pub(crate) invalid: &'static str,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("JWT not present.")]
    NotPresent,
    #[error("JWT is not well formed")]
    NotWellFormed,
    /// Encrypted, and no key opens it.
    #[error("IDX10603: Decryption failed. Access denied.")]
    Decryption,
    /// Encrypted, and the policy has no keys for that.
    #[error("IDX10609: Decryption failed. No Keys tried. Access denied.")]
    NoDecryptionKeys,
    /// Encrypted otherwise than any of the policy's keys is used here.
    #[error(
        "IDX10619: Decryption failed. Algorithm: '{algorithm}'. Either the Encryption Algorithm: '{method}' or none of \
         the Security Keys are supported by the CryptoProviderFactory. Access denied."
    )]
    DecryptionAlgorithm { algorithm: String, method: String },
    #[error("IDX10682: Compression algorithm '{0}' is not supported. Access denied.")]
    Compression(String),
    #[error("IDX10504: Unable to validate signature, token does not have a signature. Access denied.")]
    Unsigned,
    #[error("IDX10652: The algorithm '{0}' is not supported. Access denied.")]
    Algorithm(String),
    /// No key at all.
    #[error(
        "IDX10500: Signature validation failed. No security keys were provided to validate the signature. Access denied."
    )]
    NoKeys,
    /// The token's key ID is not known, and no known key made its signature.
    #[error(
        "IDX10503: Signature validation failed. The token's kid is: '{0}', but did not match any keys in \
         TokenValidationParameters or Configuration. Access denied."
    )]
    UnknownKey(String),
    /// The key that the token names says no.
    #[error("IDX10511: Signature validation failed. kid: '{0}'. Access denied.")]
    Signature(String),
    /// The token has no key ID, and every key says no.
    #[error("IDX10517: Signature validation failed. The token's kid is missing. Access denied.")]
    SignatureWithoutKeyId,
    #[error("IDX10225: Lifetime validation failed. The token is missing an Expiration Time. Access denied.")]
    NoExpiration,
    #[error(
        "IDX10222: Lifetime validation failed. The token is not yet valid. ValidFrom (UTC): '{}', Current time (UTC): \
         '{}'. Access denied.",
        date(from),
        date(now)
    )]
    NotYetValid { from: Timestamp, now: Timestamp },
    #[error(
        "IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '{}', Current time (UTC): '{}'. \
         Access denied.",
        date(to),
        date(now)
    )]
    Expired { to: Timestamp, now: Timestamp },
    #[error(
        "IDX10224: Lifetime validation failed. The NotBefore (UTC): '{}' is after Expires (UTC): '{}'. Access denied.",
        date(from),
        date(to)
    )]
    Lifetime { from: Timestamp, to: Timestamp },
    /// A claim that must be a number of seconds is something else.
    #[error("The claim '{0}' is not a number of seconds. Access denied.")]
    Malformed(&'static str),
    #[error("IDX10206: Unable to validate audience. The 'audiences' parameter is empty. Access denied.")]
    NoAudience,
    #[error(
        "IDX10214: Audience validation failed. Audiences: '{}'. Did not match: validationParameters.ValidAudience: '' \
         or validationParameters.ValidAudiences: '{}'. Access denied.",
        found.join(", "),
        allowed.join(", ")
    )]
    Audience { found: Vec<String>, allowed: Vec<String> },
    #[error("IDX10211: Unable to validate issuer. The 'issuer' parameter is null or whitespace. Access denied.")]
    NoIssuer,
    #[error(
        "IDX10205: Issuer validation failed. Issuer: '{found}'. Did not match: validationParameters.ValidIssuer: '' or \
         validationParameters.ValidIssuers: '{}'. Access denied.",
        allowed.join(", ")
    )]
    Issuer { found: String, allowed: Vec<String> },
    #[error("JWT is missing the following claims: {}. Access denied.", .0.join(", "))]
    MissingClaims(Vec<String>),
    #[error("Claim value mismatch: {name}={}.", expected.join(","))]
    ClaimValue { name: String, expected: Vec<String> },
    /// Not the caller's fault: no keys could be had to judge the token by.
    #[error(transparent)]
    Discovery(DiscoveryError),
}

impl Refusal {
    pub(crate) fn into_failure(self, answer: &Answer, status: StatusCode) -> Failure {
        if let Self::Discovery(error) = self {
            return Failure::internal("", "", error.to_string());
        }
        let (message, told) = match self {
            Self::NotPresent => (answer.not_present.to_owned(), answer.not_present),
            _ => (self.to_string(), answer.invalid),
        };
        Failure::new("", self.reason(), message, status, told.to_owned())
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotPresent => "TokenNotPresent",
            Self::Unsigned | Self::Algorithm(_) | Self::Signature(_) | Self::SignatureWithoutKeyId => {
                "TokenInvalidSignature"
            }
            Self::NoKeys | Self::UnknownKey(_) => "TokenSignatureKeyNotFound",
            Self::Expired { .. } => "TokenExpired",
            Self::NoAudience | Self::Audience { .. } => "TokenAudienceNotAllowed",
            Self::NoIssuer | Self::Issuer { .. } => "TokenIssuerNotAllowed",
            Self::MissingClaims(_) => "TokenClaimNotFound",
            Self::ClaimValue { .. } => "TokenClaimValueMismatch",
            Self::NotWellFormed
            | Self::Decryption
            | Self::NoDecryptionKeys
            | Self::DecryptionAlgorithm { .. }
            | Self::Compression(_)
            | Self::NoExpiration
            | Self::NotYetValid { .. }
            | Self::Lifetime { .. }
            | Self::Malformed(_)
            | Self::Discovery(_) => "JwtInvalid",
        }
    }
}

/// As .NET writes a date in its invariant culture.
fn date(at: &Timestamp) -> String {
    at.strftime("%m/%d/%Y %H:%M:%S").to_string()
}
