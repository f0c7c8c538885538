//! Callers that get no token from the credential manager, and the gateway's answers to them.

use http::HeaderName;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{JWT, NAMES, Running, connected, connection, document};
use crate::{gateway::tests::findings, issuer::SignWith, journal::Service, seed::Seed};

#[tokio::test]
async fn a_token_that_any_azure_service_would_refuse_is_refused() {
    let running = Running::start(&format!("{NAMES} {JWT}"), |_| {}).await;
    let now = Timestamp::now().as_second();
    let signed = |changes: &serde_json::Value| running.changed(changes, SignWith::Active);
    let good = signed(&json!({}));
    assert_eq!(running.call(&good).await.status, 200);
    running.sent();
    let tenant = running.azure.world().seed.tenant.id;
    for (token, why) in [
        (running.token("id-keyless-caller", "https://vault.azure.net"), "the token is for https://vault.azure.net"),
        (running.token("id-keyless-caller", "api://orders"), "the token is for d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c"),
        (signed(&json!({ "exp": now })), "the token is expired"),
        (signed(&json!({ "nbf": now + 600 })), "the token is not valid yet"),
        (running.changed(&json!({}), SignWith::Unpublished), "the token's signature is wrong"),
        (signed(&json!({ "oid": null })), "the token is not a JWT with the claims of an access token"),
        (format!("{}.", good.rsplit_once('.').unwrap().0), "the token's signature is wrong"),
        ("nonsense".to_owned(), "the token is not a JWT with the claims of an access token"),
        (String::new(), "the token is not a JWT with the claims of an access token"),
    ] {
        assert_eq!(running.refusal(&token).await, format!("Bad authorization token: {why}"));
    }
    let issuer = signed(&json!({ "iss": "https://sts.example/" }));
    assert_eq!(
        running.refusal(&issuer).await,
        format!(
            "Bad authorization token: the token is from https://sts.example/, not from https://sts.windows.net/{tenant}/"
        )
    );
}

#[tokio::test]
async fn whom_no_access_policy_names_gets_500_and_on_error_sees_why() {
    let running = Running::start(NAMES, |seed| connection(seed).access = vec!["id-keyless-caller".to_owned()]).await;
    let answer = running.call("").await;
    assert_eq!(answer.status, 500);
    let mut names: Vec<_> = answer.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["content-length", "content-type", "x-error"]);
    assert_eq!(answer.headers["content-type"], "application/json");
    let id = answer.body.rsplit('"').nth(1).unwrap();
    assert_eq!(
        answer.body,
        format!("{{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"{id}\" }}")
    );
    assert!(Uuid::parse_str(id).is_ok(), "{id}");
    let why = "Permission denied: \"apim\" is in no access policy of the connection \"orders-connection\"";
    assert_eq!(answer.headers["x-error"], format!("get-authorization-context||{why}"));
    assert_eq!(answer.entry.decision.reason.as_deref(), Some(why));
    assert_eq!(running.sent(), [""; 0]);
    assert!(running.entries(Service::Entra).iter().all(|entry| entry.method != "POST"));
}

#[tokio::test]
async fn a_failure_that_is_to_be_ignored_leaves_no_token() {
    let running =
        Running::start(&format!("{NAMES} ignore-error=\"true\""), |seed| connection(seed).access.clear()).await;
    let answer = running.call("the caller's").await;
    assert_eq!((answer.status, answer.entry.decision.reason), (200, None));
    assert_eq!(running.sent(), ["Bearer"]);
}

#[tokio::test]
async fn a_service_without_an_identity_has_none_to_show() {
    let running = Running::start(NAMES, |seed| seed.apim.identities.clear()).await;
    assert_eq!(running.refusal("").await, "the API Management service has no system-assigned identity");
}

type Change = fn(&mut Seed);

#[tokio::test]
async fn what_entra_refuses_the_client_is_told() {
    let expired = |seed: &mut Seed| {
        seed.app_registrations.last_mut().unwrap().secrets[0].expires = Some(Timestamp::UNIX_EPOCH);
    };
    let unknown = |seed: &mut Seed| seed.apim.credential_providers[0].resource = "api://none".to_owned();
    let unassigned = |seed: &mut Seed| {
        seed.app_registrations[0].assignment_required = true;
        seed.app_role_assignments.pop();
    };
    let cases: [(Change, &str); 3] = [
        (
            expired,
            "401 Unauthorized: AADSTS7000222: The provided client secret keys for app '00000000-0000-0000-0000-000000000097' \
             are expired. ",
        ),
        (
            unknown,
            "400 Bad Request: AADSTS500011: The resource principal named api://none was not found in the tenant ",
        ),
        (
            unassigned,
            "400 Bad Request: AADSTS501051: Application '00000000-0000-0000-0000-000000000097'(gateway-client) is not \
             assigned to a role for the application ",
        ),
    ];
    for (change, answered) in cases {
        let running = Running::start(NAMES, change).await;
        let why = running.refusal("").await;
        let expected = format!("the token endpoint of the credential provider \"orders-provider\" answered {answered}");
        assert!(why.starts_with(&expected), "{why}");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_does_not_answer_is_asked_again_by_the_next_request() {
    let running = Running::start(NAMES, |_| {}).await;
    let network = &running.azure.world().network;
    network.cut_off("login.microsoftonline.com");
    assert_eq!(
        running.refusal("").await,
        "the token endpoint does not answer: the host \"login.microsoftonline.com\" is cut off"
    );
    network.reconnect("login.microsoftonline.com");
    assert_eq!(running.call("").await.status, 200);
}

#[tokio::test]
async fn names_from_expressions_are_looked_up_for_each_request() {
    let from_header = |name: &str| format!("\"@(context.Request.Headers[\"Authorization\"][0].Split(' ')[{name}])\"");
    let attributes = format!(
        "provider-id={} authorization-id={} context-variable-name=\"auth\"",
        from_header("1"),
        from_header("2")
    );
    let running = Running::start(&attributes, |_| {}).await;
    assert_eq!(running.call("orders-provider orders-connection").await.status, 200);
    running.sent();
    assert_eq!(
        running.refusal("other orders-connection").await,
        "the API Management service has no credential provider \"other\""
    );
    assert_eq!(
        running.refusal("orders-provider other").await,
        "the credential provider \"orders-provider\" has no connection \"other\""
    );
}

#[test]
fn a_document_that_names_what_the_seed_does_not_have_is_refused() {
    let refused = |attributes: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("apis")).unwrap();
        std::fs::write(folder.path().join("apis/orders.xml"), document(attributes)).unwrap();
        let mut seed = connected();
        seed.apim.policies = folder.path().to_owned();
        findings(seed).join("\n")
    };
    for (from, to, part) in [
        (
            "orders-provider",
            "other",
            "orders.xml:1:55: Azure refuses this: the attribute \"provider-id\" of <get-authorization-context> must be a credential provider \
             of the service",
        ),
        (
            "orders-connection",
            "other",
            "orders.xml:1:85: Azure refuses this: the attribute \"authorization-id\" of <get-authorization-context> must be a connection of \
             the credential provider",
        ),
    ] {
        let error = refused(&NAMES.replace(from, to));
        assert!(error.ends_with(part), "{error}");
    }
}
