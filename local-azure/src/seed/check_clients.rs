//! Checks a seed's app roles and clients.

use super::{ClientSecret, FederatedCredential, IdentityKind, Seed};
use crate::issuer::{ClientCertificate, MICROSOFT_GRAPH, graph_role, v2_issuer};

/// Entra's limit of federated credentials for one client.
const FEDERATED_CREDENTIALS: usize = 20;

impl Seed {
    pub(super) fn check_app_roles(&self, problems: &mut Vec<String>) {
        for assignment in &self.app_role_assignments {
            self.check_client(problems, "app_role_assignments", &assignment.identity);
            let role = &assignment.role;
            if assignment.app == MICROSOFT_GRAPH {
                if graph_role(role).is_none() {
                    problems.push(format!("app_role_assignments: {MICROSOFT_GRAPH} has no app role \"{role}\" here"));
                }
                continue;
            }
            match self.app_registrations.iter().find(|app| app.name == assignment.app) {
                None => problems.push(format!("app_role_assignments: no app registration \"{}\"", assignment.app)),
                Some(app) if !app.app_roles.iter().any(|defined| defined.value == *role) => problems.push(format!(
                    "app_role_assignments: app registration \"{}\" defines no app role \"{role}\"",
                    app.name
                )),
                Some(_) => {}
            }
        }
    }

    pub(super) fn check_clients(&self, problems: &mut Vec<String>) {
        for identity in &self.identities {
            if identity.kind == IdentityKind::SystemAssigned && !identity.federated_credentials.is_empty() {
                problems
                    .push(format!("identities: \"{}\" is system-assigned: no federated credentials", identity.name));
            }
            self.check_federated_credentials(problems, &identity.name, &identity.federated_credentials);
        }
        for app in &self.app_registrations {
            if app.name == MICROSOFT_GRAPH {
                problems.push(format!("app_registrations: \"{MICROSOFT_GRAPH}\" exists already"));
            }
            for ClientSecret { name, value, generated, .. } in &app.secrets {
                if value.is_some() == *generated {
                    problems.push(format!(
                        "app_registrations: secret \"{name}\" of \"{}\" needs exactly one of value, generated = true",
                        app.name
                    ));
                }
            }
            for pem in &app.certificates {
                if let Err(error) = ClientCertificate::from_pem(pem) {
                    problems.push(format!("app_registrations: a certificate of \"{}\": {error}", app.name));
                }
            }
            self.check_federated_credentials(problems, &app.name, &app.federated_credentials);
        }
        if let Some(workload) = &self.workload_identity {
            self.check_client(problems, "workload_identity.client", &workload.client);
            if workload.issuer == v2_issuer(self.tenant.id) {
                problems.push("workload_identity: the tenant itself cannot be the issuer".to_owned());
            }
        }
    }

    fn check_federated_credentials(&self, problems: &mut Vec<String>, name: &str, credentials: &[FederatedCredential]) {
        if credentials.len() > FEDERATED_CREDENTIALS {
            problems.push(format!("\"{name}\" has more than {FEDERATED_CREDENTIALS} federated credentials"));
        }
        for (at, one) in credentials.iter().enumerate() {
            if credentials[..at].iter().any(|other| other.issuer == one.issuer && other.subject == one.subject) {
                problems.push(format!("\"{name}\" has two federated credentials for \"{}\"", one.subject));
            }
        }
    }

    /// Checks the name of a client. A client is a managed identity or an app registration, and a name must not mean
    /// both.
    pub(super) fn check_client(&self, problems: &mut Vec<String>, place: &str, name: &str) {
        let app = self.app_registrations.iter().any(|app| app.name == name);
        match (self.identity(name).is_some(), app) {
            (true, true) => problems.push(format!("{place}: \"{name}\" names an identity and an app registration")),
            (false, true) => {}
            _ => self.check_identity(problems, place, name),
        }
    }
}
