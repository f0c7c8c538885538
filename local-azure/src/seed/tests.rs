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

/// The default seed with more text at its end.
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
    assert_eq!(seed.apim.url_path(&seed.apim.apis[1]), "stock");
    let in_path = VERSIONS.replace("\"header\"\nname = \"Api-Version\"", "\"path\"");
    let seed = read_with(&in_path).unwrap();
    assert_eq!(seed.apim.url_path(&seed.apim.apis[1]), "stock/1");
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
    ] {
        assert!(VERSIONS.contains(from), "{from}");
        let error = read_with(&VERSIONS.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
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
