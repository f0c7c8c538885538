//! Measures whether callers notice the renewal of tokens: the tail of `relay` during renewals, beside the tail at all
//! other times.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    error::Error,
    io,
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use local_azure::{
    journal::Service,
    seed::{Fault, FaultKind, FaultService, Seed},
};
use serde_json::{Value, json};
use tokio::task::LocalSet;

use crate::{
    http::{self, Connection},
    world::World,
};

/// The lifetime of tokens. They are renewed after half of it.
const LIFE_SECONDS: i64 = 24;
/// The duration of the load: three renewals of each token.
const LOAD: Duration = Duration::from_secs(36);
/// The time after a renewal in which its effects can still appear.
const AFTER: SignedDuration = SignedDuration::from_millis(200);
/// The interval between two readings of the journal, which keeps only the latest entries.
const READ_EVERY: Duration = Duration::from_millis(100);
const CONNECTIONS: usize = 4;

/// The measurements of the load.
pub(crate) struct Renewal {
    renewals: usize,
    /// The number of requests during a renewal or just after it, and their p99 in microseconds.
    meanwhile: (usize, f64),
    steady: (usize, f64),
}

impl Renewal {
    pub(crate) fn ratio(&self) -> f64 {
        self.meanwhile.1 / self.steady.1
    }

    /// Returns a table in Markdown.
    pub(crate) fn table(&self) -> String {
        let Self { renewals, meanwhile, steady } = self;
        format!(
            "Tokens that live for {LIFE_SECONDS} s, {CONNECTIONS} connections, {} s; {renewals} renewals.\n\n| `relay` | \
             requests | p99, µs |\n|---|---|---|\n| while a token is renewed, and 0.2 s after | {} | {:.0} |\n| else | {} | \
             {:.0} |\n\nRatio: {:.2}.\n",
            LOAD.as_secs(),
            meanwhile.0,
            meanwhile.1,
            steady.0,
            steady.1,
            self.ratio()
        )
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "renewals": self.renewals, "ratio": self.ratio(),
            "meanwhile": { "requests": self.meanwhile.0, "p99Us": self.meanwhile.1 },
            "steady": { "requests": self.steady.0, "p99Us": self.steady.1 },
        })
    }
}

pub(crate) async fn measure(handler: &Path, mut seed: Seed, folder: &Path) -> Result<Renewal, Box<dyn Error>> {
    let short = Fault::new(FaultService::IdentityEndpoint, FaultKind::NearExpiry);
    seed.faults = vec![Fault { seconds: Some(LIFE_SECONDS), ..short }];
    let settings = [("RUST_LOG", "warn".to_owned())];
    let world = World::start(handler, seed, &settings, folder.join("renewal.log")).await?;
    let mut process = world.handler()?;
    let (_, mut first) = process.first_answer().await?;
    // The first tokens do not count as renewals.
    let request = http::request("GET", "/api/relay/orders", "");
    for _ in 0..20 {
        first.ask(&request).await?;
    }
    let before = world.asked().last().map_or(0, |entry| entry.id.0);
    let mut renewals = BTreeMap::new();
    let mut note = || {
        let tokens = world.asked().filter(|entry| matches!(entry.service, Service::IdentityEndpoint));
        for entry in tokens.filter(|entry| entry.id.0 > before) {
            renewals.insert(entry.id.0, (entry.started, entry.started + entry.duration + AFTER));
        }
    };
    let requests = load(process.port, &mut note).await?;
    note();
    let is_meanwhile = |at: &Timestamp| renewals.values().any(|(from, to)| (from..=to).contains(&at));
    let (meanwhile, steady): (Vec<_>, Vec<_>) = requests.into_iter().partition(|(at, _)| is_meanwhile(at));
    Ok(Renewal { renewals: renewals.len(), meanwhile: p99(meanwhile), steady: p99(steady) })
}

/// Returns for each request the time of its answer and its duration.
async fn load(port: u16, note: &mut impl FnMut()) -> Result<Vec<(Timestamp, Duration)>, Box<dyn Error>> {
    let times = Rc::new(RefCell::new(Vec::new()));
    let tasks = LocalSet::new();
    let end = Instant::now() + LOAD;
    for _ in 0..CONNECTIONS {
        let times = times.clone();
        let mut connection = Connection::open(port).await?;
        tasks.spawn_local(async move {
            let request = http::request("GET", "/api/relay/orders", "");
            while Instant::now() < end {
                let began = Instant::now();
                let status = connection.ask(&request).await?;
                times.borrow_mut().push((Timestamp::now(), began.elapsed(), status));
            }
            io::Result::Ok(())
        });
    }
    tasks
        .run_until(async {
            while Instant::now() < end {
                tokio::time::sleep(READ_EVERY).await;
                note();
            }
        })
        .await;
    tasks.await;
    let times = times.take();
    let failed = times.iter().filter(|(_, _, status)| *status != 200).count();
    if failed > 0 {
        return Err(format!("{failed} of {} requests failed while tokens were renewed", times.len()).into());
    }
    Ok(times.into_iter().map(|(at, took, _)| (at, took)).collect())
}

/// Returns the number of requests, and their p99 in microseconds.
fn p99(requests: Vec<(Timestamp, Duration)>) -> (usize, f64) {
    let mut times: Vec<_> = requests.into_iter().map(|(_, took)| took).collect();
    times.sort_unstable();
    let at = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
    (times.len(), times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6))
}
