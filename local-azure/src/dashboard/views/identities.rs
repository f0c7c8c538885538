//! Identities and their rights: roles with their scopes, app roles, and subscriptions by name. No key, no secret.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{Dashboard, Route};
use crate::seed::{
    ApimSubscription, AppRegistration, Identity, IdentityKind, RoleAssignment, Scope, Seed, SubscriptionState,
    TokenVersion,
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identities {
    tenant: Uuid,
    app: String,
    identities: Vec<IdentityOnView>,
    role_assignments: Vec<RoleOnView>,
    app_registrations: Vec<AppOnView>,
    /// The present assignments: Microsoft Graph may have changed them.
    app_role_assignments: Vec<AppRoleOnView>,
    subscriptions: Vec<SubscriptionOnView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IdentityOnView {
    name: String,
    kind: &'static str,
    client_id: Uuid,
    principal_id: Uuid,
    /// The resources that the identity is assigned to: the function app, API Management.
    carried_by: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleOnView {
    identity: String,
    role: String,
    scope: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AppOnView {
    name: String,
    app_id_uri: String,
    client_id: Uuid,
    token_version: u8,
    assignment_required: bool,
    app_roles: Vec<String>,
    /// The app's credentials, by name.
    credentials: Vec<CredentialOnView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialOnView {
    kind: &'static str,
    name: String,
    expires: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AppRoleOnView {
    principal: String,
    app: String,
    /// Absent for access without a role.
    role: Option<String>,
    created: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionOnView {
    name: String,
    scope: String,
    state: &'static str,
    /// The secrets that hold its primary key.
    secrets: Vec<String>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/identities", list)]
}

async fn list(State(dashboard): State<Dashboard>) -> Json<Identities> {
    let (seed, directory) = (&*dashboard.world().seed, dashboard.world().directory());
    let assignments = directory.assignments().into_iter().filter_map(|assignment| {
        let principal = directory.principal(assignment.principal_id)?;
        let api = directory.principal(assignment.resource_id)?;
        let role = api.app_roles.iter().find(|role| role.id == assignment.app_role_id);
        Some(AppRoleOnView {
            principal: principal.name.clone(),
            app: api.name.clone(),
            role: role.map(|role| role.value.clone()),
            created: assignment.created,
        })
    });
    Json(Identities {
        tenant: seed.tenant.id,
        app: seed.function_app.name.clone(),
        identities: seed.identities.iter().map(|identity| identity_on_view(seed, identity)).collect(),
        role_assignments: seed.role_assignments.iter().map(role_on_view).collect(),
        app_registrations: seed.app_registrations.iter().map(app_on_view).collect(),
        app_role_assignments: assignments.collect(),
        subscriptions: seed.apim.subscriptions.iter().map(|one| subscription_on_view(seed, one)).collect(),
    })
}

fn identity_on_view(seed: &Seed, identity: &Identity) -> IdentityOnView {
    let app = seed.function_app.identities.contains(&identity.name).then(|| seed.function_app.name.clone());
    let gateway = seed.apim.identities.contains(&identity.name).then(|| seed.apim.name.clone());
    IdentityOnView {
        name: identity.name.clone(),
        kind: match identity.kind {
            IdentityKind::UserAssigned => "user-assigned",
            IdentityKind::SystemAssigned => "system-assigned",
        },
        client_id: identity.client_id,
        principal_id: identity.principal_id,
        carried_by: app.into_iter().chain(gateway).collect(),
    }
}

fn role_on_view(assignment: &RoleAssignment) -> RoleOnView {
    RoleOnView {
        identity: assignment.identity.clone(),
        role: assignment.role.clone(),
        scope: scope_on_view(&assignment.scope),
    }
}

fn scope_on_view(scope: &Scope) -> String {
    let Scope { vault, secret, storage, container, model_account, data_collection_rule } = scope;
    let parts = [
        ("vault", vault),
        ("secret", secret),
        ("storage account", storage),
        ("container", container),
        ("model account", model_account),
        ("data collection rule", data_collection_rule),
    ];
    let named = parts.into_iter().filter_map(|(kind, name)| Some(format!("{kind} {}", name.as_ref()?)));
    named.collect::<Vec<_>>().join(", ")
}

fn app_on_view(app: &AppRegistration) -> AppOnView {
    let secrets = app.secrets.iter().map(|secret| CredentialOnView {
        kind: "client secret",
        name: secret.name.clone(),
        expires: secret.expires,
    });
    let certificates = (1..=app.certificates.len()).map(|number| CredentialOnView {
        kind: "certificate",
        name: number.to_string(),
        expires: None,
    });
    let federated = app.federated_credentials.iter().map(|credential| CredentialOnView {
        kind: "federated credential",
        name: format!("{} of {}", credential.subject, credential.issuer),
        expires: None,
    });
    AppOnView {
        name: app.name.clone(),
        app_id_uri: app.app_id_uri.clone(),
        client_id: app.client_id,
        token_version: match app.token_version {
            TokenVersion::V1 => 1,
            TokenVersion::V2 => 2,
        },
        assignment_required: app.assignment_required,
        app_roles: app.app_roles.iter().map(|role| role.value.clone()).collect(),
        credentials: secrets.chain(certificates).chain(federated).collect(),
    }
}

fn subscription_on_view(seed: &Seed, subscription: &ApimSubscription) -> SubscriptionOnView {
    let scope = &subscription.scope;
    let of_product = scope.product.as_ref().map(|product| format!("product {product}"));
    let of_api = || scope.api.as_ref().map(|api| format!("API {api}"));
    let holds = |secret: &&crate::seed::Secret| secret.subscription_key.as_ref() == Some(&subscription.name);
    let in_vault = |vault: &crate::seed::Vault| {
        let named = vault.secrets.iter().filter(holds).map(|secret| format!("{}/{}", vault.name, secret.name));
        named.collect::<Vec<_>>()
    };
    SubscriptionOnView {
        name: subscription.name.clone(),
        scope: of_product.or_else(of_api).unwrap_or_else(|| "all APIs".to_owned()),
        state: match subscription.state {
            SubscriptionState::Active => "active",
            SubscriptionState::Suspended => "suspended",
            SubscriptionState::Submitted => "submitted",
            SubscriptionState::Rejected => "rejected",
            SubscriptionState::Cancelled => "cancelled",
            SubscriptionState::Expired => "expired",
        },
        secrets: seed.vaults.iter().flat_map(in_vault).collect(),
    }
}
