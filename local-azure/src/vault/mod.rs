//! Key Vault: reading secrets, with Key Vault's challenge, its checks and its words of refusal.
//!
//! Writing, listing, deleting and everything that is not a secret is refused by name.

mod bundle;
mod clock;
mod refusal;
mod secret;
mod secrets;
mod throttle;
mod vaults;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use jiff::{Timestamp, civil::Date};
use url::form_urlencoded;
use uuid::Uuid;

pub use self::vaults::{NoSuchSecret, Vault, Vaults};
use self::{bundle::Bundle, refusal::Refusal, secret::Which};
use crate::{
    access_token::{self, Caller},
    journal::Decision,
    rbac::{self, Operation, Target},
    world::World,
};

/// Audiences that Key Vault accepts. A slash at the end makes another one, which it refuses.
const AUDIENCES: &[&str] = &["https://vault.azure.net", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"];
/// API versions that are not a date.
const NUMBERED_VERSIONS: &[&str] = &["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6"];
const CLIENT_REQUEST_ID: &str = "x-ms-client-request-id";

/// A vault of the world, for its host name.
pub fn routes(world: Arc<World>, vault: Arc<Vault>) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Service { world, vault }))
}

struct Service {
    world: Arc<World>,
    vault: Arc<Vault>,
}

async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let mut decision = Decision::default();
    let mut response = match service.respond(&request, &mut decision) {
        Ok(response) => response,
        Err(refusal) => {
            decision.reason = Some(refusal.to_string());
            refusal.into_response(service.world.seed.tenant.id)
        }
    };
    service.add_headers(request.headers(), response.headers_mut());
    response.extensions_mut().insert(decision);
    response
}

impl Service {
    fn respond(&self, request: &Request, decision: &mut Decision) -> Result<Response, Refusal> {
        let (name, version) = asked_secret(request.method(), request.uri())?;
        check_query(request.uri())?;
        let caller = self.caller(request.headers(), decision)?;
        let vault = &self.vault;
        vault.lock().throttle.admit(vault.clock.now()).map_err(Refusal::Throttled)?;
        if !is_secret_name(name) {
            return Err(Refusal::InvalidName(name.to_owned()));
        }
        self.authorize(&caller, name, decision)?;
        let state = vault.lock();
        let (secret, version) = state.secrets.read(name, version)?;
        Ok(Json(Bundle::of_version(vault, secret, version).with_value(version)).into_response())
    }

    fn caller(&self, headers: &HeaderMap, decision: &mut Decision) -> Result<Caller, Refusal> {
        let verified = access_token::verify(&self.world, headers, AUDIENCES, Timestamp::now());
        let caller = verified.map_err(|refusal| {
            decision.audience = refusal.audience().map(str::to_owned);
            Refusal::Unauthorized(refusal)
        })?;
        decision.identity.clone_from(&caller.identity);
        decision.audience = Some(caller.audience.clone());
        Ok(caller)
    }

    fn authorize(&self, caller: &Caller, secret: &str, decision: &mut Decision) -> Result<(), Refusal> {
        let seed = &self.world.seed;
        let target = Target::Secret { vault: &self.vault.name, name: secret };
        match rbac::allowed(seed, caller.principal_id, Operation::GetSecret, &target) {
            Some(assignment) => {
                decision.allowed_by = Some(rbac::describe(assignment));
                Ok(())
            }
            None => Err(Refusal::ForbiddenByRbac {
                caller: describe_caller(caller),
                resource: self.world.scope_resource_id(&target.scope()).to_lowercase(),
                vault: self.vault.name.clone(),
                location: seed.subscription.location.clone(),
            }),
        }
    }

    /// Headers that real vaults send, as recorded by users.
    fn add_headers(&self, request: &HeaderMap, response: &mut HeaderMap) {
        let request_id = Uuid::new_v4().to_string();
        let client_request_id = request.get(CLIENT_REQUEST_ID).cloned();
        response.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000;includeSubDomains"));
        response.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response.insert("x-ms-keyvault-service-version", HeaderValue::from_static("1.9.0"));
        response.insert(
            "x-ms-keyvault-network-info",
            HeaderValue::from_static("conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;"),
        );
        if let Ok(region) = HeaderValue::from_str(&self.world.seed.subscription.location) {
            response.insert("x-ms-keyvault-region", region);
        }
        if let Ok(id) = HeaderValue::from_str(&request_id) {
            response.insert(CLIENT_REQUEST_ID, client_request_id.unwrap_or_else(|| id.clone()));
            response.insert("x-ms-request-id", id);
        }
    }
}

/// The secret and version that a request asks for. Clients ask for the latest version with a slash after the name.
fn asked_secret<'a>(method: &Method, uri: &'a Uri) -> Result<(&'a str, Which<'a>), Refusal> {
    let segments: Vec<&str> = uri.path().split('/').skip(1).collect();
    let asked = match segments.as_slice() {
        ["secrets", name] | ["secrets", name, ""] if !name.is_empty() => Some((*name, Which::Latest)),
        ["secrets", name, version] if is_version(version) => Some((*name, Which::Exactly(version))),
        _ => None,
    };
    match asked {
        Some(asked) if method == Method::GET => Ok(asked),
        known => Err(Refusal::Unsupported { known_path: known.is_some(), asked: format!("{method} {}", uri.path()) }),
    }
}

fn check_query(uri: &Uri) -> Result<(), Refusal> {
    let mut version = None;
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        if name != "api-version" {
            return Err(Refusal::UnknownParameter(name.into_owned()));
        }
        version = Some(value.into_owned());
    }
    match version {
        None => Err(Refusal::NoApiVersion),
        Some(version) if is_api_version(&version) => Ok(()),
        Some(version) => Err(Refusal::UnknownApiVersion(version)),
    }
}

/// New versions are dates and appear several times a year, so any date will do.
fn is_api_version(version: &str) -> bool {
    let date = version.strip_suffix("-preview").unwrap_or(version);
    NUMBERED_VERSIONS.contains(&version) || (date.len() == 10 && date.parse::<Date>().is_ok())
}

/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning>
fn is_secret_name(name: &str) -> bool {
    name.len() <= 127 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_version(version: &str) -> bool {
    version.len() == 32 && version.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The caller as Key Vault names it in a refusal.
fn describe_caller(caller: &Caller) -> String {
    let mut text = format!("appid={};oid={};iss={}", caller.app_id, caller.principal_id, caller.issuer);
    for (claim, value) in [("xms_mirid", &caller.identity_resource_id), ("xms_az_rid", &caller.host_resource_id)] {
        if let Some(value) = value {
            text.push_str(&format!(";{claim}={value}"));
        }
    }
    text
}

#[cfg(test)]
mod tests;
