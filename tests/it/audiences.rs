//! The way of an audience: from the settings to the resource in the request to the identity endpoint, and to the
//! token's `aud`.

use local_azure::{LocalAzure, journal::Service, seed::TokenVersion};

use crate::{handler::Handler, rig::seed};

const ORDERS: &str = "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c";
const BILLING: &str = "d3c9e2f0-0002-4c8d-ae3f-7b4a5f6e7d8c";

/// The setting, the resource, the `aud`, and the token's version.
const ROWS: [(&str, &str, &str, &str); 17] = [
    ("https://management.azure.com/", "https://management.azure.com/", "https://management.azure.com/", "1.0"),
    ("https://management.azure.com", "https://management.azure.com", "https://management.azure.com", "1.0"),
    ("https://vault.azure.net", "https://vault.azure.net", "https://vault.azure.net", "1.0"),
    ("https://vault.azure.net/.default", "https://vault.azure.net", "https://vault.azure.net", "1.0"),
    ("https://servicebus.azure.net/", "https://servicebus.azure.net/", "https://servicebus.azure.net/", "1.0"),
    ("https://storage.azure.com/", "https://storage.azure.com/", "https://storage.azure.com/", "1.0"),
    ("https://storage.azure.com//.default", "https://storage.azure.com/", "https://storage.azure.com/", "1.0"),
    ("https://storage.azure.com/.default", "https://storage.azure.com", "https://storage.azure.com", "1.0"),
    ("https://database.windows.net/", "https://database.windows.net/", "https://database.windows.net/", "1.0"),
    (
        "https://cognitiveservices.azure.com",
        "https://cognitiveservices.azure.com",
        "https://cognitiveservices.azure.com",
        "1.0",
    ),
    (
        "https://cognitiveservices.azure.com/.default",
        "https://cognitiveservices.azure.com",
        "https://cognitiveservices.azure.com",
        "1.0",
    ),
    // An API's own registration decides the version of its tokens, and thus their claims.
    ("api://orders", "api://orders", ORDERS, "2.0"),
    ("api://orders/.default", "api://orders", ORDERS, "2.0"),
    (ORDERS, ORDERS, ORDERS, "2.0"),
    ("api://billing", "api://billing", "api://billing", "1.0"),
    ("api://billing/.default", "api://billing", "api://billing", "1.0"),
    (BILLING, BILLING, BILLING, "1.0"),
];

#[tokio::test]
async fn each_audience_is_asked_for_as_its_resource_and_comes_back_in_the_token() {
    let mut seed = seed();
    seed.app_registrations[1].token_version = TokenVersion::V1;
    let azure = LocalAzure::start(seed).await.unwrap();
    let caller = azure.world().seed().function_app.settings["APIM__clientId"].clone();
    for (setting, resource, aud, version) in ROWS {
        let mut environment = azure.app_environment();
        environment.push(("APIM__audience".to_owned(), setting.to_owned()));
        let before = azure.journal().entries().len();
        let (_, body) = Handler::start(&environment).ready().await;
        let identity = &body["checks"][2]["identity"];
        assert_eq!((&identity["audience"], &identity["version"]), (&aud.into(), &version.into()), "{setting}: {body}");
        assert_eq!(identity["clientId"], caller.as_str());
        let entries = azure.journal().entries();
        let asked = entries[before..].iter().filter(|entry| entry.service == Service::IdentityEndpoint);
        let by_caller = asked.filter(|entry| entry.decision.identity.as_deref() == Some("id-keyless-caller"));
        let resources: Vec<_> = by_caller.map(|entry| entry.decision.audience.clone().unwrap()).collect();
        assert!(!resources.is_empty() && resources.iter().all(|asked| asked == resource), "{setting}: {resources:?}");
    }
}
