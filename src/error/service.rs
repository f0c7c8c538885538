//! Whom we depend on, and what an operator checks when one of them says no.

use std::fmt;

/// Whom we depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Identity,
    KeyVault,
    Storage,
    ApiManagement,
}

impl Service {
    /// What an operator must check after a refusal.
    pub(super) fn to_check(self) -> &'static str {
        match self {
            Self::Identity => {
                "that the identity is assigned to this function app, its client ID, and the audience asked for"
            }
            Self::KeyVault => {
                "its role on the vault (Key Vault Secrets User) and the secret itself (name, state, value)"
            }
            Self::Storage => "its role on the container (Storage Blob Data Contributor) and the container's name",
            Self::ApiManagement => "its app role, the audience, the subscription key, and the API's path and backend",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "the identity endpoint",
            Self::KeyVault => "Key Vault",
            Self::Storage => "Blob Storage",
            Self::ApiManagement => "API Management",
        })
    }
}
