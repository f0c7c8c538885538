//! JSON Web Tokens: reading them, the keys that sign them, and where those keys are published.

mod jwt;
mod open_id;
mod signing_key;

pub use jwt::Jwt;

pub(crate) use jwt::SignedJwt;
pub(crate) use open_id::{DiscoveryError, OpenIdCache};
pub(crate) use signing_key::{SigningKey, algorithm};

/// A token that passed every check of a `validate-jwt`.
#[derive(Clone, Debug)]
pub struct ValidatedToken {
    /// The token.
    pub jwt: std::sync::Arc<Jwt>,
    /// For each required claim, its name and those of its values that the policy asked for and found.
    pub satisfied: Vec<(String, Vec<String>)>,
}
