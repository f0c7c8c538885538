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
    /// For each required claim, its name and the required values that were found.
    pub satisfied: Vec<(String, Vec<String>)>,
}

/// A token whose claims were looked at, and that a policy refused.
#[derive(Clone, Debug)]
pub struct RefusedToken {
    /// The token.
    pub jwt: std::sync::Arc<Jwt>,
    /// Whether its signature was in order. A fault of the claims is told first when the token names an unknown key.
    pub is_signed: bool,
    /// The audiences that the policy takes; none when it takes any.
    pub audiences: Vec<String>,
    /// The issuers that it takes, those of discovery documents among them; none when it takes any.
    pub issuers: Vec<String>,
}

/// A refusal, and the token where its claims were looked at.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) refusal: TokenRefusal,
    pub(crate) token: Option<Box<RefusedToken>>,
}

impl From<TokenRefusal> for Refused {
    fn from(refusal: TokenRefusal) -> Self {
        Self { refusal, token: None }
    }
}
