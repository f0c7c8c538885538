//! Sends many first requests at once to an instance that has just started, and counts how often the instance asks for
//! the same token or secret.

use std::{collections::BTreeMap, error::Error, path::Path, sync::Arc, time::Duration};

use local_azure::{
    journal::{Entry, Service},
    seed::Seed,
};
use serde_json::{Value, json};
use tokio::{sync::Barrier, task::JoinSet, time::MissedTickBehavior};

use crate::{
    http::{self, Connection},
    world::World,
};

/// The interval between two readings of the journal. The journal keeps only the latest entries, so it is read while the
/// requests run. It is not read after each request, because one reading copies thousands of entries.
const READ_EVERY: Duration = Duration::from_millis(50);

/// The result: failed requests, and fetches by value.
pub(crate) struct Fetches {
    pub(crate) requests: usize,
    pub(crate) failed: usize,
    /// For each token (identity and audience) and each secret: the number of fetches that succeeded.
    pub(crate) by_value: BTreeMap<String, usize>,
}

impl Fetches {
    /// Returns the values that were fetched more than once.
    pub(crate) fn duplicates(&self) -> impl Iterator<Item = (&str, usize)> {
        self.by_value.iter().filter(|(_, times)| **times > 1).map(|(value, &times)| (value.as_str(), times))
    }

    /// Returns a table in Markdown.
    pub(crate) fn table(&self) -> String {
        let Self { requests, failed, by_value } = self;
        let mut text = format!(
            "{requests} requests to `relay` at once, to an instance that has just started; {failed} failed.\n\n| value | \
             fetched |\n|---|---|\n"
        );
        for (value, times) in by_value {
            text += &format!("| {value} | {times} |\n");
        }
        text
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "requests": self.requests, "failed": self.failed, "fetches": self.by_value })
    }
}

/// Starts `handler` in its own world and sends `requests` requests to `relay` at once. `relay` needs two tokens and a
/// secret.
pub(crate) async fn count(
    handler: &Path,
    seed: Seed,
    requests: usize,
    folder: &Path,
) -> Result<Fetches, Box<dyn Error>> {
    let settings = [("MAX_CONCURRENT_INVOCATIONS", (requests + 1).to_string()), ("RUST_LOG", "warn".to_owned())];
    let world = World::start(handler, seed, &settings, folder.join("first-requests.log")).await?;
    let mut process = world.handler()?;
    let _ = process.first_answer().await?;
    let mut seen = BTreeMap::new();
    let mut failed = 0;
    {
        let mut all = send_all(process.port, requests);
        let mut read = tokio::time::interval(READ_EVERY);
        read.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                one = all.join_next() => match one {
                    None => break,
                    Some(answered) => failed += usize::from(answered?.is_none_or(|status| status != 200)),
                },
                _ = read.tick() => note(&world, &mut seen),
            }
        }
    }
    note(&world, &mut seen);
    let mut by_value = BTreeMap::new();
    for value in seen.into_values() {
        *by_value.entry(value).or_default() += 1;
    }
    Ok(Fetches { requests, failed, by_value })
}

/// Sends all requests at once: each waits until all have a connection.
fn send_all(port: u16, requests: usize) -> JoinSet<Option<u16>> {
    let ready = Arc::new(Barrier::new(requests));
    let mut all = JoinSet::new();
    for _ in 0..requests {
        let ready = ready.clone();
        all.spawn(async move {
            let connection = Connection::open(port).await;
            ready.wait().await;
            connection.ok()?.ask(&http::request("GET", "/api/relay/orders", "")).await.ok()
        });
    }
    all
}

fn note(world: &World, seen: &mut BTreeMap<u64, String>) {
    seen.extend(world.asked().filter_map(|entry| Some((entry.id.0, fetched(&entry)?))));
}

/// Returns the name of the token or secret that an entry gave to the handler.
fn fetched(entry: &Entry) -> Option<String> {
    if entry.status != 200 {
        return None;
    }
    let name = |part: &Option<String>| part.clone().unwrap_or_default();
    match entry.service {
        Service::IdentityEndpoint => {
            let (identity, audience) = (name(&entry.decision.identity), name(&entry.decision.audience));
            Some(format!("token of {identity} for {audience}"))
        }
        Service::KeyVault => Some(format!("secret {}", entry.path)),
        _ => None,
    }
}
