//! Records this process: spans, logs and metrics, in bounded memory, until they are sent.
//!
//! This module does not know how or where they are sent.

mod active;
mod attempt;
mod call_span;
#[cfg(feature = "openai")]
mod chat;
pub(crate) mod metrics;
pub(crate) mod names;
pub(crate) mod record;
mod recorder;
pub(crate) mod redact;
mod sampler;

#[cfg(feature = "openai")]
pub(crate) use self::chat::{ChatSpan, ModelQuestion};
pub(crate) use self::{
    active::{Active, Invocation, innermost, of_invocation},
    attempt::Attempt,
    recorder::{Batch, Queued, Recorder, SentSignals},
    sampler::{Rule, Sampler, Share},
};

/// The recorder of this process, or of a test.
pub(crate) type Signals = std::sync::Arc<Recorder>;
