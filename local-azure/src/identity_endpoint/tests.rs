mod cache;
mod errors;
mod imds;
mod load;

use crate::world::World;
use std::sync::Arc;

use axum::{Router, body::Body};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::app_service::routes;
use super::*;
use crate::{
    access_token,
    default_world::{world, world_where},
    journal::Decision,
    seed::IdentityKind,
};

const READER: &str = "b1a7c0de-0001-4a6b-8c1d-5f2e3d4c5b6a";
const READER_PRINCIPAL: &str = "c2b8d1ef-0001-4b7c-9d2e-6a3f4e5d6c7b";
const UNKNOWN_IDENTITY: &str =
    "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";

struct EndpointAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
    decision: Decision,
}

impl EndpointAnswer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Returns the accepted values of each demand in the journal, and whether it was met.
fn demanded(answer: &EndpointAnswer) -> Vec<String> {
    let demands = answer.decision.demanded.iter();
    demands.map(|demand| format!("{}: {}", demand.accepted.join(" or "), demand.met.unwrap())).collect()
}

async fn send(world: Arc<World>, request: http::request::Builder) -> EndpointAnswer {
    send_to(routes(world.entra.clone(), crate::run_secret::RunSecret::from_text("the-header")), request).await
}

async fn send_to(routes: Router, request: http::request::Builder) -> EndpointAnswer {
    let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    EndpointAnswer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        decision: parts.extensions.get().cloned().unwrap(),
    }
}

async fn get(world: Arc<World>, query: &str) -> EndpointAnswer {
    send(world, http::Request::get(format!("/msi/token?{query}")).header("X-IDENTITY-HEADER", "the-header")).await
}

fn assert_refused(answer: &EndpointAnswer, status: u16, message: &str) {
    assert_eq!(answer.status.as_u16(), status);
    let body = answer.json();
    assert_eq!((&body["statusCode"], &body["message"]), (&json!(status), &json!(message)));
    assert!(Uuid::parse_str(body["correlationId"].as_str().unwrap()).is_ok());
    assert_eq!(body.as_object().unwrap().len(), 3);
    assert_eq!(answer.decision.reason.as_deref(), Some(message));
}

#[tokio::test]
async fn a_user_assigned_identity_gets_a_token_of_strings() {
    let world = world();
    let query = format!("api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net&client_id={READER}");
    let answer = get(world.clone(), &query).await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    insta::assert_json_snapshot!(body, {
        ".access_token" => "[token]", ".expires_on" => "[seconds]", ".not_before" => "[seconds]"
    });
    let seconds = |name: &str| body[name].as_str().unwrap().parse::<i64>().unwrap();
    assert_eq!(seconds("expires_on") - seconds("not_before"), 86_700);
    let mut headers = HeaderMap::new();
    let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
    headers.insert("authorization", bearer.parse().unwrap());
    let caller =
        access_token::verify(&world.entra, &headers, &["https://vault.azure.net"], Timestamp::now()).ok().unwrap();
    assert_eq!(caller.identity.as_deref(), Some("id-keyless-reader"));
    assert_eq!(answer.decision.identity.as_deref(), Some("id-keyless-reader"));
    assert_eq!(answer.decision.audience.as_deref(), Some("https://vault.azure.net"));
}

#[tokio::test]
async fn every_spelling_of_a_request_is_understood() {
    let resource_id = "/subscriptions/0D5B9A1E-3C47-4f0e-b6a2-7e1f9c2d8a34/resourceGroups/rg-keyless/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-keyless-reader";
    for identity in [
        format!("client_id={}", READER.to_uppercase()),
        format!("object_id={READER_PRINCIPAL}"),
        format!("principal_id={READER_PRINCIPAL}"),
        format!("mi_res_id={resource_id}"),
    ] {
        let query = format!("resource=https://vault.azure.net&{identity}&api-version=2019-08-01");
        let answer = get(world(), &query).await;
        assert_eq!(answer.status, StatusCode::OK, "{identity}: {}", answer.body);
        assert_eq!(answer.json()["client_id"], READER);
    }
    let path = format!("/MSI/token/?api-version=2019-08-01&resource=api%3A%2F%2Forders&client_id={READER}");
    let answer = send(world(), http::Request::get(path).header("x-identity-header", "the-header")).await;
    assert_eq!(answer.json()["resource"], "api://orders");
}

