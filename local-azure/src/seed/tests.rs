mod credentials;

use std::path::Path;

use super::*;

const CLIENTS: &str = r#"
[[identities]]
name = "id-deployer"
kind = "user-assigned"
client_id = "b1a7c0de-0004-4a6b-8c1d-5f2e3d4c5b6a"
principal_id = "c2b8d1ef-0004-4b7c-9d2e-6a3f4e5d6c7b"
federated_credentials = [{ issuer = "https://oidc.example/", subject = "system:serviceaccount:default:keyless" }]

[[app_registrations]]
name = "ci"
app_id_uri = "api://ci"
client_id = "d3c9e2f0-0009-4c8d-ae3f-7b4a5f6e7d8c"
principal_id = "d3c9e2f0-0010-4c8d-ae3f-7b4a5f6e7d8c"
token_version = 1
optional_claims = ["idtyp"]
secrets = [{ name = "made here", generated = true, expires = "2030-01-01T00:00:00Z" }]

[[app_role_assignments]]
identity = "id-deployer"
app = "Microsoft Graph"
role = "AppRoleAssignment.ReadWrite.All"

[[app_role_assignments]]
identity = "ci"
app = "orders-api"
role = "Orders.Read"

[workload_identity]
issuer = "https://oidc.example/"
subject = "system:serviceaccount:default:keyless"
client = "id-deployer"
"#;

/// Reads the default seed with more text at its end.
fn read_with(more: &str) -> Result<Seed, SeedError> {
    let default = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{default}\n{more}")).unwrap();
    Seed::read(file.path())
}

#[test]
fn clients_are_read_and_what_is_left_out_has_a_default() {
    let seed = read_with(CLIENTS).unwrap();
    let ci = seed.app_registrations.iter().find(|app| app.name == "ci").unwrap();
    assert_eq!(ci.principal_id().to_string(), "d3c9e2f0-0010-4c8d-ae3f-7b4a5f6e7d8c");
    assert_eq!(ci.secrets[0].expires.unwrap().to_string(), "2030-01-01T00:00:00Z");
    assert_eq!(seed.workload_identity.unwrap().audience, "api://AzureADTokenExchange");
    let orders = &seed.app_registrations[0];
    assert_ne!(orders.principal_id(), orders.object_id());
    assert_eq!(orders.principal_id(), read_with("").unwrap().app_registrations[0].principal_id());
}

#[test]
fn the_default_seed_has_no_secret_of_a_client() {
    let seed = read_with("").unwrap();
    assert!(seed.app_registrations.iter().all(|app| app.secrets.is_empty() && app.certificates.is_empty()));
    assert!(seed.workload_identity.is_none() && !seed.tenant.token_cache);
}

