//! A signed token.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::{
    claims::{claims_of, is_spoilt},
    client::Client,
    keys::SignWith,
    resource::Resource,
};
use crate::{
    issuer::Entra,
    seed::{FaultKind, Identity, TokenVersion},
};

/// An access token. It has no `Debug`, so that it reaches no log.
pub(crate) struct Token {
    /// The token's text, for use after `Bearer `.
    pub jwt: String,
    /// Start of the validity, in seconds since 1970; also the time of issue.
    pub not_before: i64,
    /// End of the validity, in seconds since 1970: the token's `exp`, even if a fault of the seed puts it in the past.
    pub expires_on: i64,
}

/// Why the tenant issues no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The resource is neither an Azure service nor an app registration of the seed.
    #[error("AADSTS500011: The resource principal named {resource} was not found in the tenant named {tenant}.")]
    UnknownResource {
        /// The resource as requested.
        resource: String,
        /// The tenant.
        tenant: Uuid,
    },
    /// The API requires an assignment, and the client has none.
    #[error(
        "AADSTS501051: Application '{client_id}'({client}) is not assigned to a role for the application '{api_client_id}'({api})."
    )]
    AssignmentRequired {
        /// The client's ID.
        client_id: Uuid,
        /// The client's name.
        client: String,
        /// The API's client ID.
        api_client_id: Uuid,
        /// The API's name.
        api: String,
    },
    /// The system has no random numbers, or cannot use its key.
    #[error("the system cannot sign a token")]
    Signing,
}

/// Issues a managed identity's token for a resource; a fault of the seed may affect it.
///
/// # Errors
/// [`TokenError`]; see [`claims`](super::claims).
pub(crate) fn issue(entra: &Entra, identity: &Identity, resource: &str, now: Timestamp) -> Result<Token, TokenError> {
    issue_to(entra, &Client::on_platform(identity), resource, now)
}

/// Issues any client's token for a resource.
pub(crate) fn issue_to(
    entra: &Entra,
    client: &Client<'_>,
    resource: &str,
    now: Timestamp,
) -> Result<Token, TokenError> {
    let claims = claims_of(entra, client, resource, now)?;
    let found = Resource::find(entra, resource)?;
    let is_spoilt = is_spoilt(entra, &found, FaultKind::Signature);
    let with = if is_spoilt { SignWith::Unpublished } else { SignWith::Active };
    let seconds = |name| claims.get(name).and_then(Value::as_i64).ok_or(TokenError::Signing);
    let (not_before, expires_on) = (seconds("nbf")?, seconds("exp")?);
    let x5t = found.version() == TokenVersion::V1;
    let jwt = entra.signing_keys.sign(&claims, x5t, with).map_err(|_| TokenError::Signing)?;
    Ok(Token { jwt, not_before, expires_on })
}
