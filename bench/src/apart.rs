//! Measurements that take turns among themselves, apart from the contenders: the first job by its services, `relay` beside
//! the gateway, renewals under load, the gateway's policies.

use std::{collections::BTreeMap, error::Error, path::Path};

use local_azure::seed::Seed;
use serde_json::{Value, json};

use crate::{
    first_job::{self, FirstJob},
    gateway,
    relay::{self, Relay},
    renewal::{self, Renewal},
    targets::Target,
};

/// Rounds of the two that are short.
const ROUNDS: usize = 20;

pub(crate) struct Apart {
    first_job: Vec<FirstJob>,
    relay: Relay,
    renewal: Renewal,
    gateway: [gateway::Report; 2],
}

/// What is measured, and what finds it.
pub(crate) struct Subject<'a> {
    pub(crate) handler: &'a Path,
    /// Of a running local-azure.
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

    pub(crate) async fn all(&self) -> Result<Apart, Box<dyn Error>> {
        eprintln!("the first job, relay, renewals, the gateway");
        Ok(Apart {
            first_job: self.first_job().await?,
            relay: self.relay().await?,
            renewal: self.renewal().await?,
            gateway: gateway::measure(ROUNDS).await?,
        })
    }
}

impl Apart {
    pub(crate) fn sections(&self) -> Vec<(&'static str, String, Value)> {
        let gateway = self.gateway.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let added = self.gateway.each_ref().map(gateway::Report::added);
        vec![
            ("The first job, by its services", first_job::table(&self.first_job), first_job::to_json(&self.first_job)),
            ("What `relay` adds", self.relay.table(), self.relay.to_json()),
            ("While tokens are renewed", self.renewal.table(), self.renewal.to_json()),
            ("What the gateway adds", format!("```text\n{gateway}```\n"), json!({ "addedUs": added })),
        ]
    }

    pub(crate) fn targets(&self) -> Vec<Target> {
        let by_services = self.first_job.iter().map(|FirstJob { name, ratio, .. }| {
            Target::at_most(format!("first main job by its services, {name}"), 1.5, "×", Some(ratio.median))
        });
        let gateway = self.gateway[0].added();
        let mut all: Vec<_> = by_services.collect();
        all.extend([
            Target::at_most("`relay` adds, p50", 60.0, "µs", Some(self.relay.added.median)),
            Target::at_most("p99 of `relay` while tokens are renewed", 1.2, "×", Some(self.renewal.ratio())),
            Target::at_most("the gateway adds with validate-jwt and two set-header, p50", 120.0, "µs", gateway),
        ]);
        all
    }
}
