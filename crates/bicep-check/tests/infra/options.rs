//! The resources that each set of options deploys: how many of which type, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use bicep_check::{DeployedResources, MadeResource, Options, Program};

use crate::sources::{MAIN, option_sets, texts};

fn made(set: &str) -> DeployedResources {
    let sets = option_sets();
    let options = sets.iter().find(|options| options.name == set).expect("the set is listed");
    Program::read(texts()).plan(MAIN, options).expect("the options fit each other")
}

/// Types that every set deploys, with their number in one region.
const ALWAYS: [(&str, usize); 25] = [
    ("Microsoft.ApiManagement/service", 1),
    ("Microsoft.ApiManagement/service/apis", 1),
    ("Microsoft.ApiManagement/service/apis/operations", 2),
    ("Microsoft.ApiManagement/service/apis/policies", 1),
    ("Microsoft.ApiManagement/service/diagnostics", 1),
    ("Microsoft.ApiManagement/service/loggers", 1),
    ("Microsoft.ApiManagement/service/namedValues", 4),
    ("Microsoft.ApiManagement/service/policies", 1),
    ("Microsoft.ApiManagement/service/products", 1),
    ("Microsoft.ApiManagement/service/products/apis", 1),
    ("Microsoft.ApiManagement/service/products/policies", 1),
    ("Microsoft.ApiManagement/service/subscriptions", 1),
    ("Microsoft.Authorization/roleAssignments", 9),
    ("Microsoft.Insights/components", 1),
    ("Microsoft.KeyVault/vaults", 1),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", 3),
    ("Microsoft.OperationalInsights/workspaces", 1),
    ("Microsoft.Resources/resourceGroups", 1),
    ("Microsoft.Storage/storageAccounts", 2),
    ("Microsoft.Storage/storageAccounts/blobServices", 2),
    ("Microsoft.Storage/storageAccounts/blobServices/containers", 3),
    ("Microsoft.Web/serverfarms", 1),
    ("Microsoft.Web/sites", 1),
    ("Microsoft.Web/sites/basicPublishingCredentialsPolicies", 2),
    ("Microsoft.Web/sites/config", 1),
];

const ENTRA: [(&str, usize); 3] = [
    ("Microsoft.Graph/appRoleAssignedTo", 1),
    ("Microsoft.Graph/applications", 1),
    ("Microsoft.Graph/servicePrincipals", 1),
];

/// The resources for two accounts, and for the API before them.
const OPENAI: [(&str, usize); 18] = [
    ("Microsoft.ApiManagement/service/apis", 2),
    ("Microsoft.ApiManagement/service/apis/diagnostics", 2),
    ("Microsoft.ApiManagement/service/apis/operations", 7),
    ("Microsoft.ApiManagement/service/apis/policies", 2),
    ("Microsoft.ApiManagement/service/backends", 6),
    ("Microsoft.ApiManagement/service/loggers", 1),
    ("Microsoft.ApiManagement/service/namedValues", 4),
    ("Microsoft.ApiManagement/service/products", 1),
    ("Microsoft.ApiManagement/service/products/apis", 2),
    ("Microsoft.ApiManagement/service/products/policies", 1),
    ("Microsoft.ApiManagement/service/subscriptions", 1),
    ("Microsoft.Authorization/roleAssignments", 2),
    ("Microsoft.CognitiveServices/accounts", 2),
    ("Microsoft.CognitiveServices/accounts/deployments", 2),
    ("Microsoft.Graph/appRoleAssignedTo", 1),
    ("Microsoft.Graph/applications", 1),
    ("Microsoft.Graph/servicePrincipals", 1),
    ("Microsoft.Insights/diagnosticSettings", 1),
];

const NETWORK: [(&str, usize); 6] = [
    ("Microsoft.Network/networkSecurityGroups", 1),
    ("Microsoft.Network/privateDnsZones", 3),
    ("Microsoft.Network/privateDnsZones/virtualNetworkLinks", 3),
    ("Microsoft.Network/privateEndpoints", 5),
    ("Microsoft.Network/privateEndpoints/privateDnsZoneGroups", 5),
    ("Microsoft.Network/virtualNetworks", 1),
];

/// The second function app, with its plan, its host's storage and the role on that storage.
const SECOND_REGION: [(&str, usize); 8] = [
    ("Microsoft.Authorization/roleAssignments", 1),
    ("Microsoft.Storage/storageAccounts", 1),
    ("Microsoft.Storage/storageAccounts/blobServices", 1),
    ("Microsoft.Storage/storageAccounts/blobServices/containers", 1),
    ("Microsoft.Web/serverfarms", 1),
    ("Microsoft.Web/sites", 1),
    ("Microsoft.Web/sites/basicPublishingCredentialsPolicies", 2),
    ("Microsoft.Web/sites/config", 1),
];

