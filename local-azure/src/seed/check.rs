//! Whether the names in a seed point at something.

use std::collections::HashSet;

use super::{Scope, Seed};

impl Seed {
    /// Every contradiction, one sentence each; empty when the seed is sound.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.check_unique(&mut problems);
        self.check_roles(&mut problems);
        self.check_app_roles(&mut problems);
        self.check_clients(&mut problems);
        self.check_vaults(&mut problems);
        self.check_model_accounts(&mut problems);
        self.check_apim(&mut problems);
        self.check_function_app(&mut problems);
        problems
    }

    fn check_unique(&self, problems: &mut Vec<String>) {
        unique(problems, "identity", self.identities.iter().map(|i| i.name.as_str()));
        unique(problems, "app registration", self.app_registrations.iter().map(|a| a.name.as_str()));
        unique(problems, "App ID URI", self.app_registrations.iter().map(|a| a.app_id_uri.as_str()));
        unique(problems, "vault", self.vaults.iter().map(|v| v.name.as_str()));
        unique(problems, "storage account", self.storage_accounts.iter().map(|s| s.name.as_str()));
    }

    fn check_roles(&self, problems: &mut Vec<String>) {
        for assignment in &self.role_assignments {
            let name = &assignment.identity;
            if self.identity(name).is_none() && !self.app_registrations.iter().any(|app| app.name == *name) {
                problems.push(format!("role_assignments: no identity or app registration \"{name}\""));
            }
            if crate::rbac::Role::by_name(&assignment.role).is_none() {
                problems.push(format!(
                    "role_assignments: \"{}\" is not a built-in role known here; known are {}",
                    assignment.role,
                    crate::rbac::Role::names().join(", ")
                ));
            }
            self.check_scope(problems, &assignment.scope);
        }
        for fault in &self.faults {
            problems.extend(fault.problems(self).into_iter().map(|problem| format!("faults: {problem}")));
        }
    }

    pub(super) fn check_identity(&self, problems: &mut Vec<String>, place: &str, name: &str) {
        if self.identity(name).is_none() {
            problems.push(format!("{place}: no identity \"{name}\""));
        }
    }

    fn check_scope(&self, problems: &mut Vec<String>, scope: &Scope) {
        match scope {
            Scope { vault: Some(vault), secret, storage: None, container: None, model_account: None } => {
                match self.vaults.iter().find(|known| known.name == *vault) {
                    None => problems.push(format!("role_assignments: no vault \"{vault}\"")),
                    Some(known) => {
                        if let Some(secret) = secret
                            && !known.secrets.iter().any(|one| one.name == *secret)
                        {
                            problems.push(format!("role_assignments: vault \"{vault}\" has no secret \"{secret}\""));
                        }
                    }
                }
            }
            Scope { vault: None, secret: None, storage: None, container: None, model_account: Some(account) } => {
                if !self.model_accounts.iter().any(|known| known.name == *account) {
                    problems.push(format!("role_assignments: no model account \"{account}\""));
                }
            }
            Scope { vault: None, secret: None, storage: Some(account), model_account: None, .. } => {
                if !self.storage_accounts.iter().any(|known| known.name == *account) {
                    problems.push(format!("role_assignments: no storage account \"{account}\""));
                }
            }
            _ => problems.push(
                "role_assignments: a scope is { vault }, { vault, secret }, { storage }, { storage, container } or \
                 { model_account }"
                    .to_owned(),
            ),
        }
    }

    fn check_function_app(&self, problems: &mut Vec<String>) {
        for name in &self.function_app.identities {
            self.check_identity(problems, "function_app.identities", name);
        }
    }
}

pub(super) fn unique<'a>(problems: &mut Vec<String>, what: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            problems.push(format!("{what} \"{name}\" is defined twice"));
        }
    }
}
