//! Requests that pass, as the backend and the caller see them.

use serde_json::{Value, json};

use super::{Received, Request, Rig, seed};
use crate::journal::Service;

#[tokio::test]
async fn the_backend_sees_neither_token_nor_key() {
    let rig = Rig::start(|seed| {
        let mut operation = seed.apim.apis[0].operations[1].clone();
        (operation.id, operation.method) = ("replace".to_owned(), "PUT".to_owned());
        seed.apim.apis[0].operations.push(operation);
    })
    .await;
    let mut request = rig.request("/orders/10%2F1?expand=lines&x=%20").map(|_| "{}".to_owned());
    *request.method_mut() = http::Method::PUT;
    for (name, value) in [
        ("host", "apim-keyless.azure-api.net"),
        ("connection", "keep-alive, X-Hop"),
        ("keep-alive", "timeout=5"),
        ("x-hop", "1"),
        ("te", "trailers"),
        ("content-type", "application/json"),
        ("x-mine", "1"),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let answer = rig.send(request).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "answer"));
    let received = rig.received();
    let (parts, body) = &received[0];
    assert_eq!((parts.method.as_str(), &body[..]), ("PUT", &b"{}"[..]));
    assert_eq!(parts.uri, "/base/10%2F1?expand=lines&x=%20");
    for gone in ["authorization", "ocp-apim-subscription-key", "connection", "keep-alive", "x-hop", "te"] {
        assert!(!parts.headers.contains_key(gone), "{gone}");
    }
    assert_eq!(parts.headers["content-type"], "application/json");
    assert_eq!(parts.headers["x-mine"], "1");
    assert!(parts.headers["host"].to_str().unwrap().starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn the_caller_sees_what_the_outbound_policies_leave() {
    let rig = Rig::start(|_| {}).await;
    let answer = rig.send(rig.request("/orders")).await;
    assert_eq!(rig.received()[0].0.uri, "/base/");
    assert_eq!(answer.headers["x-kept"], "1");
    assert_eq!(answer.headers["cache-control"], "no-store");
    for gone in ["x-powered-by", "connection", "x-private"] {
        assert!(!answer.headers.contains_key(gone), "{gone}");
    }
}

#[tokio::test]
async fn the_decision_names_who_was_let_through_and_why() {
    let rig = Rig::start(|_| {}).await;
    let decision = rig.send(rig.request("/orders")).await.decision;
    assert_eq!(decision.identity.as_deref(), Some("id-keyless-caller"));
    assert_eq!(decision.audience.as_deref(), Some("d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c"));
    assert_eq!(decision.allowed_by.as_deref(), Some("subscription keyless-functions, app role Orders.Read"));
    assert_eq!(decision.reason, None);

    // The seed has no name for an unknown principal of the tenant.
    let token = rig.token(&json!({ "oid": "00000000-0000-0000-0000-000000000000" }));
    let mut request = rig.request("/orders");
    request.headers_mut().insert("Authorization", format!("Bearer {token}").parse().unwrap());
    let decision = rig.send(request).await.decision;
    assert_eq!((decision.identity, decision.reason), (None, None));
}

#[tokio::test]
async fn a_backend_that_does_not_answer_is_an_internal_error() {
    let mut seed = seed();
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    seed.apim.apis[0].backend.sample = None;
    seed.apim.apis[0].backend.url = Some(format!("http://{unused}").parse().unwrap());
    let rig = Rig::with_seed(seed, Received::default());
    let answer = rig.send(rig.request("/orders")).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.headers["content-type"], "application/json");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    let activity = body["activityId"].as_str().unwrap();
    assert_eq!(
        answer.body,
        format!("{{ \"statusCode\": 500, \"message\": \"Internal server error\", \"activityId\": \"{activity}\" }}")
    );
    assert!(activity.parse::<uuid::Uuid>().is_ok());
    let reason = answer.decision.reason.unwrap();
    assert!(reason.starts_with(&format!("BackendConnectionFailure: no answer from {unused}")), "{reason}");
    assert_eq!(answer.decision.allowed_by, None);
}

#[tokio::test]
async fn the_sample_api_answers_and_is_journaled_as_asked_by_the_gateway() {
    let rig = Rig::with_seed(seed(), Received::default());
    let list: Value = serde_json::from_str(&rig.send(rig.request("/orders")).await.body).unwrap();
    let answer = rig.send(rig.request("/orders/1002")).await;
    assert_eq!((answer.status, serde_json::from_str::<Value>(&answer.body).unwrap()), (200, list[1].clone()));
    assert_eq!(rig.send(rig.request("/orders/9999")).await.status, 404);
    let refused = Request::get("/orders").body(String::new()).unwrap();
    assert_eq!(rig.send(refused).await.status, 401);
    let entries = rig.world.journal.entries();
    let seen: Vec<_> = entries.iter().map(|entry| (entry.from, entry.service, entry.path.as_str())).collect();
    let asked = (Some(Service::ApiManagement), Service::Backend);
    assert_eq!(seen, [(asked.0, asked.1, "/"), (asked.0, asked.1, "/1002"), (asked.0, asked.1, "/9999")]);
}
