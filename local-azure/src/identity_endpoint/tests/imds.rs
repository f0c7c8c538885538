//! The endpoint of virtual machines.

use super::*;
use crate::world::World;

const VAULT: &str = "api-version=2018-02-01&resource=https://vault.azure.net";
const PATH: &str = "/metadata/identity/oauth2/token";

async fn get_imds(world: Arc<World>, path: &str, query: &str) -> EndpointAnswer {
    let request = http::Request::get(format!("{path}?{query}")).header("Metadata", "true");
    send_to(imds_routes(world.entra.clone()), request).await
}

fn one_identity() -> Arc<World> {
    world_where(|seed| seed.function_app.identities.truncate(1))
}

#[tokio::test]
async fn every_member_of_an_answer_is_a_string() {
    for (path, version) in [(PATH, "2018-02-01"), ("/metadata/identity/oauth2/token/", "2019-08-01")] {
        let query = format!("api-version={version}&resource=https%3A%2F%2Fvault.azure.net&client_id={READER}");
        let answer = get_imds(world(), path, &query).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let body = answer.json();
        let members = body.as_object().unwrap();
        assert!(members.values().all(Value::is_string), "{:?}", members.keys());
        let names: Vec<_> = members.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "access_token",
                "client_id",
                "expires_in",
                "expires_on",
                "ext_expires_in",
                "not_before",
                "refresh_token",
                "resource",
                "token_type"
            ]
        );
        assert_eq!((&body["refresh_token"], &body["token_type"]), (&json!(""), &json!("Bearer")));
        let seconds = |name: &str| body[name].as_str().unwrap().parse::<i64>().unwrap();
        assert!((86_690..=86_700).contains(&seconds("expires_in")));
        assert_eq!(seconds("expires_on") - seconds("not_before"), 86_700);
        assert_eq!(answer.decision.identity.as_deref(), Some("id-keyless-reader"));
    }
}

#[tokio::test]
async fn each_name_of_an_identity_is_understood() {
    let resource_id = "/subscriptions/0d5b9a1e-3c47-4f0e-b6a2-7e1f9c2d8a34/resourceGroups/rg-keyless/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-keyless-reader";
    for name in
        [format!("client_id={READER}"), format!("object_id={READER_PRINCIPAL}"), format!("msi_res_id={resource_id}")]
    {
        let answer = get_imds(world(), PATH, &format!("{VAULT}&{name}")).await;
        assert_eq!(answer.json()["client_id"], READER, "{name}");
    }
}

#[tokio::test]
async fn without_a_name_the_system_assigned_or_the_only_identity_answers() {
    assert_eq!(get_imds(one_identity(), PATH, VAULT).await.json()["client_id"], READER);
    let system_assigned = world_where(|seed| seed.identities[0].kind = IdentityKind::SystemAssigned);
    assert_eq!(get_imds(system_assigned, PATH, VAULT).await.json()["client_id"], READER);
}

#[tokio::test]
async fn each_refusal_has_its_status_and_words() {
    let reader = format!("{VAULT}&client_id={READER}");
    for (world, query, description) in [
        (world(), format!("{VAULT}&client_id=11111111-0001-4a6b-8c1d-5f2e3d4c5b6a"), "Identity not found"),
        (world_where(|seed| seed.function_app.identities.clear()), VAULT.to_owned(), "Identity not found"),
        (
            world(),
            VAULT.to_owned(),
            "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
        ),
        (world(), "api-version=2018-02-01".to_owned(), "Required query variable 'resource' is missing"),
        (world(), "resource=https://vault.azure.net".to_owned(), "Required query variable 'api-version' is missing"),
        (world(), format!("{reader}&mi_res_id=x"), "the query parameter mi_res_id is not known"),
        (world(), reader.replace("2018-02-01", "2017-08-01"), "api-version 2017-08-01 is not supported"),
    ] {
        let answer = get_imds(world, PATH, &query).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.json(), json!({ "error": "invalid_request", "error_description": description }), "{query}");
        assert!(answer.headers["server"].to_str().unwrap().starts_with("IMDS/150"));
        assert_eq!(answer.decision.reason.as_deref(), Some(description));
    }
}

#[tokio::test]
async fn a_request_without_the_header_is_a_probe() {
    for value in [None, Some("false"), Some("True")] {
        let mut request = http::Request::get(format!("{PATH}?{VAULT}&client_id={READER}"));
        if let Some(value) = value {
            request = request.header("Metadata", value);
        }
        let answer = send_to(imds_routes(world().entra.clone()), request).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let expected =
            json!({ "error": "bad_request_102", "error_description": "Required metadata header not specified" });
        assert_eq!(answer.json(), expected);
        assert_eq!(demanded(&answer), ["Metadata: true: false"]);
    }
}

#[tokio::test]
async fn a_request_that_came_through_a_proxy_is_refused() {
    let request = http::Request::get(format!("{PATH}?{VAULT}&client_id={READER}")).header("Metadata", "true");
    let answer = send_to(imds_routes(world().entra.clone()), request.header("X-Forwarded-For", "10.0.0.1")).await;
    assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
    assert!(answer.decision.reason.unwrap().contains("X-Forwarded-For"));
}

#[tokio::test]
async fn what_was_demanded_is_the_header_and_an_identity_that_the_machine_carries() {
    let world = one_identity();
    let known = get_imds(world.clone(), PATH, VAULT).await;
    assert_eq!(demanded(&known), ["Metadata: true: true", "id-keyless-reader: true"]);
    let unknown = format!("{VAULT}&client_id=11111111-0001-4a6b-8c1d-5f2e3d4c5b6a");
    let unknown = get_imds(world, PATH, &unknown).await;
    assert_eq!(demanded(&unknown), ["Metadata: true: true", "id-keyless-reader: false"]);
}

#[tokio::test]
async fn entras_refusal_is_passed_on_whole() {
    let world = world_where(|seed| seed.app_registrations[0].assignment_required = true);
    for (resource, error, code) in
        [("api://nobody", "invalid_resource", 500_011), ("api://orders", "invalid_grant", 501_051)]
    {
        let query = format!("api-version=2018-02-01&resource={resource}&client_id={READER}");
        let answer = get_imds(world.clone(), PATH, &query).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let body = answer.json();
        assert_eq!((&body["error"], &body["error_codes"]), (&json!(error), &json!([code])));
        assert!(body["error_description"].as_str().unwrap().starts_with(&format!("AADSTS{code}: ")));
    }
}
