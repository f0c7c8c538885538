//! One API, called with one identity for one audience.

use std::{borrow::Cow, fmt, sync::Arc};

use url::Url;

#[cfg(feature = "api-management")]
use super::subscription_key::KeyDefaults;
use super::{credentials::ApiCredentials, retry::RetryBudget, subscription_key::SubscriptionKey};
use crate::{
    connection::Connection,
    error::Service,
    in_flight::InFlight,
    settings::{Absent, Audience, Reader, Setting},
    time_limits::TimeLimits,
};

#[cfg(feature = "api-management")]
const KEY_DEFAULTS: KeyDefaults =
    KeyDefaults { header: "Ocp-Apim-Subscription-Key", example: "orders-subscription-key" };

/// One API, or many behind one gateway, called with one identity for one audience.
///
/// ```no_run
/// # async fn example(orders: keyless::Api) -> Result<(), keyless::Error> {
/// let order: serde_json::Value = orders.get("/orders/1001").send().await?.json().await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Api(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) service: Service,
    pub(super) connection: Connection,
    pub(super) credentials: ApiCredentials,
    pub(super) retries: RetryBudget,
    pub(super) limits: TimeLimits,
    pub(super) in_flight: InFlight,
}

impl Reader {
    /// An API that accepts tokens. Its address is `<name>__baseUrl`, its audience `<name>__audience`. Calls carry no
    /// credential other than the token.
    pub fn bearer(&mut self, name: &str) -> Option<Api> {
        let (connection, audience) = self.bearer_settings(name);
        Some(Api::new(Service::Api, connection?, audience?, None))
    }

    /// The APIs behind an API Management gateway, read as in [`Self::bearer`]. Calls carry a subscription key if
    /// `<name>__subscriptionKeySecret` names a secret of the vault `KEYVAULT`.
    #[cfg(feature = "api-management")]
    pub fn api(&mut self, name: &str) -> Option<Api> {
        self.api_with_key_in(name, "KEYVAULT")
    }

    /// Like [`Self::api`], with the subscription key in another vault.
    #[cfg(feature = "api-management")]
    pub fn api_with_key_in(&mut self, name: &str, vault: &str) -> Option<Api> {
        let (connection, audience) = self.bearer_settings(name);
        let key = SubscriptionKey::read(self, name, vault, &KEY_DEFAULTS);
        Some(Api::new(Service::ApiManagement, connection?, audience?, key?))
    }

    fn bearer_settings(&mut self, name: &str) -> (Option<Connection>, Option<Audience>) {
        let connection = self.connection(name, "baseUrl");
        let audience = Setting::new(
            Cow::Owned(format!("{name}__audience")),
            Cow::Owned(format!("The API that tokens for {name} are for.")),
            Absent::IsAnError,
        );
        (connection, self.read(&audience.with_example("api://orders")))
    }
}

impl Api {
    pub(super) fn new(
        service: Service,
        connection: Connection,
        audience: Audience,
        key: Option<SubscriptionKey>,
    ) -> Self {
        Self::within(TimeLimits::new(service), service, connection, audience, key)
    }

    /// Like [`Self::new`], with time limits other than those of `service`.
    pub(crate) fn within(
        limits: TimeLimits,
        service: Service,
        connection: Connection,
        audience: Audience,
        key: Option<SubscriptionKey>,
    ) -> Self {
        let credentials = ApiCredentials::new(service, connection.tokens().clone(), audience, key);
        let (retries, in_flight) = (RetryBudget::default(), InFlight::default());
        Self(Arc::new(Inner { service, connection, credentials, retries, limits, in_flight }))
    }

    /// The API's address, and the identity that calls it.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    /// The audience of the tokens: an App ID URI or client ID.
    #[must_use]
    pub fn audience(&self) -> &Audience {
        self.0.credentials.audience()
    }

    /// The name of the secret that holds the subscription key, if there is one.
    #[must_use]
    pub fn key_secret(&self) -> Option<&str> {
        self.0.credentials.key_secret()
    }

    #[cfg(feature = "openai")]
    pub(crate) fn service(&self) -> Service {
        self.0.service
    }

    #[cfg(feature = "openai")]
    /// Returns the pause before another try; `None` if there may be no other try. Retries of all kinds share a budget.
    pub(crate) fn next_try(
        &self,
        tries: &mut super::retry::Tries,
        asked: std::time::Duration,
    ) -> Option<std::time::Duration> {
        self.0.retries.next(tries, asked)
    }

    #[cfg(feature = "openai")]
    pub(crate) fn limits(&self) -> TimeLimits {
        self.0.limits
    }

    #[cfg(feature = "openai")]
    pub(crate) fn scope(&self) -> &str {
        self.0.credentials.scope()
    }

    #[cfg(test)]
    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.0.in_flight
    }

    pub(super) fn base(&self) -> &Url {
        self.0.connection.endpoint()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base().as_str()).finish_non_exhaustive()
    }
}
