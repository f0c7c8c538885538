use crate::world::World;
use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;
use crate::{
    default_world::{bearer, identity, world_where},
    issuer,
    seed::{AppRoleAssignment, Seed},
};

const GRAPH: &str = "https://graph.microsoft.com";
const DEPLOYER: &str = "id-keyless-writer";
const READER_PRINCIPAL: &str = "c2b8d1ef-0001-4b7c-9d2e-6a3f4e5d6c7b";
const CALLER_PRINCIPAL: &str = "c2b8d1ef-0003-4b7c-9d2e-6a3f4e5d6c7b";
const ORDERS_CLIENT_ID: &str = "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c";
const ORDERS_READ: &str = "e4daf301-0001-4d9e-bf40-8c5b607f8e9d";

struct GraphAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
    decision: Decision,
}

/// Returns a world in which [`DEPLOYER`] has these app roles of Microsoft Graph.
fn world_with(roles: &[&str]) -> Arc<World> {
    world_where(|seed| give(seed, roles))
}

fn give(seed: &mut Seed, roles: &[&str]) {
    seed.app_role_assignments.extend(roles.iter().map(|role| AppRoleAssignment {
        identity: DEPLOYER.to_owned(),
        app: "Microsoft Graph".to_owned(),
        role: (*role).to_owned(),
    }));
}

fn deployers_world() -> Arc<World> {
    world_with(&["AppRoleAssignment.ReadWrite.All", "Application.Read.All"])
}

async fn send(world: &Arc<World>, method: &str, path: &str, authorization: Option<&str>, body: &str) -> GraphAnswer {
    let mut request = Request::builder().method(method).uri(format!("{ROOT}{}", path.replace(' ', "%20")));
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let request = request.header("client-request-id", "of-the-client").body(Body::from(body.to_owned())).unwrap();
    let (parts, body) = routes(world.entra.clone()).oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    GraphAnswer {
        status: parts.status,
        headers: parts.headers,
        body: if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() },
        decision: parts.extensions.get().cloned().unwrap(),
    }
}

async fn get(world: &Arc<World>, path: &str) -> GraphAnswer {
    send(world, "GET", path, Some(&bearer(world, DEPLOYER, GRAPH)), "").await
}

async fn post(world: &Arc<World>, path: &str, body: &Value) -> GraphAnswer {
    send(world, "POST", path, Some(&bearer(world, DEPLOYER, GRAPH)), &body.to_string()).await
}

fn orders(world: &World) -> Uuid {
    world.seed.app_registrations[0].principal_id()
}

fn assignment(world: &World, principal: &str) -> Value {
    json!({ "principalId": principal, "resourceId": orders(world), "appRoleId": ORDERS_READ })
}

fn assert_refused(answer: &GraphAnswer, status: u16, code: &str, message: &str) {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    let error = &answer.body["error"];
    assert_eq!((&error["code"], &error["message"]), (&json!(code), &json!(message)));
    assert_eq!(error["innerError"]["client-request-id"], "of-the-client");
    assert!(Uuid::parse_str(error["innerError"]["request-id"].as_str().unwrap()).is_ok());
    assert!(
        jiff::civil::DateTime::strptime("%Y-%m-%dT%H:%M:%S", error["innerError"]["date"].as_str().unwrap()).is_ok()
    );
    assert_eq!((answer.body.as_object().unwrap().len(), error.as_object().unwrap().len()), (1, 3));
    assert_eq!(answer.decision.reason.as_deref(), Some(message));
}

