//! Faults as data: the kind, the service, and the frequency.

use std::fmt;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Seed;

/// A service that faults can be injected into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FaultService {
    /// Where managed identities get tokens
    IdentityEndpoint,
    /// Tokens for clients, discovery, keys
    Entra,
    /// Key Vault
    KeyVault,
    /// Blob Storage
    BlobStorage,
    /// The API Management gateway
    ApiManagement,
    /// The sample API behind the gateway
    Backend,
    /// Accounts of Azure OpenAI and Foundry
    ModelAccount,
    /// Azure Monitor, which takes OpenTelemetry data
    AzureMonitor,
}

/// The kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The answer comes `milliseconds` late
    Latency,
    /// No answer comes, or only after `milliseconds`
    Hang,
    /// 429, with `retry_after` where it is given
    Throttled,
    /// 500
    Error,
    /// 503, with `retry_after` where it is given
    Unavailable,
    /// The connection ends without an answer
    Reset,
    /// The connection ends in the middle of the answer's body
    Truncated,
    /// The answer's body comes in ten pieces, each `milliseconds` after the one before
    Slow,
    /// 200 with a web page, as a captive portal or a proxy answers
    Foreign,
    /// Tokens end `seconds` after they were given
    NearExpiry,
    /// Tokens ended before they were given
    Expired,
    /// Tokens are signed by a key that the tenant does not publish
    Signature,
    /// The tenant signs with a new key from this request on
    KeyRollover,
    /// The secret has a new version from this request on; a subscription's key is regenerated
    SecretRotated,
    /// The secret is disabled
    SecretDisabled,
    /// The secret is deleted
    SecretDeleted,
    /// No role assignment counts
    RoleRemoved,
    /// The same, for some time after a role was given: needs `count` or `for_seconds`
    RoleNotPropagated,
    /// The container is not there
    ContainerMissing,
    /// Another client holds the lease of what is written
    LeaseHeld,
    /// The service's clock is `seconds` ahead, or behind where that is negative
    ClockSkew,
    /// Connections end without an answer until the service is up: needs `count` or `for_seconds`
    NotReady,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Latency,
        Self::Hang,
        Self::Throttled,
        Self::Error,
        Self::Unavailable,
        Self::Reset,
        Self::Truncated,
        Self::Slow,
        Self::Foreign,
        Self::NearExpiry,
        Self::Expired,
        Self::Signature,
        Self::KeyRollover,
        Self::SecretRotated,
        Self::SecretDisabled,
        Self::SecretDeleted,
        Self::RoleRemoved,
        Self::RoleNotPropagated,
        Self::ContainerMissing,
        Self::LeaseHeld,
        Self::ClockSkew,
        Self::NotReady,
    ];

    /// Reports whether a service can have this fault.
    #[must_use]
    pub fn is_of(self, service: FaultService) -> bool {
        use FaultService::{ApiManagement, AzureMonitor, BlobStorage, Entra, IdentityEndpoint, KeyVault};
        match self {
            Self::Latency
            | Self::Hang
            | Self::Throttled
            | Self::Error
            | Self::Unavailable
            | Self::Reset
            | Self::Truncated
            | Self::Slow
            | Self::Foreign
            | Self::NotReady => true,
            Self::NearExpiry | Self::Expired | Self::Signature => matches!(service, IdentityEndpoint | Entra),
            Self::KeyRollover => matches!(service, IdentityEndpoint | Entra | ApiManagement),
            Self::SecretRotated | Self::SecretDisabled | Self::SecretDeleted => service == KeyVault,
            Self::RoleRemoved | Self::RoleNotPropagated => matches!(service, KeyVault | BlobStorage | AzureMonitor),
            Self::ContainerMissing | Self::LeaseHeld => service == BlobStorage,
            Self::ClockSkew => matches!(service, IdentityEndpoint | KeyVault | BlobStorage | ApiManagement),
        }
    }

    /// Reports whether the fault shows only in the answer to a request with a token.
    pub(crate) fn needs_token(self) -> bool {
        matches!(
            self,
            Self::SecretRotated
                | Self::SecretDisabled
                | Self::SecretDeleted
                | Self::RoleRemoved
                | Self::RoleNotPropagated
                | Self::ContainerMissing
                | Self::LeaseHeld
        )
    }
}

macro_rules! display_as_value {
    ($($type:ty),*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.to_possible_value().map_or(Ok(()), |value| f.write_str(value.get_name()))
            }
        }
    )*};
}

display_as_value!(FaultService, FaultKind);

/// The refusal of an impossible fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the fault is refused: {0}")]
pub struct FaultRefused(pub(crate) String);

/// A fault on purpose. Without a limit it strikes every request.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The service whose answers are spoilt; `identity-endpoint` if `tokens_for` is given.
    #[serde(default = "identity_endpoint")]
    pub service: FaultService,
    /// The kind of fault.
    pub kind: FaultKind,
    /// The app registration whose tokens are spoilt. Without it, the tokens for every resource are spoilt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_for: Option<String>,
    /// The secret whose requests are spoilt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The container whose requests are spoilt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// Milliseconds of latency, of a hang, or between the pieces of a slow body. The defaults are 1,000, without end,
    /// and 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// Seconds that clients are told to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Seconds of a token's life, or of the clock's skew. The defaults are 60 and 600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// The share of requests that it strikes, 0 to 1. `seed` and the request's number choose the requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// A number for the choice of requests: another number chooses other requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The number of requests that it strikes: only the first ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The time in which it strikes, in seconds, from the start or from when the fault was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u64>,
}

