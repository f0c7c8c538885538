//! Rules: the app settings that Bicep gives the handler are those of the seed, each value comes from the right resource,
//! and they are the settings that the handler reads.

use local_azure::seed::Seed;
use serde_json::Value as Json;

use crate::{
    bicep::Value,
    files::{Files, assert_complains, assert_content, differences},
    resolve::{MAIN, Program, without_unknown},
};

const EXAMPLE: &str = "local.settings.json.example";

/// Flex Consumption refuses it: the runtime stands in `functionAppConfig`.
/// <https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations>
const NOT_ON_FLEX: &str = "FUNCTIONS_WORKER_RUNTIME";

/// The one setting for the host that the seed has, too: its limit is the same on a laptop.
const BODY_LIMIT: &str = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";

/// How many invocations the handler runs at once before it answers 429.
const LIMIT: &str = "MAX_CONCURRENT_INVOCATIONS";

const FUNCTION_APP: &str = "infra/modules/function-app.bicep";

/// Each deployment has its own; that all parties agree on it is a rule of its own.
const OF_THE_DEPLOYMENT: &str = "APIM__audience";

/// What the handler reads and a deployment does not set: other ways to name an identity stand in place of its client ID,
/// and no proxy with a certificate authority of its own stands between Azure and Azure.
fn is_not_deployed(name: &str) -> bool {
    name.ends_with("__identity") || name.ends_with("__objectId") || name == "EXTRA_CA_CERTS"
}

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let program = Program(files.bicep());
    let seed = files.seed();
    let settings = program.0[MAIN].find("settings").expect("the settings stand in main.bicep");
    let place = program.place(MAIN, settings);
    let host = program.0[FUNCTION_APP].find("hostSettings").expect("the host's settings stand with the function app");
    let limit =
        host.get(BODY_LIMIT).map(|value| (BODY_LIMIT, program.resolve(program.place(FUNCTION_APP, host), value)));
    let read = settings.value.iter().flat_map(Value::members);
    let deployed: Vec<String> = read
        .map(|(name, value)| (name.as_str(), program.resolve(place, value)))
        .chain(limit)
        .map(|(name, value)| line(name, &without_unknown(&value)))
        .collect();
    let expected: Vec<String> = seed
        .function_app
        .settings
        .iter()
        .filter(|(name, _)| *name != NOT_ON_FLEX)
        .map(|(name, value)| line(name, &from_resources(&seed, value)))
        .collect();
    differences("settings", &deployed, &expected)
}

fn line(name: &str, value: &str) -> String {
    if name == OF_THE_DEPLOYMENT { name.to_owned() } else { format!("{name} = {value}") }
}

/// What the seed writes out, as what a deployment takes from its resources.
fn from_resources(seed: &Seed, value: &str) -> String {
    if let Some(identity) = seed.identities.iter().find(|identity| identity.client_id.to_string() == value) {
        return format!("clientId of {}", identity.name);
    }
    if value == format!("https://{}.azure-api.net", seed.apim.name) {
        return format!("gatewayUrl of {}", seed.apim.name);
    }
    value.to_owned()
}

/// What the host needs for itself, in the example settings.
const FOR_THE_HOST: [&str; 3] = [NOT_ON_FLEX, BODY_LIMIT, "AzureWebJobsStorage__accountName"];

/// Every setting of the handler is deployed, and no other is. A test of the handler keeps the example settings in step
/// with the settings that it reads.
fn read_by_the_handler(files: &Files) -> Vec<String> {
    let Some(example) = files.get(EXAMPLE) else { return Vec::new() };
    let example: Json = serde_json::from_str(example).expect("the example settings are JSON");
    let names = example["Values"].as_object().expect("the example settings have values").keys();
    let names: Vec<&str> = names.map(String::as_str).filter(|name| !FOR_THE_HOST.contains(name)).collect();
    let documents = files.bicep();
    let settings = documents[MAIN].find("settings").expect("the settings stand in main.bicep");
    let deployed: Vec<&str> = settings.value.iter().flat_map(Value::members).map(|(name, _)| name.as_str()).collect();
    let expected: Vec<&str> = names.into_iter().filter(|name| !is_not_deployed(name)).collect();
    let missing = expected.iter().filter(|name| !deployed.contains(name));
    let unread = deployed.iter().filter(|name| !expected.contains(name));
    let missing = missing.map(|name| format!("the handler reads {name}, which main.bicep does not set"));
    missing.chain(unread.map(|name| format!("main.bicep sets {name}, which the handler does not read"))).collect()
}

fn reach_the_app(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let app = &documents[FUNCTION_APP];
    let config = app.deployed("Microsoft.Web/sites/config").find(|config| config.written("name") == "appsettings");
    let mut complaints = Vec::new();
    if config.is_none_or(|config| config.written("properties") != "union(hostSettings, settings)") {
        complaints.push("the app settings are not the host's and the handler's together".to_owned());
    }
    if app.find("hostSettings").is_some_and(|host| host.get(NOT_ON_FLEX).is_some()) {
        complaints.push(format!("{NOT_ON_FLEX} must not be set on Flex Consumption"));
    }
    complaints
}

