//! The target figures, beside the figures of this run.

use serde_json::{Value, json};

use crate::{
    contender::{FLOOR, NODE, OURS, PYTHON, QUIET, TELEMETRY},
    measure::{Job, Measure, Samples},
    statistics::figure,
};

/// A figure with an upper or a lower limit.
pub(crate) struct Target {
    what: String,
    aim: Aim,
    /// The measured figure; `None` where this run did not measure it.
    seen: Option<f64>,
    unit: &'static str,
}

#[derive(Clone, Copy)]
enum Aim {
    AtMost(f64),
    AtLeast(f64),
    /// No limit: the figure is only reported.
    None,
}

impl Target {
    pub(crate) fn at_most(what: impl Into<String>, limit: f64, unit: &'static str, seen: Option<f64>) -> Self {
        Self { what: what.into(), aim: Aim::AtMost(limit), seen, unit }
    }

    fn at_least(what: impl Into<String>, limit: f64, unit: &'static str, seen: Option<f64>) -> Self {
        Self { what: what.into(), aim: Aim::AtLeast(limit), seen, unit }
    }

    /// Makes a figure without a limit, which is reported beside the others.
    pub(crate) fn told(what: impl Into<String>, unit: &'static str, seen: Option<f64>) -> Self {
        Self { what: what.into(), aim: Aim::None, seen, unit }
    }

    fn is_met(&self) -> Option<bool> {
        let seen = self.seen?;
        match self.aim {
            Aim::AtMost(limit) => Some(seen <= limit),
            Aim::AtLeast(limit) => Some(seen >= limit),
            Aim::None => None,
        }
    }
}

/// Returns the targets for the contenders' rounds.
pub(crate) fn of(samples: &Samples, connections: &[usize]) -> Vec<Target> {
    let median = |measure, name: &str| samples.spread(measure, name).map(|spread| spread.median);
    let ratio = |measure, of: &str, base: &str| samples.ratio(measure, of, base).map(|ratio| ratio.spread.median);
    let health = Measure::Cpu(Job::Health);
    let main_job = Measure::Cpu(Job::SnapshotNow);
    let mut all = vec![
        Target::at_least("first main job: Node's by ours", 6.0, "×", ratio(Measure::FirstJob, NODE, OURS)),
        Target::at_most("first answer", 4.0, "ms", median(Measure::FirstAnswer, OURS)),
        Target::at_most("first answer by axum's", 1.5, "×", ratio(Measure::FirstAnswer, OURS, FLOOR)),
        Target::at_most("idle memory", 6.0, "MB", median(Measure::IdleMemory, OURS)),
    ];
    for &connections in connections {
        let throughput = Measure::Throughput(Job::Health, connections);
        let what = format!("throughput of `health` by axum's, log off, {connections} connections");
        all.push(Target::at_least(what, 0.95, "×", ratio(throughput, QUIET, FLOOR)));
    }
    let more = |measure| Some(median(measure, TELEMETRY)? - median(measure, OURS)?);
    all.extend([
        Target::at_most("telemetry adds to the first answer", 1.0, "ms", more(Measure::FirstAnswer)),
        Target::at_most("CPU of `health` by axum's, log off", 1.15, "×", ratio(health, QUIET, FLOOR)),
        Target::told("CPU of `health` with its log line, by that without", "×", ratio(health, OURS, QUIET)),
        Target::at_least("CPU of a main job: Node's by ours", 12.0, "×", ratio(main_job, NODE, OURS)),
        Target::at_least("CPU of a main job: Python's by ours", 10.0, "×", ratio(main_job, PYTHON, OURS)),
        Target::at_most("peak memory of the large upload", 40.0, "MB", median(Measure::LargeUploadPeak, OURS)),
        Target::at_most("package", 4.0, "MB", median(Measure::PackageSize, OURS)),
        Target::told("CPU of a main job with telemetry, by that without", "×", ratio(main_job, TELEMETRY, OURS)),
    ]);
    all
}

/// Returns a table in Markdown.
pub(crate) fn table(all: &[Target]) -> String {
    let mut text = "| figure | target | seen | |\n|---|---|---|---|\n".to_owned();
    for target in all {
        let Target { what, aim, seen, unit } = target;
        let aim = match aim {
            Aim::AtMost(limit) => format!("≤ {limit} {unit}").trim_end().to_owned(),
            Aim::AtLeast(limit) => format!("≥ {limit} {unit}").trim_end().to_owned(),
            Aim::None => "–".to_owned(),
        };
        let seen = seen
            .map_or_else(|| "not measured".to_owned(), |seen| format!("{} {unit}", figure(seen)).trim_end().to_owned());
        let verdict = match target.is_met() {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        text += &format!("| {what} | {aim} | {seen} | {verdict} |\n");
    }
    text
}

pub(crate) fn to_json(all: &[Target]) -> Value {
    let rows = all.iter().map(|target| {
        let limit = match target.aim {
            Aim::AtMost(limit) => json!({ "atMost": limit }),
            Aim::AtLeast(limit) => json!({ "atLeast": limit }),
            Aim::None => Value::Null,
        };
        json!({ "what": target.what, "unit": target.unit, "target": limit, "seen": target.seen, "met": target.is_met() })
    });
    Value::Array(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_at_its_limit_and_unknown_where_nothing_was_measured() {
        let met =
            |seen| [Target::at_most("a", 4.0, "ms", seen).is_met(), Target::at_least("a", 4.0, "×", seen).is_met()];
        assert_eq!(met(Some(4.0)), [Some(true), Some(true)]);
        assert_eq!(met(Some(4.1)), [Some(false), Some(true)]);
        assert_eq!(met(None), [None, None]);
        assert_eq!(Target::told("a", "×", Some(4.0)).is_met(), None);
        assert!(table(&[Target::at_most("a", 4.0, "ms", Some(5.0))]).contains("| a | ≤ 4 ms | 5.00 ms | **missed** |"));
    }
}
