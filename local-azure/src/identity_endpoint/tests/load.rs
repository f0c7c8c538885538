//! Many requests at once, and meaningless requests.

use futures_util::{StreamExt as _, stream};
use proptest::{prelude::*, string::string_regex, test_runner::Config};

use super::*;

/// The number of simultaneous requests.
const REQUESTS: usize = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_at_once_each_get_their_answer() {
    // This test is not about signatures, and ten thousand signatures take a while without optimisation.
    let world = world_where(|seed| seed.tenant.token_cache = true);
    let routes = routes(world.entra.clone(), crate::run_secret::RunSecret::from_text("the-header"));
    let tasks: Vec<_> = (0..REQUESTS)
        .map(|at| {
            let (resource, status) = match at % 4 {
                0 => ("https://vault.azure.net", 200),
                1 => ("https://storage.azure.com/", 200),
                2 => ("api://orders", 200),
                _ => ("api://nobody", 500),
            };
            let path = format!("/msi/token?api-version=2019-08-01&client_id={READER}&resource={resource}");
            let request = http::Request::get(path).header("x-identity-header", "the-header");
            let routes = routes.clone();
            tokio::spawn(async move {
                let answer = send_to(routes, request).await;
                assert_eq!(answer.status.as_u16(), status);
                status != 200 || answer.json()["resource"] == resource
            })
        })
        .collect();
    let right = stream::iter(tasks).then(|task| task).filter(|right| {
        let right = matches!(right, Ok(true));
        async move { right }
    });
    assert_eq!(right.count().await, REQUESTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_may_roll_over_while_tokens_are_issued() {
    let world = world_where(|_| {});
    let routes = routes(world.entra.clone(), crate::run_secret::RunSecret::from_text("the-header"));
    let path = format!("/msi/token?api-version=2019-08-01&client_id={READER}&resource=https://vault.azure.net");
    let asking = tokio::spawn(async move {
        let mut tokens = Vec::new();
        for _ in 0..50 {
            let request = http::Request::get(&path).header("x-identity-header", "the-header");
            tokens.push(send_to(routes.clone(), request).await.json()["access_token"].as_str().unwrap().to_owned());
        }
        tokens
    });
    world.roll_over_signing_keys().unwrap();
    for token in asking.await.unwrap() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
        let verified = access_token::verify(&world.entra, &headers, &["https://vault.azure.net"], Timestamp::now());
        assert!(verified.is_ok());
    }
}

fn status_of(routes: &Router, path: &str, query: &str) -> Option<u16> {
    let uri: http::Uri = format!("{path}?{query}").parse().ok()?;
    let request = http::Request::get(uri).header("x-identity-header", "the-header").header("metadata", "true");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    Some(runtime.block_on(send_to(routes.clone(), request)).status.as_u16())
}

/// Texts that look like a query, and other texts.
fn queries() -> impl Strategy<Value = String> {
    let name = "(api-version|resource|client_id|object_id|principal_id|mi_res_id|msi_res_id|[a-z%]{0,4})";
    let value = format!("(2019-08-01|2018-02-01|https://vault\\.azure\\.net|{READER}|[!-~&&[^#<>\"]]{{0,12}})");
    let pair = string_regex(&format!("{name}={value}")).unwrap();
    prop_oneof![proptest::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("&")), "[!-~&&[^#]]{0,60}",]
}

proptest! {
    #![proptest_config(Config { cases: 512, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_query_gets_an_answer(query in queries()) {
        let world = world();
        let endpoints = [
            (routes(world.entra.clone(), crate::run_secret::RunSecret::from_text("the-header")), "/msi/token"),
            (imds_routes(world.entra.clone()), "/metadata/identity/oauth2/token"),
        ];
        for (routes, path) in &endpoints {
            if let Some(status) = status_of(routes, path, &query) {
                prop_assert!(matches!(status, 200 | 400 | 500), "{status} for {query}");
            }
        }
    }
}
