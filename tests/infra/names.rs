//! Rule: identities, containers and the function app are those of the seed.
//!
//! Names of other resources are checked where they matter, in the settings and the scopes of roles. A deployment adds to a name what
//! makes it unique in Azure.

use local_azure::seed::IdentityKind;

use crate::{
    bicep::{Kind, Value},
    files::{Files, assert_complains, assert_content, differences},
    resolve::{MAIN, Program, without_unknown},
};

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let program = Program(files.bicep());
    let seed = files.seed();
    let main = &program.0[MAIN];

    let identities: Vec<String> = program
        .0
        .iter()
        .filter(|(path, _)| path.starts_with("infra/modules/"))
        .flat_map(|(_, document)| document.deployed("Microsoft.ManagedIdentity/userAssignedIdentities"))
        .map(|identity| identity.written("name"))
        .collect();
    let own = seed.identities.iter().filter(|identity| identity.kind == IdentityKind::UserAssigned);
    let mut complaints = differences("identities", &identities, &own.map(|i| i.name.clone()).collect::<Vec<_>>());

    let app = main.find("functionApps").expect("main.bicep deploys the function app");
    let resolved = |value| without_unknown(&program.resolve(program.place(MAIN, app), value));
    let carried = app.get("params.identityIds").map(Value::items).unwrap_or_default();
    let carried: Vec<String> = carried.iter().map(resolved).collect();
    let expected: Vec<String> = seed.function_app.identities.iter().map(|name| format!("id of {name}")).collect();
    complaints.extend(differences("identities of the function app", &carried, &expected));
    let name: Vec<String> = app.get("params.name").map(resolved).into_iter().collect();
    complaints.extend(differences("function app", &name, &[seed.function_app.name]));

    let accounts = main.of_kind(Kind::Module).filter(|call| call.of == "modules/storage.bicep" && call.each.is_none());
    let containers: Vec<String> = accounts
        .flat_map(|call| {
            let account =
                call.get("params.name").map(|name| without_unknown(&program.resolve(program.place(MAIN, call), name)));
            let account = account.unwrap_or_default();
            let names = call.get("params.containers").map(Value::items).unwrap_or_default();
            names.iter().map(move |name| format!("{account}/{}", name.written()))
        })
        .collect();
    let expected = seed.storage_accounts.iter().flat_map(|a| a.containers.iter().map(|c| format!("{}/{c}", a.name)));
    complaints.extend(differences("containers", &containers, &expected.collect::<Vec<_>>()));
    complaints
}

/// The secret that the hook writes is the one that the handler reads and that the seed has, of the same subscription.
fn one_secret(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let settings = documents[MAIN].find("settings").expect("the settings stand in main.bicep");
    let read = settings.written("APIM__subscriptionKeySecret");
    let hook = files.text("infra/scripts/store-subscription-key.sh");
    let seed = files.seed();
    let secrets = seed.vaults.iter().flat_map(|vault| &vault.secrets);
    let mut subscriptions =
        secrets.filter(|secret| secret.name == read).filter_map(|secret| secret.subscription_key.as_ref());
    match subscriptions.next() {
        None => vec![format!("the seed has no subscription key in the secret {read}")],
        Some(subscription) if !hook.contains(&format!("/subscriptions/{subscription}/listSecrets")) => {
            vec![format!("the hook does not store the key of {subscription}")]
        }
        Some(_) if !hook.contains("--name \"$APIM__subscriptionKeySecret\"") => {
            vec!["the hook does not store under the name that the setting gives".to_owned()]
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
    assert_complains(same_as_the_seed, &broken, "identities of the function app: id of id-keyless-caller is missing");
}

#[test]
fn another_container_is_seen() {
    let broken = Files::of_this_repository().with(
        MAIN,
        "containers: ['snapshots', 'uploads']",
        "containers: ['data', 'uploads']",
    );
    assert_complains(same_as_the_seed, &broken, "containers: stkeyless/snapshots is missing");
}

#[test]
fn hook_handler_and_seed_agree_on_the_secret() {
    assert_content(one_secret);
}

#[test]
fn another_subscription_in_the_hook_is_seen() {
    let files = Files::of_this_repository();
    let broken = files.with(
        "infra/scripts/store-subscription-key.sh",
        "subscriptions/keyless-functions/",
        "subscriptions/master/",
    );
    assert_complains(one_secret, &broken, "does not store the key of keyless-functions");
    let broken = files.with(MAIN, "'orders-subscription-key'", "'api-key'");
    assert_complains(one_secret, &broken, "no subscription key in the secret api-key");
}
