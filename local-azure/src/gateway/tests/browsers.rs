//! Preflight requests of browsers, and callers that exceed a limit.

use super::{GatewayAnswer, Request, Rig};
use crate::seed::{Operation, Seed};

const CORS: &str = "<cors><allowed-origins><origin>https://shop.test</origin></allowed-origins><allowed-methods>\
    <method>GET</method><method>PUT</method></allowed-methods><allowed-headers><header>*</header></allowed-headers></cors>";

async fn start(files: &[(&str, &str)], change: impl FnOnce(&mut Seed)) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    for (file, policy) in files {
        std::fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
        let document = format!(
            "<policies><inbound><base />{policy}</inbound><backend><base /></backend><outbound><base /></outbound>\
             <on-error><base /></on-error></policies>"
        );
        std::fs::write(folder.path().join(file), document).unwrap();
    }
    Rig::start(|seed| {
        seed.apim.policies = folder.path().to_owned();
        change(seed);
    })
    .await
}

async fn preflight(rig: &Rig, path: &str, method: &str) -> GatewayAnswer {
    let request =
        Request::options(path).header("origin", "https://shop.test").header("access-control-request-method", method);
    rig.send(request.body(String::new()).unwrap()).await
}

#[tokio::test]
async fn a_browser_is_answered_before_keys_and_tokens_are_looked_at() {
    let rig = start(&[("apis/orders.xml", &format!("{CORS}<validate-jwt header-name=\"x\" />"))], |_| {}).await;
    let answer = preflight(&rig, "/orders/5", "GET").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(answer.headers["access-control-allow-origin"], "https://shop.test");
    assert_eq!(answer.headers["access-control-allow-methods"], "GET");
    // No operation has this method, but the API's policy allows it.
    assert_eq!(preflight(&rig, "/orders/5", "PUT").await.headers["access-control-allow-methods"], "PUT");
    assert!(!preflight(&rig, "/orders/5", "DELETE").await.headers.contains_key("access-control-allow-origin"));
    let plain = rig.send(Request::options("/orders").body(String::new()).unwrap()).await;
    assert_eq!(
        (plain.status, plain.body.as_str()),
        (404, "{ \"statusCode\": 404, \"message\": \"Resource not found\" }")
    );
    assert_eq!(preflight(&rig, "/none", "GET").await.status, 404);
    assert!(rig.received().is_empty());
}

#[tokio::test]
async fn without_the_policy_or_with_an_operation_of_its_own_a_question_is_a_request() {
    let rig = start(&[], |_| {}).await;
    assert_eq!(preflight(&rig, "/orders", "GET").await.status, 404);
    let own = Operation {
        id: "ask".to_owned(),
        method: "OPTIONS".to_owned(),
        template: "/".to_owned(),
        ..Operation::default()
    };
    let rig = start(&[("apis/orders.xml", CORS)], |seed| seed.apim.apis[0].operations.push(own)).await;
    assert_eq!(preflight(&rig, "/orders", "GET").await.status, 401);
}

#[tokio::test]
async fn a_products_policy_answers_only_when_the_key_is_in_the_query() {
    let rig = start(&[("products/internal.xml", CORS)], |_| {}).await;
    assert_eq!(preflight(&rig, "/orders", "GET").await.status, 404);
    let answer = preflight(&rig, &format!("/orders?subscription-key={}", rig.key()), "GET").await;
    assert_eq!(answer.headers["access-control-allow-origin"], "https://shop.test");
}

#[tokio::test]
async fn limits_hold_across_requests_and_know_the_subscription() {
    let policy = "<rate-limit calls=\"1\" renewal-period=\"300\" /><set-header name=\"x-key\"><value>@(context.Subscription.Key\
         == context.Subscription.PrimaryKey ? \"primary\" : \"other\")</value></set-header>";
    let rig = start(&[("products/internal.xml", policy)], |_| {}).await;
    let send = async || {
        let request = Request::get("/orders").header("Ocp-Apim-Subscription-Key", rig.key());
        rig.send(request.body(String::new()).unwrap()).await
    };
    assert_eq!(send().await.status, 200);
    assert_eq!(rig.received()[0].0.headers["x-key"], "primary");
    let refused = send().await;
    assert_eq!(refused.status, 429);
    let seconds = refused.headers["retry-after"].to_str().unwrap();
    let body =
        format!("{{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in {seconds} seconds.\" }}");
    assert_eq!(refused.body, body);
    assert_eq!(refused.decision.reason.as_deref(), Some("RateLimitExceeded: Rate limit is exceeded"));
}
