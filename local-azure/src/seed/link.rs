//! The links of a chain that `--break` can spoil, with their names in the seed.

use std::fmt;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A link of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// The calling identity loses its app role, so its token has no `roles`
    AppRole,
    /// The app asks for a token of another API
    Audience,
    /// The API's registration issues version 1 tokens, while the policy expects version 2
    Issuer,
    /// Tokens for the API are past their lifetime
    Expired,
    /// Tokens for the API are signed by a key that the tenant does not publish
    Signature,
    /// The vault holds a key that API Management does not know
    SubscriptionKey,
    /// The reading identity loses its role on the vault
    VaultRole,
    /// The writing identity loses its role on the container
    BlobRole,
    /// The function app carries none of its identities
    Identity,
    /// API Management's identity loses its role on the models
    ModelRole,
    /// A key is shown to the model, where local authentication is off
    ModelKey,
    /// The caller's token for the API is shown to the model
    CallerTokenToModel,
    /// The gateway's token for the model is shown to the API
    ModelTokenToApi,
    /// No model account answers
    ModelDown,
    /// The caller has used up its tokens
    TokenLimit,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}
