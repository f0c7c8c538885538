//! What a token can be asked for: Azure's own services, and the APIs registered in the tenant.

use super::TokenError;
use crate::{seed::AppRegistration, world::World};

/// App ID URIs of Azure services, accepted with or without a slash at the end, as Entra does.
/// All of them ask for version 1 tokens.
const FIRST_PARTY_URIS: &[&str] = &[
    "https://vault.azure.net",
    "https://storage.azure.com",
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://cognitiveservices.azure.com",
    "https://graph.microsoft.com",
    "https://monitor.azure.com",
    "https://database.windows.net",
    "https://servicebus.azure.net",
];

/// Client IDs of Azure services, which serve as audience as well: Key Vault and Storage.
const FIRST_PARTY_IDS: &[&str] = &["cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "e406a681-f3d4-42a8-90b6-c2b029497af1"];

/// The owner of an audience.
#[derive(Clone, Copy)]
pub(super) enum Resource<'a> {
    /// An Azure service.
    FirstParty,
    /// An API of the tenant.
    Api(&'a AppRegistration),
}

impl<'a> Resource<'a> {
    /// Who answers to this name, exactly as a token request spells it.
    pub(super) fn find(world: &'a World, name: &str) -> Result<Self, TokenError> {
        if is_first_party(world, name) {
            return Ok(Self::FirstParty);
        }
        world
            .app_registration(name)
            .map(Self::Api)
            .ok_or_else(|| TokenError::UnknownResource { resource: name.to_owned(), tenant: world.seed.tenant.id })
    }
}

fn is_first_party(world: &World, name: &str) -> bool {
    let uri = name.strip_suffix('/').unwrap_or(name);
    let account = uri
        .strip_prefix("https://")
        .and_then(|host| host.strip_suffix(".blob.core.windows.net"))
        .is_some_and(|account| world.seed.storage_accounts.iter().any(|known| known.name == account));
    account || FIRST_PARTY_URIS.contains(&uri) || FIRST_PARTY_IDS.contains(&name)
}
