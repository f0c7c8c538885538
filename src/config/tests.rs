use std::collections::{BTreeSet, HashMap};

use super::*;

/// Settings that a process can start with.
pub(crate) fn complete() -> HashMap<&'static str, String> {
    [
        ("FUNCTIONS_CUSTOMHANDLER_PORT", "7072"),
        ("KEYVAULT__vaultUri", "https://kv.vault.azure.net"),
        ("KEYVAULT__clientId", "b1a7c0de-0001-4a6b-8c1d-5f2e3d4c5b6a"),
        ("STORAGE__blobServiceUri", "https://st.blob.core.windows.net/"),
        ("STORAGE__credential", "Developer"),
        ("APIM__baseUrl", "https://apim.azure-api.net"),
        ("APIM__identity", "RunAs=App"),
        ("APIM__audience", "api://orders"),
        ("APIM__subscriptionKeySecret", "orders-key"),
        ("SNAPSHOT_SOURCES", "orders=/orders"),
        ("SNAPSHOT_CONTAINER", "snapshots"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn read(settings: &HashMap<&str, String>) -> Result<Config, String> {
    Config::from_lookup(|name| settings.get(name).cloned()).map_err(|error| error.to_string())
}

fn id(number: u8) -> String {
    format!("b1a7c0de-000{number}-4a6b-8c1d-5f2e3d4c5b6a")
}

#[test]
fn complete_settings_are_read() {
    let config = read(&complete()).unwrap();
    assert_eq!(config.port(), 7072);
    assert!(!config.has_identity_endpoint);
    assert!(matches!(config.key_vault.credential, Credential::ManagedIdentity(Some(UserAssigned::ClientId(_)))));
    assert_eq!(config.storage.credential, Credential::Developer(Developer::default()));
    assert_eq!(config.api_management.connection.credential, Credential::ManagedIdentity(None));
    assert_eq!(config.api_management.key_header, "Ocp-Apim-Subscription-Key");
    assert_eq!(config.max_concurrent.get(), 256);
    assert_eq!((config.uploads.container.as_str(), config.uploads.at_once.get()), ("uploads", 8));
    assert_eq!((config.uploads.max_bytes.get(), config.expiry_days), (1 << 30, 30));
    assert_eq!(config.extra_ca_certs, None);
}

#[test]
fn every_missing_setting_is_named_in_one_error() {
    let error = read(&HashMap::new()).unwrap_err();
    for name in [
        "FUNCTIONS_CUSTOMHANDLER_PORT",
        "KEYVAULT__vaultUri",
        "STORAGE__blobServiceUri",
        "APIM__baseUrl",
        "APIM__audience",
        "APIM__subscriptionKeySecret",
        "SNAPSHOT_SOURCES",
        "SNAPSHOT_CONTAINER",
    ] {
        assert!(error.contains(&format!("{name} is missing: expected ")), "{name} in {error}");
    }
    assert_eq!(error.lines().count(), 1 + 8, "{error}");
}

#[test]
fn every_wrong_setting_is_named_and_no_value_is_shown() {
    const NAMES: [&str; 22] = [
        "FUNCTIONS_CUSTOMHANDLER_PORT",
        "AZURE_CLIENT_ID",
        "KEYVAULT__vaultUri",
        "KEYVAULT__credential",
        "KEYVAULT__clientId",
        "KEYVAULT__identity",
        "STORAGE__objectId",
        "STORAGE__blobServiceUri",
        "STORAGE__identity",
        "APIM__baseUrl",
        "APIM__clientId",
        "APIM__audience",
        "APIM__subscriptionKeySecret",
        "APIM__subscriptionKeyHeader",
        "SNAPSHOT_SOURCES",
        "SNAPSHOT_CONTAINER",
        "UPLOAD_CONTAINER",
        "UPLOAD_MAX_BYTES",
        "UPLOAD_MAX_CONCURRENT",
        "SECRET_EXPIRY_DAYS",
        "RELAY_PATHS",
        "MAX_CONCURRENT_INVOCATIONS",
    ];
    let error = read(&NAMES.map(|name| (name, "AccountKey=S3CRET/ value".to_owned())).into()).unwrap_err();
    for name in NAMES {
        assert!(error.contains(&format!("{name} is wrong: expected ")), "{name} in {error}");
    }
    assert!(!error.contains("S3CRET") && !error.contains("AccountKey="), "{error}");
}

#[test]
fn an_empty_setting_is_an_absent_one() {
    let mut settings = complete();
    settings.insert("APIM__subscriptionKeyHeader", " ".to_owned());
    settings.insert("STORAGE__identity", String::new());
    assert!(read(&settings).is_ok());
    settings.insert("SNAPSHOT_CONTAINER", String::new());
    assert!(read(&settings).unwrap_err().contains("SNAPSHOT_CONTAINER is missing"));
}

#[test]
fn a_connection_without_client_id_takes_the_default_one() {
    let mut settings = complete();
    settings.remove("APIM__identity");
    settings.insert("AZURE_CLIENT_ID", id(9));
    let config = read(&settings).unwrap();
    let shown = |credential: &Credential| match credential {
        Credential::ManagedIdentity(Some(UserAssigned::ClientId(id))) => id.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(shown(&config.key_vault.credential), id(1));
    assert_eq!(shown(&config.api_management.connection.credential), id(9));
}

#[test]
fn a_connection_names_its_identity_one_way_only() {
    let mut settings = complete();
    settings.insert("APIM__clientId", id(3));
    settings.insert("KEYVAULT__objectId", id(4));
    settings.insert("STORAGE__managedIdentityResourceId", "/subscriptions/x".to_owned());
    let error = read(&settings).unwrap_err();
    for problem in [
        "APIM__identity is wrong: expected either this connection string or APIM__clientId, not both",
        "KEYVAULT__objectId is wrong: expected either KEYVAULT__clientId or KEYVAULT__objectId, not both",
        "STORAGE__managedIdentityResourceId is wrong: expected no resource ID",
    ] {
        assert!(error.contains(problem), "{problem} in {error}");
    }
    assert_eq!(error.lines().count(), 1 + 3, "{error}");
}

#[test]
fn an_identity_may_be_named_by_its_object_id() {
    let mut settings = complete();
    settings.remove("KEYVAULT__clientId");
    settings.insert("KEYVAULT__objectId", id(5));
    // What holds for all connections does not stand against what one of them says.
    settings.insert("AZURE_CLIENT_ID", id(9));
    let Credential::ManagedIdentity(Some(UserAssigned::ObjectId(object_id))) =
        read(&settings).unwrap().key_vault.credential
    else {
        panic!("another credential");
    };
    assert_eq!(object_id.to_string(), id(5));
    settings.insert("KEYVAULT__credential", "workloadidentity".to_owned());
    assert!(read(&settings).unwrap_err().contains("KEYVAULT__objectId is wrong: expected KEYVAULT__clientId"));
}

#[test]
fn the_example_settings_hold_every_setting() {
    let example: serde_json::Value = serde_json::from_str(include_str!("../../local.settings.json.example")).unwrap();
    assert_eq!(example["IsEncrypted"], false);
    let values = example["Values"].as_object().unwrap();
    let host = ["FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "AzureWebJobsStorage__accountName"];
    let expected: BTreeSet<_> = VARIABLES.iter().copied().chain(host).collect();
    assert_eq!(values.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);

    let lookup = |name: &str| match name {
        PORT => Some("7072".to_owned()),
        _ => values.get(name).map(|value| value.as_str().unwrap().to_owned()),
    };
    Config::from_lookup(lookup).unwrap();
}
