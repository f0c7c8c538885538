//! Whether a seed's vaults are ones that Key Vault would have.

use super::{Secret, Seed, Vault, check::unique};

impl Seed {
    pub(super) fn check_vaults(&self, problems: &mut Vec<String>) {
        for vault in &self.vaults {
            if !(7..=90).contains(&vault.soft_delete_retention_days) {
                problems.push(format!("vaults: soft_delete_retention_days of \"{}\" must be 7 to 90", vault.name));
            }
            let names: Vec<String> = vault.secrets.iter().map(|secret| secret.name.to_ascii_lowercase()).collect();
            unique(problems, &format!("vaults: in \"{}\" the secret", vault.name), names.iter().map(String::as_str));
            for secret in &vault.secrets {
                self.check_secret(problems, vault, secret);
            }
        }
    }

    fn check_secret(&self, problems: &mut Vec<String>, vault: &Vault, secret: &Secret) {
        let Secret { name, value, generated, subscription_key, .. } = secret;
        if !is_secret_name(name) {
            problems.push(format!("vaults: a secret's name has letters, digits and hyphens only, not \"{name}\""));
        }
        let sources = usize::from(value.is_some()) + usize::from(*generated) + usize::from(subscription_key.is_some());
        if sources != 1 {
            problems.push(format!(
                "vaults: secret \"{name}\" of \"{}\" needs exactly one of value, generated = true, subscription_key",
                vault.name
            ));
        }
        if let Some(subscription) = subscription_key
            && !self.apim.subscriptions.iter().any(|known| known.name == *subscription)
        {
            problems.push(format!("vaults: secret \"{name}\" names no subscription: \"{subscription}\""));
        }
        if secret.tags.len() > 15 {
            problems.push(format!("vaults: secret \"{name}\" has more than 15 tags"));
        }
    }
}

/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning>
pub(crate) fn is_secret_name(name: &str) -> bool {
    (1..=127).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
