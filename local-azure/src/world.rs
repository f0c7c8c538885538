//! One run: the seed, the current state of each service, and changes that a person or a test may make to it.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

pub use apim_policies::{Metric, Metrics};
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    blob::Accounts,
    fault::Faults,
    gateway::{self, ApiManagement, PolicyTrace},
    issuer::{self, AUTHORITY, Directory, Entra, KeyError, TokenError},
    journal::{Journal, Service},
    monitor::{AzureMonitor, Telemetry},
    network::Network,
    openai::{ModelStreams, Models},
    seed::{Identity, Seed},
    subscription_keys::{NoSuchSubscription, SubscriptionKeys, Which},
    vault::{KeyVault, Vaults},
};

/// Why an identity gets no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenRefused {
    /// The identity is not in the seed.
    #[error("the seed has no identity \"{name}\"; it has {known}")]
    UnknownIdentity {
        /// The requested name.
        name: String,
        /// The names of the seed's identities.
        known: String,
    },
    /// The tenant refuses the token.
    #[error(transparent)]
    Tenant(#[from] TokenError),
}

/// The resources of one run. Services do not use this type: each has its own state, and calls the others through the
/// network.
pub struct World {
    pub(crate) seed: Arc<Seed>,
    pub(crate) entra: Arc<Entra>,
    pub(crate) api_management: Arc<ApiManagement>,
    pub(crate) key_vault: Arc<KeyVault>,
    pub(crate) models: Arc<Models>,
    pub(crate) monitor: Arc<AzureMonitor>,
    pub(crate) network: Network,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    /// Storage accounts, once they are open.
    pub(crate) accounts: OnceLock<Accounts>,
}

impl World {
    /// Makes a world with new keys.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub fn new(seed: Seed) -> Result<Self, KeyError> {
        let (seed, network, journal) = (Arc::new(seed), Network::new(), Journal::default());
        let (faults, entra) = (Faults::new(seed.clone()), Arc::new(Entra::new(seed.clone())?));
        let subscription_keys = Arc::new(SubscriptionKeys::generate(&seed));
        let key_vault = KeyVault { entra: entra.clone(), vaults: Vaults::new(&seed, &subscription_keys) };
        let api_management = ApiManagement {
            seed: seed.clone(),
            entra: entra.clone(),
            subscription_keys,
            certificates: gateway::generate(&seed)?,
            network: network.downgrade(),
            journal: journal.clone(),
            metrics: Metrics::default(),
            faults: faults.clone(),
            policy_trace: PolicyTrace::default(),
        };
        let models = Arc::new(Models::new(&seed, entra.clone(), journal.clone()));
        let monitor = Arc::new(AzureMonitor::new(entra.clone()));
        Ok(Self {
            entra,
            models,
            monitor,
            api_management: Arc::new(api_management),
            key_vault: Arc::new(key_vault),
            network,
            journal,
            faults,
            seed,
            accounts: OnceLock::new(),
        })
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> &Seed {
        &self.seed
    }

    /// Returns the token that an identity of the seed gets for a resource.
    ///
    /// # Errors
    /// [`TokenRefused`] says that the identity or the resource does not exist, or that the API requires an assignment.
    pub fn token(&self, identity: &str, resource: &str) -> Result<String, TokenRefused> {
        Ok(issuer::issue(&self.entra, self.identity(identity)?, resource, Timestamp::now())?.jwt)
    }

    /// Like [`World::token`], for an identity of the API Management service.
    pub(crate) fn api_management_token(&self, identity: &str, resource: &str) -> Result<String, TokenRefused> {
        let client = issuer::Client::on_api_management(self.identity(identity)?);
        Ok(issuer::issue_to(&self.entra, &client, resource, Timestamp::now())?.jwt)
    }

    /// Returns the claims of the token that [`World::token`] returns.
    ///
    /// # Errors
    /// As for [`World::token`].
    pub fn claims(&self, identity: &str, resource: &str) -> Result<Map<String, Value>, TokenRefused> {
        Ok(issuer::claims(&self.entra, self.identity(identity)?, resource, Timestamp::now())?)
    }

    fn identity(&self, name: &str) -> Result<&Identity, TokenRefused> {
        let known = || self.seed.identities.iter().map(|one| one.name.clone()).collect::<Vec<_>>().join(", ");
        self.seed.identity(name).ok_or_else(|| TokenRefused::UnknownIdentity { name: name.to_owned(), known: known() })
    }

    /// The service principals and their present app roles.
    #[must_use]
    pub(crate) fn directory(&self) -> &Directory {
        &self.entra.directory
    }

