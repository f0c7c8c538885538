//! Numbers about this process: counts, distributions, states. All are cumulative since the start, so the next message
//! makes up for a lost one.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, PoisonError},
    time::{Instant, SystemTime},
};

use super::record::nanoseconds;

/// The bounds that the conventions recommend for durations, in seconds. Long calls of models need the last ones.
pub(crate) const BOUNDS: [f64; 17] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0, 120.0];

/// The largest number of series. Names come from settings and functions, so there are few. With this limit, a mistake
/// does not become a memory leak.
const MOST_SERIES: usize = 1000;

/// The names and values that distinguish the series of one metric.
pub(crate) type Labels = Vec<(&'static str, String)>;

type Key = (&'static str, Labels);

/// The measured series.
pub(crate) struct Metrics {
    start: u64,
    series: Mutex<BTreeMap<Key, Data>>,
}

/// The current data of one series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Count(u64),
    Gauge(f64),
    /// The seconds since this instant.
    #[cfg_attr(not(feature = "secrets"), expect(dead_code, reason = "of a secret alone"))]
    Age(Instant),
    Distribution(Box<Distribution>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Distribution {
    pub(crate) sum: f64,
    pub(crate) count: u64,
    /// The buckets: one more than there are bounds.
    pub(crate) buckets: [u64; BOUNDS.len() + 1],
}

impl Default for Metrics {
    fn default() -> Self {
        Self { start: nanoseconds(SystemTime::now()), series: Mutex::default() }
    }
}

impl Metrics {
    /// The time when counting began.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn count(&self, name: &'static str, labels: Labels, more: u64) {
        self.change(name, labels, Data::Count(0), |data| {
            if let Data::Count(count) = data {
                *count += more;
            }
        });
    }

    pub(crate) fn observe(&self, name: &'static str, labels: Labels, value: f64) {
        self.change(name, labels, Data::Distribution(Box::default()), |data| {
            if let Data::Distribution(distribution) = data {
                distribution.sum += value;
                distribution.count += 1;
                let bucket = BOUNDS.iter().position(|bound| value <= *bound).unwrap_or(BOUNDS.len());
                distribution.buckets[bucket] += 1;
            }
        });
    }

    pub(crate) fn gauge(&self, name: &'static str, labels: Labels, value: f64) {
        self.change(name, labels, Data::Gauge(value), |data| *data = Data::Gauge(value));
    }

    #[cfg(feature = "secrets")]
    pub(crate) fn begin_age(&self, name: &'static str, labels: Labels) {
        let now = Data::Age(Instant::now());
        self.change(name, labels, now.clone(), |data| *data = now);
    }

    /// Returns all series, with those of one metric together.
    pub(crate) fn all(&self) -> Vec<(&'static str, Labels, Data)> {
        let series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        series.iter().map(|((name, labels), data)| (*name, labels.clone(), data.clone())).collect()
    }

    fn change(&self, name: &'static str, labels: Labels, first: Data, change: impl FnOnce(&mut Data)) {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = series.len() >= MOST_SERIES;
        match series.entry((name, labels)) {
            Entry::Occupied(known) => change(known.into_mut()),
            Entry::Vacant(_) if is_full => {}
            Entry::Vacant(new) => change(new.insert(first)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_and_a_distribution_has_buckets() {
        let (metrics, labels) = (Metrics::default(), || vec![("a", "b".to_owned())]);
        metrics.count("n", labels(), 2);
        metrics.count("n", labels(), 3);
        for seconds in [0.001, 0.005, 0.006, 500.0] {
            metrics.observe("s", labels(), seconds);
        }
        let all = metrics.all();
        assert_eq!(all[0], ("n", labels(), Data::Count(5)));
        let Data::Distribution(distribution) = &all[1].2 else { panic!("{all:?}") };
        assert_eq!((distribution.count, distribution.buckets[0], distribution.buckets[1]), (4, 2, 1));
        assert_eq!((distribution.buckets[BOUNDS.len()], distribution.sum), (1, 500.012));
    }

    #[test]
    fn series_are_bounded() {
        let metrics = Metrics::default();
        for number in 0..MOST_SERIES + 10 {
            metrics.count("n", vec![("a", number.to_string())], 1);
        }
        assert_eq!(metrics.all().len(), MOST_SERIES);
    }
}
