//! Rule: a role assignment names scope, principal and role, and every property gets an ID of the right kind.

use crate::{
    plan::{Deployed, Plan},
    program::Report,
    value::{SourcePlace, Value},
};

const RULE: &str = "access";

/// Built-in roles that only reach data or telemetry:
/// <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles>.
/// An app needs no other role. Add a role here after reading what it allows.
const ROLES: [(&str, &str); 14] = [
    ("Azure Service Bus Data Receiver", "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0"),
    ("Azure Service Bus Data Sender", "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39"),
    ("Cognitive Services OpenAI User", "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"),
    ("Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"),
    ("Key Vault Secrets Officer", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"),
    ("Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"),
    ("Monitoring Metrics Publisher", "3913510d-42f4-4e42-8a64-420c390055eb"),
    ("Reader", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
    ("Role Based Access Control Administrator", "f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
    ("Storage Blob Data Contributor", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"),
    ("Storage Blob Data Owner", "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"),
    ("Storage Blob Data Reader", "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"),
    ("Storage Queue Data Contributor", "974c5e8b-45b9-4653-ba55-5f855dd0fb88"),
    ("Storage Table Data Contributor", "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"),
];

/// Returns the display name of a built-in role.
#[must_use]
pub fn role_title(id: &str) -> Option<&'static str> {
    ROLES.iter().find(|(_, known)| *known == id).map(|(title, _)| *title)
}

/// Checks the role assignments and identities of one plan.
pub(crate) fn check(report: &Report<'_>, plan: &Plan<'_>) {
    let rule = Rule { report, plan };
    let mut known = Vec::new();
    for assignment in plan.of_type("Microsoft.Authorization/roleAssignments") {
        rule.role_assignment(assignment, &mut known);
    }
    for assignment in plan.of_type("Microsoft.Graph/appRoleAssignedTo") {
        rule.app_role(assignment);
    }
    for app in plan.of_type("Microsoft.Web/sites") {
        rule.app(app);
    }
    for logger in plan.of_type("Microsoft.ApiManagement/service/loggers") {
        rule.logger(logger);
    }
}

struct Rule<'a> {
    report: &'a Report<'a>,
    plan: &'a Plan<'a>,
}

fn place(of: &Deployed, path: &str) -> SourcePlace {
    of.body.place_of(path).unwrap_or(of.resource.place)
}

fn shown(of: &Deployed, path: &str) -> String {
    of.body.get(path).map(Value::shown).unwrap_or_default()
}

fn origin(of: &Deployed, path: &str) -> String {
    of.body.get(path).and_then(Value::origin).unwrap_or_default()
}

impl Rule<'_> {
    fn add(&self, place: SourcePlace, message: impl Into<String>) {
        self.report.add(RULE, place, message);
    }

    fn role_assignment(&self, assignment: &Deployed, known: &mut Vec<(String, String, String)>) {
        let symbol = &assignment.resource.symbol;
        let scope = match assignment.body.get("scope") {
            Some(Value::Resource(resource)) => resource.id().shown(),
            // `resourceGroup()` and `subscription()`.
            Some(Value::Object(_)) => shown(assignment, "scope.id"),
            Some(other) => other.shown(),
            None => {
                let message =
                    format!("{symbol} has no scope, so it holds for the whole group: write scope beside name");
                self.add(assignment.resource.place, message);
                return;
            }
        };
        let principal = shown(assignment, "properties.principalId");
        self.object_id(assignment, "properties.principalId");
        let definition = shown(assignment, "properties.roleDefinitionId");
        let role = definition.rsplit('/').next().unwrap_or_default();
        let at = place(assignment, "properties.roleDefinitionId");
        if !definition.contains("Microsoft.Authorization/roleDefinitions/") {
            let right = "subscriptionResourceId('Microsoft.Authorization/roleDefinitions', …)";
            self.add(at, format!("a role is named by its whole ID: write {right}"));
        } else if !role.contains('‹') && role_title(role).is_none() {
            self.add(at, format!("{role} is no built-in role that rules/access.rs knows"));
        }
        let name = shown(assignment, "name");
        let has_all = name.starts_with("‹guid(")
            && [&scope, &principal, &role.to_owned()].iter().all(|part| name.contains(*part));
        if !has_all {
            let message = "its name must change with each of the three: write guid(scope.id, principalId, roleId)";
            self.add(place(assignment, "name"), message);
        }
        let kind = shown(assignment, "properties.principalType");
        let may_be_person = principal.contains("deployer") && !kind.is_empty();
        if kind != "ServicePrincipal" && !may_be_person {
            let message = "without principalType: 'ServicePrincipal' a new identity may not be found";
            self.add(place(assignment, "properties.principalType"), message);
        }
        let triple = (scope, principal, role.to_owned());
        if known.contains(&triple) {
            self.add(assignment.resource.place, format!("{symbol} assigns a role that is assigned already"));
        }
        known.push(triple);
    }

    /// Checks that the object ID of a principal names it, not its client ID.
    fn object_id(&self, assignment: &Deployed, path: &str) {
        let principal = origin(assignment, path);
        let is_parameter = principal.ends_with("PrincipalId") || principal == "objectId of deployer";
        if !principal.starts_with("principalId of ") && !is_parameter {
            let found = shown(assignment, path);
            self.add(place(assignment, path), format!("a principal is named by its principalId, not by {found}"));
        }
    }

    fn app_role(&self, assignment: &Deployed) {
        self.object_id(assignment, "principalId");
        let resource = shown(assignment, "resourceId");
        let principals: Vec<String> =
            self.plan.of_type("Microsoft.Graph/servicePrincipals").map(|one| one.resource.id().shown()).collect();
        if !principals.contains(&resource) {
            let message = format!("resourceId is the id of the API's service principal, not {resource}");
            self.add(place(assignment, "resourceId"), message);
        }
        let role = shown(assignment, "appRoleId");
        let roles = self
            .plan
            .of_type("Microsoft.Graph/applications")
            .flat_map(|application| application.body.get("appRoles").map(Value::items).unwrap_or_default());
        if !roles.filter_map(|known| known.get("id")).any(|id| id.shown() == role) {
            self.add(place(assignment, "appRoleId"), format!("no application has an app role with the ID {role}"));
        }
    }

    /// Checks the identities of an app: each setting names an identity that the app carries, by the right kind of ID.
    fn app(&self, app: &Deployed) {
        let carried = app.body.get("identity.userAssignedIdentities").map(Value::members).unwrap_or_default();
        let deployment =
            "properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId";
        let identity = shown(app, deployment);
        if !identity.is_empty() && !carried.iter().any(|known| known.name == identity) {
            let message =
                format!("the app deploys as {identity}, which it does not carry: write the id of one that it carries");
            self.add(place(app, deployment), message);
        }
        let settings = self
            .plan
            .of_type("Microsoft.Web/sites/config")
            .filter(|config| config.resource.parent.as_ref().is_some_and(|parent| parent.id() == app.resource.id()));
        for member in settings.filter_map(|config| config.body.get("properties")).flat_map(Value::members) {
            let Some(written) = client_id_of(&member.name, &member.value) else { continue };
            // An empty setting counts as absent: it belongs to a part of the app that is not deployed.
            if written.is_empty() && member.value.as_text().is_some() {
                continue;
            }
            let owner = written.strip_prefix("clientId of ");
            if !owner.is_some_and(|owner| carried.iter().any(|known| known.name.ends_with(&format!("/{owner}")))) {
                let message =
                    format!("{} needs the clientId of an identity that the app carries, not {written}", member.name);
                self.add(member.place, message);
            }
        }
        self.package_container(app);
        self.host_storage(app);
    }

    /// Checks that the identity of the Functions host owns the blobs of the account that holds its package.
    fn host_storage(&self, app: &Deployed) {
        let path = "properties.functionAppConfig.deployment.storage";
        let identity = shown(app, &format!("{path}.authentication.userAssignedIdentityResourceId"));
        let url = shown(app, &format!("{path}.value"));
        let account = url.trim_start_matches("https://").split(".blob.").next().unwrap_or_default();
        let name = identity.rsplit('/').next().unwrap_or_default();
        if name.is_empty() || account.is_empty() {
            return;
        }
        let owns = self.plan.of_type("Microsoft.Authorization/roleAssignments").any(|assignment| {
            let scope = match assignment.body.get("scope") {
                Some(Value::Resource(resource)) => resource.full_name().shown(),
                _ => String::new(),
            };
            let role = shown(assignment, "properties.roleDefinitionId");
            let role = role_title(role.rsplit('/').next().unwrap_or_default());
            scope == account
                && role == Some("Storage Blob Data Owner")
                && origin(assignment, "properties.principalId") == format!("principalId of {name}")
        });
        if !owns {
            let message =
                format!("{name} keeps the state of the host in {account}, but is not Storage Blob Data Owner on it");
            self.add(place(app, path), message);
        }
    }

    /// Checks that the package lies in a container that is deployed.
    fn package_container(&self, app: &Deployed) {
        let path = "properties.functionAppConfig.deployment.storage.value";
        let url = shown(app, path);
        let containers = self.plan.of_type("Microsoft.Storage/storageAccounts/blobServices/containers");
        let mut urls = containers.map(|container| {
            let name = container.resource.full_name().shown();
            let (account, container) = name.split_once("/default/").unwrap_or_default();
            format!("https://{account}.blob.core.windows.net/{container}")
        });
        if !url.is_empty() && !urls.any(|known| known == url) {
            self.add(place(app, path), format!("no template makes the container of the package, {url}"));
        }
    }

    fn logger(&self, logger: &Deployed) {
        let path = "properties.credentials.identityClientId";
        // Azure Monitor takes no credential.
        if shown(logger, "properties.loggerType") == "azureMonitor" {
            return;
        }
        let identity = shown(logger, path);
        if identity.is_empty() {
            let message = "a logger without identityClientId uses a key: write identityClientId: 'SystemAssigned'";
            self.add(place(logger, "properties.credentials"), message);
        } else if identity != "SystemAssigned" && !identity.starts_with("‹clientId of ") {
            self.add(
                place(logger, path),
                format!("identityClientId is 'SystemAssigned' or a clientId, not {identity}"),
            );
        }
    }
}

/// Returns the identity that a setting names by its client ID.
fn client_id_of(name: &str, value: &Value) -> Option<String> {
    if name.ends_with("__clientId") || name == "AZURE_CLIENT_ID" {
        return Some(value.origin().unwrap_or_else(|| value.shown()));
    }
    let shown = value.shown();
    let written = shown.strip_prefix("ClientId=").filter(|_| name == "APPLICATIONINSIGHTS_AUTHENTICATION_STRING")?;
    Some(written.split(';').next().unwrap_or_default().trim_matches(['‹', '›']).to_owned())
}