    /// The key vaults with their current contents.
    #[must_use]
    pub fn vaults(&self) -> &Vaults {
        &self.key_vault.vaults
    }

    /// The current keys of the API Management subscriptions.
    #[must_use]
    pub fn subscription_keys(&self) -> &SubscriptionKeys {
        &self.api_management.subscription_keys
    }

    /// The two keys of a model account; they are refused if local authentication is off.
    #[must_use]
    pub fn model_account_keys(&self, account: &str) -> Option<&[String; 2]> {
        self.models.keys(account)
    }

    /// Streamed answers of the models, which a test may hold back.
    #[must_use]
    pub fn model_streams(&self) -> &ModelStreams {
        &self.models.streams
    }

    /// Traces, logs and metrics that Azure Monitor received.
    #[must_use]
    pub fn telemetry(&self) -> &Telemetry {
        &self.monitor.telemetry
    }

    /// The sums of metrics that policies would have sent to Application Insights, such as tokens by caller.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.api_management.metrics
    }

    /// The trace of policies, as they run.
    #[must_use]
    pub fn policy_trace(&self) -> &PolicyTrace {
        &self.api_management.policy_trace
    }

    /// The faults of this run.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Gives a secret a new version in each vault that has it. If the secret holds a subscription's key, the new
    /// version is a new key.
    pub(crate) fn rotate_secret(&self, name: &str) {
        for vault in &self.seed.vaults {
            let Some(secret) = vault.secrets.iter().find(|secret| secret.name == name) else { continue };
            match (&secret.subscription_key, self.vaults().get(&vault.name)) {
                (Some(subscription), _) => drop(self.regenerate_subscription_key(subscription, Which::Primary)),
                // A secret that was deleted meanwhile stays deleted.
                (None, Some(vault)) => drop(vault.rotate(name, &Uuid::new_v4().simple().to_string())),
                (None, None) => {}
            }
        }
    }

    /// Hosts, and the services behind them.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Makes the tenant sign with a new key from now on, writes this to the journal, and returns the key's ID.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub fn roll_over_signing_keys(&self) -> Result<String, KeyError> {
        let id = self.entra.signing_keys.roll_over()?;
        let path = format!("/{}/discovery/v2.0/keys", self.seed.tenant.id);
        let wrote = format!("{AUTHORITY}{path}");
        self.record_change(Service::Entra, "ROLLOVER", path, wrote);
        Ok(id)
    }

    /// Replaces a key of an APIM subscription, as a rotation does: the old key is refused from now on. A new primary
    /// key becomes the next version of each secret that holds it by the seed. Returns these secrets as `vault/secret`.
    ///
    /// # Errors
    /// When no subscription has this name.
    pub fn regenerate_subscription_key(
        &self,
        subscription: &str,
        which: Which,
    ) -> Result<Vec<String>, NoSuchSubscription> {
        let key = self.subscription_keys().regenerate(subscription, which)?;
        let mut holders = Vec::new();
        for vault in self.seed.vaults.iter().filter(|_| which == Which::Primary) {
            for secret in vault.secrets.iter().filter(|one| one.subscription_key.as_deref() == Some(subscription)) {
                // A secret that was deleted meanwhile holds no key.
                if self.vaults().get(&vault.name).is_some_and(|holder| holder.rotate(&secret.name, &key).is_ok()) {
                    holders.push(format!("{}/{}", vault.name, secret.name));
                }
            }
        }
        let path = format!("{}/subscriptions/{subscription}/{which}", self.seed.api_management_resource_id());
        self.record_change(Service::ApiManagement, "REGENERATE", path, holders.join(", "));
        Ok(holders)
    }

    /// Records an event that no request caused.
    fn record_change(&self, service: Service, method: &str, path: String, wrote: String) {
        let mut entry = self.journal.begin(service, method, &path);
        entry.decision.wrote = (!wrote.is_empty()).then_some(wrote);
        self.journal.record(entry);
    }

    /// Counts the settings that hold a secret: a key made at start, or the typical part of a connection string.
    #[must_use]
    pub fn secrets_in(&self, settings: &BTreeMap<String, String>) -> usize {
        const TELL_TALES: [&str; 5] =
            ["accountkey=", "sharedaccesskey=", "sharedaccesssignature=", "password=", "sig="];
        let subscription_keys = self.subscription_keys().all();
        let keys = || subscription_keys.iter().map(String::as_str).chain(self.directory().client_secrets());
        let is_secret = |value: &str| {
            let lower = value.to_ascii_lowercase();
            keys().any(|key| value.contains(key)) || TELL_TALES.iter().any(|part| lower.contains(part))
        };
        settings.values().filter(|value| is_secret(value)).count()
    }
}
