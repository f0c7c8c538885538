//! `ready`: it shows an operator the state of each link, and shows no secret.

use local_azure::journal::Service;
use serde_json::Value;

use crate::rig::{Rig, plain_get};

async fn ready(rig: &Rig) -> (u16, Value) {
    let answer = plain_get(rig.url("/api/ready")).await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn each_service_is_tried_as_its_own_identity() {
    let rig = Rig::start().await;
    let (status, body) = ready(&rig).await;
    assert_eq!((status, &body["ready"]), (200, &Value::Bool(true)), "{body}");
    insta::assert_json_snapshot!(body, {
        ".checks[].milliseconds" => "[milliseconds]", ".checks[].identity.expiresOn" => "[time]",
    });
    assert!(!body.to_string().contains("eyJ"), "a token is shown");
}

#[tokio::test]
async fn a_broken_link_is_named_and_the_others_are_still_tried() {
    let rig = Rig::with(|seed| local_azure::broken_link::Link::AppRole.spoil(seed)).await;
    let (status, body) = ready(&rig).await;
    assert_eq!((status, &body["ready"]), (502, &Value::Bool(false)), "{body}");
    let ready: Vec<_> = body["checks"].as_array().unwrap().iter().map(|check| check["ready"].as_bool()).collect();
    assert_eq!(ready, [Some(true), Some(true), Some(false)]);
    assert_eq!(body["checks"][2]["identity"]["roles"], Value::Array(Vec::new()), "the token has no role");
    assert!(body["checks"][2]["problem"].as_str().unwrap().contains("app role"), "{body}");
}

/// Each call of a model costs money.
#[tokio::test]
async fn no_model_is_asked() {
    let rig = Rig::start().await;
    assert_eq!(ready(&rig).await.0, 200);
    let entries = rig.azure.journal().entries();
    assert!(entries.iter().any(|entry| entry.service == Service::ApiManagement), "the gateway is asked");
    let chat: Vec<_> = entries
        .iter()
        .filter(|entry| entry.service == Service::ModelAccount || entry.path.contains("openai"))
        .collect();
    assert!(chat.is_empty(), "{chat:?}");
}
