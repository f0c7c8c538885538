//! The refusal of a token: the reason and message of `context.LastError`, and the text for the caller.
//!
//! Reasons are those of learn.microsoft.com/azure/api-management/api-management-error-handling-policies, except two.
//! For these, the tests of public projects against live gateways agree on another reason: `TokenInvalidSignature` (the
//! page has `TokenSignatureInvalid`) and `TokenClaimValueMismatch` (the page has `TokenClaimValueNotAllowed`).
//!
//! Messages: `JWT not present.`, `JWT is not well formed` and `Claim value mismatch: …` were seen on live gateways. The
//! message for missing claims is the page's. The others are the texts of Microsoft.IdentityModel, which API Management
//! uses (its log messages, `src/Microsoft.IdentityModel.Tokens/LogMessages.cs`), followed by the page's "Access
//! denied.". They leave out the lists of keys and exceptions, and the token. How a live gateway joins the two texts is
//! derived.
//!
//! The policy itself decides the text for the caller ([`RefusalText`]).

use http::StatusCode;
use jiff::Timestamp;
use url::Url;

use super::UnmetClaim;
use crate::failure::Failure;

/// The texts for the caller, unless the policy sets its own text.
#[derive(Debug)]
pub(crate) struct RefusalText {
    pub(crate) not_present: &'static str,
    pub(crate) invalid: &'static str,
}

/// The reason why there is no discovery document or key set.
#[derive(Clone, Debug, thiserror::Error)]
// The text is Microsoft.IdentityModel's. Operators search for it.
#[error("IDX20803: Unable to obtain configuration from: '{url}'. Exception: '{cause}'.")]
pub(crate) struct DiscoveryError {
    pub(super) url: Url,
    pub(super) cause: String,
}

/// The reason why a key verifies nothing, although the policy is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Weakness {
    #[error(
        "IDX10720: the key has {0} bits and HS256 needs 256; Azure's library refuses every token of it since version 7"
    )]
    ShortSecret(usize),
    #[error("a certificate's key verifies as RSA only in Azure's library, and this one is of an elliptic curve")]
    EllipticCertificate,
    #[error("the certificate's RSA key is of a size that verifies nothing here")]
    CertificateSize,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenRefusal {
    #[error("JWT not present.")]
    NotPresent,
    #[error("JWT is not well formed")]
    NotWellFormed,
    #[error("IDX10209: Token has length: '{length}' which is larger than the MaximumTokenSizeInBytes: '{limit}'.")]
    TooLong { length: usize, limit: usize },
    #[error("JWT is not well formed: its JSON has more than {0} levels")]
    TooDeep(usize),
    #[error("JWT is not well formed: one of its numbers is beyond what a double can hold")]
    NumberOutOfRange,
    #[error("JWT is not well formed: the header parameter '{0}' is not text")]
    HeaderType(&'static str),
    /// This refusal is stricter than Azure, on purpose.
    #[error(
        "The header parameter '{0}' asks for an extension and is refused (RFC 7515, 4.1.11), though Azure does not look \
         at it. Access denied."
    )]
    Extension(&'static str),
    /// The token is encrypted, and no key decrypts it.
    #[error("IDX10603: Decryption failed. Access denied.")]
    Decryption,
    /// The token is encrypted, and the policy has no decryption keys.
    #[error("IDX10609: Decryption failed. No Keys tried. Access denied.")]
    NoDecryptionKeys,
    /// The token is encrypted in a way that none of the policy's keys supports here.
    #[error(
        "IDX10619: Decryption failed. Algorithm: '{algorithm}'. Either the Encryption Algorithm: '{method}' or none of \
         the Security Keys are supported by the CryptoProviderFactory. Access denied."
    )]
    DecryptionAlgorithm { algorithm: String, method: String },
    #[error("IDX10682: Compression algorithm '{0}' is not supported. Access denied.")]
    Compression(String),
    #[error("IDX10679: Failed to decompress using algorithm 'DEF'. Access denied.")]
    Inflation,
    #[error("IDX10504: Unable to validate signature, token does not have a signature. Access denied.")]
    Unsigned,
    /// This refusal is stricter than Microsoft.IdentityModel, on purpose.
    #[error(
        "The algorithm '{0}' is not one that the documentation of validate-jwt lists, and is refused, though Azure's \
         library knows it. Access denied."
    )]
    UnlistedAlgorithm(String),
    /// There is no key at all.
    #[error(
        "IDX10500: Signature validation failed. No security keys were provided to validate the signature. Access denied."
    )]
    NoKeys,
    /// The token's key ID is unknown, and no known key made its signature.
    #[error(
        "IDX10503: Signature validation failed. The token's kid is: '{key_id}', but did not match any keys in \
         TokenValidationParameters or Configuration.{} Access denied.",
        because(*weakness)
    )]
    UnknownKey { key_id: String, weakness: Option<Weakness> },
    /// The key that the token names did not make its signature.
    #[error("IDX10511: Signature validation failed. kid: '{key_id}'.{} Access denied.", because(*weakness))]
    Signature { key_id: String, weakness: Option<Weakness> },
    /// The token has no key ID, and no key made its signature.
    #[error("IDX10517: Signature validation failed. The token's kid is missing.{} Access denied.", because(*weakness))]
    SignatureWithoutKeyId { weakness: Option<Weakness> },
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
    /// A registered claim has a different type than Microsoft.IdentityModel reads.
    #[error(
        "IDX14101: Unable to decode the payload: the claim '{claim}' is not {expected}. Azure's library refuses this since \
         version 7. Access denied."
    )]
    ClaimType { claim: &'static str, expected: &'static str },
    #[error("IDX10206: Unable to validate audience. The 'audiences' parameter is empty. Access denied.")]
    NoAudience,
    #[error(
        "IDX10214: Audience validation failed. Audiences: '{}'. Did not match: validationParameters.ValidAudience: '' \
         or validationParameters.ValidAudiences: '{}'. Access denied.",
        found.join(", "),
        allowed.join(", ")
    )]
    Audience { found: Vec<String>, allowed: Vec<String> },
    #[error(
        "IDX10204: Unable to validate issuer. validationParameters.ValidIssuer is null or whitespace AND \
         validationParameters.ValidIssuers is null or empty. Access denied."
    )]
    NoValidIssuer,
    #[error("IDX10211: Unable to validate issuer. The 'issuer' parameter is null or whitespace. Access denied.")]
    NoIssuer,
    #[error(
        "IDX10205: Issuer validation failed. Issuer: '{found}'. Did not match: validationParameters.ValidIssuer: '' or \
         validationParameters.ValidIssuers: '{}'. Access denied.",
        allowed.join(", ")
    )]
    Issuer { found: String, allowed: Vec<String> },
    #[error("JWT is missing the following claims: {}. Access denied.", names(.0))]
    MissingClaims(Vec<UnmetClaim>),
    /// The message prints the values that the policy requires, as seen on live gateways, not those of the token.
    #[error("Claim value mismatch: {}={}.", .0.name, .0.values.join(","))]
    ClaimValue(UnmetClaim),
    /// The keys for the check could not be fetched. That is not the caller's fault.
    #[error(transparent)]
    Discovery(DiscoveryError),
}

