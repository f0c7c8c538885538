//! The attributes of the process itself. Each request has them once.

use uuid::Uuid;

use crate::{
    settings::{Reader, Setting, SettingType},
    signals::{
        names,
        record::{Attributes, Value},
    },
};

const SERVICE_NAME: Setting<String> = Setting::optional(
    "OTEL_SERVICE_NAME",
    "`WEBSITE_SITE_NAME`, else the app's own name",
    "The name of this app in telemetry.",
);
const RESOURCE_ATTRIBUTES: Setting<Pairs> = Setting::optional(
    "OTEL_RESOURCE_ATTRIBUTES",
    "only the attributes that the platform names",
    "Further attributes of this app in telemetry.",
);

/// `name=value,name=value`. The values may be percent-encoded.
struct Pairs(Vec<(String, String)>);

impl SettingType for Pairs {
    const EXPECTED: &'static str = "NAME=VALUE, several separated by commas";

    fn parse(text: &str) -> Option<Self> {
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8().ok()?;
            let name = name.trim();
            (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
        });
        pairs.collect::<Option<_>>().map(Self)
    }
}

/// The place of the app in Azure.
#[derive(Default)]
pub(super) struct Site {
    pub(super) name: Option<String>,
    /// The ID of the app in Azure.
    pub(super) resource_id: Option<String>,
}

/// Reads the attributes from the settings and the platform. `app` is its `name/version`.
pub(super) fn read(env: &mut Reader, app: Option<&str>) -> (Attributes, Site) {
    let named = env.read(&SERVICE_NAME);
    let pairs = env.read(&RESOURCE_ATTRIBUTES).map(|pairs| pairs.0).unwrap_or_default();
    let site = site(env);
    let (app_name, app_version) = app.and_then(|app| app.split_once('/')).unzip();
    let mut attributes = Attributes::default()
        .with(names::SDK_NAME, Value::fixed(env!("CARGO_PKG_NAME")))
        .with(names::SDK_LANGUAGE, Value::fixed("rust"))
        .with(names::SDK_VERSION, Value::fixed(env!("CARGO_PKG_VERSION")))
        .with(names::SERVICE_NAME, Value::text(site.name.as_deref().or(app_name).unwrap_or("unknown_service")))
        // Each process of an app counts separately.
        .with(names::SERVICE_INSTANCE_ID, Value::text(&Uuid::new_v4().to_string()));
    if let Some(version) = app_version {
        attributes.set(names::SERVICE_VERSION, Value::text(version));
    }
    if site.name.is_some() {
        attributes.set(names::CLOUD_PROVIDER, Value::fixed("azure"));
        attributes.set(names::CLOUD_PLATFORM, Value::fixed("azure.functions"));
    }
    let of_platform = [
        (names::CLOUD_RESOURCE_ID, site.resource_id.clone()),
        (names::CLOUD_REGION, env.text("REGION_NAME")),
        (names::FAAS_INSTANCE, env.text("WEBSITE_INSTANCE_ID")),
        (names::DEPLOYMENT_ENVIRONMENT, env.text("WEBSITE_SLOT_NAME")),
    ];
    for (name, value) in of_platform {
        if let Some(value) = value {
            attributes.set(name, Value::text(&value));
        }
    }
    for (name, value) in pairs {
        attributes.set(name, Value::text(&value));
    }
    if let Some(name) = named {
        attributes.set(names::SERVICE_NAME, Value::text(&name));
    }
    (attributes, site)
}

fn site(env: &Reader) -> Site {
    let name = env.text("WEBSITE_SITE_NAME");
    // The form is `SUBSCRIPTION+RESOURCEGROUP-REGIONwebspace`.
    let owner = env.text("WEBSITE_OWNER_NAME");
    let subscription = owner.as_deref().and_then(|owner| owner.split('+').next()).map(str::to_owned);
    let resource_id = match (&name, subscription, env.text("WEBSITE_RESOURCE_GROUP")) {
        (Some(name), Some(subscription), Some(group)) => {
            Some(format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/{name}"))
        }
        _ => None,
    };
    Site { name, resource_id }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(settings: &'static [(&str, &str)]) -> Vec<(String, String)> {
        let lookup =
            |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let mut found = Vec::new();
        crate::from_lookup(lookup, |env| {
            let (attributes, _) = read(env, Some("app/1.2"));
            let texts = attributes.iter().filter_map(|(name, value)| match value {
                Value::Text(text) => Some((name.to_owned(), text.clone().into_owned())),
                _ => None,
            });
            found = texts.collect();
            Some(())
        })
        .unwrap();
        found
    }

    fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
        pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_setting_names_the_app_before_the_platform_does() {
        let name = |settings| value(&of(settings), "service.name").map(str::to_owned);
        assert_eq!(name(&[]).as_deref(), Some("app"));
        assert_eq!(name(&[("WEBSITE_SITE_NAME", "site")]).as_deref(), Some("site"));
        assert_eq!(
            name(&[("WEBSITE_SITE_NAME", "s"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=r")]).as_deref(),
            Some("r")
        );
        let both = &[("OTEL_SERVICE_NAME", "o"), ("OTEL_RESOURCE_ATTRIBUTES", "service.name=r,a=b%20c")];
        assert_eq!(name(both).as_deref(), Some("o"));
        assert_eq!(value(&of(both), "a"), Some("b c"));
    }

    #[test]
    fn in_azure_the_app_has_an_id() {
        let pairs = of(&[
            ("WEBSITE_SITE_NAME", "site"),
            ("WEBSITE_OWNER_NAME", "sub+rg-West"),
            ("WEBSITE_RESOURCE_GROUP", "rg"),
            ("REGION_NAME", "West Europe"),
        ]);
        let id = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Web/sites/site";
        assert_eq!(value(&pairs, "cloud.resource_id"), Some(id));
        assert_eq!(value(&pairs, "cloud.region"), Some("West Europe"));
        assert_eq!(value(&of(&[]), "cloud.provider"), None);
    }

    #[test]
    fn what_is_no_list_of_pairs_is_refused() {
        assert!(Pairs::parse("a").is_none() && Pairs::parse("=b").is_none() && Pairs::parse("a=b,").is_some());
    }
}
