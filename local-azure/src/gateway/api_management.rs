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
    /// The tenant: it issues tokens to the service's own identities, and checks the callers of credential providers.
    pub(crate) entra: Arc<Entra>,
    /// The current keys of the subscriptions.
    pub(crate) subscription_keys: Arc<SubscriptionKeys>,
    /// Certificates without files in the seed.
    pub(crate) certificates: GeneratedCertificates,
    pub(crate) network: WeakNetwork,
    pub(crate) journal: Journal,
    /// The metrics that policies would send to Application Insights.
    pub(crate) metrics: Metrics,
    /// Faults of the run; the backend's faults take effect here.
    pub(crate) faults: Faults,
    /// The sink for policy traces, while requests are served.
    pub(crate) policy_trace: PolicyTrace,
}
