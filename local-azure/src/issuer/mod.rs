//! Entra ID: the tenant's signing keys, the tokens it issues and the documents that describe both.
//!
//! Managed identities reach it through the identity endpoint; the OAuth token endpoint is not served.

mod claims;
mod discovery;
mod keys;
mod resource;
mod token;

use uuid::Uuid;

pub use claims::claims;
pub use discovery::routes;
#[cfg(test)]
pub(crate) use keys::SignWith;
pub use keys::{KeyError, SigningKeys};
pub use token::{Token, TokenError, issue};

/// `https://login.microsoftonline.com`, the authority of the public cloud.
pub(crate) const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Issuer of version 1 tokens, with its trailing slash.
pub(crate) fn v1_issuer(tenant: Uuid) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Issuer of version 2 tokens.
pub(crate) fn v2_issuer(tenant: Uuid) -> String {
    format!("{AUTHORITY}/{tenant}/v2.0")
}

#[cfg(test)]
mod tests;
