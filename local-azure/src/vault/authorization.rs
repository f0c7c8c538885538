//! Identifies the caller and checks its roles on the vault or on the secret.

use http::HeaderMap;
use jiff::Timestamp;

use super::{ask::SecretRequest, refusal::VaultRefusal, vaults::Vault};
use crate::{
    access_token::{self, Caller},
    journal::Decision,
    rbac::{self, Target},
    vault::key_vault::KeyVault,
};

/// Audiences that Key Vault accepts. It refuses them with a trailing slash.
const AUDIENCES: &[&str] = &["https://vault.azure.net", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"];

pub(super) fn caller(
    key_vault: &KeyVault,
    headers: &HeaderMap,
    decision: &mut Decision,
) -> Result<Caller, VaultRefusal> {
    let now = Timestamp::now();
    let verified = access_token::verify(&key_vault.entra, headers, AUDIENCES, now);
    decision.demanded = access_token::demands(&key_vault.entra, headers, AUDIENCES, now, verified.as_ref());
    let caller = verified.map_err(|refusal| {
        decision.audience = refusal.audience().map(str::to_owned);
        VaultRefusal::Unauthorized(refusal)
    })?;
    decision.identity.clone_from(&caller.identity);
    decision.audience = Some(caller.audience.clone());
    Ok(caller)
}

pub(super) fn authorize(
    key_vault: &KeyVault,
    vault: &Vault,
    caller: &Caller,
    ask: &SecretRequest<'_>,
    decision: &mut Decision,
) -> Result<(), VaultRefusal> {
    let target = match ask.name() {
        Some(name) => Target::Secret { vault: &vault.name, name },
        None => Target::Vault { vault: &vault.name },
    };
    let operation = ask.operation();
    let (seed, principal) = (&key_vault.entra.seed, caller.principal_id);
    let assignment = rbac::allowed(seed, principal, operation, &target);
    decision.demanded.push(rbac::demand(seed, principal, operation, &target, assignment));
    match assignment {
        Some(assignment) => {
            decision.allowed_by = Some(rbac::describe(assignment));
            Ok(())
        }
        None => Err(VaultRefusal::ForbiddenByRbac {
            caller: describe(caller),
            action: operation.action(),
            resource: key_vault.entra.seed.scope_resource_id(&target.scope()).to_lowercase(),
            vault: vault.name.clone(),
            location: key_vault.entra.seed.subscription.location.clone(),
        }),
    }
}

/// Describes the caller as Key Vault does in a refusal.
fn describe(caller: &Caller) -> String {
    let mut text = format!("appid={};oid={};iss={}", caller.app_id, caller.principal_id, caller.issuer);
    for (claim, value) in [("xms_mirid", &caller.identity_resource_id), ("xms_az_rid", &caller.host_resource_id)] {
        if let Some(value) = value {
            text.push_str(&format!(";{claim}={value}"));
        }
    }
    text
}
