//! The operations on a vault and their answers. The caller is already authorized.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::key_vault::KeyVault;
use super::{
    ask::SecretRequest,
    body,
    bundle::Bundle,
    pages::Page,
    query::Query,
    refusal::VaultRefusal,
    secret::{Secret, Version, Which},
    secrets::Secrets,
    vaults::Vault,
};

pub(super) fn act(
    key_vault: &KeyVault,
    vault: &Vault,
    ask: &SecretRequest<'_>,
    query: &Query,
    body: &[u8],
) -> Result<Response, VaultRefusal> {
    let now = vault.clock.now().as_second();
    let mut state = vault.lock();
    let secrets = &mut state.secrets;
    match *ask {
        SecretRequest::Get(name, which) => answer(with_value(vault, secrets.read(name, which)?)),
        SecretRequest::Set(name) => {
            let (value, properties) = body::read_set(body)?;
            secrets.set(name, value, properties, now)?;
            answer(with_value(vault, secrets.find(name, Which::Latest)?))
        }
        SecretRequest::Update(name, which) => {
            answer(without_value(vault, secrets.update(name, which, body::read_update(body)?, now)?))
        }
        SecretRequest::List => answer(Page::from_secrets(vault, secrets, query)),
        SecretRequest::ListVersions(name) => {
            let secret = secrets.find(name, Which::Latest).ok().map(|(secret, _)| secret);
            answer(Page::from_versions(vault, secret, name, query))
        }
        SecretRequest::Backup(name) => {
            let (secret, _) = secrets.find(name, Which::Latest)?;
            answer(json!({ "value": key_vault.vaults.backup_key.seal(secret)? }))
        }
        SecretRequest::Restore => {
            let secret = key_vault.vaults.backup_key.open(&body::read_restore(body)?)?;
            let name = secret.name.clone();
            secrets.restore(secret)?;
            answer(without_value(vault, secrets.find(&name, Which::Latest)?))
        }
        SecretRequest::Delete(name) => {
            secrets.delete(name, vault.retention_days, now)?;
            answer(deleted(vault, secrets, name)?)
        }
        SecretRequest::GetDeleted(name) => answer(deleted(vault, secrets, name)?),
        SecretRequest::ListDeleted => answer(Page::from_deleted(vault, secrets, query)),
        SecretRequest::Recover(name) => {
            secrets.recover(name)?;
            answer(without_value(vault, secrets.find(name, Which::Latest)?))
        }
        SecretRequest::Purge(name) => {
            purge(key_vault, vault, secrets, name)?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
    }
}

fn answer(body: impl Serialize) -> Result<Response, VaultRefusal> {
    Ok(Json(body).into_response())
}

fn purge(key_vault: &KeyVault, vault: &Vault, secrets: &mut Secrets, name: &str) -> Result<(), VaultRefusal> {
    if vault.purge_protection {
        let location = key_vault.entra.seed.subscription.location.clone();
        return Err(VaultRefusal::PurgeProtected { vault: vault.name.clone(), location });
    }
    secrets.purge(name)
}

fn with_value<'a>(vault: &Vault, (secret, version): (&'a Secret, &'a Version)) -> Bundle<'a> {
    Bundle::from_version(vault, secret, version).with_value(version)
}

fn without_value<'a>(vault: &Vault, (secret, version): (&'a Secret, &'a Version)) -> Bundle<'a> {
    Bundle::from_version(vault, secret, version)
}

fn deleted<'a>(vault: &Vault, secrets: &'a Secrets, name: &str) -> Result<Bundle<'a>, VaultRefusal> {
    let (secret, version, deletion) = secrets.find_deleted(name)?;
    Ok(Bundle::from_version(vault, secret, version).with_deletion(vault, secret, deletion))
}
