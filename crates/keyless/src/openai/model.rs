//! One deployment, called with one identity.

use std::{fmt, sync::Arc};

use super::surface::{Operation, Surface};
use crate::{api::Api, connection::Connection};

/// The route to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Through API Management. The gateway's own identity calls the account; this app has no role there.
    Gateway,
    /// Directly to the account, with this app's identity.
    Direct,
}

/// A deployment of Azure `OpenAI`, called with one identity; made by
/// [`Reader::model`](crate::settings::Reader::model).
#[derive(Clone)]
pub struct Model(Arc<Inner>);

struct Inner {
    api: Api,
    route: Route,
    deployment: String,
    surface: Surface,
}

impl Model {
    pub(super) fn new(api: Api, route: Route, deployment: String, surface: Surface) -> Self {
        Self(Arc::new(Inner { api, route, deployment, surface }))
    }

    /// The name of the deployment.
    #[must_use]
    pub fn deployment(&self) -> &str {
        &self.0.deployment
    }

    /// The route to the deployment.
    #[must_use]
    pub fn route(&self) -> Route {
        self.0.route
    }

    /// The parameter that limits the tokens of a chat completion. Reasoning models accept only `max_completion_tokens`,
    /// and other models accept it too. Versions of the deployments surface before September 2024 know only
    /// `max_tokens`.
    #[must_use]
    pub fn max_tokens_parameter(&self) -> &'static str {
        if self.0.surface.is_recent() { "max_completion_tokens" } else { "max_tokens" }
    }

    /// Reports whether a stream of a chat completion can report its usage: `"stream_options": { "include_usage": true
    /// }`. Versions of the deployments surface before September 2024 cannot.
    #[must_use]
    pub fn streams_usage(&self) -> bool {
        self.0.surface.is_recent()
    }

    /// The address of the model, and the identity that calls it.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        self.0.api.connection()
    }

    /// The name of the secret that holds the subscription key, if there is one.
    #[must_use]
    pub fn key_secret(&self) -> Option<&str> {
        self.0.api.key_secret()
    }

    pub(super) fn api(&self) -> &Api {
        &self.0.api
    }

    pub(super) fn url(&self, operation: Operation) -> url::Url {
        self.0.surface.url(operation, &self.0.deployment)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { route, deployment, .. } = &*self.0;
        let endpoint = self.connection().endpoint().as_str();
        f.debug_struct("Model")
            .field("route", route)
            .field("endpoint", &endpoint)
            .field("deployment", deployment)
            .finish()
    }
}

#[cfg(test)]
#[cfg(feature = "telemetry")]
impl Model {
    /// Makes the model of a deployment in the account at this connection.
    pub(crate) fn at(connection: Connection, deployment: &str) -> Self {
        use crate::{error::Service, settings::SettingType as _, time_limits::TimeLimits};
        let audience = crate::settings::Audience::parse("https://cognitiveservices.azure.com/.default").unwrap();
        let surface = Surface::new(connection.endpoint(), None);
        let limits = TimeLimits::new(Service::OpenAi);
        let api = Api::within(limits, Service::OpenAi, connection, audience, None);
        Self::new(api, Route::Direct, deployment.to_owned(), surface)
    }
}
