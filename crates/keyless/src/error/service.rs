//! The services that calls depend on, and the things that an operator must check after a refusal.

use std::fmt;

/// A service that a call depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Service {
    /// A source of tokens: the managed-identity endpoint, Entra, or a developer's tool.
    Identity,
    /// Azure Key Vault.
    KeyVault,
    /// Azure Blob Storage.
    Storage,
    /// An API behind Azure API Management.
    ApiManagement,
    /// A model of Azure `OpenAI`.
    OpenAi,
    /// Any other API that accepts tokens.
    Api,
}

impl Service {
    /// The things that an operator must check after a refusal.
    pub(crate) fn to_check(self) -> &'static str {
        match self {
            Self::Identity => {
                "that the identity is assigned to this function app, its client ID, and the audience asked for"
            }
            Self::KeyVault => {
                "its role on the vault (Key Vault Secrets User) and the secret itself (name, state, value)"
            }
            Self::Storage => "its role on the container (Storage Blob Data Contributor) and the container's name",
            Self::ApiManagement => "its app role, the audience, the subscription key, and the API's path and backend",
            Self::OpenAi => "its role (Cognitive Services OpenAI User), the endpoint, and the deployment's name",
            Self::Api => "its app role, the audience, and the API's address",
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
            Self::OpenAi => "Azure OpenAI",
            Self::Api => "the API",
        })
    }
}
