//! JSON Web Tokens: parsing, signing keys, the documents that publish keys, and the checks.

mod claim_text;
mod claims;
mod decryption;
mod encrypted_content;
mod jwt;
mod key_name;
mod open_id;
mod published;
mod refusal;
mod required_claims;
mod rsa;
mod signing_key;
mod unmet_claim;
mod verify;

pub use jwt::Jwt;
pub use unmet_claim::UnmetClaim;

pub(crate) use decryption::DecryptionKey;
#[cfg(test)]
pub(crate) use decryption::{encrypt, encrypt_to};
pub(crate) use jwt::SignedJwt;
pub(crate) use open_id::OpenIdCache;
pub(crate) use refusal::{RefusalText, TokenRefusal};
pub(crate) use required_claims::{Match, RequiredClaim};
pub(crate) use signing_key::SigningKey;
pub(crate) use verify::Rules;

/// A token that passed every check of a `validate-jwt`.
#[derive(Clone, Debug)]
pub struct ValidatedToken {
    /// The token.
    pub jwt: std::sync::Arc<Jwt>,
    /// The name of each required claim, with the required values that were found.
    pub satisfied: Vec<(String, Vec<String>)>,
}

/// A token that a policy refused after a check of its claims.
#[derive(Clone, Debug)]
pub struct RefusedToken {
    /// The token.
    pub jwt: std::sync::Arc<Jwt>,
    /// Whether the signature was valid. If the token names an unknown key, a fault of its claims is reported first.
    pub is_signed: bool,
    /// The audiences that the policy accepts; empty if it accepts any.
    pub audiences: Vec<String>,
    /// The issuers that the policy accepts, including those of discovery documents; empty if it accepts any.
    pub issuers: Vec<String>,
}

/// A refusal, and the token if its claims were checked.
#[derive(Debug)]
pub(crate) struct TokenFailure {
    pub(crate) refusal: TokenRefusal,
    pub(crate) token: Option<Box<RefusedToken>>,
}

impl From<TokenRefusal> for TokenFailure {
    fn from(refusal: TokenRefusal) -> Self {
        Self { refusal, token: None }
    }
}
