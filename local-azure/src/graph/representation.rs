//! Directory objects as Microsoft Graph shows them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::path::Collection;
use crate::{
    issuer::Entra,
    issuer::{Assignment, ServicePrincipal},
    seed::{AppRegistration, TokenVersion},
};

/// Returns the object as this collection shows it.
pub(super) fn of(entra: &Entra, collection: Collection, principal: &ServicePrincipal) -> Value {
    match collection {
        Collection::ServicePrincipals => service_principal(entra, principal),
        Collection::Applications => application(entra, principal),
    }
}

/// Returns the object's ID. An application and its service principal have different IDs.
pub(super) fn object_id(entra: &Entra, collection: Collection, principal: &ServicePrincipal) -> Uuid {
    let application = || registration(entra, principal).map(AppRegistration::object_id);
    match collection {
        Collection::ServicePrincipals => principal.id,
        Collection::Applications => application().unwrap_or(principal.id),
    }
}

fn registration<'w>(entra: &'w Entra, principal: &ServicePrincipal) -> Option<&'w AppRegistration> {
    entra.seed.app_registrations.iter().find(|app| app.client_id == principal.app_id)
}

/// Returns a service principal: <https://learn.microsoft.com/graph/api/resources/serviceprincipal>.
fn service_principal(entra: &Entra, principal: &ServicePrincipal) -> Value {
    let identity = entra.seed.principal(principal.id);
    json!({
        "id": principal.id,
        "accountEnabled": true,
        "alternativeNames": identity.map(|identity| entra.seed.identity_resource_id(identity)).as_slice(),
        "appDisplayName": principal.name,
        "appId": principal.app_id,
        "appRoleAssignmentRequired": principal.assignment_required,
        "appRoles": app_roles(principal),
        "displayName": principal.name,
        "servicePrincipalNames": principal.names,
        "servicePrincipalType": if principal.managed_identity { "ManagedIdentity" } else { "Application" },
    })
}

/// Returns an application: <https://learn.microsoft.com/graph/api/resources/application>.
fn application(entra: &Entra, principal: &ServicePrincipal) -> Value {
    let registration = registration(entra, principal);
    let version = registration.map(|app| if app.token_version == TokenVersion::V1 { 1 } else { 2 });
    json!({
        "id": object_id(entra, Collection::Applications, principal),
        "api": { "requestedAccessTokenVersion": version },
        "appId": principal.app_id,
        "appRoles": app_roles(principal),
        "displayName": principal.name,
        "identifierUris": registration.map(|app| &app.app_id_uri).as_slice(),
        "signInAudience": "AzureADMyOrg",
    })
}

fn app_roles(principal: &ServicePrincipal) -> Vec<Value> {
    let role = |role: &crate::seed::AppRole| {
        json!({
            "allowedMemberTypes": ["Application"],
            "description": role.value,
            "displayName": role.value,
            "id": role.id,
            "isEnabled": true,
            "origin": "Application",
            "value": role.value,
        })
    };
    principal.app_roles.iter().map(role).collect()
}

/// Returns an assignment: <https://learn.microsoft.com/graph/api/resources/approleassignment>.
pub(super) fn assignment(entra: &Entra, assignment: &Assignment) -> Value {
    let name = |id| entra.directory.principal(id).map(|principal| &principal.name);
    json!({
        "id": assignment.id,
        "deletedDateTime": null,
        "appRoleId": assignment.app_role_id,
        "createdDateTime": assignment.created.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string(),
        "principalDisplayName": name(assignment.principal_id),
        "principalId": assignment.principal_id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": name(assignment.resource_id),
        "resourceId": assignment.resource_id,
    })
}
