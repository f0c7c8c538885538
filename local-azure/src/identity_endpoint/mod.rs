//! The endpoints for managed identities' tokens: App Service's, and that of virtual machines (IMDS).
//!
//! App Service's protocol:
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>.
//! Container Apps use the same protocol. local-azure serves the versions 2019-08-01 and 2017-09-01. Azure caches each
//! token for about 24 hours. Here every request gets a new token, so a change takes effect at once. The seed can set
//! `token_cache = true` for its tenant to cache tokens like Azure.

mod app_service;
mod cache;
mod imds;
mod listening;
mod query;

use std::sync::Arc;

use jiff::Timestamp;

use self::{cache::TokenCache, query::IdentityId};
use crate::{
    fault,
    issuer::Entra,
    issuer::{self, Token, TokenError},
    seed::{Identity, IdentityKind},
};

pub(crate) use self::{imds::imds_routes, listening::IdentityEndpoint};

/// The resource that has the identities: the function app, which is also the virtual machine of IMDS.
struct Platform {
    entra: Arc<Entra>,
    cache: TokenCache,
}

impl Platform {
    fn new(entra: Arc<Entra>) -> Self {
        Self { entra, cache: TokenCache::default() }
    }

    /// Returns the identities of this resource.
    fn carried(&self) -> impl Iterator<Item = &Identity> {
        let seed = &self.entra.seed;
        seed.identities.iter().filter(|identity| seed.function_app.identities.contains(&identity.name))
    }

    fn system_assigned(&self) -> Option<&Identity> {
        self.carried().find(|identity| identity.kind == IdentityKind::SystemAssigned)
    }

    fn user_assigned(&self) -> impl Iterator<Item = &Identity> {
        self.carried().filter(|identity| identity.kind == IdentityKind::UserAssigned)
    }

    /// Returns the user-assigned identity that a request names.
    fn named(&self, id: &IdentityId) -> Option<&Identity> {
        self.user_assigned().find(|identity| id.is(identity, &self.entra))
    }

    fn token(&self, identity: &Identity, resource: &str) -> Result<Arc<Token>, TokenError> {
        let now = fault::skewed(Timestamp::now());
        let issue = || issuer::issue(&self.entra, identity, resource, now);
        if self.entra.seed.tenant.token_cache {
            self.cache.get_or_issue(identity.principal_id, resource, now, issue)
        } else {
            issue().map(Arc::new)
        }
    }
}

#[cfg(test)]
mod tests;
