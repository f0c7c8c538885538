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

pub(crate) use counters::{LimitReached, LimitRequest, Window};

pub(crate) use self::semantic::{SemanticEntries, SemanticEntry};
use self::{backends::BackendStates, cache::Cache, counters::Counters, slots::Slots};
use crate::token::OpenIdCache;

/// The state shared by all requests of a gateway, in memory only: a new gateway begins with an empty state.
#[derive(Debug, Default)]
pub struct State {
    /// The discovery documents and keys of token issuers.
    pub(crate) open_id: OpenIdCache,
    /// The counters of calls and tokens.
    pub(crate) counters: Arc<Counters>,
    /// The entries of policies in the gateway's cache, and in the external one.
    caches: [Cache; 2],
    /// The circuit breakers, and the turns in pools.
    pub(crate) backends: BackendStates,
    /// The numbers for Application Insights.
    pub(crate) metrics: Metrics,
    /// The prompts whose answers the semantic cache holds.
    pub(crate) semantic: SemanticEntries,
    /// The requests inside `limit-concurrency`.
    pub(crate) slots: Slots,
}

impl State {
    /// Creates a state whose metrics the embedder reads.
    #[must_use]
    pub fn with_metrics(metrics: Metrics) -> Self {
        Self { metrics, ..Self::default() }
    }

    pub(crate) fn cache(&self, is_external: bool) -> &Cache {
        &self.caches[usize::from(is_external)]
    }
}
