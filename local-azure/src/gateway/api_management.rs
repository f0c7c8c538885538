//! The data that the gateway reads while it runs.

use std::sync::Arc;

use apim_policies::Metrics;

use super::{GeneratedCertificates, PolicyTrace};
use crate::{
    fault::Faults, issuer::Entra, journal::Journal, network::WeakNetwork, seed::Seed,
    subscription_keys::SubscriptionKeys,
};

/// The API Management service of a run.
pub(crate) struct ApiManagement {
    pub(crate) seed: Arc<Seed>,
    /// For the service's own identities, and the callers of credential providers.
    pub(crate) entra: Arc<Entra>,
    /// Keys of the subscriptions at this moment.
    pub(crate) subscription_keys: Arc<SubscriptionKeys>,
    /// Certificates that the seed has no files for.
    pub(crate) certificates: GeneratedCertificates,
    pub(crate) network: WeakNetwork,
    pub(crate) journal: Journal,
    /// What policies would send to Application Insights.
    pub(crate) metrics: Metrics,
    /// Those of the backend strike here.
    pub(crate) faults: Faults,
    /// What policies did, as it happens.
    pub(crate) policy_trace: PolicyTrace,
}
