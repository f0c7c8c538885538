//! Rule: identities, containers and the function app are those of the seed.
//!
//! Names of other resources are checked at their use: in the settings and the scopes of roles. A deployment adds a part
//! to each name that makes it unique in Azure.

use local_azure::seed::IdentityKind;

use crate::{
    files::{Files, assert_complains, assert_content, differences},
    plan::{MAIN, known, last, plan},
};

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let seed = files.seed();

    let identities = plan.of_type("Microsoft.ManagedIdentity/userAssignedIdentities").map(|one| one.name.clone());
    let own = seed.identities.iter().filter(|identity| identity.kind == IdentityKind::UserAssigned);
    let own: Vec<String> = own.map(|identity| identity.name.clone()).collect();
    let mut complaints = differences("identities", &identities.collect::<Vec<_>>(), &own);

    for app in plan.of_type("Microsoft.Web/sites") {
        let carried = app.texts("identity.userAssignedIdentities");
        let carried: Vec<String> = carried.iter().map(|(id, _)| last(id).to_owned()).collect();
        complaints.extend(differences("identities of the function app", &carried, &seed.function_app.identities));
        complaints.extend(differences(
            "function app",
            &[known(&app.name)],
            std::slice::from_ref(&seed.function_app.name),
        ));
    }

    let containers = plan.of_type("Microsoft.Storage/storageAccounts/blobServices/containers");
    let containers: Vec<String> = containers
        .filter_map(|container| container.name.split_once("/default/"))
        .map(|(account, container)| format!("{}/{container}", known(account)))
        // The account of the Functions host belongs to the platform.
        .filter(|name| !name.starts_with("sthost/"))
        .collect();
    let expected = seed.storage_accounts.iter().flat_map(|a| a.containers.iter().map(|c| format!("{}/{c}", a.name)));
    complaints.extend(differences("containers", &containers, &expected.collect::<Vec<_>>()));
    complaints
}

/// Checks that the hook writes the secrets that the handler reads and the seed has, of the same subscriptions.
fn one_secret(files: &Files) -> Vec<String> {
    ["APIM", "OPENAI"].iter().flat_map(|connection| secret_of(files, connection)).collect()
}

fn secret_of(files: &Files, connection: &str) -> Vec<String> {
    let plan = plan(files);
    let setting = format!("{connection}__subscriptionKeySecret");
    let mut settings = plan.of_type("Microsoft.Web/sites/config");
    let read = settings.next().map(|config| config.text(&format!("properties.{setting}"))).unwrap_or_default();
    let hook = files.text("infra/scripts/store-subscription-key.sh");
    let seed = files.seed();
    let secrets = seed.vaults.iter().flat_map(|vault| &vault.secrets);
    let mut subscriptions =
        secrets.filter(|secret| secret.name == read).filter_map(|secret| secret.subscription_key.as_ref());
    match subscriptions.next() {
        None => vec![format!("the seed has no subscription key in the secret {read}")],
        Some(subscription) if !hook.contains(&format!("\nstore {subscription} \"$")) => {
            vec![format!("the hook does not store the key of {subscription}")]
        }
        Some(subscription) if !hook.contains(&format!("store {subscription} \"${setting}\"")) => {
            vec![format!("the hook does not store the key of {subscription} under the name that {setting} gives")]
        }
        Some(_) => Vec::new(),
    }
}

#[test]
fn names_are_those_of_the_seed() {
    assert_content(same_as_the_seed);
}

#[test]
fn a_renamed_identity_is_seen() {
    let broken = Files::of_this_repository().with("infra/modules/identities.bicep", "id-keyless-caller", "id-caller");
    assert_complains(same_as_the_seed, &broken, "identities: id-caller stands in Bicep only");
}

#[test]
fn an_identity_that_the_app_does_not_carry_is_seen() {
    let broken = Files::of_this_repository().with(MAIN, "        identities.outputs.caller.id\n", "");
    assert_complains(same_as_the_seed, &broken, "identities of the function app: id-keyless-caller is missing");
}

#[test]
fn another_container_is_seen() {
    let broken =
        Files::of_this_repository().with(MAIN, "concat(['snapshots', 'uploads']", "concat(['data', 'uploads']");
    assert_complains(same_as_the_seed, &broken, "containers: stkeyless/snapshots is missing");
}

#[test]
fn hook_handler_and_seed_agree_on_the_secret() {
    assert_content(one_secret);
}

#[test]
fn another_subscription_in_the_hook_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with("infra/scripts/store-subscription-key.sh", "store keyless-functions ", "store master ");
    assert_complains(one_secret, &broken, "does not store the key of keyless-functions");
    let broken = files.with(MAIN, "'orders-subscription-key'", "'api-key'");
    assert_complains(one_secret, &broken, "no subscription key in the secret api-key");
}
