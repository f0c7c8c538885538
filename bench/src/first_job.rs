//! Measures the time from `execve` to the first main job's blob, beside the time of the services alone.
//!
//! The time of the services is the sum of the calls that must follow each other: the vault's challenge and secret, the
//! API, and the blob. The tokens are requested at the same time, so only the slowest one is added.

use std::{error::Error, path::Path, time::Duration};

use local_azure::{
    journal::{Entry, Service},
    seed::{Fault, FaultKind, FaultService, Seed},
};
use serde_json::{Value, json};

use crate::{http, rounds::millis, statistics::Spread, world::World};

/// The delay of each answer in milliseconds. A service in the same region is about that far away.
const AWAY: u64 = 20;
/// The names of the two ways.
pub(crate) const AT_ONCE: &str = "services that answer at once";
pub(crate) const LATE: &str = "each service 20 ms late";

/// The results of one way, in milliseconds, over all rounds.
pub(crate) struct FirstJob {
    pub(crate) name: &'static str,
    pub(crate) whole: Spread,
    pub(crate) services: Spread,
    /// `whole` divided by `services`, round by round.
    pub(crate) ratio: Spread,
}

/// Measures with services that answer at once, and with services that are as far away as in Azure.
pub(crate) async fn measure(
    handler: &Path,
    seed: &Seed,
    rounds: usize,
    folder: &Path,
) -> Result<Vec<FirstJob>, Box<dyn Error>> {
    let mut away = seed.clone();
    away.faults = [
        FaultService::IdentityEndpoint,
        FaultService::KeyVault,
        FaultService::ApiManagement,
        FaultService::BlobStorage,
    ]
    .map(|service| Fault { milliseconds: Some(AWAY), ..Fault::new(service, FaultKind::Latency) })
    .into();
    let ways = [(AT_ONCE, seed.clone()), (LATE, away)];
    let mut measured = Vec::new();
    for (name, seed) in ways {
        let sources: Vec<_> = (0..=rounds).map(|round| format!("s{round}=/orders")).collect();
        let settings = [("SNAPSHOT_SOURCES", sources.join(","))];
        let world = World::start(handler, seed, &settings, folder.join("first-job.log")).await?;
        let mut samples = Vec::new();
        for round in 0..=rounds {
            let sample = once(&world, round).await?;
            // The first round warms the gateway, which asks for the tenant's keys.
            if round > 0 {
                samples.push(sample);
            }
        }
        let (whole, services): (Vec<_>, Vec<_>) = samples.into_iter().unzip();
        let ratios: Vec<_> = whole.iter().zip(&services).map(|(whole, services)| whole / services).collect();
        let spread = |samples: &[f64]| Spread::from_samples(samples).ok_or("no round");
        let (whole, services, ratio) = (spread(&whole)?, spread(&services)?, spread(&ratios)?);
        measured.push(FirstJob { name, whole, services, ratio });
    }
    Ok(measured)
}

async fn once(world: &World, round: usize) -> Result<(f64, f64), Box<dyn Error>> {
    let before = world.asked().last().map_or(0, |entry| entry.id.0);
    let mut process = world.handler()?;
    let (_, mut connection) = process.first_answer().await?;
    let status = connection.ask(&http::request("POST", &format!("/api/snapshots/s{round}"), "")).await?;
    let whole = process.age();
    if status != 201 {
        return Err(format!("the first job is answered with {status}").into());
    }
    let asked: Vec<_> = world.asked().filter(|entry| entry.id.0 > before).collect();
    Ok((millis(whole), millis(one_after_the_other(&asked))))
}

fn one_after_the_other(asked: &[Entry]) -> Duration {
    let (tokens, others): (Vec<_>, Vec<_>) =
        asked.iter().partition(|entry| matches!(entry.service, Service::IdentityEndpoint));
    let longest = tokens.iter().map(|entry| entry.duration).max().unwrap_or_default();
    longest + others.iter().map(|entry| entry.duration).sum::<Duration>()
}

/// Returns a table in Markdown.
pub(crate) fn table(all: &[FirstJob]) -> String {
    let mut text = "| | whole, ms | the services, one after the other, ms | ratio |\n|---|---|---|---|\n".to_owned();
    for FirstJob { name, whole, services, ratio } in all {
        let (whole, services, ratio) = (whole.in_words(), services.in_words(), ratio.in_words());
        text += &format!("| {name} | {whole} | {services} | {ratio} |\n");
    }
    text
}

pub(crate) fn to_json(all: &[FirstJob]) -> Value {
    let rows = all.iter().map(|FirstJob { name, whole, services, ratio }| {
        json!({ "name": name, "wholeMs": whole.to_json(), "servicesMs": services.to_json(), "ratio": ratio.to_json() })
    });
    Value::Array(rows.collect())
}
