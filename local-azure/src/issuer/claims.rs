//! The claims of an app-only token. The resource, not the caller, decides their version.
//!
//! Sources: <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>, and tokens seen in
//! Azure.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    TokenError,
    client::{Client, ClientKind},
    directory::GRAPH_APP_ID,
    resource::{Resource, TOKEN_EXCHANGE_APP_ID},
    v1_issuer, v2_issuer,
};
use crate::{
    fault,
    issuer::Entra,
    seed::{AppRegistration, Fault, FaultKind, Identity, OptionalClaim, TokenVersion},
};

/// The lifetime of a managed identity's token, in seconds: 24 hours and five minutes.
const MANAGED_IDENTITY_LIFETIME: i64 = 86_700;
/// The shortest lifetime of any other client's token, in seconds. Up to half an hour is added at random.
const CLIENT_LIFETIME: i64 = 3_600;
/// The seconds since the expiry of a token with [`FaultKind::Expired`], when it is handed out. This is more than the
/// clock difference that any validator tolerates.
const OVERDUE: i64 = 3_600;

/// Returns the claims of this identity's token for a resource.
///
/// # Errors
/// [`TokenError`] if the tenant has no such resource, or the resource requires an assignment that the identity lacks.
pub(crate) fn claims(
    entra: &Entra,
    identity: &Identity,
    resource: &str,
    now: Timestamp,
) -> Result<Map<String, Value>, TokenError> {
    claims_of(entra, &Client::on_platform(identity), resource, now)
}

/// Returns the claims of any client's token for a resource.
pub(super) fn claims_of(
    entra: &Entra,
    client: &Client<'_>,
    resource: &str,
    now: Timestamp,
) -> Result<Map<String, Value>, TokenError> {
    let found = Resource::find(entra, resource)?;
    let mut claims = Map::new();
    match found.version() {
        TokenVersion::V1 => add_v1(&mut claims, entra, client, resource),
        TokenVersion::V2 => add_v2(&mut claims, entra, client, &found),
    }
    match found {
        Resource::AzureService => add(&mut claims, "idtyp", "app"),
        Resource::MicrosoftGraph => {
            add(&mut claims, "idtyp", "app");
            add(&mut claims, "app_displayname", client.name());
            let roles = entra.directory.access(client.principal_id(), GRAPH_APP_ID).roles;
            if !roles.is_empty() {
                add(&mut claims, "roles", roles);
            }
        }
        Resource::TokenExchange => {}
        Resource::Api(app) => add_api(&mut claims, entra, client, app)?,
    }
    let lifetime = fault::token_seconds().map_or_else(|| lifetime(client), Ok)?;
    let late = if is_spoilt(entra, &found, FaultKind::Expired) { lifetime + OVERDUE } else { 0 };
    add_lifetime(&mut claims, now.as_second() - late, lifetime);
    add_common(&mut claims, entra, client)?;
    Ok(claims)
}

/// Reports whether a fault of this kind affects tokens for this resource.
pub(super) fn is_spoilt(entra: &Entra, resource: &Resource<'_>, kind: FaultKind) -> bool {
    let app = match resource {
        Resource::Api(app) => Some(app.name.as_str()),
        Resource::AzureService | Resource::MicrosoftGraph | Resource::TokenExchange => None,
    };
    // Only faults without a limit affect tokens that no request asks for, such as those of `local-azure token`.
    let is_always = |fault: &Fault| fault.rate.is_none() && fault.count.is_none() && fault.for_seconds.is_none();
    let names = |fault: &Fault| fault.tokens_for.is_some() && fault.tokens_for.as_deref() == app;
    fault::spoils_tokens(kind, app)
        || entra.seed.faults.iter().any(|fault| fault.kind == kind && names(fault) && is_always(fault))
}

fn add(claims: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    claims.insert(name.to_owned(), value.into());
}

