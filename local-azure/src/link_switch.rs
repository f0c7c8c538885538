//! Links of the chain as switches, to spoil and mend in a running local Azure.
//!
//! Some links depend on the seed or on the app's settings, which are read once. They cannot be switched, and give the
//! reason.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use http::Request;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    broken_link::{Link, NoTarget},
    issuer::Assignment,
    journal::{EntryId, Service},
    seed::{Fault, FaultKind, FaultRefused, FaultService, ModelAccount},
    world::World,
};

/// How a link can be spoilt while the world runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "how", content = "why")]
pub(crate) enum HowToBreak {
    /// The link can be spoilt and mended.
    Switch,
    /// An attacker sends one request, which changes nothing.
    Attack,
    /// The link cannot be spoilt while the world runs, for this reason.
    AtStartAlone(&'static str),
}

/// The service that is expected to refuse, and the reason.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Expected {
    pub(crate) service: Service,
    pub(crate) why: &'static str,
}

/// A link that is spoilt at this moment.
#[derive(Clone, Debug)]
pub(crate) struct BrokenLinkState {
    pub(crate) link: Link,
    pub(crate) since: Timestamp,
    /// The last entry of the journal before the link was spoilt.
    pub(crate) after: EntryId,
    undo: Undo,
}

#[derive(Clone, Debug)]
enum Undo {
    /// The numbers of the faults that were set.
    Faults(Vec<u64>),
    AppRoles(Vec<Assignment>),
    SubscriptionKeys,
    Hosts(Vec<String>),
}

