//! The record of the figures that do not depend on the clock: memory and allocations. Duplicate fetches need no record:
//! none is allowed.

use std::{collections::BTreeMap, error::Error, fs, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::contender::root;

/// The part by which a figure may be above its record.
const TOLERANCE: f64 = 0.10;
const HEADER: &str = "# Figures that do not depend on the clock. `cargo bench-all --quick` fails when one is more than a\n\
                      # tenth above; `--record` writes them anew.\n\n";

/// The content of `bench/record.toml`.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Record {
    /// Memory of the handler, in MB.
    pub(crate) memory: BTreeMap<String, f64>,
    /// Allocations of one run of each micro-benchmark.
    pub(crate) allocations: BTreeMap<String, f64>,
}

impl Record {
    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        Ok(toml::from_str(&fs::read_to_string(file())?)?)
    }

    pub(crate) fn write(&self) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(file(), format!("{HEADER}{}", toml::to_string(self)?))?)
    }

    /// Describes the figures of `now` that are above this record or missing in it.
    pub(crate) fn exceeded_by(&self, now: &Self) -> Vec<String> {
        let memory = exceeded("MB", &self.memory, &now.memory);
        memory.into_iter().chain(exceeded("allocations", &self.allocations, &now.allocations)).collect()
    }
}

fn exceeded(unit: &str, record: &BTreeMap<String, f64>, now: &BTreeMap<String, f64>) -> Vec<String> {
    let above = now.iter().filter_map(|(name, value)| match record.get(name) {
        None => Some(format!("{name}: {value:.2} {unit}, and no record; write one with --record")),
        Some(record) if *value > record * (1.0 + TOLERANCE) => {
            Some(format!("{name}: {value:.2} {unit}, and the record is {record:.2}"))
        }
        Some(_) => None,
    });
    above.collect()
}

fn file() -> PathBuf {
    root().join("bench/record.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(value: f64) -> Record {
        Record { memory: BTreeMap::from([("idle".to_owned(), value)]), allocations: BTreeMap::new() }
    }

    #[test]
    fn a_figure_may_be_a_tenth_above_its_record_and_no_more() {
        assert!(record(10.0).exceeded_by(&record(10.9)).is_empty());
        assert_eq!(record(10.0).exceeded_by(&record(11.1)), ["idle: 11.10 MB, and the record is 10.00"]);
        assert!(record(10.0).exceeded_by(&record(1.0)).is_empty());
    }

    #[test]
    fn a_figure_without_a_record_is_told() {
        assert_eq!(Record::default().exceeded_by(&record(1.0)).len(), 1);
    }

    #[test]
    fn an_allocation_where_there_was_none_is_told() {
        let none = Record { allocations: BTreeMap::from([("look-up".to_owned(), 0.0)]), ..Record::default() };
        let one = Record { allocations: BTreeMap::from([("look-up".to_owned(), 1.0)]), ..Record::default() };
        assert_eq!(none.exceeded_by(&one).len(), 1);
    }
}
