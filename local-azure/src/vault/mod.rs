//! Key Vault: the secrets of each vault of the seed, with Key Vault's challenge, checks and refusals.
//!
//! Values exist only in memory and end with the run. Keys and certificates are refused by name.

mod api_versions;
mod ask;
mod authorization;
mod backup;
mod body;
mod bundle;
mod clock;
mod headers;
mod key_vault;
mod on_view;
mod operations;
mod pages;
mod query;
mod refusal;
mod secret;
mod secrets;
mod throttle;
mod vaults;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, header};

pub use self::vaults::{NoSuchSecret, Vault, Vaults};
use self::{ask::SecretRequest, query::Query, refusal::VaultRefusal};
pub(crate) use self::{key_vault::KeyVault, on_view::VaultOnView};
use crate::journal::Decision;

/// The largest body, which is a backup of many versions.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// Returns the routes of one vault, for its host name.
pub(crate) fn routes(key_vault: Arc<KeyVault>, vault: Arc<Vault>) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Service { key_vault, vault }))
}

struct Service {
    key_vault: Arc<KeyVault>,
    vault: Arc<Vault>,
}

async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let mut decision = Decision::default();
    let client_request_id = request.headers().get(headers::CLIENT_REQUEST_ID).cloned();
    let mut response = match service.respond(request, &mut decision).await {
        Ok(response) => response,
        Err(refusal) => {
            decision.reason = Some(refusal.to_string());
            refusal.into_response(service.key_vault.entra.seed.tenant.id)
        }
    };
    headers::add(response.headers_mut(), client_request_id, &service.key_vault.entra.seed.subscription.location);
    response.extensions_mut().insert(decision);
    response
}

impl Service {
    async fn respond(&self, request: Request, decision: &mut Decision) -> Result<Response, VaultRefusal> {
        let (parts, body) = request.into_parts();
        let ask = match SecretRequest::from_path(&parts.method, parts.uri.path()) {
            Err(refusal @ VaultRefusal::Unsupported(_)) => return Err(refusal),
            other => other,
        };
        // Azure identifies the caller before it reports a fault of the request; clients send the first request without
        // a body.
        let caller = authorization::caller(&self.key_vault, &parts.headers, decision)?;
        let vault = &self.vault;
        vault.lock().throttle.admit(vault.clock.now()).map_err(VaultRefusal::Throttled)?;
        let ask = ask?;
        let query = Query::read(parts.uri.query(), ask.is_list())?;
        check_name(&ask)?;
        authorization::authorize(&self.key_vault, vault, &caller, &ask, decision)?;
        let body = read(body, &parts.headers, &ask).await?;
        operations::act(&self.key_vault, vault, &ask, &query, &body)
    }
}

/// Checks a secret's name:
/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning>
fn check_name(ask: &SecretRequest<'_>) -> Result<(), VaultRefusal> {
    match ask.name() {
        Some(name) if !crate::seed::is_secret_name(name) => Err(VaultRefusal::InvalidName(name.to_owned())),
        _ => Ok(()),
    }
}

/// Reads the body of an operation that has one.
async fn read(body: Body, headers: &HeaderMap, ask: &SecretRequest<'_>) -> Result<Bytes, VaultRefusal> {
    if !matches!(ask, SecretRequest::Set(_) | SecretRequest::Update(..) | SecretRequest::Restore) {
        return Ok(Bytes::new());
    }
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(VaultRefusal::NotJson(essence.to_owned()));
    }
    to_bytes(body, LARGEST_BODY).await.map_err(|_| VaultRefusal::UnreadableBody)
}

#[cfg(test)]
mod tests;