/// Azure adds an instance before the handler refuses: <https://learn.microsoft.com/azure/azure-functions/functions-concurrency>.
fn scales_before_it_refuses(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let number = |text: String| text.parse::<u32>().ok();
    let app = documents[FUNCTION_APP].deployed("Microsoft.Web/sites").next();
    let path = "properties.functionAppConfig.scaleAndConcurrency.triggers.http.perInstanceConcurrency";
    let azure = app.and_then(|app| number(app.written(path)));
    let handler = documents[MAIN].find("settings").and_then(|settings| number(settings.written(LIMIT)));
    match (azure, handler) {
        (Some(azure), Some(handler)) if azure < handler => Vec::new(),
        _ => vec![format!("perInstanceConcurrency is {azure:?}, which must be below {LIMIT}, {handler:?}")],
    }
}

/// The example for `func start` names every setting that the seed has; more, such as optional ones, is fine.
fn in_the_example(files: &Files) -> Vec<String> {
    let Some(example) = files.get(EXAMPLE) else { return Vec::new() };
    let example: Json = serde_json::from_str(example).expect("the example settings are JSON");
    let names = files.seed().function_app.settings.into_keys();
    names.filter(|name| example["Values"].get(name).is_none()).map(|name| format!("{EXAMPLE} lacks {name}")).collect()
}

#[test]
fn settings_are_those_of_the_seed() {
    assert_content(same_as_the_seed);
}

#[test]
fn a_setting_that_only_one_side_has_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with(MAIN, "  SNAPSHOT_CONTAINER: 'snapshots'\n", "");
    assert_complains(same_as_the_seed, &broken, "SNAPSHOT_CONTAINER = snapshots is missing in Bicep");
    let broken = files.with(FUNCTION_APP, "LIMIT: '1073741824'", "LIMIT: '1048576'");
    assert_complains(same_as_the_seed, &broken, "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT = 1048576 stands in Bicep only");
    let broken = files.with("local-azure/seed.toml", "SNAPSHOT_SOURCES = ", "SNAPSHOT_PLACES = ");
    assert_complains(same_as_the_seed, &broken, "SNAPSHOT_SOURCES = orders=/orders stands in Bicep only");
}

#[test]
fn settings_are_those_that_the_handler_reads() {
    assert_content(read_by_the_handler);
}

#[test]
fn a_setting_that_is_not_deployed_or_not_read_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with(MAIN, "  MAX_CONCURRENT_INVOCATIONS: '256'\n", "  MAX_INVOCATIONS: '256'\n");
    assert_complains(read_by_the_handler, &broken, "the handler reads MAX_CONCURRENT_INVOCATIONS, which");
    assert_complains(read_by_the_handler, &broken, "main.bicep sets MAX_INVOCATIONS, which the handler does not read");
}

#[test]
fn another_identity_for_a_duty_is_seen() {
    let broken = Files::of_this_repository().with(
        MAIN,
        "KEYVAULT__clientId: identities.outputs.reader.clientId",
        "KEYVAULT__clientId: identities.outputs.writer.clientId",
    );
    assert_complains(
        same_as_the_seed,
        &broken,
        "KEYVAULT__clientId = clientId of id-keyless-writer stands in Bicep only",
    );
}

#[test]
fn outputs_mixed_up_inside_a_module_are_seen() {
    let broken = Files::of_this_repository().with(
        "infra/modules/identities.bicep",
        "clientId: reader.properties.clientId",
        "clientId: reader.properties.principalId",
    );
    assert_complains(same_as_the_seed, &broken, "KEYVAULT__clientId = principalId of id-keyless-reader");
}

#[test]
fn a_slash_at_the_end_of_the_vault_is_seen() {
    let broken = Files::of_this_repository().with(
        "infra/modules/vault.bicep",
        "environment().suffixes.keyvaultDns}",
        "environment().suffixes.keyvaultDns}/",
    );
    assert_complains(same_as_the_seed, &broken, "KEYVAULT__vaultUri = https://kv-keyless.vault.azure.net/ stands");
}

#[test]
fn settings_reach_the_function_app() {
    assert_content(reach_the_app);
}

#[test]
fn a_worker_runtime_on_flex_is_refused() {
    let files = Files::of_this_repository();
    let broken =
        files.with(FUNCTION_APP, "var hostSettings = {", "var hostSettings = {\n  FUNCTIONS_WORKER_RUNTIME: 'custom'");
    assert_complains(reach_the_app, &broken, "must not be set on Flex Consumption");
    let broken = files.with(FUNCTION_APP, "union(hostSettings, settings)", "hostSettings");
    assert_complains(reach_the_app, &broken, "not the host's and the handler's together");
}

#[test]
fn the_example_settings_name_every_setting() {
    assert_content(in_the_example);
}

#[test]
fn a_setting_missing_in_the_example_is_seen() {
    let files = Files::of_this_repository().with_file(EXAMPLE, r#"{"Values":{"APIM__baseUrl":"https://…"}}"#);
    assert_complains(in_the_example, &files, "local.settings.json.example lacks KEYVAULT__vaultUri");
}

#[test]
fn azure_adds_an_instance_before_the_handler_refuses() {
    assert_content(scales_before_it_refuses);
}

#[test]
fn an_instance_that_takes_more_than_its_handler_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with(FUNCTION_APP, "perInstanceConcurrency: 128", "perInstanceConcurrency: 256");
    assert_complains(scales_before_it_refuses, &broken, "perInstanceConcurrency is Some(256)");
    let broken = files.with(FUNCTION_APP, "        triggers: { http: { perInstanceConcurrency: 128 } }\n", "");
    assert_complains(scales_before_it_refuses, &broken, "perInstanceConcurrency is None");
}
