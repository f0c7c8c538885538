//! The rights of a caller: Microsoft Graph checks only the app roles in the token.

use http::HeaderMap;
use jiff::Timestamp;

use super::error::GraphError;
use crate::{
    access_token::{self, TokenRefusal},
    issuer::Entra,
    journal::{Decision, Demand},
};

/// The audiences that Microsoft Graph accepts.
const AUDIENCES: [&str; 3] =
    ["https://graph.microsoft.com", "https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000"];

/// The app roles that a request needs: one of each row.
pub(super) type Needed = &'static [&'static [&'static str]];

const READ_OBJECTS: &[&str] = &["Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"];
/// The app roles for reading objects and their assignments.
pub(super) const READ: Needed = &[READ_OBJECTS];
/// The app roles for assigning an app role
/// (<https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto#permissions>).
pub(super) const WRITE: Needed = &[&["AppRoleAssignment.ReadWrite.All"], READ_OBJECTS];

/// Verifies the token and the app roles in it.
pub(super) fn authorize(
    entra: &Entra,
    headers: &HeaderMap,
    needed: Needed,
    decision: &mut Decision,
) -> Result<(), GraphError> {
    let now = Timestamp::now();
    let verified = access_token::verify(entra, headers, &AUDIENCES, now);
    decision.demanded = access_token::demands(entra, headers, &AUDIENCES, now, verified.as_ref());
    let caller = verified.map_err(|refusal| {
        decision.audience = refusal.audience().map(str::to_owned);
        GraphError::Token(text_of(&refusal))
    })?;
    decision.identity.clone_from(&caller.identity);
    decision.audience = Some(caller.audience);
    let mut allowed_by = Vec::new();
    for row in needed {
        let held = caller.roles.iter().find(|role| row.contains(&role.as_str()));
        let roles = Demand::claim("roles", row.iter().copied());
        decision.demanded.push(roles.found(Some(caller.roles.join(", "))).met(held.is_some()));
        allowed_by.push(held.ok_or(GraphError::Denied)?.as_str());
    }
    decision.allowed_by = Some(allowed_by.join(", "));
    Ok(())
}

const fn text_of(refusal: &TokenRefusal) -> &'static str {
    match refusal {
        TokenRefusal::Missing | TokenRefusal::NotBearer => "Access token is empty.",
        TokenRefusal::Malformed => "CompactToken parsing failed with error code: 80049217",
        TokenRefusal::UnknownKey(_) | TokenRefusal::Signature => "Access token validation failure. Invalid signature.",
        TokenRefusal::NotYetValid | TokenRefusal::Expired => "Access token has expired or is not yet valid.",
        TokenRefusal::Audience(_) => "Access token validation failure. Invalid audience.",
        TokenRefusal::Issuer { .. } => "Access token validation failure. Invalid issuer.",
    }
}
