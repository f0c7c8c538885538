//! Rules: Azure role assignments are those of the seed plus the platform's own, and the pipeline may assign these roles and no others.

use local_azure::seed::{RoleAssignment, Scope};

use crate::{
    bicep::{Declaration, Document, Value},
    files::{Files, assert_complains, assert_content, differences},
    resolve::{Place, Program, without_unknown},
};

const TYPE: &str = "Microsoft.Authorization/roleAssignments";
const ROLES: &str = "infra/modules/roles.bicep";
const DEPLOYER: &str = "infra/deployer/roles.bicep";

/// Name in `roles.bicep`, display name, ID: <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>.
const BUILT_IN: [(&str, &str, &str); 6] = [
    ("keyVaultSecretsUser", "Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("keyVaultSecretsOfficer", "Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    ("blobDataContributor", "Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("blobDataOwner", "Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
    ("metricsPublisher", "Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("openAIUser", "Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"),
];

/// Assignments for what local-azure does not play: host storage, telemetry, the model, the workflow and who deploys.
const OF_THE_PLATFORM: [&str; 8] = [
    "principalId of id-keyless-writer: Storage Blob Data Owner on storageAccounts sthost",
    "principalId of id-keyless-writer: Monitoring Metrics Publisher on components appi-keyless",
    "principalId of apim-keyless: Monitoring Metrics Publisher on components appi-keyless",
    "principalId of apim-keyless: Cognitive Services OpenAI User on accounts oai-keyless",
    "principalId of logic-keyless: Key Vault Secrets User on vaults kv-keyless",
    "deployerPrincipalId: Key Vault Secrets Officer on vaults kv-keyless",
    "deployerPrincipalId: Storage Blob Data Contributor on containers stkeyless/snapshots",
    "deployerPrincipalId: Storage Blob Data Contributor on containers stkeyless/uploads",
];

/// `keyVaultSecretsUser` of `subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)`.
fn role_name(assignment: &Declaration) -> Option<String> {
    let written = assignment.written("properties.roleDefinitionId");
    let role = written
        .strip_prefix("subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.")?
        .strip_suffix(')')?;
    Some(role.to_owned())
}

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let program = Program(files.bicep());
    let mut deployed = Vec::new();
    for (path, document) in program.0.iter().filter(|(path, _)| path.starts_with("infra/modules/")) {
        for assignment in document.deployed(TYPE) {
            let place = program.place(path, assignment);
            deployed.push(described(&program, place, document, assignment));
        }
    }
    let seed = files.seed();
    let mut expected: Vec<String> = OF_THE_PLATFORM.map(str::to_owned).to_vec();
    expected.extend(seed.role_assignments.iter().map(|RoleAssignment { identity, role, scope }| {
        format!("principalId of {identity}: {role} on {}", seed_scope(scope))
    }));
    differences("role assignments", &deployed, &expected)
}

/// The pipeline may assign the roles of the app, and no others.
fn assignable_by_the_pipeline(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let roles = documents[ROLES].find("roles").and_then(|roles| roles.value.clone());
    let roles: Vec<String> = roles.iter().flat_map(Value::members).map(|(_, id)| id.written()).collect();
    let assignable = documents[DEPLOYER].find("assignable").and_then(|roles| roles.value.clone());
    let assignable: Vec<String> = assignable.iter().flat_map(Value::items).map(Value::written).collect();
    differences("roles that the pipeline may assign", &assignable, &roles)
}

fn described<'a>(
    program: &'a Program<'a>,
    place: Place<'a>,
    document: &'a Document,
    assignment: &'a Declaration,
) -> String {
    let principal = assignment.get("properties.principalId").map(|id| program.resolve(place, id)).unwrap_or_default();
    // Who deploys is known to a deployment only; the parameter's name tells.
    let principal = if principal.starts_with('‹') { principal.replace(['‹', '›'], "") } else { principal };
    let role = role_name(assignment).unwrap_or_default();
    let title = BUILT_IN.iter().find(|(name, ..)| *name == role).map_or("an unknown role", |(_, title, _)| title);
    let symbol = assignment.written("scope");
    let symbol = symbol.split('[').next().unwrap_or_default();
    let scope = document.find(symbol).map(|resource| scope_of(program, place, document, resource)).unwrap_or_default();
    without_unknown(&format!("{principal}: {title} on {scope}"))
}

/// Last part of the type and the names from the top: `containers stkeyless/snapshots`.
fn scope_of<'a>(
    program: &'a Program<'a>,
    place: Place<'a>,
    document: &'a Document,
    resource: &'a Declaration,
) -> String {
    let mut names = Vec::new();
    let mut at = Some(resource);
    while let Some(resource) = at {
        let place = place.within(resource);
        let name = resource.get("name").map(|name| program.resolve(place, name)).unwrap_or_default();
        if name != "default" {
            names.insert(0, without_unknown(&name));
        }
        at = document.find(&resource.written("parent"));
    }
    let kind = resource.resource_type().rsplit('/').next().unwrap_or_default();
    format!("{kind} {}", names.join("/"))
}

fn seed_scope(scope: &Scope) -> String {
    let Scope { vault, secret, storage, container } = scope;
    match (vault, secret, storage, container) {
        (Some(vault), None, None, None) => format!("vaults {vault}"),
        (Some(vault), Some(secret), None, None) => format!("secrets {vault}/{secret}"),
        (None, None, Some(storage), None) => format!("storageAccounts {storage}"),
        (None, None, Some(storage), Some(container)) => format!("containers {storage}/{container}"),
        _ => "a scope that means nothing".to_owned(),
    }
}

#[test]
fn role_assignments_are_those_of_the_seed_and_the_platform() {
    assert_content(same_as_the_seed);
}

#[test]
fn identities_mixed_up_on_the_way_to_a_role_are_seen() {
    let broken = Files::of_this_repository().with(
        "infra/main.bicep",
        "readerPrincipalId: identities.outputs.reader.principalId",
        "readerPrincipalId: identities.outputs.writer.principalId",
    );
    assert_complains(
        same_as_the_seed,
        &broken,
        "id-keyless-reader: Key Vault Secrets User on vaults kv-keyless is missing",
    );
    assert_complains(
        same_as_the_seed,
        &broken,
        "id-keyless-writer: Key Vault Secrets User on vaults kv-keyless stands in Bicep only",
    );
}

#[test]
fn a_wider_scope_than_the_seed_gives_is_seen() {
    let broken = Files::of_this_repository().with(ROLES, "scope: snapshots", "scope: storage");
    assert_complains(
        same_as_the_seed,
        &broken,
        "Storage Blob Data Contributor on storageAccounts stkeyless stands in Bicep only",
    );
}

#[test]
fn a_role_that_the_seed_alone_knows_is_seen() {
    let broken =
        Files::of_this_repository().with("local-azure/seed.toml", "Key Vault Secrets User", "Key Vault Reader");
    assert_complains(same_as_the_seed, &broken, "Key Vault Reader on vaults kv-keyless is missing in Bicep");
}

#[test]
fn the_pipeline_may_assign_the_roles_of_the_app_and_no_others() {
    assert_content(assignable_by_the_pipeline);
}

#[test]
fn a_role_that_the_pipeline_may_assign_for_nothing_is_seen() {
    let owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    let broken = Files::of_this_repository().with(DEPLOYER, "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd", owner);
    assert_complains(assignable_by_the_pipeline, &broken, &format!("{owner} stands in Bicep only"));
    assert_complains(assignable_by_the_pipeline, &broken, "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd is missing in Bicep");
}
