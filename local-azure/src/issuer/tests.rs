mod claims;
mod client_key;
mod discovery;
mod federation;
mod rollover;
mod token_endpoint;

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use insta::assert_json_snapshot;
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, Validation, decode, errors::ErrorKind, jwk::JwkSet};
use serde_json::{Map, Value};
use tower::ServiceExt as _;

use super::*;
use crate::{
    default_world::{identity, world, world_where},
    seed::{Fault, FaultKind, FaultService, IdentityKind, TokenVersion},
    world::World,
};

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);
const TENANT: &str = "6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10";

macro_rules! assert_claims {
    ($claims:expr) => {
        assert_json_snapshot!($claims, { ".uti" => "[uti]", ".rh" => "[rh]", ".aio" => "[aio]", ".xms_ftd" => "[xms_ftd]" })
    };
}

fn claims_of(world: &World, name: &str, resource: &str) -> Map<String, Value> {
    claims(&world.entra, identity(world, name), resource, NOW).unwrap()
}

async fn get(world: std::sync::Arc<World>, path: &str) -> (StatusCode, Value) {
    let request = Request::get(format!("{AUTHORITY}{path}")).body(Body::empty()).unwrap();
    let response = routes(world.entra.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

fn verify(token: &Token, keys: Value, audience: &str) -> Result<(), ErrorKind> {
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let header = jsonwebtoken::decode_header(&token.jwt).unwrap();
    let key = keys.find(&header.kid.unwrap()).expect("the key is published");
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&[audience]);
    decode::<Value>(&token.jwt, &DecodingKey::from_jwk(key).unwrap(), &validation)
        .map(|_| ())
        .map_err(|error| error.into_kind())
}

fn header_of(token: &Token) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.jwt.split('.').next().unwrap()).unwrap()).unwrap()
}

#[test]
fn claims_for_an_azure_service() {
    assert_claims!(claims_of(&world(), "id-keyless-reader", "https://vault.azure.net"));
}

#[test]
fn claims_for_an_api_that_asks_for_version_2() {
    assert_claims!(claims_of(&world(), "id-keyless-caller", "api://orders"));
}

#[test]
fn claims_for_an_api_that_asks_for_version_1() {
    let world = world_where(|seed| seed.app_registrations[0].token_version = TokenVersion::V1);
    assert_claims!(claims_of(&world, "id-keyless-caller", "api://orders"));
}

#[test]
fn a_version_1_api_gets_the_audience_as_it_was_asked_for() {
    let world = world_where(|seed| seed.app_registrations[0].token_version = TokenVersion::V1);
    let client_id = "D3C9E2F0-0001-4c8d-ae3f-7b4a5f6e7d8c";
    assert_eq!(claims_of(&world, "id-keyless-caller", client_id)["aud"], client_id);
    assert_eq!(
        claims_of(&world, "id-keyless-caller", "https://storage.azure.com/")["aud"],
        "https://storage.azure.com/"
    );
}

#[test]
fn roles_are_absent_when_none_is_assigned() {
    let claims = claims_of(&world(), "id-keyless-reader", "api://orders");
    assert!(!claims.contains_key("roles"), "{claims:?}");
}

#[test]
fn a_system_assigned_identity_is_named_after_its_host() {
    let world = world_where(|seed| seed.identities[0].kind = IdentityKind::SystemAssigned);
    let claims = claims_of(&world, "id-keyless-reader", "https://vault.azure.net");
    assert!(claims["xms_mirid"].as_str().unwrap().ends_with("/providers/Microsoft.Web/sites/func-keyless"));
    assert!(!claims.contains_key("xms_az_rid"));
}

#[test]
fn an_account_is_an_audience_only_if_it_exists() {
    let world = world();
    claims_of(&world, "id-keyless-writer", "https://stkeyless.blob.core.windows.net");
    let other = claims(&world.entra, identity(&world, "id-keyless-writer"), "https://other.blob.core.windows.net", NOW);
    assert!(matches!(other, Err(TokenError::UnknownResource { .. })));
}

#[test]
fn an_unknown_resource_is_refused() {
    let world = world();
    for resource in ["api://nobody", "api://orders/", "https://vault.azure.net//", "", "ORDERS"] {
        let error = issue(&world.entra, identity(&world, "id-keyless-caller"), resource, NOW).err().unwrap();
        assert_eq!(
            error.to_string(),
            format!(
                "AADSTS500011: The resource principal named {resource} was not found in the tenant named {TENANT}."
            )
        );
    }
}

#[test]
fn an_api_that_demands_an_assignment_refuses_who_has_none() {
    let world = world_where(|seed| seed.app_registrations[0].assignment_required = true);
    claims_of(&world, "id-keyless-caller", "api://orders");
    let error = issue(&world.entra, identity(&world, "id-keyless-reader"), "api://orders", NOW).err().unwrap();
    assert!(error.to_string().starts_with("AADSTS501051: "), "{error}");
}