fn assert_deploys(set: &str, parts: &[&[(&str, usize)]]) {
    let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
    for (of_type, count) in parts.iter().copied().flatten() {
        *expected.entry(of_type).or_default() += count;
    }
    let made = made(set);
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for resource in &made.resources {
        *counted.entry(&resource.of_type).or_default() += 1;
    }
    assert_eq!(counted, expected, "{set}");
}

#[test]
fn one_region_deploys_one_app() {
    assert_deploys("one-region", &[&ALWAYS, &ENTRA]);
    assert_eq!(made("one-region").resources.len(), 47);
}

#[test]
fn two_regions_deploy_a_second_app_with_storage_for_its_host() {
    assert_deploys("two-regions", &[&ALWAYS, &ENTRA, &SECOND_REGION]);
    let made = made("two-regions");
    let locations: Vec<String> = made.of_type("Microsoft.Web/sites").map(|app| app.text("location")).collect();
    assert_eq!(locations, ["westeurope", "northeurope"]);
}

#[test]
fn a_private_deployment_has_a_network_and_an_endpoint_for_each_closed_service() {
    assert_deploys("private", &[&ALWAYS, &ENTRA, &OPENAI, &NETWORK]);
    let made = made("private");
    for of_type in
        ["Microsoft.KeyVault/vaults", "Microsoft.Storage/storageAccounts", "Microsoft.CognitiveServices/accounts"]
    {
        for service in made.of_type(of_type) {
            assert_eq!(service.text("properties.publicNetworkAccess"), "Disabled", "{}", service.name);
        }
    }
}

#[test]
fn model_and_workflow_each_bring_a_role() {
    let more: &[(&str, usize)] = &[
        ("Microsoft.Authorization/roleAssignments", 1),
        ("Microsoft.Graph/appRoleAssignedTo", 1),
        ("Microsoft.Logic/workflows", 1),
    ];
    assert_deploys("openai-logic", &[&ALWAYS, &ENTRA, &OPENAI, more]);
}

#[test]
fn an_administrator_s_registration_leaves_nothing_in_entra_to_deploy() {
    assert_deploys("no-entra", &[&ALWAYS]);
}

#[test]
fn a_pipeline_gets_no_role_on_blobs() {
    let made = made("pipeline");
    let roles: Vec<&MadeResource> = made.of_type("Microsoft.Authorization/roleAssignments").collect();
    assert_eq!(roles.len(), 7);
    let deployer = |role: &&&MadeResource| role.text("properties.principalId").contains("deployerPrincipalId");
    let symbols: Vec<&str> = roles.iter().filter(deployer).map(|role| role.symbol.as_str()).collect();
    assert_eq!(symbols, ["deployerWritesSecrets"]);
    assert_eq!(made.of_type("Microsoft.Graph/appRoleAssignedTo").count(), 0);
}

#[test]
fn every_name_fits_whatever_the_environment_is_called() {
    for options in option_sets() {
        let findings = Program::read(texts()).check(MAIN, &[options]);
        assert!(findings.iter().all(|finding| finding.rule != "names"), "{findings:#?}");
    }
}

/// Type, name and greatest length of each resource whose name must be free in all of Azure, or is used by users.
const NAMES: [(&str, &str, usize); 15] = [
    ("Microsoft.ApiManagement/service", "apim-keyless-‹13›", 26),
    ("Microsoft.CognitiveServices/accounts", "oai-keyless-1-‹13›", 27),
    ("Microsoft.CognitiveServices/accounts", "oai-keyless-2-‹13›", 27),
    ("Microsoft.Insights/components", "appi-keyless-‹13›", 26),
    ("Microsoft.KeyVault/vaults", "kv-keyless-‹13›", 24),
    ("Microsoft.Logic/workflows", "logic-keyless-‹13›", 27),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", "id-keyless-caller", 17),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", "id-keyless-reader", 17),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", "id-keyless-writer", 17),
    ("Microsoft.OperationalInsights/workspaces", "log-keyless-‹13›", 25),
    ("Microsoft.Resources/resourceGroups", "rg-keyless-‹32›", 43),
    ("Microsoft.Storage/storageAccounts", "sthost‹13›", 19),
    ("Microsoft.Storage/storageAccounts", "stkeyless‹13›", 22),
    ("Microsoft.Web/serverfarms", "plan-func-keyless-‹13›", 31),
    ("Microsoft.Web/sites", "func-keyless-‹13›", 26),
];