#[tokio::test]
async fn without_a_name_only_a_system_assigned_identity_answers() {
    let query = "api-version=2019-08-01&resource=https://vault.azure.net";
    let user_assigned_only = world_where(|seed| seed.function_app.identities.truncate(1));
    assert_refused(&get(user_assigned_only, query).await, 400, "Unable to load the proper Managed Identity.");
    let with_system_assigned = world_where(|seed| seed.identities[0].kind = IdentityKind::SystemAssigned);
    let answer = get(with_system_assigned.clone(), query).await;
    assert_eq!(answer.json()["client_id"], READER);
    assert_refused(&get(with_system_assigned, &format!("{query}&client_id={READER}")).await, 400, UNKNOWN_IDENTITY);
}

#[tokio::test]
async fn an_identity_that_the_function_app_does_not_carry_is_unknown() {
    let query = "api-version=2019-08-01&resource=https://vault.azure.net&client_id=";
    let world = world_where(|seed| seed.function_app.identities.retain(|name| name != "id-keyless-reader"));
    assert_refused(&get(world.clone(), &format!("{query}{READER}")).await, 400, UNKNOWN_IDENTITY);
    for id in [READER_PRINCIPAL, "", "nobody"] {
        assert_refused(&get(world.clone(), &format!("{query}{id}")).await, 400, UNKNOWN_IDENTITY);
    }
}

#[tokio::test]
async fn a_resource_without_a_token_is_azures_vague_500() {
    const MESSAGE: &str = "An unexpected error occured while fetching the AAD Token.";
    let query = format!("api-version=2019-08-01&client_id={READER}&resource=");
    let answer = get(world(), &format!("{query}api://nobody")).await;
    assert_refused(&answer, 500, MESSAGE);
    assert_eq!(answer.decision.audience.as_deref(), Some("api://nobody"));
    let world = world_where(|seed| seed.app_registrations[0].assignment_required = true);
    assert_refused(&get(world, &format!("{query}api://orders")).await, 500, MESSAGE);
}

#[tokio::test]
async fn the_header_must_be_the_one_handed_out() {
    let path = format!("/msi/token?api-version=2019-08-01&resource=https://vault.azure.net&client_id={READER}");
    let no_header = http::Request::get(&path);
    let wrong = http::Request::get(&path).header("x-identity-header", "another");
    let two = http::Request::get(&path).header("x-identity-header", "the-header").header("x-identity-header", "b");
    for request in [no_header, wrong, two] {
        let answer = send(world(), request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert_eq!(answer.body, "the header X-IDENTITY-HEADER is missing or is not the value of IDENTITY_HEADER");
        assert_eq!(answer.decision.reason, Some(answer.body));
    }
}

#[tokio::test]
async fn a_query_that_is_not_understood_is_refused_by_name() {
    for (query, part) in [
        ("resource=https://vault.azure.net", "api-version is missing"),
        ("resource=https://vault.azure.net&api-version=2025-01-01", "api-version 2025-01-01 is not supported"),
        ("api-version=2019-08-01", "resource is missing"),
        ("api-version=2019-08-01&resource=", "resource is missing"),
        ("api-version=2019-08-01&resource=a&clientid=b", "the query parameter clientid is not known"),
        ("api-version=2019-08-01&resource=a&msi_res_id=b", "the query parameter msi_res_id is not known"),
        ("api-version=2019-08-01&resource=a&client_id=b&object_id=c", "object_id is one name too many"),
        ("api-version=2019-08-01&resource=a&resource=b", "resource is given twice"),
    ] {
        let answer = get(world(), query).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(part), "{message}");
    }
}

#[tokio::test]
async fn another_path_or_method_is_refused_by_name() {
    for (method, path) in [("GET", "/metadata/identity/oauth2/token"), ("POST", "/msi/token")] {
        let request = http::Request::builder().method(method).uri(path).header("x-identity-header", "the-header");
        let answer = send(world(), request).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.decision.reason.unwrap().ends_with(&format!("not {method} {path}")));
    }
}
