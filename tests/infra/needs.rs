//! Rule: each service that the handler calls is deployed with the required role, and the handler's identities have no
//! other role.
//!
//! The required roles follow from the settings that the handler reads. `KEYVAULT__vaultUri` is a vault that the handler
//! reads as `KEYVAULT__clientId`.

use std::sync::LazyLock;

use serde_json::Value;

use crate::{
    files::{Files, assert_complains, assert_content, differences},
    plan::{MAIN, known, plan},
    role_assignments::described,
    settings::deployed_settings,
};

/// The settings of the host itself in the example settings.
const FOR_THE_HOST: [&str; 3] =
    ["FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "AzureWebJobsStorage__accountName"];

/// The example settings. A test of the handler keeps them equal to the settings that the handler reads.
static EXAMPLE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../local.settings.json.example")).expect("the example settings are JSON")
});

/// Returns the settings that the handler reads and a deployment sets. No other code knows the place of their list.
pub(crate) fn read_by_the_handler() -> Vec<&'static str> {
    let names = EXAMPLE["Values"].as_object().into_iter().flat_map(|values| values.keys().map(String::as_str));
    names.filter(|name| !FOR_THE_HOST.contains(name) && !is_not_deployed(name)).collect()
}

/// Reports whether a deployment does not set a setting. A deployment names identities by client ID only. No proxy with
/// its own certificate authority is between Azure's services. A deployment reaches its model through API Management, on
/// the surface without versions.
fn is_not_deployed(name: &str) -> bool {
    const OF_THE_DIRECT_ROUTE: [&str; 2] = ["OPENAI__endpoint", "OPENAI__scope"];
    name.ends_with("__identity")
        || name.ends_with("__objectId")
        || name == "EXTRA_CA_CERTS"
        // Azure Monitor accepts no telemetry without a token. So these settings are for other collectors.
        || name.starts_with("OTEL_")
        || name == "OPENAI__apiVersion"
        || OF_THE_DIRECT_ROUTE.contains(&name)
}

/// The roles that the Functions host needs for the identity that it runs as.
const OF_THE_HOST: [&str; 2] =
    ["Storage Blob Data Owner on storageAccounts sthost", "Monitoring Metrics Publisher on components appi-keyless"];

/// Returns the roles that the handler needs. The last part of an address setting tells how the handler uses the
/// service.
fn needed(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let settings = deployed_settings(&plan);
    let value = |name: &str| settings.iter().find(|(known, _)| known == name).map(|(_, value)| known(value));
    let account = |url: &str| url.trim_start_matches("https://").split('.').next().unwrap_or_default().to_owned();
    let mut needed = Vec::new();
    for name in read_by_the_handler() {
        let Some((connection, part)) = name.split_once("__") else { continue };
        let (Some(address), Some(client)) = (value(name), value(&format!("{connection}__clientId"))) else { continue };
        let principal = client.replace("clientId of", "principalId of");
        match part {
            "vaultUri" => needed.push(format!("{principal}: Key Vault Secrets User on vaults {}", account(&address))),
            "blobServiceUri" => {
                let containers = read_by_the_handler().into_iter().filter(|name| name.ends_with("_CONTAINER"));
                // An empty setting counts as absent.
                let containers = containers.filter_map(value).filter(|container| !container.is_empty());
                needed.extend(containers.map(|container| {
                    format!(
                        "{principal}: Storage Blob Data Contributor on containers {}/{container}",
                        account(&address)
                    )
                }));
            }
            "baseUrl" => needed.push(format!("{principal}: an app role")),
            _ => {}
        }
    }
    needed
}

fn held(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let roles = plan.of_type("Microsoft.Authorization/roleAssignments").map(|assignment| described(&plan, assignment));
    let app_roles = plan.of_type("Microsoft.Graph/appRoleAssignedTo");
    let app_roles = app_roles.map(|assignment| format!("{}: an app role", known(&assignment.text("principalId"))));
    // Other holders of roles are not identities of the app.
    let carried =
        |line: &String| files.seed().function_app.identities.iter().any(|name| line.contains(&format!(" {name}:")));
    let of_the_host = |line: &String| OF_THE_HOST.iter().any(|role| line.ends_with(role));
    roles.chain(app_roles).filter(carried).filter(|line| !of_the_host(line)).collect()
}

fn as_needed(files: &Files) -> Vec<String> {
    let needed = needed(files);
    if needed.len() < 4 {
        return vec![format!("the settings name too few services: {needed:?}")];
    }
    differences("rights of the app", &held(files), &needed)
}

#[test]
fn the_app_holds_what_it_needs_and_no_more() {
    assert_content(as_needed);
}

#[test]
fn a_service_that_the_app_may_not_call_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with(
        MAIN,
        "KEYVAULT__clientId: identities.outputs.reader",
        "KEYVAULT__clientId: identities.outputs.caller",
    );
    assert_complains(as_needed, &broken, "id-keyless-caller: Key Vault Secrets User on vaults kv-keyless is missing");
    let broken = files.with(MAIN, "UPLOAD_CONTAINER: 'uploads'", "UPLOAD_CONTAINER: 'files'");
    assert_complains(as_needed, &broken, "Storage Blob Data Contributor on containers stkeyless/files is missing");
    assert_complains(
        as_needed,
        &broken,
        "Storage Blob Data Contributor on containers stkeyless/uploads stands in Bicep",
    );
}

#[test]
fn a_right_that_the_app_does_not_need_is_seen() {
    let files = Files::of_this_repository();
    let roles = "infra/modules/roles.bicep";
    let broken = files
        .with(roles, "guid(vault.id, readerPrincipalId, roles.keyVaultSecretsUser)", "guid(vault.id, readerPrincipalId, roles.keyVaultSecretsOfficer)")
        .with(roles, "    principalId: readerPrincipalId\n    principalType: 'ServicePrincipal'\n    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)", "    principalId: readerPrincipalId\n    principalType: 'ServicePrincipal'\n    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)");
    assert_complains(
        as_needed,
        &broken,
        "id-keyless-reader: Key Vault Secrets Officer on vaults kv-keyless stands in Bicep only",
    );
}
