//! Sums of the metrics that policies send to Application Insights, for a host without Application Insights.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The largest number of separate sums. Combinations of dimensions may come from callers.
const MOST_SUMS: usize = 10_000;

/// The sums of all metrics that policies sent. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Mutex<BTreeMap<Key, f64>>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    namespace: String,
    name: String,
    dimensions: BTreeMap<String, String>,
}

/// One sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The namespace in the policy.
    pub namespace: String,
    /// The name, such as `Total Tokens`.
    pub name: String,
    /// The dimensions of the number.
    pub dimensions: BTreeMap<String, String>,
    /// The sum.
    pub value: f64,
}

impl Metrics {
    /// Returns every sum, in order.
    #[must_use]
    pub fn all(&self) -> Vec<Metric> {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let metric = |(key, value): (&Key, &f64)| {
            let Key { namespace, name, dimensions } = key.clone();
            Metric { namespace, name, dimensions, value: *value }
        };
        sums.iter().map(metric).collect()
    }

    pub(crate) fn add(&self, namespace: &str, name: &str, dimensions: &BTreeMap<String, String>, value: f64) {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = Key { namespace: namespace.to_owned(), name: name.to_owned(), dimensions: dimensions.clone() };
        if sums.len() < MOST_SUMS || sums.contains_key(&key) {
            *sums.entry(key).or_default() += value;
        }
    }
}
