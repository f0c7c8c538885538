//! Secrets on paused time, with the real SDK client and a scripted vault below it.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    error::ErrorKind,
    http::{
        AsyncRawResponse, ClientOptions, HttpClient, Request, RetryOptions, StatusCode, Transport, headers::Headers,
    },
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    policy::{HARD_END, LIFETIME, LIMITS},
    *,
};
use crate::{
    error::{Error, Service},
    in_flight::InFlight,
    settings::SettingType,
    test_support::connection,
    transport::{Http, limited},
};

const SECOND: Duration = Duration::from_secs(1);
const WAIT: Duration = LIMITS.caller;
const MINUTE: Duration = Duration::from_secs(60);

/// The vault's behaviour from now on.
#[derive(Clone, Debug)]
enum VaultBehaviour {
    Value(&'static str),
    Status(u16, &'static str),
    Unreachable,
    /// The answer 429 with `Retry-After`, in seconds.
    Throttled(u64),
    Panic,
    /// No answer.
    Hang,
    /// An HTML page of a portal.
    Html,
    /// A list of secrets.
    Pages,
}

/// A vault with the given behaviour. It answers after a tenth of a second.
#[derive(Debug)]
struct Wire {
    answer: Mutex<VaultBehaviour>,
    asked: Mutex<Vec<(String, Instant)>>,
    delay: Mutex<Duration>,
}

#[async_trait]
impl HttpClient for Wire {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answered = |status: u16, headers: &[(&'static str, String)], body: String| {
            let mut all = Headers::new();
            for (name, value) in headers {
                all.insert(*name, value.clone());
            }
            Ok(AsyncRawResponse::from_bytes(StatusCode::from(status), all, body))
        };
        if request.headers().get_optional_str(&azure_core::http::headers::AUTHORIZATION).is_none() {
            let challenge =
                r#"Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net""#;
            return answered(401, &[("www-authenticate", challenge.to_owned())], String::new());
        }
        self.asked.lock().unwrap().push((request.url().path().to_owned(), Instant::now()));
        let (answer, delay) = (self.answer.lock().unwrap().clone(), *self.delay.lock().unwrap());
        sleep(delay).await;
        let json = [("content-type", "application/json".to_owned())];
        match answer {
            VaultBehaviour::Value(value) => answered(200, &json, format!(r#"{{"value":"{value}","id":"x"}}"#)),
            VaultBehaviour::Status(status, code) => {
                answered(status, &[], format!(r#"{{"error":{{"code":"{code}","message":"told to"}}}}"#))
            }
            VaultBehaviour::Throttled(seconds) => answered(429, &[("retry-after", seconds.to_string())], String::new()),
            VaultBehaviour::Unreachable => Err(azure_core::Error::with_message(ErrorKind::Connection, "refused")),
            VaultBehaviour::Pages => answered(200, &[], page(self.asked.lock().unwrap().len())),
            VaultBehaviour::Hang => pending().await,
            VaultBehaviour::Html => answered(200, &[("content-type", "text/html".to_owned())], "<html>".to_owned()),
            VaultBehaviour::Panic => panic!("as told"),
        }
    }
}

struct World {
    wire: Arc<Wire>,
    secrets: Secrets,
    name: SecretName,
}

fn name(text: &str) -> SecretName {
    SecretName::parse(text).unwrap()
}

impl World {
    fn new(answer: VaultBehaviour) -> Self {
        Self::with(answer, RetryOptions::none())
    }

    fn with(answer: VaultBehaviour, retry: RetryOptions) -> Self {
        let (answer, delay) = (Mutex::new(answer), Mutex::new(SECOND / 10));
        let wire = Arc::new(Wire { answer, asked: Mutex::default(), delay });
        let options = ClientOptions { transport: Some(Transport::new(wire.clone())), retry, ..Default::default() };
        let secrets = Secrets::new(connection("https://kv.vault.azure.net"), options).unwrap();
        Self { wire, secrets, name: name("orders-key") }
    }

    fn will(&self, answer: VaultBehaviour) {
        *self.wire.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.wire.asked.lock().unwrap().len()
    }

    async fn get(&self) -> Result<String, Error> {
        self.secrets.get(&self.name).await.map(|value| value.expose().to_owned())
    }

    /// Returns the value, which must be there without waiting.
    async fn at_once(&self) -> Result<String, Error> {
        let before = Instant::now();
        let got = self.get().await;
        assert_eq!(before.elapsed(), Duration::ZERO, "a caller waited");
        got
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_first_callers_cost_one_question() {
    let world = World::new(VaultBehaviour::Value("a"));
    let mut callers = JoinSet::new();
    for _ in 0..1000 {
        let (secrets, name) = (world.secrets.clone(), world.name.clone());
        callers.spawn(async move { secrets.get(&name).await.unwrap().expose().to_owned() });
    }
    assert!(callers.join_all().await.iter().all(|value| value == "a"));
    assert_eq!(world.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_rotated_secret_is_seen_within_the_lifetime_and_no_caller_waits() {
    let world = World::new(VaultBehaviour::Value("old"));
    assert_eq!(world.get().await.unwrap(), "old");
    world.will(VaultBehaviour::Value("new"));
    assert_eq!(world.at_once().await.unwrap(), "old");
    sleep(LIFETIME.mul_f64(0.69)).await;
    assert_eq!((world.at_once().await.unwrap().as_str(), world.asked()), ("old", 1), "not before it is due");
    sleep(LIFETIME.mul_f64(0.31)).await;
    assert_eq!((world.at_once().await.unwrap().as_str(), world.asked()), ("new", 2));
}

#[tokio::test(start_paused = true)]
async fn instances_that_start_together_do_not_refresh_together() {
    let worlds: Vec<_> = (0..40).map(|_| World::new(VaultBehaviour::Value("a"))).collect();
    for world in &worlds {
        world.get().await.unwrap();
    }
    sleep(LIFETIME).await;
    let again = |world: &World| world.wire.asked.lock().unwrap()[1].1;
    let mut seconds: Vec<_> = worlds.iter().map(|world| again(world).elapsed().as_secs()).collect();
    seconds.sort_unstable();
    seconds.dedup();
    assert!(seconds.len() > 10, "{seconds:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rejected_value_is_asked_for_again_at_once_but_not_ever_again() {
    let world = World::new(VaultBehaviour::Value("old"));
    world.get().await.unwrap();
    world.will(VaultBehaviour::Value("new"));
    world.secrets.forget(&world.name);
    assert_eq!((world.get().await.unwrap().as_str(), world.asked()), ("new", 2));
    // If the vault holds a wrong key, each request is rejected.
    for _ in 0..100 {
        world.secrets.forget(&world.name);
        assert_eq!(world.at_once().await.unwrap(), "new");
    }
    assert_eq!(world.asked(), 2);
    sleep(MINUTE).await;
    world.secrets.forget(&world.name);
    world.get().await.unwrap();
    assert_eq!(world.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_value_is_served_again_while_the_vault_does_not_answer() {
    let world = World::new(VaultBehaviour::Value("a"));
    world.get().await.unwrap();
    world.will(VaultBehaviour::Unreachable);
    world.secrets.forget(&world.name);
    assert_eq!(world.get().await.unwrap(), "a");
    *world.wire.delay.lock().unwrap() = MINUTE;
    sleep(MINUTE).await;
    world.secrets.forget(&world.name);
    let before = Instant::now();
    assert_eq!(world.get().await.unwrap(), "a");
    assert!(before.elapsed() <= WAIT, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_the_vault_refuses_is_not_served_any_more_and_comes_back_when_it_does() {
    for (status, code) in [(403, "Forbidden"), (404, "SecretNotFound")] {
        let world = World::new(VaultBehaviour::Value("a"));
        world.get().await.unwrap();
        world.will(VaultBehaviour::Status(status, code));
        sleep(LIFETIME).await;
        let error = world.get().await.unwrap_err();
        assert!(matches!(error, Error::Refused { service: Service::KeyVault, .. }), "{error:?}");
        world.will(VaultBehaviour::Value("b"));
        sleep(2 * SECOND).await;
        assert_eq!(world.get().await.unwrap(), "b");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_vault_leaves_the_value_until_the_hard_end_and_no_longer() {
    for outage in [VaultBehaviour::Unreachable, VaultBehaviour::Status(503, "x"), VaultBehaviour::Status(401, "x")] {
        let world = World::new(VaultBehaviour::Value("a"));
        world.get().await.unwrap();
        let fetched = Instant::now();
        world.will(outage);
        while fetched.elapsed() < HARD_END - SECOND {
            assert_eq!(world.at_once().await.unwrap(), "a", "after {:?}", fetched.elapsed());
            sleep(SECOND / 2).await;
        }
        let during = world.asked();
        assert!((10..60).contains(&during), "{during} questions in the hour");
        sleep(2 * SECOND).await;
        world.get().await.unwrap_err();
        world.will(VaultBehaviour::Value("b"));
        sleep(2 * SECOND).await;
        assert_eq!(world.get().await.unwrap(), "b");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_without_a_value_share_a_failure_and_the_vault_is_asked_once_a_second() {
    let world = World::new(VaultBehaviour::Unreachable);
    for _ in 0..100 {
        let error = world.get().await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { service: Service::KeyVault, .. }), "{error:?}");
        sleep(SECOND / 10).await;
    }
    assert!(world.asked() <= 11, "{}", world.asked());
}

#[tokio::test(start_paused = true)]
async fn what_the_vault_asks_for_in_retry_after_is_kept_also_between_fetches() {
    let world = World::new(VaultBehaviour::Throttled(20));
    world.get().await.unwrap_err();
    sleep(19 * SECOND).await;
    world.at_once().await.unwrap_err();
    assert_eq!(world.asked(), 1);
    world.will(VaultBehaviour::Value("a"));
    sleep(SECOND).await;
    assert_eq!(world.get().await.unwrap(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_caller_gives_up_before_the_sdk_does_and_its_question_goes_on() {
    let retries = azure_core::http::ExponentialRetryOptions { max_retries: 3, ..Default::default() };
    let world = World::with(VaultBehaviour::Throttled(20), RetryOptions::exponential(retries));
    let before = Instant::now();
    world.get().await.unwrap_err();
    assert_eq!(before.elapsed(), WAIT);
    world.will(VaultBehaviour::Value("a"));
    // The next caller waits for the same fetch, and starts no other.
    assert_eq!((world.get().await.unwrap().as_str(), world.asked()), ("a", 2));
}

/// The wire, below the time limits and checks that every client of the app has.
#[derive(Debug)]
struct Limited(Arc<Wire>);

#[async_trait]
impl HttpClient for Limited {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let is_challenge = request.headers().get_optional_str(&azure_core::http::headers::AUTHORIZATION).is_none();
        let answer = self.0.execute_request(request);
        if is_challenge { answer.await } else { limited(Service::KeyVault, LIMITS, answer).await }
    }
}

fn limited_world(answer: VaultBehaviour) -> World {
    let retries = azure_core::http::ExponentialRetryOptions { max_retries: 3, ..Default::default() };
    let world = World::with(answer, RetryOptions::none());
    let transport = Transport::new(Arc::new(Limited(world.wire.clone())));
    let retry = RetryOptions::exponential(retries);
    let options = ClientOptions { transport: Some(transport), retry, ..Default::default() };
    World { secrets: Secrets::new(connection("https://kv.vault.azure.net"), options).unwrap(), ..world }
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_hangs_at_cold_start_costs_one_try_and_the_caller_gets_its_value() {
    let world = limited_world(VaultBehaviour::Hang);
    let (before, secrets, name) = (Instant::now(), world.secrets.clone(), world.name.clone());
    let caller = tokio::spawn(async move { secrets.get(&name).await.map(|value| value.expose().to_owned()) });
    sleep(SECOND).await;
    world.will(VaultBehaviour::Value("a"));
    assert_eq!(caller.await.unwrap().unwrap(), "a");
    assert!(before.elapsed() < 7 * SECOND, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_vault_that_hangs_for_ever_is_asked_anew_before_half_a_minute_is_over() {
    let world = limited_world(VaultBehaviour::Hang);
    let before = Instant::now();
    while world.get().await.is_err() {
        if before.elapsed() > 20 * SECOND {
            world.will(VaultBehaviour::Value("a"));
        }
    }
    assert!(before.elapsed() < 30 * SECOND, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_question_that_gets_no_place_ends_at_the_limit_of_a_whole_call_and_says_so() {
    let calls = InFlight::default();
    let options = Http::default().options_among(Service::KeyVault, calls.clone());
    let secrets = Secrets::new(connection("https://kv.vault.azure.net"), options).unwrap();
    let _all = calls.all();
    let start = Instant::now();
    let no_value = secrets.policy().ask(&name("orders-key")).await.map(drop).unwrap_err();
    for error in [no_value.into_error(), secrets.dates().await.unwrap_err()] {
        assert!(matches!(error, Error::Unavailable { service: Service::KeyVault, .. }), "{error:?}");
        assert!(format!("{error:?}").contains("512 calls of this client"), "{error:?}");
    }
    assert_eq!(start.elapsed(), 2 * LIMITS.whole);
    secrets.get(&name("orders-key")).await.unwrap_err();
    assert_eq!(start.elapsed(), 2 * LIMITS.whole + WAIT, "a caller gives up before");
}

#[tokio::test(start_paused = true)]
async fn a_portal_in_place_of_the_vault_is_for_an_operator_and_leaves_the_value() {
    let world = limited_world(VaultBehaviour::Value("a"));
    world.get().await.unwrap();
    world.will(VaultBehaviour::Html);
    sleep(LIFETIME).await;
    assert_eq!(world.at_once().await.unwrap(), "a");
    let error = limited_world(VaultBehaviour::Html).get().await.unwrap_err();
    assert!(matches!(error, Error::Refused { service: Service::KeyVault, status: None, .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_version_is_asked_for_by_its_name_and_each_has_its_value() {
    let world = World::new(VaultBehaviour::Value("a"));
    let version = "0123456789abcdef0123456789abcdef";
    world.secrets.get(&name(&format!("orders-key/{version}"))).await.unwrap();
    world.get().await.unwrap();
    let asked: Vec<_> = world.wire.asked.lock().unwrap().iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(asked, [format!("/secrets/orders-key/{version}"), "/secrets/orders-key/".to_owned()]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_secret_is_none() {
    let error = World::new(VaultBehaviour::Value("")).get().await.unwrap_err();
    assert!(matches!(error, Error::Refused { service: Service::KeyVault, status: None, .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_keeps_no_caller_waiting_and_is_replaced() {
    let world = World::new(VaultBehaviour::Panic);
    let error = world.get().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    world.will(VaultBehaviour::Value("a"));
    assert_eq!(world.get().await.unwrap(), "a");
}

#[tokio::test(start_paused = true)]
async fn names_and_dates_are_listed_over_pages_that_may_be_empty() {
    let world = World::new(VaultBehaviour::Pages);
    let dates = world.secrets.dates().await.unwrap();
    let expected = [("a", true, Some("2026-11-22T00:00:00Z")), ("b", false, None)];
    let expected = expected.map(|(name, enabled, expires)| SecretDates {
        name: name.to_owned(),
        enabled,
        expires: expires.map(|time| time.parse().unwrap()),
    });
    assert_eq!((dates, world.asked()), (expected.to_vec(), 3));
    world.will(VaultBehaviour::Status(403, "Forbidden"));
    let error = world.secrets.dates().await.unwrap_err();
    assert!(matches!(error, Error::Refused { service: Service::KeyVault, .. }), "{error:?}");
}

/// The page with this number.
fn page(number: usize) -> String {
    let secret = |name: &str, attributes: &str| {
        format!(r#"{{"id":"https://kv.vault.azure.net/secrets/{name}","attributes":{{{attributes}}}}}"#)
    };
    let next = format!(r#""https://kv.vault.azure.net/secrets?api-version=2025-07-01&$skiptoken={number}""#);
    let (value, next) = match number {
        1 => (secret("a", r#""enabled":true,"exp":1795305600"#), next.as_str()),
        2 => (String::new(), next.as_str()),
        _ => (secret("b", r#""enabled":false"#), "null"),
    };
    format!(r#"{{"value":[{value}],"nextLink":{next}}}"#)
}
