//! `rate-limit-by-key`: so many calls for a key in a moving window
//! (learn.microsoft.com/azure/api-management/rate-limit-by-key-policy).
//!
//! A key has one counter, wherever it is named, and a request counts once for it. With an expression for the condition
//! or for the increment the request counts when its response is known, so that the refusal comes one call late.

use jiff::SignedDuration;

use super::{Kind, Policy, after::After, allowance::Outputs, rate_limit::LONGEST};
use crate::{
    failure::Failure,
    load::{Element, Setting},
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::Section,
    state::{Want, Window},
};

const NAME: &str = "rate-limit-by-key";

pub(super) const KIND: Kind = Kind { name: NAME, sections: &[Section::Inbound], load };

#[derive(Debug)]
pub(crate) struct RateLimitByKey {
    calls: Setting<u32>,
    period: Setting<u32>,
    key: Setting<String>,
    condition: Option<Setting<bool>>,
    by: Option<Setting<u32>>,
    outputs: Outputs,
}

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    let own = ["id", "calls", "renewal-period", "counter-key", "increment-condition", "increment-count"];
    let attributes: Vec<_> = own.into_iter().chain(Outputs::ATTRIBUTES).collect();
    element.only_attributes(&attributes, problems);
    element.children(&[], problems);
    let calls = element.required_setting("calls", problems);
    let period = element.required_setting("renewal-period", problems);
    if matches!(&period, Some(Setting::Literal(period)) if !(1..=LONGEST).contains(period)) {
        element.bad_value("renewal-period", "a number of seconds from 1 to 300", problems);
    }
    let key = element.required_setting("counter-key", problems);
    let condition = element.setting("increment-condition", problems);
    let by = element.setting("increment-count", problems);
    let outputs = Outputs::load(element, problems);
    let (calls, period, key) = (calls?, period?, key?);
    Some(Policy::RateLimitByKey(Box::new(RateLimitByKey { calls, period, key, condition, by, outputs })))
}

impl RateLimitByKey {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        let mut want = self.want(&key, run).await?;
        let now = run.outside.now();
        let later =
            matches!(self.condition, Some(Setting::Expression(_))) || matches!(self.by, Some(Setting::Expression(_)));
        let counts = !later && !matches!(self.condition, Some(Setting::Literal(false)));
        let standing = if counts && run.counted.insert(want.key.clone()) {
            want.by = run.get_any(self.by.as_ref()).await?.unwrap_or(1).into();
            run.state.counters.take(std::slice::from_ref(&want), now).map(|remaining| remaining.first().copied())
        } else {
            run.state.counters.look(&want, now).map(Some)
        };
        match standing {
            Ok(remaining) => self.outputs.tell(run, want.limit, remaining.unwrap_or_default()),
            Err(over) => return Err(self.outputs.rate_exceeded(run, want.limit, over)),
        }
        if later {
            run.after.push(After::Rate(self, key));
        }
        Ok(())
    }

    /// Counts the request when its response is known.
    pub(super) async fn count<O: Outside>(&self, key: String, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let mut want = self.want(&key, run).await?;
        if !run.get_any(self.condition.as_ref()).await?.unwrap_or(true) || !run.counted.insert(want.key.clone()) {
            return Ok(());
        }
        want.by = run.get_any(self.by.as_ref()).await?.unwrap_or(1).into();
        run.state.counters.add(&want, run.outside.now());
        Ok(())
    }

    async fn want<O: Outside>(&self, key: &str, run: &mut Run<'_, O>) -> Result<Want, Failure> {
        let limit = run.get(&self.calls).await?.into();
        let period = run.get(&self.period).await?;
        if !(1..=LONGEST).contains(&period) {
            return Err(Failure::expression("renewal-period is not a number of seconds from 1 to 300."));
        }
        let window = Window::Moving(SignedDuration::from_secs(period.into()));
        Ok(Want { key: format!("rate {key}"), window, limit, by: 0 })
    }
}
