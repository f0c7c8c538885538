//! JSON Web Tokens: reading them, the keys that sign them, where those keys are published, and what is checked.

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
mod verify;

pub use jwt::Jwt;

pub(crate) use decryption::DecryptionKey;
#[cfg(test)]
pub(crate) use decryption::{encrypt, encrypt_to};
pub(crate) use jwt::SignedJwt;
pub(crate) use open_id::OpenIdCache;
pub(crate) use refusal::{Answer, Refusal};
pub(crate) use required_claims::{Match, RequiredClaim};
pub(crate) use signing_key::SigningKey;
pub(crate) use verify::Rules;

/// A token that passed every check of a `validate-jwt`.
#[derive(Clone, Debug)]
pub struct ValidatedToken {
    /// The token.
    pub jwt: std::sync::Arc<Jwt>,
    /// For each required claim, its name and those of its values that the policy asked for and found.
    pub satisfied: Vec<(String, Vec<String>)>,
}

/// A claim that a policy requires and that a token does not have as required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmetClaim {
    /// The claim's name.
    pub name: String,
    /// The values that are asked for and were not found. None: the claim must only be there.
    pub values: Vec<String>,
    /// Whether one of the values is enough.
    pub any: bool,
}