#[test]
fn a_client_that_makes_no_sense_is_refused() {
    for (from, to, part) in [
        ("generated = true, ", "", "needs exactly one of value, generated = true"),
        ("generated = true, ", "generated = true, value = \"x\", ", "needs exactly one of value, generated = true"),
        ("identity = \"ci\"", "identity = \"nobody\"", "no identity \"nobody\""),
        ("name = \"ci\"", "name = \"id-deployer\"", "names an identity and an app registration"),
        ("client = \"id-deployer\"", "client = \"nobody\"", "workload_identity.client: no identity \"nobody\""),
        ("\"AppRoleAssignment.ReadWrite.All\"", "\"Everything\"", "Microsoft Graph has no app role \"Everything\""),
        ("[\"idtyp\"]", "[\"acct\"]", "unknown variant"),
        ("\nclient = ", "\ncolour = 1\nclient = ", "unknown field"),
    ] {
        assert!(CLIENTS.contains(from));
        let error = read_with(&CLIENTS.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

const VERSIONS: &str = r#"
[[apim.version_sets]]
id = "stock"
scheme = "header"
name = "Api-Version"

[[apim.apis]]
id = "stock-1"
path = "stock"
version_set = "stock"
version = "1"
backend = { url = "http://127.0.0.1:1" }
operations = [{ id = "all", method = "GET", template = "/*" }]

[[apim.apis]]
id = "stock-2"
path = "stock"
version_set = "stock"
version = "2"
backend = { url = "http://127.0.0.1:1" }
operations = []

[[apim.products]]
id = "open"
apis = ["stock-1"]
subscription_required = false

[[apim.products]]
id = "free"
apis = ["stock-2"]
subscription_required = false
"#;

#[test]
fn versions_of_an_api_share_a_path_and_nothing_else_does() {
    let seed = read_with(VERSIONS).unwrap();
    assert_eq!(seed.apim.url_path(&seed.apim.apis[3]), "stock");
    let in_path = VERSIONS.replace("\"header\"\nname = \"Api-Version\"", "\"path\"");
    let seed = read_with(&in_path).unwrap();
    assert_eq!(seed.apim.url_path(&seed.apim.apis[3]), "stock/1");
    for (from, to, part) in [
        ("version = \"2\"", "version = \"1\"", "API path \"stock version 1 of stock\" is defined twice"),
        ("version_set = \"stock\"\nversion = \"2\"", "version = \"2\"", "\"stock-2\" has a version and no version_set"),
        ("version_set = \"stock\"\nversion = \"2\"", "version_set = \"s\"", "\"stock-2\" names no version set: \"s\""),
        ("version = \"2\"", "version = \"\"", "the version of \"stock-2\" is empty"),
        ("name = \"Api-Version\"", "", "needs the name of its header or query parameter"),
        ("\"Api-Version\"", "\"Api Version\"", "is not a header name"),
        ("\"header\"", "\"path\"", "so it has no name"),
        ("\"header\"", "\"host\"", "unknown variant"),
        ("apis = [\"stock-2\"]", "apis = [\"stock-1\"]", "\"stock-1\" is in several open products"),
        (
            "operations = []",
            "operations = [{ id = \"a\", method = \"GET\", template = \"/\" }, { id = \"a\", method = \"PUT\", template = \"/\" }]",
            "operation of API \"stock-2\": \"a\" is defined twice",
        ),
        (
            "operations = []",
            "operations = [{ id = \"a\", method = \"GET\", template = \"/\" }, { id = \"b\", method = \"get\", template = \"/\" }]",
            "operation of API \"stock-2\": \"GET /\" is defined twice",
        ),
        (
            "version_set = \"stock\"\nversion = \"2\"",
            "version_set = \"orders\"\nversion = \"2\"\nsubscription_key_header = \"a b\"",
            "\"stock-2\" has the path \"stock\" of \"stock-1\", which only APIs of one version set share",
        ),
        ("version = \"2\"", "version = \"2\"\nsubscription_key_header = \"a b\"", "\"stock-2\" is not a header name"),
        ("path = \"stock\"", "path = \"/stock\"", "the path of \"stock-1\" begins or ends with a slash"),
    ] {
        assert!(VERSIONS.contains(from), "{from}");
        let error = read_with(&VERSIONS.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn an_operation_may_document_its_responses() {
    let mut seed = read_with("").unwrap();
    let response = |text: &str| toml::from_str::<super::OperationResponse>(text).unwrap();
    let fine = response("status = 200\ncontent_type = \"application/json\"\nexample = \"{}\"");
    seed.apim.apis[0].operations[0].responses = vec![fine];
    assert_eq!(seed.check(), [""; 0]);
    let responses = ["status = 199\ncontent_type = \"a/b\"", "status = 200\ncontent_type = \"json\""].map(response);
    seed.apim.apis[0].operations[0].responses = responses.into();
    let what = "apim.apis: the operation \"list-orders\" of \"orders\" has a response";
    assert_eq!(
        seed.check(),
        [
            format!("{what} with the status 199, which is not one from 200 to 599"),
            format!("{what} whose content_type \"json\" is no media type"),
        ]
    );
    let unknown = "status = 200\ncontent_type = \"a/b\"\nschemas = \"{}\"";
    let error = toml::from_str::<super::OperationResponse>(unknown).unwrap_err().to_string();
    assert!(error.contains("unknown field `schemas`"), "{error}");
}

#[test]
fn identities_of_the_gateway_are_its_own() {
    let mut seed = read_with("").unwrap();
    seed.apim.identities = vec!["id-keyless-reader".to_owned()];
    assert_eq!(seed.check(), [""; 0]);
    seed.apim.identities.push("nobody".to_owned());
    assert_eq!(seed.check(), ["apim.identities: no identity \"nobody\""]);
    seed.apim.identities.pop();
    seed.identities[0].kind = IdentityKind::SystemAssigned;
    assert_eq!(seed.check(), ["apim.identities: \"id-keyless-reader\" is the function app's own and cannot be shared"]);
    seed.apim.identities = vec!["id-keyless-writer".to_owned(); 11];
    assert_eq!(seed.check(), ["apim.identities: ten user-assigned and one system-assigned are the most"]);
}

const VAULT: &str = r#"
[[vaults]]
name = "kv-other"
soft_delete_retention_days = 7
purge_protection = true
fault = "throttled"
secrets = [
    { name = "one", value = "v", content_type = "text/plain", tags = { owner = "team" }, expires = "2030-01-01T00:00:00Z" },
    { name = "two", generated = true },
]
"#;

#[test]
fn vaults_are_read_and_what_is_left_out_has_a_default() {
    let seed = read_with(VAULT).unwrap();
    let [usual, other] = seed.vaults.as_slice() else { panic!("{:?}", seed.vaults) };
    assert_eq!((usual.soft_delete_retention_days, usual.purge_protection), (90, false));
    assert_eq!((other.soft_delete_retention_days, other.purge_protection), (7, true));
    assert_eq!((usual.fault, other.fault), (None, Some(VaultFault::Throttled)));
    let secret = &other.secrets[0];
    assert!(secret.enabled && secret.not_before.is_none());
    assert_eq!((secret.content_type.as_deref(), secret.tags["owner"].as_str()), (Some("text/plain"), "team"));
    assert_eq!(secret.expires.unwrap().to_string(), "2030-01-01T00:00:00Z");
}

#[test]
fn a_vault_that_key_vault_would_not_have_is_refused() {
    let many: String = (0..16).map(|n| format!("t{n} = \"x\", ")).collect();
    for (from, to, part) in [
        ("days = 7", "days = 6", "soft_delete_retention_days of \"kv-other\" must be 7 to 90"),
        ("days = 7", "days = 91", "soft_delete_retention_days of \"kv-other\" must be 7 to 90"),
        ("throttled", "asleep", "unknown variant"),
        ("\"two\"", "\"ONE\"", "in \"kv-other\" the secret \"one\" is defined twice"),
        ("\"two\"", "\"t_wo\"", "letters, digits and hyphens only, not \"t_wo\""),
        ("\"two\"", "\"\"", "letters, digits and hyphens only, not \"\""),
        ("generated = true", "enabled = true", "secret \"two\" of \"kv-other\" needs exactly one of value"),
        ("generated = true", "subscription_key = \"none\"", "secret \"two\" names no subscription: \"none\""),
        ("owner = \"team\"", many.trim_end_matches(", "), "secret \"one\" has more than 15 tags"),
        ("expires = ", "expires_on = ", "unknown field"),
    ] {
        assert!(VAULT.contains(from));
        let error = read_with(&VAULT.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn the_seed_of_the_other_languages_clients_is_sound() {
    let seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/seed.toml")).unwrap();
    for name in seed.function_app.settings.keys().filter(|name| name.ends_with("__clientId")) {
        let id = &seed.function_app.settings[name];
        assert!(seed.identities.iter().any(|identity| identity.client_id.to_string() == *id), "{name}");
    }
}
