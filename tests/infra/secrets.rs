//! Rules: the outputs hold no secret, because every reader of deployments sees them, and the outputs are the settings.

use crate::{
    files::{Files, assert_complains, assert_content, differences},
    plan::{MAIN, plan},
    settings::{deployed_settings, is_of_the_host},
};

/// The output with which azd and the hook after provisioning find the resources.
const RESOURCE_GROUP: &str = "AZURE_RESOURCE_GROUP";

/// Settings that only name a secret or a header, or say when secrets are checked. None of them is a key.
const NAMES_OF_KEYS: [&str; 4] =
    ["__subscriptionKeySecret", "__subscriptionKeyHeader", "SECRET_EXPIRY_SCHEDULE", "SECRET_EXPIRY_DAYS"];

fn outputs_hold_no_secret(files: &Files) -> Vec<String> {
    let lines = files.ending("infra", ".bicep").flat_map(|(path, text)| text.lines().map(move |line| (path, line)));
    let outputs = lines.filter(|(_, line)| line.starts_with("output "));
    let mut complaints = Vec::new();
    for (path, output) in outputs.filter(|(_, output)| !NAMES_OF_KEYS.iter().any(|name| output.contains(name))) {
        // `KEYVAULT` and `keyvaultDns` name only the service.
        let told = output.to_lowercase().replace("keyvault", "").replace("keyless", "");
        let words = ["key", "secret", "password", "token", "connectionstring", "sas"];
        let name = output.split(' ').nth(1).unwrap_or_default();
        let held = words.iter().filter(|word| told.contains(*word));
        complaints.extend(held.map(|word| format!("{path}: the output {name} may hold a {word}")));
    }
    complaints
}

/// Checks that the outputs are the settings. azd keeps the outputs, so a run on a laptop has the settings of the app.
fn outputs_are_the_settings(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let shown = |(name, value): &(String, String)| format!("{name} = {value}");
    let outputs: Vec<String> = plan.outputs.iter().filter(|(name, _)| name != RESOURCE_GROUP).map(shown).collect();
    let settings = deployed_settings(&plan);
    let own = settings.iter().filter(|(name, _)| !is_of_the_host(name) && name != "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT");
    let mut complaints = differences("outputs of main.bicep", &outputs, &own.map(shown).collect::<Vec<_>>());
    if plan.outputs.iter().all(|(name, _)| name != RESOURCE_GROUP) {
        complaints.push(format!("main.bicep has no output {RESOURCE_GROUP}"));
    }
    complaints
}

#[test]
fn no_output_holds_a_secret() {
    assert_content(outputs_hold_no_secret);
}

#[test]
fn a_connection_string_in_an_output_is_refused() {
    let files = Files::of_this_repository();
    let broken = files.with(
        "infra/modules/gateway.bicep",
        "= service.properties.gatewayUrl",
        "= component.properties.ConnectionString",
    );
    assert_complains(outputs_hold_no_secret, &broken, "output url may hold a connectionstring");
}

#[test]
fn the_outputs_of_the_deployment_are_its_settings() {
    assert_content(outputs_are_the_settings);
}

#[test]
fn an_output_too_many_or_too_few_is_seen() {
    let broken = Files::of_this_repository().with(MAIN, "output APIM__audience", "output AUDIENCE");
    assert_complains(outputs_are_the_settings, &broken, "APIM__audience = api://");
    assert_complains(outputs_are_the_settings, &broken, "AUDIENCE = api://");
}
