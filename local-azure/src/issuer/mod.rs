//! Entra ID: the tenant's directory and signing keys, its tokens, and its discovery documents.
//!
//! Managed identities get tokens through the identity endpoint, other clients through the OAuth token endpoint.
//! All tokens are app-only: there are no users here.

mod assertion;
mod authentication;
mod certificate;
mod claims;
mod claims_request;
mod client;
mod directory;
mod discovery;
mod entra;
mod federation;
mod form;
mod instance;
mod keys;
mod on_behalf_of;
mod refusal;
mod resource;
mod routes;
mod token;
mod token_endpoint;
mod workload;

use uuid::Uuid;

pub(crate) use claims::claims;
pub(crate) use directory::{Assignment, AssignmentError, Directory, MICROSOFT_GRAPH, ServicePrincipal};
pub(crate) use entra::Entra;
pub use keys::KeyError;
#[cfg(test)]
pub(crate) use keys::SignWith;
pub(crate) use keys::SigningKeys;
pub(crate) use routes::routes;
pub use token::TokenError;
pub(crate) use token::{Token, issue};
pub(crate) use workload::WorkloadIssuer;
pub(crate) use {
    certificate::ClientCertificate, client::Client, directory::graph_role, refusal::EntraRefusal, token::issue_to,
};

/// `https://login.microsoftonline.com`, the authority of the public cloud.
pub(crate) const AUTHORITY: &str = "https://login.microsoftonline.com";

/// Returns the issuer of version 1 tokens, with its trailing slash.
pub(crate) fn v1_issuer(tenant: Uuid) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

/// Returns the issuer of version 2 tokens.
pub(crate) fn v2_issuer(tenant: Uuid) -> String {
    format!("{AUTHORITY}/{tenant}/v2.0")
}

#[cfg(test)]
mod tests;
