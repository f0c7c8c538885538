//! The claims of a managed identity's token. The resource, not the caller, decides their version.
//!
//! Sources: <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference> and tokens seen in Azure.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{TokenError, resource::Resource, v1_issuer, v2_issuer};
use crate::{
    seed::{AppRegistration, Identity, IdentityKind, TokenFault, TokenVersion},
    world::World,
};

/// Seconds that a managed identity's token lives: 24 hours and five minutes.
const LIFETIME: i64 = 86_700;
/// Seconds that a token spoilt by [`TokenFault::Expired`] has been over when it is handed out:
/// more than the clock difference that any validator forgives.
const OVERDUE: i64 = 3_600;
/// `appidacr` and `azpacr`: the client proved itself with a certificate, which is how a managed identity does it.
const CERTIFICATE: &str = "2";

/// The claims of the token that this identity gets for a resource.
///
/// # Errors
/// [`TokenError`] when the tenant knows no such resource, or it demands an assignment that the identity does not have.
pub fn claims(
    world: &World,
    identity: &Identity,
    resource: &str,
    now: Timestamp,
) -> Result<Map<String, Value>, TokenError> {
    let mut claims = Map::new();
    match Resource::find(world, resource)? {
        Resource::FirstParty => {
            add_v1(&mut claims, world, identity, resource);
            claims.insert("idtyp".to_owned(), json!("app"));
            add_lifetime(&mut claims, now.as_second());
        }
        Resource::Api(app) => {
            match app.token_version {
                TokenVersion::V1 => {
                    add_v1(&mut claims, world, identity, resource);
                    claims.insert("xms_ftd".to_owned(), opaque(48)?);
                }
                TokenVersion::V2 => add_v2(&mut claims, world, identity, app),
            }
            add_roles(&mut claims, world, identity, app)?;
            let late = if has_fault(world, app, TokenFault::Expired) { LIFETIME + OVERDUE } else { 0 };
            add_lifetime(&mut claims, now.as_second() - late);
        }
    }
    add_common(&mut claims, world, identity)?;
    Ok(claims)
}

/// Whether the seed spoils this API's tokens in this way.
pub(super) fn has_fault(world: &World, app: &AppRegistration, kind: TokenFault) -> bool {
    world.seed.faults.iter().any(|fault| fault.tokens_for == app.name && fault.kind == kind)
}

fn add_v1(claims: &mut Map<String, Value>, world: &World, identity: &Identity, resource: &str) {
    let issuer = v1_issuer(world.seed.tenant.id);
    claims.extend([
        ("aud".to_owned(), json!(resource)),
        ("iss".to_owned(), json!(issuer)),
        ("idp".to_owned(), json!(issuer)),
        ("appid".to_owned(), json!(identity.client_id)),
        ("appidacr".to_owned(), json!(CERTIFICATE)),
        ("ver".to_owned(), json!("1.0")),
    ]);
}

fn add_v2(claims: &mut Map<String, Value>, world: &World, identity: &Identity, app: &AppRegistration) {
    claims.extend([
        ("aud".to_owned(), json!(app.client_id)),
        ("iss".to_owned(), json!(v2_issuer(world.seed.tenant.id))),
        ("azp".to_owned(), json!(identity.client_id)),
        ("azpacr".to_owned(), json!(CERTIFICATE)),
        ("ver".to_owned(), json!("2.0")),
    ]);
}

/// App roles, or no claim at all: Entra never sends an empty list.
fn add_roles(
    claims: &mut Map<String, Value>,
    world: &World,
    identity: &Identity,
    app: &AppRegistration,
) -> Result<(), TokenError> {
    let roles = world.seed.app_roles(identity, app);
    if !roles.is_empty() {
        claims.insert("roles".to_owned(), json!(roles));
    } else if app.assignment_required {
        return Err(TokenError::AssignmentRequired {
            client_id: identity.client_id,
            identity: identity.name.clone(),
            api_client_id: app.client_id,
            api: app.name.clone(),
        });
    }
    Ok(())
}

fn add_lifetime(claims: &mut Map<String, Value>, from: i64) {
    claims.extend([
        ("iat".to_owned(), json!(from)),
        ("nbf".to_owned(), json!(from)),
        ("exp".to_owned(), json!(from + LIFETIME)),
    ]);
}

fn add_common(claims: &mut Map<String, Value>, world: &World, identity: &Identity) -> Result<(), TokenError> {
    claims.extend([
        ("oid".to_owned(), json!(identity.principal_id)),
        ("sub".to_owned(), json!(identity.principal_id)),
        ("tid".to_owned(), json!(world.seed.tenant.id)),
        ("uti".to_owned(), opaque(16)?),
        ("rh".to_owned(), json!(format!("1.{}.", opaque_text(40)?))),
        ("aio".to_owned(), opaque(48)?),
        ("xms_mirid".to_owned(), json!(world.identity_resource_id(identity))),
    ]);
    if identity.kind == IdentityKind::UserAssigned {
        claims.insert("xms_az_rid".to_owned(), json!(world.function_app_resource_id()));
    }
    Ok(())
}

/// A value that only Entra itself can read; here it is random.
fn opaque(bytes: usize) -> Result<Value, TokenError> {
    opaque_text(bytes).map(Value::String)
}

fn opaque_text(bytes: usize) -> Result<String, TokenError> {
    let mut random = vec![0; bytes];
    rand::fill(&mut random).map_err(|_| TokenError::Signing)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}
