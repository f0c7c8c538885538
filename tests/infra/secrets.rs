//! Rules: no template reads a key, and nothing secret leaves by an output, which anyone who may read deployments sees.

use crate::{
    bicep::Kind,
    files::{Files, assert_complains, assert_content, differences},
    resolve::MAIN,
};

/// Where azd and the hook after provisioning find the resources.
const RESOURCE_GROUP: &str = "AZURE_RESOURCE_GROUP";

/// These settings name a secret and a header, or say when secrets are looked at; none is a key.
const NAMES_OF_KEYS: [&str; 4] =
    ["APIM__subscriptionKeySecret", "APIM__subscriptionKeyHeader", "SECRET_EXPIRY_SCHEDULE", "SECRET_EXPIRY_DAYS"];

fn no_keys_read(files: &Files) -> Vec<String> {
    let is_list_call = |word: &str| {
        word.strip_prefix("list").is_some_and(|rest| rest.starts_with(char::is_uppercase) && rest.ends_with('('))
    };
    let calls = |line: &str| {
        line.split_inclusive('(')
            .filter_map(|part| part.rsplit(|c: char| !c.is_alphanumeric() && c != '(').next())
            .any(is_list_call)
    };
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    files
        .ending("infra", ".bicep")
        .flat_map(|(path, text)| text.lines().map(move |line| (path, line)))
        .filter(|(_, line)| calls(&code(line)))
        .map(|(path, line)| format!("{path} reads keys: {}", line.trim()))
        .collect()
}

fn outputs_hold_no_secret(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let mut complaints = Vec::new();
    for (path, document) in &documents {
        for output in document.of_kind(Kind::Output) {
            if NAMES_OF_KEYS.contains(&output.name.as_str()) {
                continue;
            }
            let told = format!("{} {:?}", output.name, output.value).to_lowercase();
            for word in ["key", "secret", "password", "token", "connectionstring", "sas"] {
                // `KEYVAULT` and `keyvaultDns` name the service.
                if told.replace("keyvault", "").replace("keyless", "").contains(word) {
                    complaints.push(format!("{path}: the output {} may hold a {word}", output.name));
                }
            }
        }
    }
    complaints
}

fn outputs_are_the_settings(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let main = &documents[MAIN];
    let settings = main.find("settings").and_then(|settings| settings.value.clone());
    let mut expected = vec![format!("{RESOURCE_GROUP} = group.name")];
    expected.extend(settings.iter().flat_map(|s| s.members()).map(|(name, _)| format!("{name} = settings.{name}")));
    let outputs: Vec<String> = main
        .of_kind(Kind::Output)
        .map(|output| {
            let value = output.value.as_ref().map(|value| value.written()).unwrap_or_default();
            format!("{} = {value}", output.name)
        })
        .collect();
    differences("outputs of main.bicep", &outputs, &expected)
}

#[test]
fn no_template_reads_a_key() {
    assert_content(no_keys_read);
}

#[test]
fn list_keys_is_refused() {
    let files = Files::of_this_repository();
    let read = "'https://${account.name}'\noutput k string = account.listKeys().keys[0].value //";
    let broken = files.with("infra/modules/storage.bicep", "'https://${account.name}", read);
    assert_complains(no_keys_read, &broken, "infra/modules/storage.bicep reads keys: output k");
    assert_complains(outputs_hold_no_secret, &broken, "the output k may hold a key");
}

#[test]
fn list_secrets_is_refused() {
    let files = Files::of_this_repository();
    let broken =
        files.with("infra/modules/apis.bicep", "scope: internal.id", "scope: listSecrets(internal.id, '2024-05-01')");
    assert_complains(no_keys_read, &broken, "infra/modules/apis.bicep reads keys");
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
    assert_complains(outputs_hold_no_secret, &broken, "the output url may hold a connectionstring");
}

#[test]
fn the_outputs_of_the_deployment_are_its_settings() {
    assert_content(outputs_are_the_settings);
}

#[test]
fn an_output_too_many_or_too_few_is_seen() {
    let broken = Files::of_this_repository().with(MAIN, "output APIM__audience", "output AUDIENCE");
    assert_complains(outputs_are_the_settings, &broken, "APIM__audience = settings.APIM__audience is missing");
    assert_complains(outputs_are_the_settings, &broken, "AUDIENCE = settings.APIM__audience stands in Bicep only");
}
