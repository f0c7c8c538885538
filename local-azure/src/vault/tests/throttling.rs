//! The limit of 4,000 requests in ten seconds.

use std::time::Duration;

use jiff::SignedDuration;

use super::*;

#[tokio::test]
async fn a_vault_serves_4000_requests_in_ten_seconds() {
    let world = officers_world(|_| {});
    vault(&world).hold_time_after(Duration::ZERO);
    let token = bearer(&world, "id-keyless-reader", "https://vault.azure.net");
    for _ in 0..3_999 {
        vault(&world).lock().throttle.admit(vault(&world).clock.now()).unwrap();
    }
    assert_eq!(get_with(world.clone(), &token, SECRET).await.status, StatusCode::OK, "the last one");

    vault(&world).hold_time_after(Duration::from_millis(3_500));
    let answer = get_with(world.clone(), &token, SECRET).await;
    assert_eq!((answer.status, answer.codes()), (StatusCode::TOO_MANY_REQUESTS, ("Throttled", None)));
    assert_eq!(answer.headers["retry-after"], "7", "six and a half seconds, rounded up");
    let message =
        "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached";
    assert_eq!(answer.message(), message);
    assert_eq!(answer.decision.reason.as_deref(), Some(message));

    vault(&world).hold_time_after(Duration::from_millis(6_500));
    assert_eq!(get_with(world, &token, SECRET).await.status, StatusCode::OK);
}

#[tokio::test]
async fn strangers_are_challenged_and_do_not_count() {
    let world = officers_world(|_| {});
    vault(&world).throttle(Duration::from_secs(1));
    let answer = send(world, Request::get(SECRET).body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[test]
fn a_refused_request_does_not_count() {
    let start = jiff::Timestamp::UNIX_EPOCH;
    let mut throttle = throttle::Throttle::default();
    let mut served_at = |seconds: i64, asked: usize| {
        let now = start + SignedDuration::from_secs(seconds);
        (0..asked).filter(|_| throttle.admit(now).is_ok()).count()
    };
    assert_eq!(served_at(0, 10_000), 4_000);
    assert_eq!(served_at(9, 1), 0);
    assert_eq!(served_at(10, 10_000), 4_000, "what was refused before is forgotten");
}

#[test]
fn vaults_count_for_themselves() {
    let world = world_where(|seed| {
        let other = crate::seed::Vault { name: "kv-other".to_owned(), ..seed.vaults[0].clone() };
        seed.vaults.push(other);
    });
    vault(&world).throttle(Duration::from_secs(1));
    let other = world.key_vault.vaults.get("kv-other").unwrap();
    assert!(other.lock().throttle.admit(other.clock.now()).is_ok());
}
