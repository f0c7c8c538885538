//! Entra ID: the tenant's directory and signing keys, the tokens it issues and the documents that describe both.
//!
//! Managed identities reach it through the identity endpoint, other clients through the OAuth token endpoint.
//! Only app-only tokens exist: there are no users here.

mod assertion;
mod authentication;
mod certificate;
mod claims;
mod client;
mod directory;
mod discovery;
mod federation;
mod form;
mod instance;
mod keys;
mod refusal;
mod resource;
mod routes;
mod token;
mod token_endpoint;
mod workload;

use uuid::Uuid;

pub use claims::claims;
pub use directory::{Assignment, AssignmentError, Directory, MICROSOFT_GRAPH, ServicePrincipal};
#[cfg(test)]
pub(crate) use keys::SignWith;
pub use keys::{KeyError, SigningKeys};
pub use routes::routes;
pub use token::{Token, TokenError, issue};
pub use workload::WorkloadIssuer;
pub(crate) use {
    certificate::ClientCertificate, client::Client, directory::graph_role, refusal::Refusal, token::issue_to,
};

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
