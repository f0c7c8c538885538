//! What every service shares: the seed, the keys made at start, the network and the journal.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    gateway::{self, GeneratedCertificates, PolicyTrace},
    issuer::{AUTHORITY, Directory, KeyError, SigningKeys, WorkloadIssuer},
    journal::{Entry, Journal, Service},
    network::Network,
    seed::{AppRegistration, Identity, IdentityKind, Scope, Seed},
    subscription_keys::{NoSuchSubscription, SubscriptionKeys, Which},
    vault::Vaults,
};

/// The world of one run.
pub struct World {
    /// What exists.
    pub seed: Seed,
    /// The tenant's signing keys.
    pub signing_keys: SigningKeys,
    /// The tenant's service principals and what they hold at this moment.
    pub directory: Directory,
    /// The issuer of workload tokens, if the seed has one.
    pub workload: Option<WorkloadIssuer>,
    /// Keys of the APIM subscriptions at this moment.
    pub subscription_keys: SubscriptionKeys,
    /// Certificates of API Management that the seed has no files for.
    pub certificates: GeneratedCertificates,
    /// Key vaults and what they hold at this moment.
    pub vaults: Vaults,
    /// Hosts and the services behind them.
    pub network: Network,
    /// What happened.
    pub journal: Journal,
    /// What policies did, as it happens.
    pub policy_trace: PolicyTrace,
}

impl World {
    /// A world with fresh keys.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub fn new(seed: Seed) -> Result<Self, KeyError> {
        let subscription_keys = SubscriptionKeys::generate(&seed);
        Ok(Self {
            signing_keys: SigningKeys::generate()?,
            directory: Directory::new(&seed),
            workload: seed.workload_identity.clone().map(WorkloadIssuer::new).transpose()?,
            certificates: gateway::generate(&seed)?,
            vaults: Vaults::new(&seed, &subscription_keys),
            subscription_keys,
            network: Network::new(),
            journal: Journal::default(),
            policy_trace: PolicyTrace::default(),
            seed,
        })
    }

    /// The API registered under an App ID URI or a client ID.
    #[must_use]
    pub fn app_registration(&self, audience: &str) -> Option<&AppRegistration> {
        self.seed
            .app_registrations
            .iter()
            .find(|app| app.app_id_uri == audience || app.client_id.to_string().eq_ignore_ascii_case(audience))
    }

    /// Values of the app roles that an identity holds on an API at this moment.
    #[must_use]
    pub fn app_roles(&self, identity: &Identity, app: &AppRegistration) -> Vec<String> {
        self.directory.access(identity.principal_id, app.client_id).roles
    }

    /// Lets the tenant sign with a new key from now on, says so in the journal, and returns the key's ID.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub fn roll_over_signing_keys(&self) -> Result<String, KeyError> {
        let id = self.signing_keys.roll_over()?;
        let path = format!("/{}/discovery/v2.0/keys", self.seed.tenant.id);
        let wrote = format!("{AUTHORITY}{path}");
        self.record_change(Service::Entra, "ROLLOVER", path, wrote);
        Ok(id)
    }

    /// Replaces a key of an APIM subscription, as rotation does: the old one opens nothing from now on. The new primary
    /// key becomes the next version of each secret that the seed gives that key to; they are returned as `vault/secret`.
    ///
    /// # Errors
    /// When no subscription has this name.
    pub fn regenerate_subscription_key(
        &self,
        subscription: &str,
        which: Which,
    ) -> Result<Vec<String>, NoSuchSubscription> {
        let key = self.subscription_keys.regenerate(subscription, which)?;
        let mut holders = Vec::new();
        for vault in self.seed.vaults.iter().filter(|_| which == Which::Primary) {
            for secret in vault.secrets.iter().filter(|one| one.subscription_key.as_deref() == Some(subscription)) {
                // A secret that somebody has deleted meanwhile holds no key.
                if self.vaults.get(&vault.name).is_some_and(|holder| holder.rotate(&secret.name, &key).is_ok()) {
                    holders.push(format!("{}/{}", vault.name, secret.name));
                }
            }
        }
        let path = format!("{}/subscriptions/{subscription}/{which}", self.api_management_resource_id());
        self.record_change(Service::ApiManagement, "REGENERATE", path, holders.join(", "));
        Ok(holders)
    }

    /// Something that nobody asked a service for.
    fn record_change(&self, service: Service, method: &str, path: String, wrote: String) {
        self.journal.record(Entry {
            at: Timestamp::now(),
            from: None,
            service,
            method: method.to_owned(),
            path,
            status: 200,
            identity: None,
            audience: None,
            allowed_by: None,
            reason: None,
            wrote: (!wrote.is_empty()).then_some(wrote),
        });
    }

    /// How many settings hold a secret: a key made at start, or the tell-tale part of a connection string.
    #[must_use]
    pub fn secrets_in(&self, settings: &BTreeMap<String, String>) -> usize {
        const TELL_TALES: [&str; 5] =
            ["accountkey=", "sharedaccesskey=", "sharedaccesssignature=", "password=", "sig="];
        let subscription_keys = self.subscription_keys.all();
        let keys = || subscription_keys.iter().map(String::as_str).chain(self.directory.client_secrets());
        let is_secret = |value: &str| {
            let lower = value.to_ascii_lowercase();
            keys().any(|key| value.contains(key)) || TELL_TALES.iter().any(|part| lower.contains(part))
        };
        settings.values().filter(|value| is_secret(value)).count()
    }

    /// ARM resource ID of an identity, as tokens carry it in `xms_mirid`.
    #[must_use]
    pub fn identity_resource_id(&self, identity: &Identity) -> String {
        match identity.kind {
            IdentityKind::UserAssigned => format!(
                "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}",
                self.resource_group_id(),
                identity.name
            ),
            IdentityKind::SystemAssigned if self.seed.apim.identities.contains(&identity.name) => {
                self.api_management_resource_id()
            }
            IdentityKind::SystemAssigned => self.function_app_resource_id(),
        }
    }

    /// ARM resource ID of the function app.
    #[must_use]
    pub fn function_app_resource_id(&self) -> String {
        format!("{}/providers/Microsoft.Web/sites/{}", self.resource_group_id(), self.seed.function_app.name)
    }

    /// ARM resource ID of the API Management service.
    #[must_use]
    pub fn api_management_resource_id(&self) -> String {
        format!("{}/providers/Microsoft.ApiManagement/service/{}", self.resource_group_id(), self.seed.apim.name)
    }

    /// ARM resource ID of what an RBAC scope names.
    #[must_use]
    pub fn scope_resource_id(&self, scope: &Scope) -> String {
        let group = self.resource_group_id();
        match (&scope.vault, &scope.storage) {
            (Some(vault), _) => {
                let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/{vault}");
                scope.secret.as_ref().map_or(vault.clone(), |secret| format!("{vault}/secrets/{secret}"))
            }
            (None, Some(account)) => {
                let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/{account}");
                scope
                    .container
                    .as_ref()
                    .map_or(account.clone(), |name| format!("{account}/blobServices/default/containers/{name}"))
            }
            (None, None) => group,
        }
    }

    fn resource_group_id(&self) -> String {
        let subscription = &self.seed.subscription;
        // Identity resource IDs in real tokens spell it "resourcegroups".
        format!("/subscriptions/{}/resourcegroups/{}", subscription.id, subscription.resource_group)
    }
}
