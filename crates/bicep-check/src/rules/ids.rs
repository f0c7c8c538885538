//! Rule: a property that takes the ID of another resource gets the ID of a deployed resource, and a child has the right
//! parent.

use crate::{
    plan::{Deployed, Plan},
    program::Report,
    value::Value,
};

const RULE: &str = "ids";

/// A type, a property, and the types whose ID belongs in the property.
const IDS: [(&str, &str, &[&str]); 12] = [
    (
        "Microsoft.Network/virtualNetworks",
        "properties.subnets.properties.networkSecurityGroup.id",
        &["Microsoft.Network/networkSecurityGroups"],
    ),
    ("Microsoft.ApiManagement/service/loggers", "properties.resourceId", &["Microsoft.Insights/components"]),
    (
        "Microsoft.ApiManagement/service/diagnostics",
        "properties.loggerId",
        &["Microsoft.ApiManagement/service/loggers"],
    ),
    (
        "Microsoft.ApiManagement/service/subscriptions",
        "properties.scope",
        &["Microsoft.ApiManagement/service/products", "Microsoft.ApiManagement/service/apis"],
    ),
    (
        "Microsoft.ApiManagement/service",
        "properties.virtualNetworkConfiguration.subnetResourceId",
        &["Microsoft.Network/virtualNetworks"],
    ),
    ("Microsoft.Insights/components", "properties.WorkspaceResourceId", &["Microsoft.OperationalInsights/workspaces"]),
    ("Microsoft.Network/privateEndpoints", "properties.subnet.id", &["Microsoft.Network/virtualNetworks"]),
    (
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        "properties.virtualNetwork.id",
        &["Microsoft.Network/virtualNetworks"],
    ),
    ("Microsoft.Web/sites", "properties.serverFarmId", &["Microsoft.Web/serverfarms"]),
    ("Microsoft.Web/sites", "properties.virtualNetworkSubnetId", &["Microsoft.Network/virtualNetworks"]),
    ("Microsoft.Graph/servicePrincipals", "appId", &["Microsoft.Graph/applications"]),
    (
        "Microsoft.Web/sites",
        "properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId",
        &["Microsoft.ManagedIdentity/userAssignedIdentities"],
    ),
];

/// Checks the IDs of one plan.
pub(crate) fn check(report: &Report<'_>, plan: &Plan<'_>) {
    let rule = Rule { report, plan };
    for deployed in plan.made() {
        for (_, path, targets) in IDS.iter().filter(|(name, ..)| *name == deployed.resource.type_name()) {
            rule.id(deployed, path, targets);
        }
        rule.parent(deployed);
        rule.identity(deployed);
    }
    rule.unknown_ids();
}

struct Rule<'a> {
    report: &'a Report<'a>,
    plan: &'a Plan<'a>,
}

impl Rule<'_> {
    fn id(&self, deployed: &Deployed, path: &str, targets: &[&str]) {
        for value in deployed.body.all(path).into_iter().filter(|value| !matches!(value, Value::Null)) {
            self.one_id(deployed, path, targets, &value.shown());
        }
    }

    fn one_id(&self, deployed: &Deployed, path: &str, targets: &[&str], value: &str) {
        let is_id = |made: &Deployed| {
            let id = made.resource.id().shown();
            let app_id = format!("‹appId of {}›", made.resource.owner());
            if path == "appId" { value == app_id } else { value == id || value.starts_with(&format!("{id}/")) }
        };
        if !targets.iter().any(|target| self.plan.of_type(target).any(is_id)) {
            let place = deployed.body.place_of(path).unwrap_or(deployed.resource.place);
            let message = format!("{path} takes the ID of a deployed {}, not {value}", targets.join(" or "));
            self.report.add(RULE, place, message);
        }
    }

    /// Checks that the type of a child begins with the type of its parent.
    fn parent(&self, deployed: &Deployed) {
        let resource = &deployed.resource;
        let Some((outer, _)) = resource.type_name().rsplit_once('/').filter(|(outer, _)| outer.contains('/')) else {
            return;
        };
        let place = deployed.body.place_of("parent").unwrap_or(resource.place);
        match &resource.parent {
            None => {
                self.report.add(RULE, place, format!("{} needs a parent: write parent: and a {outer}", resource.symbol))
            }
            Some(parent) if parent.type_name() != outer => {
                let message = format!("the parent of {} is a {outer}, not a {}", resource.symbol, parent.type_name());
                self.report.add(RULE, place, message);
            }
            Some(_) => {}
        }
    }

    /// Checks that a resource declares the kinds of identity that it lists and that others read.
    fn identity(&self, deployed: &Deployed) {
        let Some(kind) = deployed.body.get("identity.type").map(Value::shown) else { return };
        let lists = deployed.body.get("identity.userAssignedIdentities").is_some();
        if lists != kind.contains("UserAssigned") {
            let place = deployed.body.place_of("identity.type").unwrap_or(deployed.resource.place);
            let message = format!(
                "identity.type is {kind}, and userAssignedIdentities {}",
                if lists { "lists some" } else { "is missing" }
            );
            self.report.add(RULE, place, message);
        }
        let read = format!("‹principalId of {}›", deployed.resource.owner());
        let is_read = self.plan.made().any(|one| one.texts.iter().any(|(text, _)| *text == read));
        if is_read && !kind.contains("SystemAssigned") {
            let place = deployed.body.place_of("identity.type").unwrap_or(deployed.resource.place);
            let message = format!(
                "a role takes the principalId of {}, so write type: 'SystemAssigned'",
                deployed.resource.owner()
            );
            self.report.add(RULE, place, message);
        }
    }

    /// Reports IDs that name no resource of the plan.
    fn unknown_ids(&self) {
        let ids: Vec<String> = self.plan.made().map(|made| made.resource.id().shown()).collect();
        let networks = self.plan.of_type("Microsoft.Network/virtualNetworks");
        let subnets: Vec<String> = networks
            .flat_map(|network| {
                let id = network.resource.id().shown();
                let names = network.body.all("properties.subnets.name").into_iter().map(Value::shown);
                names.map(move |name| format!("{id}/subnets/{name}"))
            })
            .collect();
        for deployed in self.plan.made() {
            for (text, place) in deployed.ids() {
                let is_role = text.contains("/Microsoft.Authorization/roleDefinitions/");
                if !is_role && !ids.contains(text) && !subnets.contains(text) {
                    let message = format!(
                        "no template makes {} with the options {}",
                        text.trim_start_matches("‹scope›/providers/"),
                        self.plan.options()
                    );
                    self.report.add(RULE, *place, message);
                }
            }
        }
    }
}
