//! Entra ID: signing keys, tokens, OpenID discovery.

/// The tenant's signing keys, made at start.
pub struct SigningKeys;

/// The system could not make a key.
#[derive(Debug, thiserror::Error)]
#[error("cannot make an RSA signing key")]
pub struct KeyError;

impl SigningKeys {
    /// Fresh keys.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self)
    }
}