const fn identity_endpoint() -> FaultService {
    FaultService::IdentityEndpoint
}

impl Fault {
    /// Makes a fault for every request to a service.
    #[must_use]
    pub const fn new(service: FaultService, kind: FaultKind) -> Self {
        Self {
            service,
            kind,
            tokens_for: None,
            secret: None,
            container: None,
            milliseconds: None,
            retry_after: None,
            seconds: None,
            rate: None,
            seed: None,
            count: None,
            for_seconds: None,
        }
    }

    /// Limits the fault to this many requests, the first ones.
    #[must_use]
    pub fn count(self, requests: u64) -> Self {
        Self { count: Some(requests), ..self }
    }

    /// Checks whether the seed can have this fault.
    ///
    /// # Errors
    /// [`FaultRefused`] names what the seed lacks, or what the fault's members contradict.
    pub fn check(&self, seed: &Seed) -> Result<(), FaultRefused> {
        match self.problems(seed) {
            problems if problems.is_empty() => Ok(()),
            problems => Err(FaultRefused(problems.join("; "))),
        }
    }

    /// Lists the reasons why the seed cannot have this fault.
    pub(crate) fn problems(&self, seed: &Seed) -> Vec<String> {
        let (service, kind) = (self.service, self.kind);
        let mut problems = Vec::new();
        let mut refuse = |is_wrong: bool, problem: String| problems.extend(is_wrong.then_some(problem));
        refuse(!service.is_in(seed), format!("the seed has no {service}"));
        refuse(!kind.is_of(service), format!("{service} cannot have the fault {kind}"));
        let rate = self.rate.unwrap_or_default();
        refuse(!(0.0..=1.0).contains(&rate), format!("rate is a share from 0 to 1, not {rate}"));
        refuse(self.rate.is_none() && self.seed.is_some(), "seed is for a rate, and there is none".to_owned());
        let app = self.tokens_for.as_deref().unwrap_or_default();
        let is_app = |app: &str| seed.app_registrations.iter().any(|known| known.name == app);
        refuse(self.tokens_for.is_some() && !is_app(app), format!("no app registration \"{app}\""));
        let secret = self.secret.as_deref().unwrap_or_default();
        let mut secrets = seed.vaults.iter().flat_map(|vault| &vault.secrets);
        refuse(self.secret.is_some() && !secrets.any(|known| known.name == secret), format!("no secret \"{secret}\""));
        for (name, value, is_usable, is_needed) in self.members() {
            refuse(value && !is_usable, format!("{name} means nothing to {kind}"));
            refuse(!value && is_needed, format!("{kind} needs {name}"));
        }
        let is_passing = self.count.is_some() || self.for_seconds.is_some();
        let must_pass = matches!(kind, FaultKind::RoleNotPropagated | FaultKind::NotReady);
        refuse(must_pass && !is_passing, format!("{kind} needs count or for_seconds"));
        problems
    }

    /// Lists the members that only some kinds have, and whether each is given, may be given, and must be given.
    fn members(&self) -> [(&'static str, bool, bool, bool); 6] {
        use FaultKind as Kind;
        let kind = self.kind;
        let spoils_tokens = matches!(kind, Kind::NearExpiry | Kind::Expired | Kind::Signature);
        let is_of_secret = matches!(kind, Kind::SecretRotated | Kind::SecretDisabled | Kind::SecretDeleted);
        let is_of_blobs = self.service == FaultService::BlobStorage;
        let takes_time = matches!(kind, Kind::Latency | Kind::Hang | Kind::Slow);
        let tells_to_wait = matches!(kind, Kind::Throttled | Kind::Unavailable);
        [
            ("tokens_for", self.tokens_for.is_some(), spoils_tokens, false),
            ("secret", self.secret.is_some(), self.service == FaultService::KeyVault, is_of_secret),
            ("container", self.container.is_some(), is_of_blobs, false),
            ("milliseconds", self.milliseconds.is_some(), takes_time, false),
            ("retry_after", self.retry_after.is_some(), tells_to_wait, false),
            ("seconds", self.seconds.is_some(), matches!(kind, Kind::NearExpiry | Kind::ClockSkew), false),
        ]
    }
}

impl FaultService {
    pub(crate) fn is_in(self, seed: &Seed) -> bool {
        match self {
            Self::IdentityEndpoint | Self::Entra => true,
            Self::KeyVault => !seed.vaults.is_empty(),
            Self::BlobStorage => !seed.storage_accounts.is_empty(),
            Self::ApiManagement | Self::Backend => seed.has_api_management(),
            Self::ModelAccount => !seed.model_accounts.is_empty(),
            Self::AzureMonitor => !seed.data_collection_rules.is_empty(),
        }
    }
}
