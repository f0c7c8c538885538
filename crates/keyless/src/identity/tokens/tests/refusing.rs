//! A service answers 401, and the token is dropped once.

use azure_core::http::{
    AsyncRawResponse, ClientOptions, Context, Method, Pipeline, PipelineSendOptions, Request, StatusCode, Transport,
    headers::{AUTHORIZATION, Headers},
    policies::{Policy, PolicyResult},
};

use super::*;

fn secret(scope: &str, number: usize) -> Secret {
    Secret::new(format!("{scope}#{number}"))
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    world.token(STORAGE).await.unwrap();
    assert!(world.cache.invalidate(&secret(VAULT, 1)));
    assert_eq!(world.token(VAULT).await.unwrap(), format!("{VAULT}#2"));
    assert_eq!(world.token_at_once(STORAGE).await, format!("{STORAGE}#1"), "another audience keeps its own");
}

#[tokio::test(start_paused = true)]
async fn many_callers_with_one_refused_token_cost_one_fetch() {
    let world = World::new();
    let first = callers(&world.cache, 1_000, &[VAULT]).await;
    for token in first {
        assert!(world.cache.invalidate(&Secret::new(token.unwrap())), "all may try again");
    }
    for token in callers(&world.cache, 1_000, &[VAULT]).await {
        assert_eq!(token.unwrap(), format!("{VAULT}#2"));
    }
    assert!(world.cache.invalidate(&secret(VAULT, 1)), "a late one, too");
    assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#2"));
    assert_eq!(world.inner.fetches(VAULT), 2);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_refuses_every_token_does_not_make_us_fetch_each_time() {
    let world = World::new();
    let start = Instant::now();
    while start.elapsed() < 10 * MINUTE {
        let token = world.token(VAULT).await.unwrap();
        world.cache.invalidate(&Secret::new(token));
        sleep(SECOND).await;
    }
    assert!((10..=12).contains(&world.inner.fetches(VAULT)), "{}", world.inner.fetches(VAULT));
}

#[tokio::test(start_paused = true)]
async fn trying_again_is_of_no_use_with_the_token_that_came_after_a_refusal() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    assert!(world.cache.invalidate(&secret(VAULT, 1)));
    world.token(VAULT).await.unwrap();
    assert!(!world.cache.invalidate(&secret(VAULT, 2)));
    assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#2"));
    sleep(MINUTE).await;
    assert!(world.cache.invalidate(&secret(VAULT, 2)));
    assert_eq!(world.token(VAULT).await.unwrap(), format!("{VAULT}#3"));
}

/// A service that answers 401 to everything.
#[derive(Debug)]
struct Unwilling;

#[async_trait]
#[expect(elided_lifetimes_in_paths, reason = "spelt out, it is another signature than the trait's to async-trait")]
impl Policy for Unwilling {
    async fn send(&self, _ctx: &Context, _request: &mut Request, _next: &[Arc<dyn Policy>]) -> PolicyResult {
        Ok(AsyncRawResponse::from_bytes(StatusCode::Unauthorized, Headers::new(), "no"))
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_drops_the_token_that_a_service_refused() {
    let world = World::new();
    let token = world.token(VAULT).await.unwrap();
    let options = ClientOptions {
        transport: Some(Transport::with_policy(Arc::new(Unwilling))),
        per_try_policies: vec![Arc::new(ForgetRefused(world.cache.clone()))],
        ..Default::default()
    };
    let service = Pipeline::new(None, None, options, Vec::new(), Vec::new(), None);
    let call = async |authorization: Option<String>| {
        let mut request = Request::new("https://kv.vault.azure.net/".parse().unwrap(), Method::Get);
        if let Some(value) = authorization {
            request.insert_header(AUTHORIZATION, value);
        }
        let skip_checks = PipelineSendOptions { skip_checks: true, ..Default::default() };
        let answer = service.send(&Context::new(), &mut request, Some(skip_checks)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::Unauthorized);
    };
    call(None).await;
    call(Some("Bearer another".to_owned())).await;
    assert_eq!(world.token_at_once(VAULT).await, token, "a challenge drops nothing");
    call(Some(format!("Bearer {token}"))).await;
    assert_eq!(world.token(VAULT).await.unwrap(), format!("{VAULT}#2"));
}
