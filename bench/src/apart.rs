//! Measurements apart from the contenders; each takes its turns alone: the first job and its services, `relay` beside
//! the gateway, renewals under load, the gateway's policies, local-azure's edge, and the demo.

use std::{
    collections::BTreeMap,
    error::Error,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use local_azure::seed::Seed;
use serde_json::{Value, json};

use crate::{
    contender::{root, run},
    edge::{self, Edge},
    first_job::{self, FirstJob},
    gateway,
    relay::{self, Relay},
    renewal::{self, Renewal},
    targets::Target,
    troubles::Troubles,
};

/// The number of rounds of the short measurements.
const ROUNDS: usize = 20;
/// Runs of the demo after the first run, which builds.
const DEMOS: usize = 3;

/// The results. A measurement that failed is `None`.
pub(crate) struct Apart {
    first_job: Option<Vec<FirstJob>>,
    relay: Option<Relay>,
    renewal: Option<Renewal>,
    gateway: Option<[gateway::Report; 2]>,
    edge: Option<Edge>,
    demo: Option<Duration>,
}

/// The inputs of the measurements: the handler, and how to reach local-azure.
pub(crate) struct Subject<'a> {
    pub(crate) handler: &'a Path,
    /// The environment of a running local-azure.
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) seed: &'a Seed,
    pub(crate) folder: &'a Path,
}

impl Subject<'_> {
    pub(crate) async fn first_job(&self) -> Result<Vec<FirstJob>, Box<dyn Error>> {
        first_job::measure(self.handler, self.seed, ROUNDS, self.folder).await
    }

    pub(crate) async fn relay(&self) -> Result<Relay, Box<dyn Error>> {
        relay::measure(self.handler, self.environment, ROUNDS, self.folder).await
    }

    pub(crate) async fn renewal(&self) -> Result<Renewal, Box<dyn Error>> {
        renewal::measure(self.handler, self.seed.clone(), self.folder).await
    }

    pub(crate) async fn edge(&self) -> Result<Edge, Box<dyn Error>> {
        edge::measure(self.seed, ROUNDS).await
    }

    pub(crate) async fn all(&self, troubles: &mut Troubles) -> Apart {
        eprintln!("the first job, relay, renewals, the gateway, the edge, the demo");
        Apart {
            first_job: troubles.kept("the first job by its services", self.first_job().await),
            relay: troubles.kept("relay beside the gateway", self.relay().await),
            renewal: troubles.kept("renewals under load", self.renewal().await),
            gateway: troubles.kept("the gateway", gateway::measure(ROUNDS).await),
            edge: troubles.kept("the edge", self.edge().await),
            demo: troubles.kept("the demo", demo()),
        }
    }
}

/// The shortest of several runs of `cargo local demo`, after everything is built.
fn demo() -> Result<Duration, Box<dyn Error>> {
    let demo = || run(Command::new("cargo").args(["local", "demo"]).current_dir(root()));
    demo()?;
    let mut shortest = Duration::MAX;
    for _ in 0..DEMOS {
        let began = Instant::now();
        demo()?;
        shortest = shortest.min(began.elapsed());
    }
    Ok(shortest)
}

impl Apart {
    pub(crate) fn sections(&self) -> Vec<(&'static str, String, Value)> {
        let first_job = self.first_job.iter();
        let first_job =
            first_job.map(|all| ("The first job, by its services", first_job::table(all), first_job::to_json(all)));
        let relay = self.relay.iter().map(|relay| ("What `relay` adds", relay.table(), relay.to_json()));
        let renewal =
            self.renewal.iter().map(|renewal| ("While tokens are renewed", renewal.table(), renewal.to_json()));
        let gateway = self.gateway.iter().map(|reports| {
            let text = reports.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            let added = reports.each_ref().map(gateway::Report::added);
            ("What the gateway adds", format!("```text\n{text}```\n"), json!({ "addedUs": added }))
        });
        let edge = self.edge.iter().map(|edge| ("The edge and the dashboard", edge.table(), edge.to_json()));
        first_job.chain(relay).chain(renewal).chain(gateway).chain(edge).collect()
    }

    pub(crate) fn targets(&self) -> Vec<Target> {
        let by_services = |index: usize, way: &str| {
            let seen = self.first_job.as_ref().and_then(|all| Some(all.get(index)?.ratio.median));
            Target::at_most(format!("first main job by its services, {way}"), 1.5, "×", seen)
        };
        let renewal = self.renewal.as_ref().map(Renewal::ratio);
        let gateway = self.gateway.as_ref().and_then(|reports| reports[0].added());
        let edge = self.edge.as_ref();
        vec![
            by_services(0, first_job::AT_ONCE),
            by_services(1, first_job::LATE),
            Target::at_most("`relay` adds, p50", 60.0, "µs", self.relay.as_ref().map(|relay| relay.added.median)),
            Target::at_most("p99 of `relay` while tokens are renewed, by that of all other time", 1.2, "×", renewal),
            Target::at_most("`cargo local demo` after the build", 1.0, "s", self.demo.map(|demo| demo.as_secs_f64())),
            Target::at_most(
                "a small blob read through the edge, p50",
                1500.0,
                "µs",
                edge.map(|edge| edge.small_blob.median),
            ),
            Target::at_most("the gateway adds with validate-jwt and two set-header, p50", 120.0, "µs", gateway),
            Target::told(
                "a page of the dashboard open: p50 of the gateway, by that with none",
                "×",
                edge.map(Edge::open_by_closed),
            ),
        ]
    }
}
