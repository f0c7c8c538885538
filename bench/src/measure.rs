//! The measured figures, and their samples: one for each contender in each round.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::statistics::{Ratio, Spread};

/// A job that is requested repeatedly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Job {
    Health,
    Relay,
    /// The main job.
    SnapshotNow,
    Upload,
}

/// One figure of one contender in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measure {
    FirstAnswer,
    FirstJob,
    IdleMemory,
    LoadedMemory,
    Cpu(Job),
    /// The `usize` is the number of connections, as in the next three.
    Throughput(Job, usize),
    Median(Job, usize),
    P99(Job, usize),
    P999(Job, usize),
    LargeUpload,
    LargeUploadPeak,
    PackageSize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    Less,
    More,
}

impl Job {
    pub(crate) const ALL: [Self; 4] = [Self::Health, Self::Relay, Self::SnapshotNow, Self::Upload];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Relay => "relay",
            Self::SnapshotNow => "snapshot_now",
            Self::Upload => "upload",
        }
    }
}

impl Measure {
    pub(crate) fn title(self) -> String {
        let at =
            |what: &str, job: Job, connections: usize| format!("`{}`, {what}, {connections} connections", job.name());
        match self {
            Self::FirstAnswer => "from `execve` to the first answer".to_owned(),
            Self::FirstJob => "from `execve` to the first main job's blob".to_owned(),
            Self::IdleMemory => "resident memory, idle".to_owned(),
            Self::LoadedMemory => "resident memory after the load".to_owned(),
            Self::Cpu(job) => format!("CPU of 1,000 `{}`", job.name()),
            Self::Throughput(job, connections) => at("throughput", job, connections),
            Self::Median(job, connections) => at("p50", job, connections),
            Self::P99(job, connections) => at("p99", job, connections),
            Self::P999(job, connections) => at("p99.9", job, connections),
            Self::LargeUpload => "one large upload".to_owned(),
            Self::LargeUploadPeak => "peak memory of the large upload".to_owned(),
            Self::PackageSize => "package".to_owned(),
        }
    }

    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::FirstAnswer | Self::FirstJob | Self::Cpu(_) | Self::LargeUpload => "ms",
            Self::Median(..) | Self::P99(..) | Self::P999(..) => "µs",
            Self::IdleMemory | Self::LoadedMemory | Self::LargeUploadPeak | Self::PackageSize => "MB",
            Self::Throughput(..) => "1/s",
        }
    }

    pub(crate) fn better(self) -> Better {
        match self {
            Self::Throughput(..) => Better::More,
            Self::FirstAnswer
            | Self::FirstJob
            | Self::IdleMemory
            | Self::LoadedMemory
            | Self::Cpu(_)
            | Self::Median(..)
            | Self::P99(..)
            | Self::P999(..)
            | Self::LargeUpload
            | Self::LargeUploadPeak
            | Self::PackageSize => Better::Less,
        }
    }
}

/// Samples by measure and contender, in the order of the rounds.
#[derive(Default)]
pub(crate) struct Samples(BTreeMap<Measure, BTreeMap<&'static str, Vec<f64>>>);

impl Samples {
    pub(crate) fn add(&mut self, measure: Measure, contender: &'static str, value: f64) {
        self.0.entry(measure).or_default().entry(contender).or_default().push(value);
    }

    /// Adds the samples of another turn.
    pub(crate) fn extend(&mut self, turn: Self) {
        for (measure, by_contender) in turn.0 {
            let here = self.0.entry(measure).or_default();
            by_contender.into_iter().for_each(|(name, rounds)| here.entry(name).or_default().extend(rounds));
        }
    }

    pub(crate) fn measures(&self) -> impl Iterator<Item = Measure> {
        self.0.keys().copied()
    }

    pub(crate) fn spread(&self, measure: Measure, contender: &str) -> Option<Spread> {
        Spread::from_samples(self.0.get(&measure)?.get(contender)?)
    }

    /// Divides the samples of `contender` by those of `base`, round by round.
    pub(crate) fn ratio(&self, measure: Measure, contender: &str, base: &str) -> Option<Ratio> {
        let of = self.0.get(&measure)?;
        Ratio::from_samples(of.get(contender)?, of.get(base)?)
    }

    /// Returns every sample, and for each other contender its ratio to `ours`.
    pub(crate) fn to_json(&self, ours: &str) -> Value {
        let measures = self.0.iter().map(|(&measure, by_contender)| {
            let contenders: Map<_, _> = by_contender
                .iter()
                .map(|(&name, rounds)| {
                    let spread = Spread::from_samples(rounds).map(Spread::to_json);
                    let ratio = self
                        .ratio(measure, name, ours)
                        .filter(|_| name != ours)
                        .map(|ratio| json!({ "lowMedianHigh": ratio.spread.to_json(), "verdict": ratio.is_verdict() }));
                    (name.to_owned(), json!({ "rounds": rounds, "lowMedianHigh": spread, "toOurs": ratio }))
                })
                .collect();
            json!({ "measure": measure.title().replace('`', ""), "unit": measure.unit(), "contenders": contenders })
        });
        Value::Array(measures.collect())
    }
}
