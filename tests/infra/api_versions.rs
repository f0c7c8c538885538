//! Rule: every resource type is used in the one API version that we have read the documentation of.

use crate::{
    bicep::Kind,
    files::{Files, assert_complains, assert_content},
};

/// Provider, the types below it, and the version, from <https://learn.microsoft.com/azure/templates>.
const ALLOWED: [(&str, &str); 13] = [
    ("Microsoft.ApiManagement/", "2024-05-01"),
    ("Microsoft.Authorization/roleAssignments", "2022-04-01"),
    ("Microsoft.CognitiveServices/accounts", "2025-06-01"),
    ("Microsoft.Graph/", "v1.0"),
    ("Microsoft.Insights/components", "2020-02-02"),
    // Versions before this one retire on 2027-02-27: https://learn.microsoft.com/azure/key-vault/general/migrate-api-version
    ("Microsoft.KeyVault/vaults", "2026-02-01"),
    ("Microsoft.Logic/workflows", "2019-05-01"),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", "2024-11-30"),
    ("Microsoft.Network/privateDnsZones", "2024-06-01"),
    ("Microsoft.OperationalInsights/workspaces", "2026-03-01"),
    ("Microsoft.Resources/resourceGroups", "2025-04-01"),
    ("Microsoft.Storage/storageAccounts", "2025-01-01"),
    ("Microsoft.Web/", "2025-03-01"),
];

/// Types of a provider whose other types have another version.
const NETWORK: (&str, &str) = ("Microsoft.Network/", "2026-03-01");

fn known(files: &Files) -> Vec<String> {
    let documents = files.bicep();
    let mut complaints = Vec::new();
    for (path, document) in &documents {
        for resource in document.of_kind(Kind::Resource) {
            let (of_type, version) = resource.of.split_once('@').unwrap_or((&resource.of, "none"));
            match ALLOWED.iter().chain([&NETWORK]).find(|(start, _)| of_type.starts_with(start)) {
                Some((_, allowed)) if *allowed == version => {}
                Some((_, allowed)) => complaints.push(format!("{path}: {of_type} is {version}, not {allowed}")),
                None => complaints.push(format!("{path}: no version of {of_type} is allowed yet")),
            }
        }
    }
    complaints
}

#[test]
fn api_versions_are_the_allowed_ones() {
    assert_content(known);
}

#[test]
fn another_version_is_refused() {
    let broken = Files::of_this_repository().with("infra/modules/openai.bicep", "@2025-06-01", "@2021-04-30");
    assert_complains(known, &broken, "Microsoft.CognitiveServices/accounts is 2021-04-30, not 2025-06-01");
}

#[test]
fn an_unknown_type_is_refused() {
    let broken = Files::of_this_repository().with(
        "infra/modules/vault.bicep",
        "Microsoft.KeyVault/vaults@",
        "Microsoft.Sql/servers@",
    );
    assert_complains(known, &broken, "no version of Microsoft.Sql/servers is allowed");
}
