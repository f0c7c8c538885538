//! Rule: everything that would bring back a key or a password is switched off if that is possible.

use bicep_check::MadeResource;

use crate::{
    files::{Files, assert_complains, assert_content},
    plan::{last, plan},
};

/// The resource type, the property, and the required value.
const REQUIRED: [(&str, &str, &str); 10] = [
    ("Microsoft.Storage/storageAccounts", "properties.allowSharedKeyAccess", "false"),
    ("Microsoft.Storage/storageAccounts", "properties.allowBlobPublicAccess", "false"),
    ("Microsoft.KeyVault/vaults", "properties.enableRbacAuthorization", "true"),
    ("Microsoft.Insights/components", "properties.DisableLocalAuth", "true"),
    ("Microsoft.OperationalInsights/workspaces", "properties.features.disableLocalAuth", "true"),
    ("Microsoft.CognitiveServices/accounts", "properties.disableLocalAuth", "true"),
    ("Microsoft.Web/sites", "properties.httpsOnly", "true"),
    ("Microsoft.Web/sites", "properties.functionAppConfig.runtime.name", "custom"),
    (
        "Microsoft.Web/sites",
        "properties.functionAppConfig.deployment.storage.authentication.type",
        "UserAssignedIdentity",
    ),
    ("Microsoft.ApiManagement/service/subscriptions", "properties.allowTracing", "false"),
];

fn keys_are_off(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let mut complaints = Vec::new();
    for (of_type, property, value) in REQUIRED {
        let resources: Vec<&MadeResource> = plan.of_type(of_type).collect();
        if resources.is_empty() {
            complaints.push(format!("no {of_type} is deployed, so {property} was not checked"));
        }
        for resource in resources.iter().filter(|resource| resource.text(property) != value) {
            complaints.push(format!("{} ({of_type}) must have {property}: {value}", resource.symbol));
        }
    }
    complaints.extend(passwords_are_off(files));
    complaints
}

/// Checks that passwords are off. A function app has a deployment password for each of two ways in, until both are
/// refused.
fn passwords_are_off(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let refused: Vec<String> = plan
        .of_type("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
        .filter(|policy| policy.text("properties.allow") == "false")
        .map(|policy| last(&policy.name).to_owned())
        .collect();
    ["scm", "ftp"]
        .into_iter()
        .filter(|way| !refused.iter().any(|name| name == way))
        .map(|way| format!("the deployment password of the function app is not refused for {way}"))
        .collect()
}

#[test]
fn keys_and_passwords_are_switched_off() {
    assert_content(keys_are_off);
}

#[test]
fn shared_keys_of_storage_are_refused() {
    let broken = Files::of_this_repository().with(
        "infra/modules/storage.bicep",
        "allowSharedKeyAccess: false",
        "allowSharedKeyAccess: true",
    );
    assert_complains(keys_are_off, &broken, "must have properties.allowSharedKeyAccess: false");
}

#[test]
fn leaving_local_authentication_as_it_is_by_default_is_refused() {
    let broken = Files::of_this_repository().with("infra/modules/openai.bicep", "    disableLocalAuth: true\n", "");
    assert_complains(
        keys_are_off,
        &broken,
        "Microsoft.CognitiveServices/accounts) must have properties.disableLocalAuth",
    );
}

#[test]
fn a_publishing_password_is_refused() {
    let broken = Files::of_this_repository().with("infra/modules/function-app.bicep", "name: 'ftp'", "name: 'other'");
    assert_complains(keys_are_off, &broken, "not refused for ftp");
}
