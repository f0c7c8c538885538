//! Rule: a resource is made after the resources that it needs.

use std::rc::Rc;

use crate::{
    graph::Order,
    plan::{Deployed, Plan},
    program::Report,
    value::{SourcePlace, Value},
};

const RULE: &str = "order";

const NAMED_VALUES: &str = "Microsoft.ApiManagement/service/namedValues";
const ROLES: &str = "Microsoft.Authorization/roleAssignments";

/// Checks the order of one plan.
pub(crate) fn check(report: &Report<'_>, plan: &Plan<'_>) {
    let order = Order::new(plan);
    let rule = Rule { report, plan, order: &order };
    rule.references();
    rule.existing();
    rule.named_values();
    rule.product_links();
    rule.roles_before_apps();
    rule.app_roles();
    rule.endpoints_before_apps();
}

struct Rule<'a> {
    report: &'a Report<'a>,
    plan: &'a Plan<'a>,
    order: &'a Order,
}

impl Rule<'_> {
    /// Reports that a resource must wait for another and does not.
    fn must_wait(&self, later: &Deployed, earlier: &Deployed, place: SourcePlace, why: &str) {
        if self.order.is_after(&later.resource, &earlier.resource) {
            return;
        }
        let symbol = self.dependency(later, earlier);
        let message = format!(
            "{} is not made after {}, {why}: write dependsOn: [{symbol}]",
            later.resource.symbol,
            earlier.resource.owner()
        );
        self.report.add(RULE, place, message);
    }

    /// Returns the symbol to depend on: the symbol of a resource in the same file, or else of the module that makes it.
    fn dependency(&self, later: &Deployed, earlier: &Deployed) -> String {
        let instances = self.plan.evaluator.instances.borrow();
        if later.resource.instance == earlier.resource.instance {
            return earlier.resource.symbol.clone();
        }
        match &instances[earlier.resource.instance].within {
            Some((_, call)) => call.clone(),
            None => earlier.resource.symbol.clone(),
        }
    }

    /// Checks that a resource exists before its ID is used.
    fn references(&self) {
        let ids: Vec<(String, &Deployed)> = self
            .plan
            .made()
            .filter(|made| !made.resource.is_graph())
            .map(|made| (made.resource.id().shown(), made))
            .collect();
        for later in self.plan.made() {
            for (text, place) in later.ids() {
                for (id, earlier) in &ids {
                    let same = Rc::ptr_eq(&later.resource, &earlier.resource);
                    let is_used =
                        text.strip_prefix(id.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                    if is_used && !same {
                        self.must_wait(later, earlier, *place, "whose ID it holds");
                    }
                }
            }
        }
    }

    /// Checks that a module that refers to an existing resource comes after the module that makes the resource.
    fn existing(&self) {
        for used in self.plan.resources.iter().filter(|used| used.resource.existing) {
            let id = used.resource.id().shown();
            let Some(made) = self.plan.made().find(|made| made.resource.id().shown() == id) else {
                let message = format!(
                    "no template makes {} with the options {}: compare its name",
                    used.resource.owner(),
                    self.plan.options()
                );
                self.report.add(RULE, used.resource.place, message);
                continue;
            };
            let instance = used.resource.instance;
            if let Some(user) = self.plan.made().find(|one| one.resource.instance == instance) {
                self.must_wait(user, made, used.resource.place, "to which its file refers");
            }
        }
    }

    /// Checks that named values come before the policy documents that use them. Azure refuses a document while one is
    /// missing.
    fn named_values(&self) {
        let policies = self.plan.made().filter(|one| one.resource.type_name().ends_with("/policies"));
        for policy in policies {
            let document = policy.body.get("properties.value").map(Value::shown).unwrap_or_default();
            let place = policy.body.place_of("properties.value").unwrap_or(policy.resource.place);
            for name in named_values(&document) {
                let mut values = self.plan.of_type(NAMED_VALUES);
                match values.find(|value| value.resource.name.known() == Some(name)) {
                    Some(value) => self.must_wait(policy, value, place, "which its document names"),
                    None => {
                        let message = format!("the document names {{{{{name}}}}}, which no named value defines");
                        self.report.add("policies", place, message);
                    }
                }
            }
        }
    }

    /// Checks the links of products: a link names its API instead of holding the API's ID.
    fn product_links(&self) {
        for link in self.plan.of_type("Microsoft.ApiManagement/service/products/apis") {
            let mut apis = self.plan.of_type("Microsoft.ApiManagement/service/apis");
            let place = link.body.place_of("name").unwrap_or(link.resource.place);
            match apis.find(|api| api.resource.name == link.resource.name) {
                Some(api) => self.must_wait(link, api, place, "to which it links"),
                None => self.report.add(RULE, place, format!("there is no API {}", link.resource.name.shown())),
            }
        }
    }

    /// Checks that roles come before apps. An app that starts before its identities have their roles caches refusals.
    fn roles_before_apps(&self) {
        for app in self.plan.of_type("Microsoft.Web/sites") {
            let carried = app.body.get("identity.userAssignedIdentities").map(Value::members).unwrap_or_default();
            for role in self.plan.of_type(ROLES) {
                let principal = role.body.get("properties.principalId").and_then(Value::origin).unwrap_or_default();
                let owner = principal.strip_prefix("principalId of ").unwrap_or_default();
                if !owner.is_empty() && carried.iter().any(|identity| identity.name.ends_with(&format!("/{owner}"))) {
                    self.must_wait(app, role, app.resource.place, "a role of an identity that it carries");
                }
            }
        }
    }

    /// Checks that endpoints come before apps. An app that joins a network starts only where the private names of its
    /// services resolve.
    fn endpoints_before_apps(&self) {
        let joined = |app: &&Deployed| {
            app.body.all("properties.virtualNetworkSubnetId").iter().any(|id| !matches!(id, Value::Null))
        };
        for app in self.plan.of_type("Microsoft.Web/sites").filter(joined) {
            for record in self.plan.of_type("Microsoft.Network/privateEndpoints/privateDnsZoneGroups") {
                self.must_wait(app, record, app.resource.place, "a private endpoint of a service that it calls");
            }
        }
    }

    /// Checks the order of app roles. Entra replicates a new identity for a minute or two, and refuses it an app role
    /// until then. API Management takes longer.
    fn app_roles(&self) {
        for assignment in self.plan.of_type("Microsoft.Graph/appRoleAssignedTo") {
            for gateway in self.plan.of_type("Microsoft.ApiManagement/service") {
                let why = "which gives Entra the time to replicate the identity";
                self.must_wait(assignment, gateway, assignment.resource.place, why);
            }
        }
    }
}

fn named_values(document: &str) -> impl Iterator<Item = &str> {
    document.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name.trim())
}
