//! A deployment of a model: the cost of a request, and refusals.

use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;

use super::{
    ask::{ModelRequest, Surface},
    rates::{Levels, Rates},
    refusal::{ModelRefusal, Throttled},
};
use crate::seed::{ModelDeployment, ModelFaultKind};

/// A deployment and its current state.
pub(super) struct Deployment {
    pub(super) seed: ModelDeployment,
    pub(super) rates: Rates,
    /// The number of requests so far, for faults that affect some of them.
    pub(super) requests: AtomicU32,
}

/// A request to a deployment.
pub(super) struct Turn<'r> {
    pub(super) ask: ModelRequest<'r>,
    pub(super) deployment: &'r Deployment,
}

impl Turn<'_> {
    pub(super) fn works_for(&self, embeds: bool, operation: &'static str) -> Result<(), ModelRefusal> {
        let seed = &self.deployment.seed;
        match seed.embeds() == embeds {
            true => Ok(()),
            false => Err(ModelRefusal::OperationNotSupported { operation, model: seed.model.clone() }),
        }
    }

    /// Charges the estimated tokens, or refuses because of the rates or the seed's fault.
    pub(super) fn charge(
        &self,
        tokens: u64,
        operation: &'static str,
        fault: Option<ModelFaultKind>,
        region: &str,
    ) -> Result<Levels, ModelRefusal> {
        let Deployment { seed, rates, .. } = self.deployment;
        let charged = match fault {
            Some(ModelFaultKind::ServerError) => return Err(ModelRefusal::ServerError),
            Some(ModelFaultKind::NoCapacity) => return Err(ModelRefusal::NoCapacity),
            Some(ModelFaultKind::Throttled) => Err(rates.exhausted()),
            Some(ModelFaultKind::BreaksOff) | None => rates.take(tokens, Timestamp::now()),
        };
        charged.map_err(|over| {
            let api_version = match self.ask.surface {
                Surface::Dated(version) => Some(version.to_owned()),
                Surface::V1 | Surface::ContentSafety => None,
            };
            ModelRefusal::Throttled(Box::new(Throttled {
                over,
                deployment: seed.name.clone(),
                model: seed.model.clone(),
                region: region.to_owned(),
                operation,
                api_version,
            }))
        })
    }

    /// Checks that the prompt fits into the model's context window.
    pub(super) fn fits(&self, prompt: u64, output: Option<u64>) -> Result<(), ModelRefusal> {
        let window = u64::from(self.deployment.seed.context_window);
        let message = if prompt > window {
            format!(
                "This model's maximum context length is {window} tokens. However, your messages resulted in {prompt} tokens. \
                 Please reduce the length of the messages."
            )
        } else if let Some(output) = output.filter(|output| prompt.saturating_add(*output) > window) {
            format!(
                "This model's maximum context length is {window} tokens. However, you requested {} tokens ({prompt} in the \
                 messages, {output} in the completion). Please reduce the length of the messages or completion.",
                prompt.saturating_add(output)
            )
        } else {
            return Ok(());
        };
        Err(ModelRefusal::invalid(message, "messages", "context_length_exceeded"))
    }
}

impl Deployment {
    /// Returns the seed's fault if this request must fail.
    pub(super) fn fault(&self) -> Option<ModelFaultKind> {
        let fault = self.seed.fault?;
        let before = self.requests.fetch_add(1, Ordering::Relaxed);
        before.is_multiple_of(fault.every.max(1)).then_some(fault.kind)
    }
}
