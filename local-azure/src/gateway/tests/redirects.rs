//! A backend's redirects, which `forward-request` may follow: only to hosts that exist here.

use axum::{Router, response::Redirect, routing::any};

use super::{GatewayAnswer, Rig};

/// Calls the orders API, whose backend redirects to this place, and returns the answer.
async fn call(attribute: &str, place: &'static str) -> GatewayAnswer {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let backend = Router::new()
        .route("/", any(async move || Redirect::temporary(place)))
        .route("/moved", any(async |body: String| format!("moved: {body}")));
    tokio::spawn(async move { axum::serve(listener, backend).await });
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("apis")).unwrap();
    let document = format!(
        "<policies><inbound /><backend><forward-request {attribute} /></backend><outbound /><on-error /></policies>"
    );
    std::fs::write(folder.path().join("apis/orders.xml"), document).unwrap();
    let rig = Rig::start(|seed| {
        seed.apim.policies = folder.path().to_owned();
        seed.apim.apis[0].backend.url = Some(url.parse().unwrap());
    })
    .await;
    rig.send(rig.request("/orders").map(|_| "body".to_owned())).await
}

#[tokio::test]
async fn they_are_followed_when_the_policy_says_so() {
    let answer = call("follow-redirects=\"true\"", "/moved").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "moved: body"));
    let answer = call("", "/moved").await;
    assert_eq!((answer.status, answer.headers["location"].as_bytes()), (307, &b"/moved"[..]));
}

#[tokio::test]
async fn they_do_not_lead_out() {
    let answer = call("follow-redirects=\"true\"", "https://example.com/").await;
    assert_eq!(answer.status, 500);
    let reason = answer.decision.reason.unwrap();
    assert!(reason.starts_with("BackendConnectionFailure: the host \"example.com\" is not in the seed"), "{reason}");
}