fn add_v1(claims: &mut Map<String, Value>, entra: &Entra, client: &Client<'_>, resource: &str) {
    let issuer = v1_issuer(entra.seed.tenant.id);
    claims.extend([
        ("aud".to_owned(), json!(resource)),
        ("iss".to_owned(), json!(issuer)),
        ("idp".to_owned(), json!(issuer)),
        ("appid".to_owned(), json!(client.client_id())),
        ("appidacr".to_owned(), json!(client.authentication())),
        ("ver".to_owned(), json!("1.0")),
    ]);
}

fn add_v2(claims: &mut Map<String, Value>, entra: &Entra, client: &Client<'_>, resource: &Resource<'_>) {
    let audience = match resource {
        Resource::Api(app) => app.client_id,
        Resource::AzureService | Resource::MicrosoftGraph | Resource::TokenExchange => TOKEN_EXCHANGE_APP_ID,
    };
    claims.extend([
        ("aud".to_owned(), json!(audience)),
        ("iss".to_owned(), json!(v2_issuer(entra.seed.tenant.id))),
        ("azp".to_owned(), json!(client.client_id())),
        ("azpacr".to_owned(), json!(client.authentication())),
        ("ver".to_owned(), json!("2.0")),
    ]);
}

/// Adds the claims that only an API of the tenant gets: optional claims, and app roles. Without app roles the claim is
/// absent, because Entra never sends an empty list.
fn add_api(
    claims: &mut Map<String, Value>,
    entra: &Entra,
    client: &Client<'_>,
    app: &AppRegistration,
) -> Result<(), TokenError> {
    let access = entra.directory.access(client.principal_id(), app.client_id);
    if app.assignment_required && !access.assigned {
        return Err(TokenError::AssignmentRequired {
            client_id: client.client_id(),
            client: client.name().to_owned(),
            api_client_id: app.client_id,
            api: app.name.clone(),
        });
    }
    if !access.roles.is_empty() {
        add(claims, "roles", access.roles);
    }
    if app.optional_claims.contains(&OptionalClaim::Idtyp) {
        add(claims, "idtyp", "app");
    }
    if app.token_version == TokenVersion::V1 {
        add(claims, "xms_ftd", opaque(48)?);
    }
    Ok(())
}

fn lifetime(client: &Client<'_>) -> Result<i64, TokenError> {
    match client.kind {
        ClientKind::ManagedIdentity(_) => Ok(MANAGED_IDENTITY_LIFETIME),
        ClientKind::App(_) => {
            let mut random = [0; 2];
            rand::fill(&mut random).map_err(|_| TokenError::Signing)?;
            Ok(CLIENT_LIFETIME + i64::from(u16::from_be_bytes(random) % 1_801))
        }
    }
}

fn add_lifetime(claims: &mut Map<String, Value>, from: i64, seconds: i64) {
    claims.extend([
        ("iat".to_owned(), json!(from)),
        ("nbf".to_owned(), json!(from)),
        ("exp".to_owned(), json!(from + seconds)),
    ]);
}

fn add_common(claims: &mut Map<String, Value>, entra: &Entra, client: &Client<'_>) -> Result<(), TokenError> {
    claims.extend([
        ("oid".to_owned(), json!(client.principal_id())),
        ("sub".to_owned(), json!(client.principal_id())),
        ("tid".to_owned(), json!(entra.seed.tenant.id)),
        ("uti".to_owned(), opaque(16)?),
        ("rh".to_owned(), json!(format!("1.{}.", opaque_text(40)?))),
        ("aio".to_owned(), opaque(48)?),
    ]);
    if let Some(id) = client.identity_resource_id(entra) {
        add(claims, "xms_mirid", id);
    }
    if let Some(id) = client.host_resource_id(entra) {
        add(claims, "xms_az_rid", id);
    }
    Ok(())
}

/// Returns a value that only Entra itself can read; here it is random.
fn opaque(bytes: usize) -> Result<Value, TokenError> {
    opaque_text(bytes).map(Value::String)
}

fn opaque_text(bytes: usize) -> Result<String, TokenError> {
    let mut random = vec![0; bytes];
    rand::fill(&mut random).map_err(|_| TokenError::Signing)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}