fn roles_of(world: &World, name: &str) -> Value {
    let claims = issuer::claims(&world.entra, identity(world, name), "api://orders", Timestamp::now()).ok().unwrap();
    claims.get("roles").cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_role_given_from_either_side_reaches_the_token() {
    for side in [None, Some(READER_PRINCIPAL)] {
        let world = deployers_world();
        assert_eq!(roles_of(&world, "id-keyless-reader"), Value::Null);
        let path = match side {
            None => format!("/servicePrincipals/{}/appRoleAssignedTo", orders(&world)),
            Some(principal) => format!("/servicePrincipals/{principal}/appRoleAssignments"),
        };
        let answer = post(&world, &path, &assignment(&world, READER_PRINCIPAL)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        insta::assert_json_snapshot!("a_given_role", answer.body, { ".id" => "[id]", ".createdDateTime" => "[time]" });
        assert_eq!(roles_of(&world, "id-keyless-reader"), json!(["Orders.Read"]));
        let decision = answer.decision;
        assert_eq!(decision.identity.as_deref(), Some(DEPLOYER));
        assert_eq!(decision.allowed_by.as_deref(), Some("AppRoleAssignment.ReadWrite.All, Application.Read.All"));
        assert_eq!(decision.wrote, Some(format!("{ROOT}{path}/{}", answer.body["id"].as_str().unwrap())));

        let gone = format!("{path}/{}", answer.body["id"].as_str().unwrap());
        let authorization = bearer(&world, DEPLOYER, GRAPH);
        assert_eq!(send(&world, "DELETE", &gone, Some(&authorization), "").await.status, StatusCode::NO_CONTENT);
        assert_eq!(roles_of(&world, "id-keyless-reader"), Value::Null);
        assert_eq!(send(&world, "DELETE", &gone, Some(&authorization), "").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn what_the_deployment_script_asks_is_answered() {
    let world = deployers_world();
    let api = format!("/servicePrincipals(appId='{ORDERS_CLIENT_ID}')");
    assert_eq!(get(&world, &format!("{api}?$select=id")).await.body["id"], json!(orders(&world)));
    let roles = get(&world, &format!("{}?%24select=appRoles", api.replace('\'', "%27"))).await.body;
    let role = &roles["appRoles"][0];
    assert_eq!(
        (&role["value"], &role["id"], &role["isEnabled"]),
        (&json!("Orders.Read"), &json!(ORDERS_READ), &json!(true))
    );
    assert_eq!(role["allowedMemberTypes"], json!(["Application"]));
    // The caller also has a role of the chat API.
    for (path, count) in [
        (format!("/servicePrincipals/{CALLER_PRINCIPAL}/appRoleAssignments"), 2),
        (format!("/servicePrincipals/{}/appRoleAssignedTo", orders(&world)), 1),
        (format!("{api}/appRoleAssignedTo"), 1),
    ] {
        let held = get(&world, &path).await.body["value"].as_array().unwrap().clone();
        assert_eq!(held.len(), count, "{path}");
        assert_eq!((&held[0]["appRoleId"], &held[0]["principalId"]), (&json!(ORDERS_READ), &json!(CALLER_PRINCIPAL)));
    }
}

#[tokio::test]
async fn objects_have_microsoft_graphs_shape() {
    let world = deployers_world();
    let api = get(&world, &format!("/servicePrincipals(appId='{ORDERS_CLIENT_ID}')")).await.body;
    insta::assert_json_snapshot!("a_service_principal", api);
    let application = get(&world, &format!("/applications(appId='{ORDERS_CLIENT_ID}')")).await.body;
    insta::assert_json_snapshot!("an_application", application);
    assert_ne!(api["id"], application["id"]);
    let by_id = get(&world, &format!("/applications/{}", application["id"].as_str().unwrap())).await.body;
    assert_eq!(by_id, application);
    let caller = get(&world, &format!("/servicePrincipals/{CALLER_PRINCIPAL}")).await.body;
    assert_eq!(
        (&caller["servicePrincipalType"], &caller["displayName"]),
        (&json!("ManagedIdentity"), &json!("id-keyless-caller"))
    );
}

#[tokio::test]
async fn a_filter_finds_by_name_or_client_id() {
    let world = deployers_world();
    for (path, found) in [
        (format!("/servicePrincipals?$filter=appId eq '{ORDERS_CLIENT_ID}'&$select=displayName"), vec!["orders-api"]),
        ("/servicePrincipals?$filter=displayName eq 'ID-keyless-CALLER'".to_owned(), vec!["id-keyless-caller"]),
        ("/servicePrincipals?$filter=displayName eq 'Microsoft Graph'".to_owned(), vec!["Microsoft Graph"]),
        ("/servicePrincipals?$filter=displayName eq 'it''s'".to_owned(), vec![]),
        ("/applications?$filter=displayName eq 'billing-api'".to_owned(), vec!["billing-api"]),
        ("/applications".to_owned(), vec!["orders-api", "billing-api", "chat-api"]),
    ] {
        let answer = get(&world, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        let names: Vec<_> = answer.body["value"].as_array().unwrap().iter().map(|one| &one["displayName"]).collect();
        assert_eq!(names, found, "{path}");
    }
}

#[tokio::test]
async fn a_role_is_given_once() {
    let world = deployers_world();
    let path = format!("/servicePrincipals/{}/appRoleAssignedTo", orders(&world));
    let again = post(&world, &path, &assignment(&world, CALLER_PRINCIPAL)).await;
    assert_refused(&again, 400, "Request_BadRequest", "Permission being assigned already exists on the object");
}

#[tokio::test]
async fn an_assignment_that_makes_no_sense_is_refused() {
    let world = deployers_world();
    let path = format!("/servicePrincipals/{}/appRoleAssignedTo", orders(&world));
    let nobody = "11111111-0001-4b7c-9d2e-6a3f4e5d6c7b";
    let with = |member: &str, value: Value| {
        let mut body = assignment(&world, READER_PRINCIPAL);
        body[member] = value;
        body
    };
    let missing =
        format!("Resource '{nobody}' does not exist or one of its queried reference-property objects are not present.");
    for (body, status, code, message) in [
        (
            with("appRoleId", json!(nobody)),
            400,
            "Request_BadRequest",
            "Permission being assigned was not found on application.",
        ),
        (with("principalId", json!(nobody)), 404, "Request_ResourceNotFound", missing.as_str()),
        (with("resourceId", json!(READER_PRINCIPAL)), 400, "Request_BadRequest", "Not a valid reference update."),
        (with("principalId", json!(5)), 400, "Request_BadRequest", "principalId is missing or is not an ID"),
        (with("colour", json!("red")), 400, "BadRequest", "local-azure does not understand the member colour"),
        (json!([]), 400, "BadRequest", "the request body is not a JSON object"),
    ] {
        assert_refused(&post(&world, &path, &body).await, status, code, message);
    }
    assert_eq!(roles_of(&world, "id-keyless-reader"), Value::Null);
}

#[tokio::test]
async fn a_client_id_is_not_an_object_id() {
    let world = deployers_world();
    let answer = get(&world, &format!("/servicePrincipals/{ORDERS_CLIENT_ID}")).await;
    let message = format!(
        "Resource '{ORDERS_CLIENT_ID}' does not exist or one of its queried reference-property objects are not present."
    );
    assert_refused(&answer, 404, "Request_ResourceNotFound", &message);
}

#[tokio::test]
async fn without_the_app_roles_nothing_is_done() {
    const DENIED: &str = "Insufficient privileges to complete the operation.";
    for roles in [&[][..], &["Application.Read.All"], &["AppRoleAssignment.ReadWrite.All"]] {
        let world = world_with(roles);
        let path = format!("/servicePrincipals/{}/appRoleAssignedTo", orders(&world));
        let answer = post(&world, &path, &assignment(&world, READER_PRINCIPAL)).await;
        assert_refused(&answer, 403, "Authorization_RequestDenied", DENIED);
        assert_eq!(answer.decision.identity.as_deref(), Some(DEPLOYER));
        assert_eq!(roles_of(&world, "id-keyless-reader"), Value::Null);
        if roles != ["Application.Read.All"] {
            assert_refused(&get(&world, "/servicePrincipals").await, 403, "Authorization_RequestDenied", DENIED);
        }
    }
}

#[tokio::test]
async fn a_token_for_another_service_or_none_is_refused() {
    let world = deployers_world();
    let sound = bearer(&world, DEPLOYER, GRAPH);
    let vault = bearer(&world, DEPLOYER, "https://vault.azure.net");
    let forged = format!("{}A", &sound[..sound.len() - 1]);
    let forged = if forged == sound { format!("{}Q", &sound[..sound.len() - 1]) } else { forged };
    for (authorization, message) in [
        (None, "Access token is empty."),
        (Some("Bearer x"), "CompactToken parsing failed with error code: 80049217"),
        (Some(vault.as_str()), "Access token validation failure. Invalid audience."),
        (Some(forged.as_str()), "Access token validation failure. Invalid signature."),
    ] {
        let answer = send(&world, "GET", "/servicePrincipals", authorization, "").await;
        assert_refused(&answer, 401, "InvalidAuthenticationToken", message);
        assert!(
            answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer realm=\"\", authorization_uri=")
        );
    }
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_name() {
    let world = deployers_world();
    for (path, code, part) in [
        ("/users", "BadRequest", "does not serve /v1.0/users"),
        ("/servicePrincipals(name='x')", "BadRequest", "does not serve /v1.0/servicePrincipals(name='x')"),
        ("/servicePrincipals?$top=5", "Request_UnsupportedQuery", "the query option $top"),
        ("/servicePrincipals?$expand=a", "Request_UnsupportedQuery", "the query option $expand"),
        ("/servicePrincipals?$filter=startswith(displayName,'a')", "Request_UnsupportedQuery", "$filter=startswith"),
        ("/servicePrincipals?$filter=appId eq 'a' or appId eq 'b'", "Request_UnsupportedQuery", "$filter=appId eq"),
        ("/servicePrincipals?$filter=tags eq 'a'", "Request_UnsupportedQuery", "by tags"),
        ("/servicePrincipals?$select=colour", "BadRequest", "no property 'colour'"),
    ] {
        let answer = get(&world, path).await;
        let error = &answer.body["error"];
        assert_eq!((answer.status, &error["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{path}");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
    let answer = post(&world, "/applications", &json!({})).await;
    assert!(answer.decision.reason.unwrap().contains("POST /v1.0/applications"));
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_path_and_query_are_read_or_refused(
        path in "(/v1\\.0/)?(servicePrincipals|applications)?[(/a-zA-Z0-9'=)%-]{0,40}",
        query in "([$](select|filter|top)=)?[ -~]{0,40}",
    ) {
        if let Ok(path) = Path::parse(&path) {
            prop_assert!(path.text.starts_with("/v1.0/"));
        }
        if let Ok(query) = Query::parse(&query) {
            let _ = query.admits(&json!({ "id": "x" }), Collection::Applications);
            let _ = query.select(json!({ "id": "x" }), Collection::Applications);
        }
    }
}
