//! The settings of a model: a connection with a route.

use std::borrow::Cow;

use url::Url;

use super::{
    model::{Model, Route},
    surface::{ApiVersion, Surface},
};
#[cfg(feature = "api-management")]
use crate::api::{KeyDefaults, SubscriptionKey};
use crate::{
    api::Api,
    error::Service,
    settings::{Absent, Audience, Reader, Setting, SettingType},
    time_limits::TimeLimits,
};

/// The scope that both surfaces of every kind of account accept.
const DEFAULT_SCOPE: &str = "https://cognitiveservices.azure.com/.default";

#[cfg(feature = "api-management")]
const KEY_DEFAULTS: KeyDefaults = KeyDefaults { header: "api-key", example: "chat-subscription-key" };

/// All settings of the group. An app wants a model as soon as one of them exists.
const PARTS: [&str; 13] = [
    "route",
    "deployment",
    "baseUrl",
    "endpoint",
    "audience",
    "scope",
    "apiVersion",
    "subscriptionKeySecret",
    "subscriptionKeyHeader",
    "credential",
    "clientId",
    "objectId",
    "identity",
];

impl Reader {
    /// A model of Azure `OpenAI`: the deployment `<name>__deployment`, by the route `<name>__route`. If API Management
    /// needs a subscription key, the key is a secret of the vault `KEYVAULT`.
    pub fn model(&mut self, name: &str) -> Option<Model> {
        let route = self.read(&setting::<Route>(name, "route", "The route to the model.", Absent::Default("apim")));
        let deployment = self.read(
            &setting::<Deployment>(name, "deployment", "The deployment that answers.", Absent::IsAnError)
                .with_example("chat"),
        );
        let version = setting::<ApiVersion>(
            name,
            "apiVersion",
            "Version of the deployments surface.",
            Absent::Means("the v1 surface"),
        );
        let has_version = self.is_set(version.name());
        let version = self.read(&version);
        let version_is_wrong = has_version && version.is_none() && !self.lists_rows();
        // A list of rows contains those of both routes. Otherwise only the settings of the chosen route are read.
        let gateway = (self.lists_rows() || route == Some(Route::Gateway)).then(|| self.behind_the_gateway(name));
        let direct = (self.lists_rows() || route == Some(Route::Direct)).then(|| self.direct(name));
        let api = match route? {
            Route::Gateway => gateway??,
            Route::Direct => direct??,
        };
        let deployment = deployment?.0;
        if version_is_wrong {
            return None;
        }
        let surface = Surface::new(api.connection().endpoint(), version);
        Some(Model::new(api, route?, deployment, surface))
    }

    /// Like [`Self::model`], for an app that also runs without a model: `Some(None)` when no setting of the group
    /// exists. If one exists, all settings of its route are required.
    pub fn optional_model(&mut self, name: &str) -> Option<Option<Model>> {
        self.declare(
            &setting::<Deployment>(
                name,
                "deployment",
                "The deployment that answers.",
                Absent::Means("an error, unless no setting of the model is there: then there is no model"),
            )
            .with_example("chat"),
        );
        if PARTS.iter().any(|part| self.is_set(&format!("{name}__{part}"))) {
            self.model(name).map(Some)
        } else {
            Some(None)
        }
    }

    fn behind_the_gateway(&mut self, name: &str) -> Option<Api> {
        let absent = Absent::Means("an error with the route `apim`");
        // This declares the row of a list. The settings below are required.
        self.declare(
            &setting::<Url>(name, "baseUrl", "Address of the model's API at API Management.", absent.clone())
                .with_example("https://YOUR-APIM.azure-api.net/openai/v1"),
        );
        self.declare(
            &setting::<Audience>(name, "audience", "The API that tokens for the model's API are for.", absent)
                .with_example("api://chat"),
        );
        let connection = self.connection(name, "baseUrl");
        let audience = self.read(&setting::<Audience>(name, "audience", "", Absent::IsAnError));
        let key = self.key(name);
        let limits = TimeLimits::new(Service::OpenAi);
        Some(Api::within(limits, Service::ApiManagement, connection?, audience?, key?))
    }

    #[cfg(feature = "api-management")]
    fn key(&mut self, name: &str) -> Option<Option<SubscriptionKey>> {
        SubscriptionKey::read(self, name, "KEYVAULT", &KEY_DEFAULTS)
    }

    #[cfg(not(feature = "api-management"))]
    fn key<T>(&mut self, name: &str) -> Option<Option<T>> {
        let secret = format!("{name}__subscriptionKeySecret");
        if self.is_set(&secret) && !self.lists_rows() {
            self.refuse(secret, "none: this app is built without subscription keys (feature api-management)");
            return None;
        }
        Some(None)
    }

    fn direct(&mut self, name: &str) -> Option<Api> {
        self.declare(
            &setting::<Url>(
                name,
                "endpoint",
                "Address of the model's account.",
                Absent::Means("an error with the route `direct`"),
            )
            .with_example("https://YOUR-ACCOUNT.openai.azure.com"),
        );
        let scope = setting::<Scope>(
            name,
            "scope",
            "Scope of the tokens for the account, with the route `direct`.",
            Absent::Default(DEFAULT_SCOPE),
        );
        let scope = self.read(&scope);
        let connection = self.connection(name, "endpoint");
        let limits = TimeLimits::new(Service::OpenAi);
        Some(Api::within(limits, Service::OpenAi, connection?, scope?.0, None))
    }
}

fn setting<T>(name: &str, part: &str, meaning: &'static str, absent: Absent) -> Setting<T> {
    Setting::new(Cow::Owned(format!("{name}__{part}")), Cow::Borrowed(meaning), absent)
}

impl SettingType for Route {
    const EXPECTED: &'static str = "apim or direct";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "apim" => Some(Self::Gateway),
            "direct" => Some(Self::Direct),
            _ => None,
        }
    }
}

/// A scope of an Azure service, as clients write it.
struct Scope(Audience);

impl SettingType for Scope {
    const EXPECTED: &'static str = "a scope, such as https://ai.azure.com/.default";

    fn parse(text: &str) -> Option<Self> {
        if text.starts_with("https://") && text.ends_with("/.default") { Audience::parse(text).map(Self) } else { None }
    }
}

/// The rules for names: <https://learn.microsoft.com/azure/templates/microsoft.cognitiveservices/accounts/deployments>
struct Deployment(String);

impl SettingType for Deployment {
    const EXPECTED: &'static str = "the name of a deployment: 2 to 64 letters, digits, hyphens, dots and underscores";

    fn parse(text: &str) -> Option<Self> {
        let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        let ends = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        ((2..=64).contains(&text.len()) && letters && ends).then(|| Self(text.to_owned()))
    }
}