#[test]
fn names_are_those_that_the_docs_and_scripts_know() {
    let made = made("openai-logic");
    let types: BTreeSet<&str> = NAMES.iter().map(|(of_type, ..)| *of_type).collect();
    let mut names: Vec<(&str, String, usize)> = made
        .resources
        .iter()
        .filter(|resource| types.contains(resource.of_type.as_str()))
        .map(|resource| {
            let (start, unique) = resource.name.split_once('‹').unwrap_or((&resource.name, ""));
            let letters = if unique.starts_with("uniqueString") { 13 } else { 32 };
            let length = start.len() + if unique.is_empty() { 0 } else { letters };
            let end = if unique.is_empty() { String::new() } else { format!("‹{letters}›") };
            (resource.of_type.as_str(), format!("{start}{end}"), length)
        })
        .collect();
    names.sort();
    let expected: Vec<(&str, String, usize)> =
        NAMES.iter().map(|(of_type, name, length)| (*of_type, (*name).to_owned(), *length)).collect();
    assert_eq!(names, expected);
}

/// Later and earlier type: each resource of the first type waits for each of the second.
const ORDER: [(&str, &str); 10] = [
    ("Microsoft.ApiManagement/service/apis/policies", "Microsoft.ApiManagement/service/namedValues"),
    ("Microsoft.ApiManagement/service/diagnostics", "Microsoft.ApiManagement/service/loggers"),
    ("Microsoft.ApiManagement/service/loggers", "Microsoft.Insights/components"),
    ("Microsoft.ApiManagement/service/subscriptions", "Microsoft.ApiManagement/service/products"),
    ("Microsoft.Graph/appRoleAssignedTo", "Microsoft.ApiManagement/service"),
    ("Microsoft.Network/privateEndpoints/privateDnsZoneGroups", "Microsoft.Network/privateDnsZones"),
    ("Microsoft.Web/sites", "Microsoft.Authorization/roleAssignments"),
    ("Microsoft.Web/sites", "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"),
    ("Microsoft.Web/sites", "Microsoft.Storage/storageAccounts/blobServices/containers"),
    ("Microsoft.Web/sites/config", "Microsoft.KeyVault/vaults"),
];

/// Only the models' module waits for these.
const OF_THE_MODELS_ALONE: [&str; 2] = ["azuremonitor", "models"];

#[test]
fn every_set_of_options_keeps_the_order() {
    for options in option_sets() {
        let made = made(&options.name);
        for (later, earlier) in ORDER {
            let is_earlier = |resource: &MadeResource| {
                let name = resource.name.rsplit('/').next().unwrap_or_default();
                resource.of_type == earlier && !OF_THE_MODELS_ALONE.contains(&name)
            };
            let earlier: Vec<usize> =
                (0..made.resources.len()).filter(|number| is_earlier(&made.resources[*number])).collect();
            for resource in made.of_type(later) {
                for number in &earlier {
                    let first = &made.resources[*number].name;
                    assert!(resource.after.contains(number), "{}: {} before {first}", options.name, resource.name);
                }
            }
        }
    }
}

#[test]
fn nothing_waits_for_itself() {
    for options in option_sets() {
        let made = made(&options.name);
        for (number, resource) in made.resources.iter().enumerate() {
            assert!(!resource.after.contains(&number), "{}: {}", options.name, resource.name);
        }
    }
}

fn stopped(options: &[(&str, &str)]) -> String {
    let options = [&[("location", "westeurope")], options].concat();
    let parameters: Vec<_> = options.into_iter().map(|(name, value)| (name, value.into())).collect();
    let plan = Program::read(texts()).plan(MAIN, &Options::new("wrong", &parameters));
    plan.expect_err("these options do not fit each other")
}

#[test]
fn a_missing_second_region_stops_the_template() {
    assert!(stopped(&[("topology", "two-regions")]).contains("SECOND_LOCATION"));
    let same = [("topology", "two-regions"), ("secondLocation", "westeurope")];
    assert!(stopped(&same).contains("another region"));
}

#[test]
fn a_missing_registration_stops_the_template() {
    assert!(stopped(&[("createAppRegistration", "false")]).contains("ORDERS_CLIENT_ID"));
    let no_uri = [("createAppRegistration", "false"), ("ordersClientId", "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c")];
    assert!(stopped(&no_uri).contains("ORDERS_APP_ID_URI"));
}
