//! `rate-limit`: so many calls of a subscription in a moving window
//! (learn.microsoft.com/azure/api-management/rate-limit-policy).
//!
//! A call that is refused does not count. Live gateways count less exactly, the more of them there are; the v2 tiers use
//! a token bucket.

use jiff::SignedDuration;

use super::{
    Kind, Policy,
    allowance::Outputs,
    subscription_limits::{Limit, Limits},
};
use crate::{
    failure::Failure,
    load::Element,
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::{Scope, Section},
    state::{Want, Window},
};

const NAME: &str = "rate-limit";

pub(super) const KIND: Kind = Kind { name: NAME, sections: &[Section::Inbound], load };

/// Seconds that a moving window may last.
pub(super) const LONGEST: u32 = 300;

#[derive(Debug)]
pub(crate) struct RateLimit {
    limits: Limits,
    outputs: Outputs,
}

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    let attributes: Vec<_> = ["id", "calls", "renewal-period"].into_iter().chain(Outputs::ATTRIBUTES).collect();
    element.only_attributes(&attributes, problems);
    if element.scope() == Scope::Global {
        element.problem(problems, "<rate-limit> is not allowed in the global document");
    }
    if element.is_repeated() {
        element.problem(problems, "<rate-limit> may stand in a document once");
    }
    let outputs = Outputs::load(element, problems);
    let limits = Limits::load(element, limit, problems)?;
    Some(Policy::RateLimit(Box::new(RateLimit { limits, outputs })))
}

fn limit(element: &Element<'_>, problems: &mut Problems) -> Option<Limit> {
    const EXPECTED: &str = "a number of seconds from 1 to 300";
    element.required("calls", problems);
    element.required("renewal-period", problems);
    let calls: Option<u32> = element.parsed("calls", "a whole number, not negative", problems);
    let period: Option<u32> = element.parsed("renewal-period", EXPECTED, problems);
    if period.is_some_and(|period| !(1..=LONGEST).contains(&period)) {
        element.bad_value("renewal-period", EXPECTED, problems);
    }
    Some(Limit { calls: calls?.into(), period: period? })
}

impl RateLimit {
    pub(super) fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let limits = self.limits.of(run);
        let Some((_, own)) = limits.first().cloned() else {
            run.trace(|| "no subscription, so no limit".to_owned());
            return Ok(());
        };
        let want = |(key, limit): (String, Limit)| Want {
            key: format!("{NAME} {key}"),
            window: Window::Moving(SignedDuration::from_secs(limit.period.into())),
            limit: limit.calls,
            by: 1,
        };
        let wants: Vec<_> = limits.into_iter().map(want).collect();
        match run.state.counters.take(&wants, run.outside.now()) {
            Ok(remaining) => {
                self.outputs.tell(run, own.calls, remaining.first().copied().unwrap_or_default());
                Ok(())
            }
            Err(over) => Err(self.outputs.rate_exceeded(run, own.calls, over)),
        }
    }
}
