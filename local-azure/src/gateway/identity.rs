//! The service's own identities, and the tokens that policies get with them
//! (learn.microsoft.com/azure/api-management/api-management-howto-use-managed-service-identity).
//!
//! As documented, a token is cached until it expires, so a new role of the identity appears only in the next token. The
//! identities are the seed's `apim.identities`, never those of the function app.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    gateway::ApiManagement,
    issuer::{self, Client, Token, TokenError},
    journal::Service,
    seed::{Identity, IdentityKind},
};

/// Tokens by principal ID and by the resource, in its exact requested spelling.
#[derive(Default)]
pub(super) struct Identities(Mutex<HashMap<(Uuid, String), Arc<Token>>>);

/// Why there is no token. The texts are ours: callers learn only that something went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    #[error("the API Management service has no system-assigned identity")]
    NoSystemAssigned,
    #[error("the API Management service has no user-assigned identity with the client ID \"{0}\"")]
    NoUserAssigned(String),
    #[error(transparent)]
    Refused(#[from] TokenError),
}

impl Identities {
    /// Returns a token for the resource, as the user-assigned identity with this client ID or else as the
    /// system-assigned one.
    pub(super) fn token(
        &self,
        world: &ApiManagement,
        resource: &str,
        client_id: Option<&str>,
    ) -> Result<String, NoToken> {
        let identity = identity(world, client_id)?;
        let key = (identity.principal_id, resource.to_owned());
        let now = Timestamp::now();
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = tokens.get(&key).filter(|token| now.as_second() < token.expires_on) {
            return Ok(token.jwt.clone());
        }
        let issued = issuer::issue_to(&world.entra, &Client::on_api_management(identity), resource, now);
        record(world, identity, resource, now, issued.as_ref().err());
        let token = Arc::new(issued?);
        let jwt = token.jwt.clone();
        tokens.insert(key, token);
        Ok(jwt)
    }
}

fn identity<'w>(world: &'w ApiManagement, client_id: Option<&str>) -> Result<&'w Identity, NoToken> {
    let seed = &world.seed;
    let mut own = seed.apim.identities.iter().filter_map(|name| seed.identity(name));
    match client_id {
        None => own.find(|one| one.kind == IdentityKind::SystemAssigned).ok_or(NoToken::NoSystemAssigned),
        Some(id) => own
            .find(|one| one.kind == IdentityKind::UserAssigned && one.client_id.to_string().eq_ignore_ascii_case(id))
            .ok_or_else(|| NoToken::NoUserAssigned(id.to_owned())),
    }
}

/// Records a token request in the journal. Azure's platform handles such a request itself, and here it has no endpoint.
fn record(world: &ApiManagement, identity: &Identity, resource: &str, at: Timestamp, error: Option<&TokenError>) {
    let mut entry = world.journal.begin(Service::IdentityEndpoint, "GET", "/msi/token");
    (entry.started, entry.from) = (at, Some(Service::ApiManagement));
    entry.status = if error.is_some() { 400 } else { 200 };
    entry.decision.identity = Some(identity.name.clone());
    entry.decision.audience = Some(resource.to_owned());
    entry.decision.reason = error.map(ToString::to_string);
    world.journal.record(entry);
}