#[tokio::test]
async fn a_token_verifies_with_the_published_keys() {
    let world = world();
    let (status, keys) = get(world.clone(), &format!("/{TENANT}/discovery/v2.0/keys")).await;
    assert_eq!(status, StatusCode::OK);
    let token =
        issue(&world.entra, identity(&world, "id-keyless-caller"), "api://orders", Timestamp::now()).ok().unwrap();
    assert_eq!(verify(&token, keys, "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c"), Ok(()));
    assert_eq!(token.expires_on - token.not_before, 86_700);
}

#[test]
fn only_version_1_tokens_name_the_certificate() {
    let world = world();
    let caller = identity(&world, "id-keyless-caller");
    let v1 = header_of(&issue(&world.entra, caller, "https://vault.azure.net", NOW).ok().unwrap());
    assert_eq!(v1["x5t"], v1["kid"]);
    let v2 = header_of(&issue(&world.entra, caller, "api://orders", NOW).ok().unwrap());
    assert_eq!((v2.get("x5t"), v2["alg"].as_str()), (None, Some("RS256")));
}

#[tokio::test]
async fn a_signature_fault_spoils_only_the_named_api() {
    let world = world_where(|seed| seed.faults.push(fault(FaultKind::Signature)));
    let caller = identity(&world, "id-keyless-caller");
    let (_, keys) = get(world.clone(), &format!("/{TENANT}/discovery/v2.0/keys")).await;
    let now = Timestamp::now();
    let spoilt = issue(&world.entra, caller, "api://orders", now).ok().unwrap();
    let spoilt = verify(&spoilt, keys.clone(), "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c");
    assert_eq!(spoilt, Err(ErrorKind::InvalidSignature));
    let sound = issue(&world.entra, caller, "api://billing", now).ok().unwrap();
    assert_eq!(verify(&sound, keys, "d3c9e2f0-0002-4c8d-ae3f-7b4a5f6e7d8c"), Ok(()));
}

#[tokio::test]
async fn an_expired_fault_spoils_only_the_named_api() {
    let world = world_where(|seed| seed.faults.push(fault(FaultKind::Expired)));
    let caller = identity(&world, "id-keyless-caller");
    let (_, keys) = get(world.clone(), &format!("/{TENANT}/discovery/v2.0/keys")).await;
    let now = Timestamp::now();
    let spoilt = issue(&world.entra, caller, "api://orders", now).ok().unwrap();
    assert_eq!(spoilt.expires_on, now.as_second() - 3_600);
    let spoilt = verify(&spoilt, keys.clone(), "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c");
    assert_eq!(spoilt, Err(ErrorKind::ExpiredSignature));
    let sound = issue(&world.entra, caller, "api://billing", now).ok().unwrap();
    assert_eq!(verify(&sound, keys, "d3c9e2f0-0002-4c8d-ae3f-7b4a5f6e7d8c"), Ok(()));
}

fn fault(kind: FaultKind) -> Fault {
    Fault { tokens_for: Some("orders-api".to_owned()), ..Fault::new(FaultService::IdentityEndpoint, kind) }
}

#[tokio::test]
async fn each_version_has_its_own_discovery_document() {
    let world = world();
    let (_, v1) = get(world.clone(), &format!("/{TENANT}/.well-known/openid-configuration")).await;
    assert_eq!(v1["issuer"], format!("https://sts.windows.net/{TENANT}/"));
    assert_eq!(v1["jwks_uri"], "https://login.microsoftonline.com/common/discovery/keys");
    let (_, v2) = get(world, &format!("/{}/v2.0/.well-known/openid-configuration", TENANT.to_uppercase())).await;
    assert_eq!(v2["issuer"], format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    assert_eq!(v2["jwks_uri"], format!("https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"));
}

#[tokio::test]
async fn key_sets_have_entras_shape() {
    let world = world();
    let (_, v2) = get(world.clone(), &format!("/{TENANT}/discovery/v2.0/keys")).await;
    assert_json_snapshot!(v2, { ".keys[].kid" => "[kid]", ".keys[].x5t" => "[kid]", ".keys[].n" => "[n]", ".keys[].x5c" => "[x5c]" });
    for path in [format!("/{TENANT}/discovery/keys"), "/common/discovery/keys".to_owned()] {
        let (_, v1) = get(world.clone(), &path).await;
        assert_eq!(v1["keys"][0]["kid"], v2["keys"][0]["kid"]);
        assert_eq!(v1["keys"][0].get("issuer"), None);
    }
}

#[tokio::test]
async fn another_tenant_is_not_found() {
    let (status, body) =
        get(world(), "/11111111-8f0e-4c33-9d0b-2c9a4b1f7e10/v2.0/.well-known/openid-configuration").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!((&body["error"], &body["error_codes"][0]), (&"invalid_tenant".into(), &90002.into()));
    let description = body["error_description"].as_str().unwrap();
    assert!(
        description.starts_with("AADSTS90002: Tenant '11111111-8f0e-4c33-9d0b-2c9a4b1f7e10' not found."),
        "{description}"
    );
    assert!(description.contains(" Trace ID: ") && !description.contains(['\n', '"', '\\']), "{description}");
}

#[tokio::test]
async fn what_is_not_served_is_refused_by_name() {
    let (status, body) = get(world(), "/common/oauth2/authorize").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body["error_description"].as_str().unwrap().contains("GET /common/oauth2/authorize"), "{body}");
}
