//! Rule: no numbers and settings that Azure refuses although its types allow them.

use crate::{
    plan::{Deployed, Plan},
    program::Report,
    value::Value,
};

const RULE: &str = "limits";

/// The least and the greatest number of a range.
type Range = (i64, i64);

/// A type, a property, and the numbers that Azure takes.
const NUMBERS: [(&str, &str, &[Range]); 7] = [
    ("Microsoft.Graph/applications", "api.requestedAccessTokenVersion", &[(1, 2)]),
    ("Microsoft.KeyVault/vaults", "properties.softDeleteRetentionInDays", &[(7, 90)]),
    (
        "Microsoft.Web/sites",
        "properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB",
        &[(512, 512), (2048, 2048), (4096, 4096)],
    ),
    ("Microsoft.Web/sites", "properties.functionAppConfig.scaleAndConcurrency.maximumInstanceCount", &[(1, 1000)]),
    (
        "Microsoft.Web/sites",
        "properties.functionAppConfig.scaleAndConcurrency.triggers.http.perInstanceConcurrency",
        &[(1, 1000)],
    ),
    ("Microsoft.OperationalInsights/workspaces", "properties.retentionInDays", &[(30, 730)]),
    ("Microsoft.CognitiveServices/accounts/deployments", "sku.capacity", &[(1, 1_000_000)]),
];

/// A type, a property, and the texts that Azure takes. The types also allow any other text.
const TEXTS: [(&str, &str, &[&str]); 13] = [
    (
        "Microsoft.Graph/applications",
        "signInAudience",
        &["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"],
    ),
    ("Microsoft.ApiManagement/service/diagnostics", "name", &["applicationinsights", "azuremonitor", "local"]),
    ("Microsoft.ApiManagement/service/apis/policies", "properties.format", &["rawxml"]),
    ("Microsoft.ApiManagement/service/policies", "properties.format", &["rawxml"]),
    ("Microsoft.ApiManagement/service/products/policies", "properties.format", &["rawxml"]),
    ("Microsoft.Authorization/roleAssignments", "properties.principalType", &["ServicePrincipal", "User", "Group"]),
    ("Microsoft.KeyVault/vaults", "properties.networkAcls.defaultAction", &["Allow", "Deny"]),
    ("Microsoft.KeyVault/vaults", "properties.publicNetworkAccess", &["Enabled", "Disabled"]),
    ("Microsoft.Graph/applications", "appRoles.allowedMemberTypes", &["Application", "User"]),
    ("Microsoft.Network/privateDnsZones", "location", &["global"]),
    (
        "Microsoft.Network/virtualNetworks",
        "properties.subnets.properties.delegations.properties.serviceName",
        &["Microsoft.App/environments", "Microsoft.Web/serverFarms"],
    ),
    (
        "Microsoft.Web/sites",
        "properties.functionAppConfig.runtime.name",
        &["custom", "dotnet-isolated", "java", "node", "powershell", "python"],
    ),
    ("Microsoft.Web/sites", "properties.functionAppConfig.deployment.storage.type", &["blobContainer"]),
];

/// A type and a property that the resource needs. Without it, Azure refuses the resource, or the resource does not do
/// what an app without keys needs.
const REQUIRED: [(&str, &str, &str); 3] = [
    ("Microsoft.CognitiveServices/accounts", "properties.customSubDomainName", "Entra tokens need its own host name"),
    ("Microsoft.Network/privateDnsZones", "location", "write 'global'"),
    ("Microsoft.Network/privateDnsZones/virtualNetworkLinks", "location", "write 'global'"),
];

/// A type, a property, and the only value with which it works.
const SWITCHES: [(&str, &str, bool); 1] = [("Microsoft.Web/serverfarms", "properties.reserved", true)];

/// Flex Consumption refuses these settings. `functionAppConfig` takes the place of most; the time zone is always UTC.
/// <https://learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations>
const NOT_ON_FLEX: [&str; 9] = [
    "FUNCTIONS_EXTENSION_VERSION",
    "FUNCTIONS_WORKER_RUNTIME",
    "FUNCTIONS_WORKER_RUNTIME_VERSION",
    "WEBSITE_CONTENTAZUREFILECONNECTIONSTRING",
    "WEBSITE_CONTENTOVERVNET",
    "WEBSITE_CONTENTSHARE",
    "WEBSITE_RUN_FROM_PACKAGE",
    "WEBSITE_TIME_ZONE",
    "WEBSITE_VNET_ROUTE_ALL",
];

/// Checks the resources of one plan.
pub(crate) fn check(report: &Report<'_>, plan: &Plan<'_>) {
    for deployed in plan.made() {
        let of_type = deployed.resource.type_name();
        for (_, path, ranges) in NUMBERS.iter().filter(|(name, ..)| *name == of_type) {
            if let Some(Value::Integer(number)) = deployed.body.get(path)
                && !ranges.iter().any(|(least, most)| (least..=most).contains(&number))
            {
                let allowed: Vec<String> = ranges.iter().map(|(least, most)| range(*least, *most)).collect();
                add(report, deployed, path, &format!("{number} is refused; Azure takes {}", allowed.join(", ")));
            }
        }
        for (_, path, texts) in TEXTS.iter().filter(|(name, ..)| *name == of_type) {
            let texts_there = deployed.body.all(path).into_iter().filter_map(Value::as_text);
            for text in texts_there.filter(|text| text.known().is_some_and(|text| !texts.contains(&text))) {
                let message = format!("'{}' is refused; Azure takes {}", text.shown(), texts.join(", "));
                add(report, deployed, path, &message);
            }
        }
        for (_, path, why) in REQUIRED.iter().filter(|(name, ..)| *name == of_type) {
            if deployed.body.get(path).is_none() {
                add(report, deployed, path, &format!("it is missing: {why}"));
            }
        }
        for (_, path, wanted) in SWITCHES.iter().filter(|(name, ..)| *name == of_type) {
            if deployed.body.get(path).and_then(Value::truth) != Some(*wanted) {
                add(report, deployed, path, &format!("it must be {wanted}"));
            }
        }
        settings(report, deployed);
    }
}

/// Checks the settings of an app, and the named values of a gateway.
fn settings(report: &Report<'_>, deployed: &Deployed) {
    match deployed.resource.type_name() {
        "Microsoft.Web/sites/config" => {
            for member in deployed.body.get("properties").map(Value::members).unwrap_or_default() {
                if NOT_ON_FLEX.contains(&member.name.as_str()) {
                    let message = format!("Flex Consumption refuses {}: leave it out", member.name);
                    report.add(RULE, member.place, message);
                }
            }
        }
        "Microsoft.ApiManagement/service/namedValues" => {
            let is_empty = deployed.body.get("properties.value").is_some_and(|value| value.shown().is_empty());
            if is_empty {
                add(report, deployed, "properties.value", "Azure refuses an empty named value");
            }
        }
        _ => {}
    }
}

fn add(report: &Report<'_>, deployed: &Deployed, path: &str, message: &str) {
    let place = deployed.body.place_of(path).unwrap_or(deployed.resource.place);
    report.add(RULE, place, format!("{path}: {message}"));
}

fn range(least: i64, most: i64) -> String {
    if least == most { least.to_string() } else { format!("{least} to {most}") }
}
