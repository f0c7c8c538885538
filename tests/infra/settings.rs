//! Rules: the app settings that Bicep gives the handler are those of the seed, each value comes from the right
//! resource, and they are the settings that the handler reads.

use bicep_check::DeployedResources;
use local_azure::seed::Seed;
use serde_json::Value as Json;

use crate::{
    files::{Files, assert_complains, assert_content, differences},
    needs::read_by_the_handler,
    plan::{MAIN, known, plan},
};

const EXAMPLE: &str = "local.settings.json.example";

/// The setting that Flex Consumption refuses, because the runtime is in `functionAppConfig`.
/// <https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations>
const NOT_ON_FLEX: &str = "FUNCTIONS_WORKER_RUNTIME";

/// The only setting of the host that is also in the seed. Its limit is the same on a laptop.
const BODY_LIMIT: &str = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";

/// The setting with the number of concurrent invocations. Beyond it, the handler answers 429.
const LIMIT: &str = "MAX_CONCURRENT_INVOCATIONS";

const FUNCTION_APP: &str = "infra/modules/function-app.bicep";

/// The audiences, which differ in each deployment. Another rule checks that all parties agree on them.
const OF_THE_DEPLOYMENT: [&str; 2] = ["APIM__audience", "OPENAI__audience"];

/// Reports whether a setting is one of the Functions host.
pub(crate) fn is_of_the_host(name: &str) -> bool {
    name.starts_with("AzureWebJobsStorage__") || name.starts_with("APPLICATIONINSIGHTS_")
}

/// Returns name and value of each setting of the first app.
pub(crate) fn deployed_settings(plan: &DeployedResources) -> Vec<(String, String)> {
    let config = plan.of_type("Microsoft.Web/sites/config").find(|config| config.name.ends_with("/appsettings"));
    config.map(|config| config.texts("properties")).unwrap_or_default()
}

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let settings = deployed_settings(&plan(files));
    let seed = files.seed();
    let own = settings.iter().filter(|(name, _)| !is_of_the_host(name));
    let deployed: Vec<String> = own.map(|(name, value)| line(name, &known(value))).collect();
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
    if OF_THE_DEPLOYMENT.contains(&name) { name.to_owned() } else { format!("{name} = {value}") }
}

/// Turns a value of the seed into the form of a deployment, which takes it from its resources.
fn from_resources(seed: &Seed, value: &str) -> String {
    if let Some(identity) = seed.identities.iter().find(|identity| identity.client_id.to_string() == value) {
        return format!("clientId of {}", identity.name);
    }
    match value.strip_prefix(&format!("https://{}.azure-api.net", seed.apim.name)) {
        Some("") => format!("gatewayUrl of {}", seed.apim.name),
        // The deployment knows the address; only the path remains.
        Some(path) => path.to_owned(),
        None => value.to_owned(),
    }
}

/// Checks that every setting that the handler reads is set, and no other.
fn no_more_and_no_less_than_read(files: &Files) -> Vec<String> {
    let settings = deployed_settings(&plan(files));
    let own =
        settings.iter().map(|(name, _)| name.as_str()).filter(|name| !is_of_the_host(name) && *name != BODY_LIMIT);
    let deployed: Vec<&str> = own.collect();
    let expected = read_by_the_handler();
    let missing = expected.iter().filter(|name| !deployed.contains(name));
    let unread = deployed.iter().filter(|name| !expected.contains(name));
    let missing = missing.map(|name| format!("the handler reads {name}, which main.bicep does not set"));
    missing.chain(unread.map(|name| format!("main.bicep sets {name}, which the handler does not read"))).collect()
}

/// Checks that the settings reach the app. In Azure, the settings of the host and of the handler are one list.
fn reach_the_app(files: &Files) -> Vec<String> {
    let settings = deployed_settings(&plan(files));
    let has = |of_host: bool| settings.iter().any(|(name, _)| name != BODY_LIMIT && is_of_the_host(name) == of_host);
    if has(true) && has(false) {
        return Vec::new();
    }
    vec!["the app settings are not the host's and the handler's together".to_owned()]
}

/// Checks that Azure adds an instance before the handler refuses requests:
/// <https://learn.microsoft.com/azure/azure-functions/functions-concurrency>.
fn scales_before_it_refuses(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let number = |text: &str| text.parse::<u32>().ok();
    let path = "properties.functionAppConfig.scaleAndConcurrency.triggers.http.perInstanceConcurrency";
    let azure = plan.of_type("Microsoft.Web/sites").next().and_then(|app| number(&app.text(path)));
    let settings = deployed_settings(&plan);
    let handler = settings.iter().find(|(name, _)| name == LIMIT).and_then(|(_, value)| number(value));
    match (azure, handler) {
        (Some(azure), Some(handler)) if azure < handler => Vec::new(),
        _ => vec![format!("perInstanceConcurrency is {azure:?}, which must be below {LIMIT}, {handler:?}")],
    }
}

/// Checks that the example for `func start` names every setting of the seed. It may have more, such as optional ones.
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
    assert_content(no_more_and_no_less_than_read);
}

#[test]
fn a_setting_that_is_not_deployed_or_not_read_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with(MAIN, "  MAX_CONCURRENT_INVOCATIONS: '256'\n", "  MAX_INVOCATIONS: '256'\n");
    assert_complains(no_more_and_no_less_than_read, &broken, "the handler reads MAX_CONCURRENT_INVOCATIONS, which");
    assert_complains(
        no_more_and_no_less_than_read,
        &broken,
        "main.bicep sets MAX_INVOCATIONS, which the handler does not read",
    );
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
fn settings_that_miss_the_app_are_seen() {
    let broken = Files::of_this_repository().with(FUNCTION_APP, "union(hostSettings, settings)", "hostSettings");
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
