//! The tenant's directory: service principals, their app roles, and client secrets.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use uuid::Uuid;

use crate::seed::{AppRegistration, AppRole, Seed};

/// Display name of Microsoft Graph, the only API of Microsoft with app roles here.
pub(crate) const MICROSOFT_GRAPH: &str = "Microsoft Graph";
/// Client ID of Microsoft Graph, the same in every tenant.
pub(crate) const GRAPH_APP_ID: Uuid = Uuid::from_u128(0x00000003_0000_0000_c000_000000000000);
/// Object ID of Microsoft Graph's service principal; in Azure it differs between tenants.
const GRAPH_PRINCIPAL_ID: Uuid = Uuid::from_u128(0x5c2d7f10_3f1e_4b0a_9f5d_0d3c9a1e7b42);
/// App roles of Microsoft Graph that have an effect here
/// (<https://learn.microsoft.com/graph/permissions-reference>).
const GRAPH_ROLES: [(&str, u128); 4] = [
    ("Application.Read.All", 0x9a5d68dd_52b0_4cc2_bd40_abcf44ac3a30),
    ("Application.ReadWrite.All", 0x1bfefb4e_e0b5_418b_a88f_73c46d2cc8e9),
    ("AppRoleAssignment.ReadWrite.All", 0x06b708a9_e830_4db3_a914_8e69da51d44f),
    ("Directory.Read.All", 0x7ab1d382_f21e_4acd_a863_ba3e13f7da61),
];

/// Returns the ID of Microsoft Graph's app role with this value.
pub(crate) fn graph_role(value: &str) -> Option<Uuid> {
    GRAPH_ROLES.iter().find(|(known, _)| *known == value).map(|(_, id)| Uuid::from_u128(*id))
}

/// The tenant's service principals, their assignments and client secrets. Assignments can change during the run.
pub(crate) struct Directory {
    principals: Vec<ServicePrincipal>,
    assignments: Mutex<Vec<Assignment>>,
    client_secrets: BTreeMap<(String, String), String>,
}

/// An application, or a managed identity, in this tenant.
#[derive(Clone, Debug)]
pub(crate) struct ServicePrincipal {
    /// Object (principal) ID.
    pub id: Uuid,
    /// Client ID.
    pub app_id: Uuid,
    /// Display name, from the seed.
    pub name: String,
    /// Whether this is a managed identity, which has no application.
    pub managed_identity: bool,
    /// App roles that the service principal defines.
    pub app_roles: Vec<AppRole>,
    /// `appRoleAssignmentRequired`.
    pub assignment_required: bool,
    /// `servicePrincipalNames`: the App ID URI, and the client ID.
    pub names: Vec<String>,
}

/// An app role that a principal holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The ID of the assignment itself.
    pub id: String,
    /// The time of the assignment.
    pub created: Timestamp,
    /// Object ID of the role's holder.
    pub principal_id: Uuid,
    /// Object ID of the API's service principal.
    pub resource_id: Uuid,
    /// The role's ID; all zero for access without a role.
    pub app_role_id: Uuid,
}

/// Why an app role cannot be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AssignmentError {
    /// The principal or the API does not exist.
    #[error("no service principal has the object ID {0}")]
    UnknownPrincipal(Uuid),
    /// The API does not define this role.
    #[error("the API defines no app role with this ID")]
    UnknownRole,
    /// The principal has the role already.
    #[error("the principal holds this app role already")]
    Exists,
}

/// A principal's access to an API, by assignment.
pub(crate) struct Access {
    /// Whether there is any assignment, even one without a role.
    pub(crate) assigned: bool,
    /// Values of the app roles.
    pub(crate) roles: Vec<String>,
}

impl ServicePrincipal {
    /// Reports whether the tenant owns an application with this client ID.
    pub(crate) fn has_application(&self) -> bool {
        !self.managed_identity && self.app_id != GRAPH_APP_ID
    }
}

impl Directory {
    /// Creates the directory that the seed describes, with new client secrets.
    pub(crate) fn new(seed: &Seed) -> Self {
        let directory =
            Self { principals: principals(seed), assignments: Mutex::default(), client_secrets: client_secrets(seed) };
        for assignment in &seed.app_role_assignments {
            let named = |name: &str| directory.principals.iter().find(|one| one.name == name);
            let (Some(principal), Some(api)) = (named(&assignment.identity), named(&assignment.app)) else { continue };
            let Some(role) = api.app_roles.iter().find(|role| role.value == assignment.role) else { continue };
            // A seed may contain the same assignment twice.
            let _ = directory.assign(principal.id, api.id, role.id);
        }
        directory
    }

    /// Returns every service principal.
    pub(crate) fn principals(&self) -> &[ServicePrincipal] {
        &self.principals
    }

