//! Callers without a token: the fetches, the waits, and the results.

use std::{sync::Barrier, thread};

use tokio::{runtime::Runtime, sync::Semaphore, task::yield_now};

use super::*;

#[tokio::test(start_paused = true)]
async fn ten_thousand_first_callers_cost_one_fetch_for_each_identity_and_audience() {
    let worlds = [World::new(), World::new(), World::new()];
    for world in &worlds {
        for token in callers(&world.cache, 10_000, &SCOPES).await {
            assert!(token.unwrap().ends_with("#1"));
        }
    }
    let fetches = |world: &World| SCOPES.map(|scope| world.inner.fetches(scope));
    assert_eq!(worlds.each_ref().map(fetches), [[1; 4]; 3]);
}

/// A credential that answers when the test allows it.
#[derive(Debug)]
struct Gated {
    gate: Semaphore,
    fetches: AtomicU64,
}

#[async_trait]
impl TokenCredential for Gated {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        self.gate.acquire().await.unwrap().forget();
        Ok(AccessToken::new("S3CRET", (SystemTime::now() + DAY).into()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_on_several_threads_cost_one_fetch_for_each_audience() {
    let inner = Arc::new(Gated { gate: Semaphore::new(0), fetches: AtomicU64::new(0) });
    let cache = TokenCache::new(inner.clone(), MINUTE);
    let waiting = tokio::spawn({
        let cache = cache.clone();
        async move { callers(&cache, 10_000, &SCOPES).await }
    });
    while inner.fetches.load(Ordering::Relaxed) < 4 {
        yield_now().await;
    }
    inner.gate.add_permits(100);
    let tokens = waiting.await.unwrap();
    assert!(tokens.len() == 10_000 && tokens.iter().all(Result::is_ok));
    assert_eq!(inner.fetches.load(Ordering::Relaxed), 4);
}

#[test]
fn the_very_first_callers_on_several_threads_start_one_task() {
    let runtime = Runtime::new().unwrap();
    for _ in 0..300 {
        let inner = Arc::new(Gated { gate: Semaphore::new(100), fetches: AtomicU64::new(0) });
        let (cache, start) = (TokenCache::new(inner.clone(), MINUTE), Barrier::new(4));
        thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    start.wait();
                    runtime.block_on(cache.get_token(&[VAULT], None)).unwrap();
                });
            }
        });
        assert_eq!(inner.fetches.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn no_audience_waits_for_another() {
    let world = World::new();
    world.inner.will_take(4 * SECOND);
    let cache = world.cache.clone();
    let slow = tokio::spawn(async move { cache.get_token(&[VAULT], None).await.map(|_| Instant::now()) });
    world.until_fetches(VAULT, 1).await;
    world.inner.will_take(SECOND);
    world.token(STORAGE).await.unwrap();
    let storage_came = Instant::now();
    assert!(storage_came < slow.await.unwrap().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_end_the_fetch_of_the_others() {
    let world = World::new();
    world.inner.will_take(2 * SECOND);
    let impatient = tokio::time::timeout(SECOND, world.token(VAULT)).await;
    assert!(impatient.is_err());
    assert_eq!(world.token(VAULT).await.unwrap(), format!("{VAULT}#1"));
    assert_eq!(world.inner.fetches(VAULT), 1);
}

#[tokio::test(start_paused = true)]
async fn callers_that_wait_too_long_get_one_error_after_the_limit() {
    let world = World::new();
    world.inner.will_take(HOUR);
    let before = Instant::now();
    let errors = callers(&world.cache, 1_000, &[VAULT]).await;
    assert_eq!(before.elapsed(), WAIT);
    let texts: Vec<_> = errors.into_iter().map(|error| chain(&error.unwrap_err())).collect();
    assert!(texts.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(texts[0].contains("does not answer in time") && texts[0].ends_with("gave up after 5 seconds"), "{texts:?}");
    assert_eq!(world.inner.fetches(VAULT), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dead_endpoint_is_asked_once_a_second_however_many_callers_come() {
    let world = World::new();
    world.inner.will_take(Duration::ZERO);
    world.inner.will(Outcome::Unreachable);
    for _ in 0..100 {
        for error in callers(&world.cache, 100, &[VAULT]).await {
            assert!(error.is_err());
        }
        sleep(SECOND / 10).await;
    }
    assert!((9..=11).contains(&world.inner.fetches(VAULT)), "{}", world.inner.fetches(VAULT));
    // Without a caller, nothing is fetched.
    let fetches = world.inner.fetches(VAULT);
    sleep(HOUR).await;
    assert_eq!(world.inner.fetches(VAULT), fetches);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_forgotten_after_a_second() {
    let world = World::new();
    world.inner.will(Outcome::Unreachable);
    assert_eq!(world.problem(VAULT).await, IdentityProblem::EndpointUnreachable);
    world.inner.will(Outcome::Token(DAY));
    assert_eq!(world.problem(VAULT).await, IdentityProblem::EndpointUnreachable);
    sleep(SECOND).await;
    assert_eq!(world.token(VAULT).await.unwrap(), format!("{VAULT}#2"));
}

#[tokio::test(start_paused = true)]
async fn an_error_keeps_what_it_comes_from() {
    let world = World::new();
    world.inner.will(Outcome::Unreachable);
    let error = world.token(VAULT).await.unwrap_err();
    assert_eq!(*error.kind(), azure_core::error::ErrorKind::Credential);
    let text = chain(&error);
    assert!(text.contains(&format!("no token for {VAULT}")) && text.ends_with("connection refused"), "{text}");
    assert_eq!(IdentityProblem::from_credential_error(&error), IdentityProblem::EndpointUnreachable);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_has_ended_on_arrival_is_left_to_the_service_and_is_no_storm() {
    let world = World::new();
    world.inner.will(Outcome::Until(world.inner.now() - HOUR));
    for _ in 0..100 {
        assert_eq!(world.token(VAULT).await.unwrap(), "the same");
        sleep(SECOND / 10).await;
    }
    assert!(world.inner.fetches(VAULT) <= 11, "{}", world.inner.fetches(VAULT));
}

#[tokio::test(start_paused = true)]
async fn tokens_that_live_for_seconds_are_fetched_when_used_and_not_more_often_than_they_end() {
    let world = World::new();
    world.inner.will(Outcome::Token(4 * SECOND));
    for _ in 0..1_000 {
        world.token(VAULT).await.unwrap();
        sleep(SECOND / 10).await;
    }
    assert!((25..=30).contains(&world.inner.fetches(VAULT)), "{}", world.inner.fetches(VAULT));
    let fetches = world.inner.fetches(VAULT);
    sleep(DAY).await;
    assert_eq!(world.inner.fetches(VAULT), fetches, "renewed without a caller");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_not_given_out_in_its_last_five_seconds() {
    let world = World::new();
    world.inner.will_take(Duration::ZERO);
    world.inner.will(Outcome::Until(world.inner.now() + MINUTE));
    world.token(VAULT).await.unwrap();
    world.inner.will(Outcome::Unreachable);
    sleep(55 * SECOND - Duration::from_millis(1)).await;
    assert_eq!(world.token_at_once(VAULT).await, "the same");
    sleep(Duration::from_millis(1)).await;
    assert!(world.token(VAULT).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn dropping_the_cache_ends_its_tasks_and_their_fetches() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    world.inner.will_take(4 * SECOND);
    assert!(tokio::time::timeout(SECOND, world.token(STORAGE)).await.is_err());
    let tasks = Handle::current().metrics();
    assert_eq!(tasks.num_alive_tasks(), 2);
    let World { inner, cache, .. } = world;
    drop(cache);
    yield_now().await;
    assert_eq!((tasks.num_alive_tasks(), Arc::strong_count(&inner)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_panics_is_an_error_and_no_hang() {
    let world = World::new();
    world.inner.will(Outcome::Panic);
    for error in callers(&world.cache, 100, &[VAULT]).await {
        assert!(chain(&error.unwrap_err()).ends_with("the task that fetches it has ended"));
    }
    world.inner.will(Outcome::Token(DAY));
    assert_eq!(world.token(VAULT).await.unwrap(), format!("{VAULT}#2"));
}

#[test]
fn a_cache_outlives_the_runtime_that_used_it_first() {
    let inner = Arc::new(Gated { gate: Semaphore::new(2), fetches: AtomicU64::new(0) });
    let cache = TokenCache::new(inner.clone(), WAIT);
    let refused = Secret::new("S3CRET");
    Runtime::new().unwrap().block_on(cache.get_token(&[VAULT], None)).unwrap();
    assert!(cache.invalidate(&refused));
    Runtime::new().unwrap().block_on(cache.get_token(&[VAULT], None)).unwrap();
    assert_eq!(inner.fetches.load(Ordering::Relaxed), 2);
}

#[test]
fn outside_of_a_runtime_there_is_an_error_and_no_panic() {
    let inner = Arc::new(Gated { gate: Semaphore::new(0), fetches: AtomicU64::new(0) });
    let cache = TokenCache::new(inner, WAIT);
    let mut call = cache.get_token(&[VAULT], None);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match call.as_mut().poll(&mut context) {
        std::task::Poll::Ready(Err(error)) => assert!(chain(&error).contains("Tokio runtime")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn debug_shows_no_token() {
    let runtime = Runtime::new().unwrap();
    let inner = Arc::new(Gated { gate: Semaphore::new(1), fetches: AtomicU64::new(0) });
    let cache = TokenCache::new(inner, WAIT);
    runtime.block_on(cache.get_token(&[VAULT], None)).unwrap();
    assert!(!format!("{cache:?}").contains("S3CRET"));
}
