//! Checks that each name in a seed has its object.

use std::collections::HashSet;

use super::{Scope, Seed};

impl Seed {
    /// Returns every contradiction as one sentence. The list is empty if the seed is sound.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.check_unique(&mut problems);
        self.check_roles(&mut problems);
        self.check_app_roles(&mut problems);
        self.check_clients(&mut problems);
        self.check_vaults(&mut problems);
        self.check_model_accounts(&mut problems);
        self.check_data_collection_rules(&mut problems);
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
        let mut refuse = |is_missing: bool, problem: String| {
            problems.extend(is_missing.then(|| format!("role_assignments: {problem}")));
        };
        let Scope { vault, secret, storage, container, model_account, data_collection_rule } = scope;
        match (vault, storage, model_account, data_collection_rule, secret, container) {
            (Some(vault), None, None, None, secret, None) => {
                let known = self.vaults.iter().find(|known| known.name == *vault);
                refuse(known.is_none(), format!("no vault \"{vault}\""));
                if let (Some(known), Some(secret)) = (known, secret) {
                    let is_missing = !known.secrets.iter().any(|one| one.name == *secret);
                    refuse(is_missing, format!("vault \"{vault}\" has no secret \"{secret}\""));
                }
            }
            (None, Some(account), None, None, None, _) => {
                let is_missing = !self.storage_accounts.iter().any(|known| known.name == *account);
                refuse(is_missing, format!("no storage account \"{account}\""));
            }
            (None, None, Some(account), None, None, None) => {
                let is_missing = !self.model_accounts.iter().any(|known| known.name == *account);
                refuse(is_missing, format!("no model account \"{account}\""));
            }
            (None, None, None, Some(rule), None, None) => {
                let is_missing = !self.data_collection_rules.iter().any(|known| known.name == *rule);
                refuse(is_missing, format!("no data collection rule \"{rule}\""));
            }
            _ => refuse(
                true,
                "a scope is { vault }, { vault, secret }, { storage }, { storage, container }, { model_account } or \
                 { data_collection_rule }"
                    .to_owned(),
            ),
        }
    }

    fn check_function_app(&self, problems: &mut Vec<String>) {
        for name in &self.function_app.identities {
            self.check_identity(problems, "function_app.identities", name);
        }
        unique(problems, "function_app.jobs: the job", self.function_app.jobs.iter().map(|job| job.name.as_str()));
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