/// Why a link cannot be spoilt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSpoilt {
    #[error("{0} cannot be broken while local-azure runs: {1}")]
    AtStartAlone(Link, &'static str),
    #[error("{0} is broken already")]
    Already(Link),
    #[error("the seed has nothing that {0} could break")]
    Nothing(Link),
    #[error(transparent)]
    Fault(#[from] FaultRefused),
    #[error(transparent)]
    Attack(#[from] NoTarget),
}

/// The spoilt links.
#[derive(Default)]
pub(crate) struct Switches(Mutex<Vec<BrokenLinkState>>);

impl Link {
    /// Returns how the link can be spoilt while the world runs.
    pub(crate) fn how_to_break(self) -> HowToBreak {
        match self {
            Self::AppRole
            | Self::Expired
            | Self::Signature
            | Self::SubscriptionKey
            | Self::VaultRole
            | Self::BlobRole
            | Self::ModelDown => HowToBreak::Switch,
            Self::ModelKey | Self::CallerTokenToModel | Self::ModelTokenToApi => HowToBreak::Attack,
            Self::Audience => {
                HowToBreak::AtStartAlone("the audience is an app setting, which the handler reads at its start")
            }
            Self::Issuer => {
                HowToBreak::AtStartAlone("the version of an API's tokens is the seed's, which is read at start")
            }
            Self::Identity => {
                HowToBreak::AtStartAlone("which identities the app carries is the seed's, which is read at start")
            }
            Self::ModelRole => HowToBreak::AtStartAlone("role assignments are the seed's, which is read at start"),
            Self::TokenLimit => {
                HowToBreak::AtStartAlone("named values are put into the policies when these are read, at start")
            }
        }
    }

    /// Returns the service that is expected to refuse, and the reason.
    pub(crate) const fn expected(self) -> Expected {
        let (service, why) = match self {
            Self::AppRole => (Service::ApiManagement, "the token has no app role: its roles claim is missing"),
            Self::Audience => (Service::ApiManagement, "the token's audience (aud) is another API"),
            Self::Issuer => (Service::ApiManagement, "the token's issuer (iss) is that of version 1 tokens"),
            Self::Expired => (Service::ApiManagement, "the token's lifetime (exp) is over"),
            Self::Signature => (Service::ApiManagement, "the tenant does not publish the key that signed the token"),
            Self::SubscriptionKey => (Service::ApiManagement, "no subscription has this key"),
            Self::VaultRole => (Service::KeyVault, "the identity has no role that lets it read secrets"),
            Self::BlobRole => (Service::BlobStorage, "the identity has no role that lets it write blobs"),
            Self::Identity => (Service::IdentityEndpoint, "the app does not carry the identity that is asked for"),
            Self::ModelRole => (Service::ModelAccount, "API Management's identity has no role on the model account"),
            Self::ModelKey => (Service::ModelAccount, "the account takes no keys: local authentication is off"),
            Self::CallerTokenToModel => (Service::ModelAccount, "the token is for the API, not for the model"),
            Self::ModelTokenToApi => (Service::ApiManagement, "the token is for the model, not for the API"),
            Self::ModelDown => (Service::ApiManagement, "no model account answers"),
            Self::TokenLimit => (Service::ApiManagement, "the caller has used up its tokens"),
        };
        Expected { service, why }
    }
}

impl Switches {
    /// Returns the spoilt links, in the order in which they were spoilt.
    pub(crate) fn spoilt(&self) -> Vec<BrokenLinkState> {
        self.lock().clone()
    }

    /// Spoils one link, until it is mended.
    pub(crate) fn spoil(&self, link: Link, world: &World) -> Result<(), NotSpoilt> {
        let mut spoilt = self.lock();
        if spoilt.iter().any(|one| one.link == link) {
            return Err(NotSpoilt::Already(link));
        }
        let after = world.journal.last();
        let undo = match link {
            Link::AppRole => Undo::AppRoles(take_app_roles(world)),
            Link::Expired => Undo::Faults(spoil_tokens(world, FaultKind::Expired)?),
            Link::Signature => Undo::Faults(spoil_tokens(world, FaultKind::Signature)?),
            Link::VaultRole => {
                Undo::Faults(vec![world.faults.set(Fault::new(FaultService::KeyVault, FaultKind::RoleRemoved))?])
            }
            Link::BlobRole => {
                Undo::Faults(vec![world.faults.set(Fault::new(FaultService::BlobStorage, FaultKind::RoleRemoved))?])
            }
            Link::SubscriptionKey => {
                let wrong = || Some(Uuid::new_v4().simple().to_string());
                if !give_subscription_keys(world, |_| wrong()) {
                    return Err(NotSpoilt::Nothing(link));
                }
                Undo::SubscriptionKeys
            }
            Link::ModelDown => Undo::Hosts(cut_models_off(world)),
            Link::Audience
            | Link::Issuer
            | Link::Identity
            | Link::ModelRole
            | Link::ModelKey
            | Link::CallerTokenToModel
            | Link::ModelTokenToApi
            | Link::TokenLimit => {
                let why = match link.how_to_break() {
                    HowToBreak::AtStartAlone(why) => why,
                    HowToBreak::Attack | HowToBreak::Switch => "it is one request of an attacker",
                };
                return Err(NotSpoilt::AtStartAlone(link, why));
            }
        };
        if undo.is_nothing() {
            return Err(NotSpoilt::Nothing(link));
        }
        spoilt.push(BrokenLinkState { link, since: Timestamp::now(), after, undo });
        Ok(())
    }

    /// Mends a link. Returns `false` if it was not spoilt.
    pub(crate) fn mend(&self, link: Link, world: &World) -> bool {
        let mut spoilt = self.lock();
        let Some(index) = spoilt.iter().position(|one| one.link == link) else { return false };
        spoilt.remove(index).undo.run(world);
        true
    }

    /// Mends every link.
    pub(crate) fn mend_all(&self, world: &World) {
        for one in self.lock().drain(..) {
            one.undo.run(world);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<BrokenLinkState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends the request of an attacker, and returns the status of the answer. The journal shows which service refused it.
pub(crate) async fn attack(link: Link, world: &World) -> Result<u16, NotSpoilt> {
    let request: Request<Body> = link.attack(world).ok_or(NotSpoilt::Nothing(link))??;
    let sent = world.network.send(request).await;
    Ok(sent.map_or(502, |response| response.status().as_u16()))
}

impl Undo {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Faults(faults) => faults.is_empty(),
            Self::AppRoles(roles) => roles.is_empty(),
            Self::Hosts(hosts) => hosts.is_empty(),
            Self::SubscriptionKeys => false,
        }
    }

    fn run(self, world: &World) {
        match self {
            Self::Faults(faults) => faults.into_iter().for_each(|id| {
                world.faults.end(id);
            }),
            Self::AppRoles(roles) => {
                for role in roles {
                    // The assignment may exist again already.
                    let _ = world.directory().assign(role.principal_id, role.resource_id, role.app_role_id);
                }
            }
            Self::SubscriptionKeys => {
                let keys = world.subscription_keys();
                give_subscription_keys(world, |subscription| Some(keys.of(subscription)?.primary));
            }
            Self::Hosts(hosts) => hosts.iter().for_each(|host| world.network.reconnect(host)),
        }
    }
}

fn take_app_roles(world: &World) -> Vec<Assignment> {
    let assignments = world.directory().assignments();
    assignments.into_iter().filter(|assignment| world.directory().unassign(&assignment.id)).collect()
}

fn spoil_tokens(world: &World, kind: FaultKind) -> Result<Vec<u64>, FaultRefused> {
    let fault =
        |app: &str| Fault { tokens_for: Some(app.to_owned()), ..Fault::new(FaultService::IdentityEndpoint, kind) };
    world.seed.app_registrations.iter().map(|app| world.faults.set(fault(&app.name))).collect()
}

/// Gives each secret that holds a subscription's key a new version. Reports whether there is such a secret.
fn give_subscription_keys(world: &World, key: impl Fn(&str) -> Option<String>) -> bool {
    let mut given = false;
    for vault in &world.seed.vaults {
        for secret in &vault.secrets {
            let Some(subscription) = &secret.subscription_key else { continue };
            // A secret that was deleted meanwhile holds no key.
            let holder = world.vaults().get(&vault.name).zip(key(subscription));
            given |= holder.is_some_and(|(holder, key)| holder.rotate(&secret.name, &key).is_ok());
        }
    }
    given
}

/// Cuts off the hosts of the models, and returns them. Hosts that are cut off already are left out.
fn cut_models_off(world: &World) -> Vec<String> {
    let hosts = world.seed.model_accounts.iter().flat_map(ModelAccount::hosts);
    let hosts: Vec<_> = hosts.filter(|host| !world.network.is_cut_off(host)).collect();
    hosts.iter().for_each(|host| world.network.cut_off(host));
    hosts
}

#[cfg(test)]
mod tests;
