//! One link of the chain spoilt, as a change of the seed: a fault where there is one for it.
//!
//! Each is a mistake that people make, or an attack that must not work. No service has a special case for it:
//! what refuses is what would refuse in Azure.

pub use crate::seed::Link;
use crate::seed::{Fault, FaultKind, FaultService, Seed, TokenVersion};

impl Link {
    /// Makes this one thing wrong in the world.
    pub fn spoil(self, seed: &mut Seed) {
        match self {
            Self::AppRole => seed.app_role_assignments.clear(),
            Self::Audience => ask_for_another_api(seed),
            Self::Issuer => {
                for app in &mut seed.app_registrations {
                    app.token_version = TokenVersion::V1;
                }
            }
            Self::Expired => spoil_tokens(seed, FaultKind::Expired),
            Self::Signature => spoil_tokens(seed, FaultKind::Signature),
            Self::SubscriptionKey => {
                for secret in seed.vaults.iter_mut().flat_map(|vault| &mut vault.secrets) {
                    if secret.subscription_key.take().is_some() {
                        secret.generated = true;
                    }
                }
            }
            Self::VaultRole => seed.faults.push(Fault::new(FaultService::KeyVault, FaultKind::RoleRemoved)),
            Self::BlobRole => seed.faults.push(Fault::new(FaultService::BlobStorage, FaultKind::RoleRemoved)),
            Self::Identity => seed.function_app.identities.clear(),
        }
    }
}

fn spoil_tokens(seed: &mut Seed, kind: FaultKind) {
    let tokens = Fault::new(FaultService::IdentityEndpoint, kind);
    let faults =
        seed.app_registrations.iter().map(|app| Fault { tokens_for: Some(app.name.clone()), ..tokens.clone() });
    seed.faults.extend(faults);
}

/// Sets `APIM__audience` to the App ID URI of an API that it is not.
fn ask_for_another_api(seed: &mut Seed) {
    let Some(audience) = seed.function_app.settings.get_mut("APIM__audience") else { return };
    let other = seed.app_registrations.iter().find(|app| app.app_id_uri != *audience);
    if let Some(other) = other {
        audience.clone_from(&other.app_id_uri);
    }
}
