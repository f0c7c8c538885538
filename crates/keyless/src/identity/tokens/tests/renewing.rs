//! Callers with a token: they never wait, even if the renewal fails or hangs.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_at_half_of_its_life_give_or_take_a_tenth() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    let start = Instant::now();
    world.until_fetches(VAULT, 2).await;
    let share = start.elapsed().as_secs_f64() / DAY.as_secs_f64();
    assert!((0.449..0.551).contains(&share), "{share}");
    sleep(SECOND).await;
    assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#2"));
}

#[tokio::test(start_paused = true)]
async fn instances_that_start_together_do_not_renew_together() {
    let worlds: Vec<_> = (0..20).map(|_| World::new()).collect();
    let mut renewals = Vec::new();
    for world in &worlds {
        world.token(VAULT).await.unwrap();
    }
    for world in &worlds {
        world.until_fetches(VAULT, 2).await;
        renewals.push(world.inner.moments(VAULT)[1]);
    }
    renewals.sort();
    // Twenty renewals are spread evenly over a tenth of the day. It is practically impossible that half of the gaps are
    // below a minute.
    let close = renewals.windows(2).filter(|pair| pair[1] - pair[0] < MINUTE).count();
    assert!(close < 10, "{close} of 19 within a minute of the one before");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_renewal_that_hangs() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    world.inner.will_take(30 * SECOND);
    world.until_fetches(VAULT, 2).await;
    let start = Instant::now();
    for _ in 0..29 {
        assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#1"));
        sleep(SECOND).await;
    }
    sleep(2 * SECOND).await;
    assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#2"), "it has the time it takes");
    assert!(start.elapsed() < MINUTE);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_never_ends_is_given_up_and_tried_again() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    world.inner.will_take(DAY);
    world.until_fetches(VAULT, 3).await;
    let [_, second, third] = world.inner.moments(VAULT)[..] else { panic!("three fetches") };
    let apart = third - second;
    assert!((MINUTE + SECOND..=MINUTE + 3 * SECOND).contains(&apart), "{apart:?}");
    assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#1"));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_down_is_felt_when_the_token_ends_and_not_before() {
    let world = World::new();
    world.inner.will(Outcome::Token(HOUR + 5 * SECOND));
    world.token(VAULT).await.unwrap();
    world.inner.will(Outcome::Unreachable);
    for _ in 0..3_599 {
        assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#1"));
        sleep(SECOND).await;
    }
    let tries = world.inner.fetches(VAULT) - 1;
    assert!((8..40).contains(&tries), "{tries} tries in half an hour");
    sleep(SECOND).await;
    let error = world.token(VAULT).await.unwrap_err();
    assert_eq!(IdentityProblem::from_credential_error(&error), IdentityProblem::EndpointUnreachable);
    assert!(chain(&error).ends_with("connection refused"));
    world.inner.will(Outcome::Token(HOUR));
    sleep(SECOND).await;
    world.token(VAULT).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_comes_back_is_found_without_a_caller() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    world.inner.will(Outcome::Unreachable);
    world.until_fetches(VAULT, 12).await;
    sleep(SECOND).await;
    world.inner.will(Outcome::Token(DAY));
    sleep(5 * MINUTE + SECOND).await;
    let fetches = world.inner.fetches(VAULT);
    assert_eq!(fetches, 13);
    assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#{fetches}"));
    // After the next failure, the pauses start short again.
    world.inner.will(Outcome::Unreachable);
    world.until_fetches(VAULT, 15).await;
    let moments = world.inner.moments(VAULT);
    assert!(moments[14] - moments[13] <= 3 * SECOND, "{:?}", moments[14] - moments[13]);
}

#[tokio::test(start_paused = true)]
async fn who_needs_a_token_during_a_renewal_waits_no_longer_than_others() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    world.inner.will_take(HOUR);
    world.until_fetches(VAULT, 2).await;
    sleep(20 * SECOND).await;
    assert!(world.cache.invalidate(&Secret::new(format!("{VAULT}#1"))));
    let before = Instant::now();
    assert_eq!(world.problem(VAULT).await, IdentityProblem::EndpointTimeout);
    assert_eq!((before.elapsed(), world.inner.fetches(VAULT)), (WAIT, 2));
}

#[tokio::test(start_paused = true)]
async fn the_platforms_own_cache_is_outlived_without_a_storm() {
    let world = World::new();
    let end = world.inner.now() + DAY + 5 * MINUTE;
    world.inner.will(Outcome::Until(end));
    world.token(VAULT).await.unwrap();
    sleep(DAY).await;
    let fetches = world.inner.fetches(VAULT);
    assert!((6..20).contains(&fetches), "{fetches}");
    // The platform now gives another token, so the last five minutes bring a new one in time.
    world.inner.will(Outcome::Token(DAY));
    for _ in 0..10 * 60 {
        world.token_at_once(VAULT).await;
        sleep(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_does_not_replace_a_token_by_one_that_ends_sooner() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    world.inner.will(Outcome::Token(MINUTE));
    world.until_fetches(VAULT, 2).await;
    sleep(SECOND).await;
    assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#1"));
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_past_the_end_of_a_token_does_not_use_it() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    world.machine_sleeps(DAY);
    assert_eq!(world.token(VAULT).await.unwrap(), format!("{VAULT}#2"));
}

#[tokio::test(start_paused = true)]
async fn a_machine_that_slept_past_a_renewal_makes_up_for_it_within_a_minute() {
    let world = World::new();
    world.token(VAULT).await.unwrap();
    sleep(HOUR).await;
    world.machine_sleeps(14 * HOUR);
    sleep(MINUTE + SECOND).await;
    assert_eq!(world.token_at_once(VAULT).await, format!("{VAULT}#2"));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_lengthen_a_tokens_life() {
    let world = World::new();
    world.machine_sleeps(DAY);
    world.inner.will(Outcome::Token(HOUR));
    world.token(VAULT).await.unwrap();
    world.slept.store(0, Ordering::Relaxed);
    world.inner.will(Outcome::Unreachable);
    sleep(HOUR).await;
    assert!(world.token(VAULT).await.is_err());
}
