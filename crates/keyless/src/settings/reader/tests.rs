use std::num::NonZeroUsize;

use super::*;
use crate::identity::{Credential, Developer, UserAssigned};

const PLACES: Setting<NonZeroUsize> = Setting::with_default("PLACES", "256", "How many run at a time.");
const REPORTS: Setting<String> = Setting::required("REPORTS", "Where reports go.");
const NOTE: Setting<bool> = Setting::optional("NOTE", "no note", "Whether a note is written.");

#[derive(Debug)]
struct App {
    vault: Connection,
    storage: Connection,
    orders: Connection,
    places: NonZeroUsize,
    note: Option<bool>,
}

impl App {
    fn read(env: &mut Reader) -> Option<Self> {
        let vault = env.connection("KEYVAULT", "vaultUri");
        let storage = env.connection("STORAGE", "blobServiceUri");
        let orders = env.connection("APIM", "baseUrl");
        let (places, reports, note) = (env.read(&PLACES), env.read(&REPORTS), env.read(&NOTE));
        reports?;
        Some(Self { vault: vault?, storage: storage?, orders: orders?, places: places?, note })
    }
}

/// Settings that a process can start with.
fn complete() -> HashMap<&'static str, String> {
    [
        ("KEYVAULT__vaultUri", "https://kv.vault.azure.net"),
        ("KEYVAULT__clientId", "b1a7c0de-0001-4a6b-8c1d-5f2e3d4c5b6a"),
        ("STORAGE__blobServiceUri", "https://st.blob.core.windows.net/"),
        ("STORAGE__credential", "Developer"),
        ("APIM__baseUrl", "https://apim.azure-api.net"),
        ("APIM__identity", "RunAs=App"),
        ("REPORTS", "reports"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn read(settings: &HashMap<&'static str, String>) -> Result<App, String> {
    let settings = settings.clone();
    from_lookup(move |name| settings.get(name).cloned(), App::read).map_err(|error| error.to_string())
}

fn id(number: u8) -> String {
    format!("b1a7c0de-000{number}-4a6b-8c1d-5f2e3d4c5b6a")
}

#[test]
fn complete_settings_are_read() {
    let app = read(&complete()).unwrap();
    assert!(matches!(app.vault.identity(), Credential::ManagedIdentity(Some(UserAssigned::ClientId(_)))));
    assert_eq!(app.storage.identity(), &Credential::Developer(Developer::default()));
    assert_eq!(app.orders.identity(), &Credential::ManagedIdentity(None));
    assert_eq!((app.places.get(), app.note), (256, None));
}

#[test]
fn every_missing_setting_is_named_in_one_error_and_all_on_its_last_line() {
    let error = read(&HashMap::new()).unwrap_err();
    let names = ["KEYVAULT__vaultUri", "STORAGE__blobServiceUri", "APIM__baseUrl", "REPORTS"];
    for name in names {
        assert!(error.contains(&format!("{name} is missing: expected ")), "{name} in {error}");
    }
    assert_eq!(error.lines().count(), 1 + names.len() + 1, "{error}");
    assert_eq!(error.lines().last().unwrap(), format!("missing: {}", names.join(", ")));
}

#[test]
fn every_wrong_setting_is_named_and_no_value_is_shown() {
    const NAMES: [&str; 13] = [
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
        "PLACES",
        "NOTE",
        "EXTRA_CA_CERTS",
    ];
    let error = read(&NAMES.map(|name| (name, "AccountKey=S3CRET/ value".to_owned())).into()).unwrap_err();
    for name in NAMES {
        assert!(error.contains(&format!("{name} is wrong: expected ")), "{name} in {error}");
        assert!(error.lines().last().unwrap().contains(name), "{name} in {error}");
    }
    assert!(error.lines().last().unwrap().starts_with("missing: REPORTS; wrong: "), "{error}");
    assert!(!error.contains("S3CRET") && !error.contains("AccountKey="), "{error}");
}

#[test]
fn an_empty_setting_is_an_absent_one() {
    let mut settings = complete();
    settings.insert("PLACES", " ".to_owned());
    settings.insert("STORAGE__identity", String::new());
    assert!(read(&settings).is_ok());
    settings.insert("REPORTS", String::new());
    assert!(read(&settings).unwrap_err().contains("REPORTS is missing"));
}

#[test]
fn a_connection_without_client_id_takes_the_default_one() {
    let mut settings = complete();
    settings.remove("APIM__identity");
    settings.insert("AZURE_CLIENT_ID", id(9));
    let app = read(&settings).unwrap();
    let shown = |connection: &Connection| match connection.identity() {
        Credential::ManagedIdentity(Some(UserAssigned::ClientId(id))) => id.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!((shown(&app.vault), shown(&app.orders)), (id(1), id(9)));
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
    assert_eq!(error.lines().count(), 1 + 3 + 1, "{error}");
}

#[test]
fn an_identity_may_be_named_by_its_object_id() {
    let mut settings = complete();
    settings.remove("KEYVAULT__clientId");
    settings.insert("KEYVAULT__objectId", id(5));
    // The setting of one connection wins against the default for all connections.
    settings.insert("AZURE_CLIENT_ID", id(9));
    let app = read(&settings).unwrap();
    let Credential::ManagedIdentity(Some(UserAssigned::ObjectId(object_id))) = app.vault.identity() else {
        panic!("another credential");
    };
    assert_eq!(object_id.to_string(), id(5));
    settings.insert("KEYVAULT__credential", "workloadidentity".to_owned());
    assert!(read(&settings).unwrap_err().contains("KEYVAULT__objectId is wrong: expected KEYVAULT__clientId"));
}

#[test]
fn connections_of_one_kind_are_any_number_each_with_its_identity() {
    let lookup = |name: &str| match name {
        "ONE__vaultUri" | "TWO__vaultUri" => Some("https://kv.vault.azure.net".to_owned()),
        "ONE__clientId" => Some(id(1)),
        "TWO__clientId" => Some(id(2)),
        _ => None,
    };
    let pair = |env: &mut Reader| {
        let (one, two) = (env.connection("ONE", "vaultUri"), env.connection("TWO", "vaultUri"));
        Some((one?, two?))
    };
    let (one, two) = from_lookup(lookup, pair).unwrap();
    assert_ne!(one.identity(), two.identity());
}

#[test]
fn an_app_is_asked_for_what_it_reads_and_for_nothing_else() {
    let names = |rows: Vec<Row>| rows.into_iter().map(|row| row.name.into_owned()).collect::<Vec<_>>();
    assert_eq!(names(rows(|env| env.read(&REPORTS))), ["REPORTS"]);
    let group = ["vaultUri", "credential", "clientId", "objectId", "identity"].map(|part| format!("KV__{part}"));
    let expected = group.into_iter().chain(["EXTRA_CA_CERTS".to_owned()]).collect::<Vec<_>>();
    let read = |env: &mut Reader| env.connection("KV", "vaultUri").or(env.connection("KV", "vaultUri"));
    assert_eq!(names(rows(read)), expected);
}
