//! Subscription keys: the APIs that each key opens, and the policies that then apply.

use std::path::Path;

use super::{GatewayAnswer, Request, Rig};
use crate::seed::{ApimSubscription, Product, Seed, SubscriptionScope, SubscriptionState};

/// Writes policies that let every request through, and say which product's document ran.
fn marked_policies(folder: &Path) {
    for (file, section) in [
        ("products/internal.xml", "<set-header name=\"x-product\"><value>internal</value></set-header>"),
        ("products/open.xml", "<set-header name=\"x-product\"><value>open</value></set-header>"),
        ("operations/orders.get-order.xml", "<set-header name=\"x-operation\"><value>get-order</value></set-header>"),
    ] {
        std::fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        let document = format!(
            "<policies><inbound><base /></inbound><backend><base /></backend><outbound><base />{section}</outbound>\
             <on-error><base /></on-error></policies>"
        );
        std::fs::write(folder.join(file), document).unwrap();
    }
}

/// Starts a gateway with those policies, and with subscriptions for everything, the API and the product.
async fn start(change: impl FnOnce(&mut Seed)) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    marked_policies(folder.path());
    Rig::start(|seed| {
        seed.apim.policies = folder.path().to_owned();
        for (name, api) in [("all", None), ("orders-only", Some("orders"))] {
            seed.apim.subscriptions.push(ApimSubscription {
                name: name.to_owned(),
                scope: SubscriptionScope { product: None, api: api.map(str::to_owned) },
                state: SubscriptionState::Active,
            });
        }
        let open = Product { id: "open".to_owned(), apis: Vec::new(), subscription_required: false };
        seed.apim.products.push(open);
        change(seed);
    })
    .await
}

fn open_orders(seed: &mut Seed) {
    let open = seed.apim.products.iter_mut().find(|product| product.id == "open").unwrap();
    open.apis.push("orders".to_owned());
}

async fn get(rig: &Rig, path: &str, headers: &[(&'static str, &str)]) -> GatewayAnswer {
    let mut request = Request::get(path).body(String::new()).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    rig.send(request).await
}

const HEADER: &str = "Ocp-Apim-Subscription-Key";

/// Returns `allowed_by` and the product whose policies ran, or the status of a refusal.
fn outcome(answer: &GatewayAnswer) -> String {
    let product = answer.headers.get("x-product").map_or("-", |value| value.to_str().unwrap());
    match &answer.decision.allowed_by {
        Some(reason) => format!("{reason} / {product}"),
        None => answer.status.to_string(),
    }
}

async fn with(rig: &Rig, key: &str) -> String {
    outcome(&get(rig, "/orders", &[(HEADER, key)]).await)
}

#[tokio::test]
async fn product_policies_apply_only_to_keys_for_a_product() {
    let rig = start(|_| {}).await;
    assert_eq!(with(&rig, rig.key()).await, "subscription keyless-functions / internal");
    assert_eq!(with(&rig, &rig.keys["keyless-functions"].secondary).await, with(&rig, rig.key()).await);
    assert_eq!(with(&rig, rig.key_of("all")).await, "subscription all / -");
    assert_eq!(with(&rig, rig.key_of("orders-only")).await, "subscription orders-only / -");
    assert_eq!(outcome(&get(&rig, "/orders", &[]).await), "401");
}

#[tokio::test]
async fn operation_policies_apply_to_their_operation() {
    let rig = start(|_| {}).await;
    let key = [(HEADER, rig.key())];
    assert!(!get(&rig, "/orders", &key).await.headers.contains_key("x-operation"));
    let one = get(&rig, "/orders/1", &key).await;
    assert_eq!(one.headers["x-operation"], "get-order");
    assert_eq!(one.headers["x-product"], "internal");
}

#[tokio::test]
async fn the_query_is_read_when_the_header_is_absent_and_the_key_is_forwarded() {
    let rig = start(|_| {}).await;
    let path = format!("/orders?subscription-key={}", rig.key());
    assert_eq!(outcome(&get(&rig, &path, &[]).await), "subscription keyless-functions / internal");
    assert_eq!(rig.received()[0].0.uri.to_string(), format!("/base/?subscription-key={}", rig.key()));
    assert_eq!(outcome(&get(&rig, &path, &[(HEADER, "wrong")]).await), "401");
    assert_eq!(
        outcome(&get(&rig, "/orders?subscription-key=wrong", &[(HEADER, rig.key())]).await),
        with(&rig, rig.key()).await
    );
    assert_eq!(rig.received()[0].0.headers[HEADER], rig.key());
}

#[tokio::test]
async fn of_two_keys_none_is_picked_out() {
    let rig = start(|_| {}).await;
    for second in ["wrong", rig.key()] {
        assert_eq!(outcome(&get(&rig, "/orders", &[(HEADER, rig.key()), (HEADER, second)]).await), "401");
        let path = format!("/orders?subscription-key={}&subscription-key={second}", rig.key());
        assert_eq!(outcome(&get(&rig, &path, &[]).await), "401");
    }
}

#[tokio::test]
async fn an_api_may_name_its_own_header_and_query_parameter() {
    let rig = start(|seed| {
        seed.apim.apis[0].subscription_key_header = "api-key".to_owned();
        seed.apim.apis[0].subscription_key_query = "k".to_owned();
    })
    .await;
    let expected = "subscription keyless-functions / internal";
    assert_eq!(outcome(&get(&rig, "/orders", &[("api-key", rig.key())]).await), expected);
    assert_eq!(outcome(&get(&rig, &format!("/orders?k={}", rig.key()), &[]).await), expected);
    let refused = get(&rig, &format!("/orders?subscription-key={}", rig.key()), &[(HEADER, rig.key())]).await;
    assert!(refused.body.contains("missing subscription key"), "{}", refused.body);
    assert!(refused.headers["www-authenticate"].to_str().unwrap().contains("name=\"api-key\""));
}

#[tokio::test]
async fn an_open_product_needs_no_key() {
    let rig = start(open_orders).await;
    assert_eq!(outcome(&get(&rig, "/orders", &[]).await), "open product open / open");
    assert_eq!(with(&rig, "wrong").await, "open product open / open");
    assert_eq!(with(&rig, rig.key()).await, "subscription keyless-functions / internal");
}

#[tokio::test]
async fn a_working_key_for_something_else_is_refused_even_in_an_open_product() {
    let rig = start(|seed| {
        open_orders(seed);
        seed.apim.products[0].apis.clear();
    })
    .await;
    assert_eq!(with(&rig, rig.key()).await, "401");
}

#[tokio::test]
async fn an_api_that_needs_no_key_takes_any() {
    let rig = start(|seed| seed.apim.apis[0].subscription_required = false).await;
    assert_eq!(outcome(&get(&rig, "/orders", &[]).await), "no subscription required / -");
    assert_eq!(with(&rig, "wrong").await, "no subscription required / -");
    assert_eq!(with(&rig, rig.key_of("orders-only")).await, "subscription orders-only / -");
}
