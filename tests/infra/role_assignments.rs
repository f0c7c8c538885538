//! Rules: Azure role assignments are those of the seed plus the platform's own. The pipeline may assign these roles and
//! no others.

use std::collections::BTreeSet;

use bicep_check::{DeployedResources, MadeResource, role_title};
use local_azure::seed::{RoleAssignment, Scope};

use crate::{
    files::{Files, assert_complains, assert_content, differences},
    plan::{by_id, known, last, plan, plan_of_the_deployer, plan_with_telemetry},
};

const TYPE: &str = "Microsoft.Authorization/roleAssignments";
const ROLES: &str = "infra/modules/roles.bicep";
const DEPLOYER: &str = "infra/deployer/roles.bicep";

/// The assignments for parts that are not in local-azure: host storage, telemetry, the workflow and the deploying
/// identity.
const OF_THE_PLATFORM: [&str; 7] = [
    "principalId of id-keyless-writer: Storage Blob Data Owner on storageAccounts sthost",
    "principalId of id-keyless-writer: Monitoring Metrics Publisher on components appi-keyless",
    "principalId of apim-keyless: Monitoring Metrics Publisher on components appi-keyless",
    "principalId of logic-keyless: Key Vault Secrets User on vaults kv-keyless",
    "deployerPrincipalId: Key Vault Secrets Officer on vaults kv-keyless",
    "deployerPrincipalId: Storage Blob Data Contributor on containers stkeyless/snapshots",
    "deployerPrincipalId: Storage Blob Data Contributor on containers stkeyless/uploads",
];

fn same_as_the_seed(files: &Files) -> Vec<String> {
    let plan = plan_with_telemetry(files);
    let deployed: Vec<String> = plan.of_type(TYPE).map(|assignment| described(&plan, assignment)).collect();
    let seed = files.seed();
    let mut expected: Vec<String> = OF_THE_PLATFORM.map(str::to_owned).to_vec();
    expected.extend(seed.role_assignments.iter().map(|RoleAssignment { identity, role, scope }| {
        format!("principalId of {identity}: {role} on {}", seed_scope(scope))
    }));
    differences("role assignments", &deployed, &expected)
}

/// Describes an assignment: `principalId of id-keyless-writer: Storage Blob Data Contributor on containers
/// stkeyless/snapshots`.
pub(crate) fn described(plan: &DeployedResources, assignment: &MadeResource) -> String {
    let principal = known(&assignment.text("properties.principalId"));
    let id = assignment.text("properties.roleDefinitionId");
    let role = role_title(last(&id)).unwrap_or("an unknown role");
    let scope = assignment.scope.as_deref().and_then(|scope| by_id(plan, scope)).map(|resource| {
        let name = resource.name.replace("/default/", "/");
        let names: Vec<String> = name.split('/').map(known).collect();
        format!("{} {}", last(&resource.of_type), names.join("/"))
    });
    format!("{principal}: {role} on {}", scope.unwrap_or_default())
}

/// Checks that the pipeline may assign the roles of the app, and no others.
fn assignable_by_the_pipeline(files: &Files) -> Vec<String> {
    let plan = plan(files);
    let ids = plan.of_type(TYPE).map(|assignment| last(&assignment.text("properties.roleDefinitionId")).to_owned());
    let assigned: BTreeSet<String> = ids.collect();
    let deployer = plan_of_the_deployer(files);
    let conditions: String = deployer.of_type(TYPE).map(|assignment| assignment.text("properties.condition")).collect();
    let lists = conditions.split("GuidEquals {").skip(1).filter_map(|rest| rest.split('}').next());
    let assigned: Vec<String> = assigned.into_iter().collect();
    let mut complaints = Vec::new();
    for list in lists.clone() {
        let assignable: Vec<String> = list.split(", ").map(str::to_owned).collect();
        complaints.extend(differences("roles that the pipeline may assign", &assignable, &assigned));
    }
    if lists.count() != 2 {
        complaints.push("the pipeline's role has no condition for writing and for deleting assignments".to_owned());
    }
    complaints
}

fn seed_scope(scope: &Scope) -> String {
    let Scope { vault, secret, storage, container, model_account, data_collection_rule } = scope;
    if let Some(rule) = data_collection_rule {
        return format!("dataCollectionRules {rule}");
    }
    if let Some(account) = model_account {
        return format!("accounts {account}");
    }
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
