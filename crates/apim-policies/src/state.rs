//! The state of the gateway, shared by all its requests.

mod backends;
mod cache;
mod counters;
mod meter;
mod metrics;
mod semantic;
mod slots;

use std::sync::Arc;

pub use self::{
    meter::Meter,
    metrics::{Metric, Metrics},
};

pub(crate) use counters::{LimitRequest, Over, Window};

pub(crate) use self::semantic::{SemanticEntries, SemanticEntry};
use self::{backends::BackendStates, cache::Cache, counters::Counters, slots::Slots};
use crate::token::OpenIdCache;

/// The state shared by all requests of a gateway, in memory only: a new gateway begins with an empty state.
#[derive(Debug, Default)]
pub struct State {
    /// Discovery documents and keys of token issuers.
    pub(crate) open_id: OpenIdCache,
    /// Calls and tokens.
    pub(crate) counters: Arc<Counters>,
    /// What policies keep in the cache of the gateway, and in the external one.
    caches: [Cache; 2],
    /// Circuit breakers, and turns in pools.
    pub(crate) backends: BackendStates,
    /// What would go to Application Insights.
    pub(crate) metrics: Metrics,
    /// Prompts whose answers the semantic cache holds.
    pub(crate) semantic: SemanticEntries,
    /// Requests inside of `limit-concurrency`.
    pub(crate) slots: Slots,
}

impl State {
    /// A state whose metrics the embedder reads.
    #[must_use]
    pub fn with_metrics(metrics: Metrics) -> Self {
        Self { metrics, ..Self::default() }
    }

    pub(crate) fn cache(&self, is_external: bool) -> &Cache {
        &self.caches[usize::from(is_external)]
    }
}