impl TokenRefusal {
    /// Returns the claims that the token lacks, or that have other values than the required ones.
    pub(crate) fn unmet_claims(&self) -> Vec<UnmetClaim> {
        if let Self::MissingClaims(claims) = self {
            return claims.clone();
        }
        if let Self::ClaimValue(claim) = self { vec![claim.clone()] } else { Vec::new() }
    }

    pub(crate) fn into_failure(self, answer: &RefusalText, status: StatusCode) -> Failure {
        if let Self::Discovery(error) = self {
            return Failure::internal("", "", error.to_string());
        }
        let (message, told) = if let Self::NotPresent = self {
            (answer.not_present.to_owned(), answer.not_present)
        } else {
            (self.to_string(), answer.invalid)
        };
        Failure::new("", self.reason(), message, status, told.to_owned())
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::NotPresent => "TokenNotPresent",
            Self::Unsigned | Self::UnlistedAlgorithm(_) | Self::Signature { .. } => "TokenInvalidSignature",
            Self::NoKeys | Self::UnknownKey { .. } | Self::SignatureWithoutKeyId { .. } => "TokenSignatureKeyNotFound",
            Self::Expired { .. } => "TokenExpired",
            Self::NoAudience | Self::Audience { .. } => "TokenAudienceNotAllowed",
            Self::NoValidIssuer | Self::NoIssuer | Self::Issuer { .. } => "TokenIssuerNotAllowed",
            Self::MissingClaims(_) => "TokenClaimNotFound",
            Self::ClaimValue(_) => "TokenClaimValueMismatch",
            Self::NotWellFormed
            | Self::TooLong { .. }
            | Self::TooDeep(_)
            | Self::NumberOutOfRange
            | Self::HeaderType(_)
            | Self::Extension(_)
            | Self::Decryption
            | Self::NoDecryptionKeys
            | Self::DecryptionAlgorithm { .. }
            | Self::Compression(_)
            | Self::Inflation
            | Self::NoExpiration
            | Self::NotYetValid { .. }
            | Self::Lifetime { .. }
            | Self::ClaimType { .. }
            | Self::Discovery(_) => "JwtInvalid",
        }
    }
}

fn names(claims: &[UnmetClaim]) -> String {
    claims.iter().map(|claim| claim.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Returns the reason why the tried key could not verify, as a sentence.
fn because(weakness: Option<Weakness>) -> String {
    weakness.map(|weakness| format!(" {weakness}.")).unwrap_or_default()
}

/// Writes a date in .NET's invariant culture.
fn date(at: &Timestamp) -> String {
    at.strftime("%m/%d/%Y %H:%M:%S").to_string()
}