    /// Returns the service principal with this object ID.
    #[must_use]
    pub(crate) fn principal(&self, id: Uuid) -> Option<&ServicePrincipal> {
        self.principals.iter().find(|principal| principal.id == id)
    }

    /// Returns the secret of an app registration with this name, given or generated at start.
    #[must_use]
    pub(crate) fn client_secret(&self, app: &str, name: &str) -> Option<&str> {
        self.client_secrets.get(&(app.to_owned(), name.to_owned())).map(String::as_str)
    }

    /// Returns every client secret of this run.
    pub(crate) fn client_secrets(&self) -> impl Iterator<Item = &str> {
        self.client_secrets.values().map(String::as_str)
    }

    /// Gives a principal an app role, or access without a role if the role's ID is all zero.
    ///
    /// # Errors
    /// [`AssignmentError`].
    pub(crate) fn assign(
        &self,
        principal_id: Uuid,
        resource_id: Uuid,
        role: Uuid,
    ) -> Result<Assignment, AssignmentError> {
        let find = |id| self.principal(id).ok_or(AssignmentError::UnknownPrincipal(id));
        find(principal_id)?;
        let api = find(resource_id)?;
        if !role.is_nil() && !api.app_roles.iter().any(|defined| defined.id == role) {
            return Err(AssignmentError::UnknownRole);
        }
        let mut assignments = self.lock();
        let is_same = |one: &Assignment| {
            (one.principal_id, one.resource_id, one.app_role_id) == (principal_id, resource_id, role)
        };
        if assignments.iter().any(is_same) {
            return Err(AssignmentError::Exists);
        }
        let id = URL_SAFE_NO_PAD.encode([Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat());
        let assignment = Assignment { id, created: Timestamp::now(), principal_id, resource_id, app_role_id: role };
        assignments.push(assignment.clone());
        Ok(assignment)
    }

    /// Removes an assignment. Returns false if no assignment has this ID.
    pub(crate) fn unassign(&self, id: &str) -> bool {
        let mut assignments = self.lock();
        let before = assignments.len();
        assignments.retain(|assignment| assignment.id != id);
        assignments.len() < before
    }

    /// Returns every assignment, in order of creation.
    #[must_use]
    pub(crate) fn assignments(&self) -> Vec<Assignment> {
        self.lock().clone()
    }

    /// Returns a principal's access to the API with this client ID.
    pub(crate) fn access(&self, principal_id: Uuid, api_client_id: Uuid) -> Access {
        let mut access = Access { assigned: false, roles: Vec::new() };
        let Some(api) = self.principals.iter().find(|principal| principal.app_id == api_client_id) else {
            return access;
        };
        for assignment in self.lock().iter() {
            if (assignment.principal_id, assignment.resource_id) == (principal_id, api.id) {
                access.assigned = true;
                let role = api.app_roles.iter().find(|role| role.id == assignment.app_role_id);
                access.roles.extend(role.map(|role| role.value.clone()));
            }
        }
        access
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Assignment>> {
        self.assignments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn principals(seed: &Seed) -> Vec<ServicePrincipal> {
    let identities = seed.identities.iter().map(|identity| ServicePrincipal {
        id: identity.principal_id,
        app_id: identity.client_id,
        // Azure names a system-assigned identity after its resource. Here it has the seed's name.
        name: identity.name.clone(),
        managed_identity: true,
        app_roles: Vec::new(),
        assignment_required: false,
        names: vec![identity.client_id.to_string()],
    });
    let apps = seed.app_registrations.iter().map(|app| ServicePrincipal {
        id: app.principal_id(),
        app_id: app.client_id,
        name: app.name.clone(),
        managed_identity: false,
        app_roles: app.app_roles.clone(),
        assignment_required: app.assignment_required,
        names: vec![app.app_id_uri.clone(), app.client_id.to_string()],
    });
    let graph = ServicePrincipal {
        id: GRAPH_PRINCIPAL_ID,
        app_id: GRAPH_APP_ID,
        name: MICROSOFT_GRAPH.to_owned(),
        managed_identity: false,
        app_roles: GRAPH_ROLES.map(|(value, id)| AppRole { id: Uuid::from_u128(id), value: value.to_owned() }).to_vec(),
        assignment_required: false,
        names: vec!["https://graph.microsoft.com".to_owned(), GRAPH_APP_ID.to_string()],
    };
    identities.chain(apps).chain([graph]).collect()
}

fn client_secrets(seed: &Seed) -> BTreeMap<(String, String), String> {
    let of = |app: &AppRegistration| {
        let app_name = app.name.clone();
        app.secrets.clone().into_iter().map(move |secret| {
            let value = secret.value.unwrap_or_else(|| Uuid::new_v4().simple().to_string());
            ((app_name.clone(), secret.name), value)
        })
    };
    seed.app_registrations.iter().flat_map(of).collect()
}
