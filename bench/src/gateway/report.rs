//! Percentiles, compared with those of the first contender.

use std::{fmt, time::Duration};

/// One table.
pub(crate) struct Report {
    callers: usize,
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    median: Duration,
    tail: Duration,
}

impl Report {
    /// Makes a table from the times of each contender's requests. Each contender has at least one sample.
    pub(crate) fn new(callers: usize, samples: impl Iterator<Item = (&'static str, Vec<Duration>)>) -> Self {
        let rows = samples
            .map(|(name, mut samples)| {
                samples.sort_unstable();
                Row { name, median: samples[samples.len() / 2], tail: samples[samples.len() * 99 / 100] }
            })
            .collect();
        Self { callers, rows }
    }
}

impl Report {
    /// Returns the last contender's median minus the first one's, in microseconds.
    pub(crate) fn added(&self) -> Option<f64> {
        let (first, last) = (self.rows.first()?, self.rows.last()?);
        Some((last.median.as_secs_f64() - first.median.as_secs_f64()) * 1e6)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let callers = if self.callers == 1 { "one caller".to_owned() } else { format!("{} callers", self.callers) };
        writeln!(f, "{callers:44} {:>10} {:>7} {:>10} {:>7}", "median", "ratio", "p99", "ratio")?;
        let Some(first) = self.rows.first() else { return Ok(()) };
        for row in &self.rows {
            let name = row.name;
            let (median, tail) = (micros(row.median), micros(row.tail));
            let ratio = |time: Duration, base: Duration| time.as_secs_f64() / base.as_secs_f64();
            let (slower, slower_tail) = (ratio(row.median, first.median), ratio(row.tail, first.tail));
            writeln!(f, "{name:44} {median:>10} {slower:>6.2}x {tail:>10} {slower_tail:>6.2}x")?;
        }
        Ok(())
    }
}

fn micros(time: Duration) -> String {
    format!("{} us", time.as_micros())
}
