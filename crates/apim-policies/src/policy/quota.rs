//! `quota`: so many calls of a subscription in a period (learn.microsoft.com/azure/api-management/quota-policy).
//!
//! Periods begin with the subscription: here, with the time it was made, which is when local time began for it.
//! `bandwidth` is not supported.

use jiff::{SignedDuration, Timestamp};

use super::{
    Kind, Policy, allowance,
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

const NAME: &str = "quota";

pub(super) const KIND: Kind = Kind { name: NAME, sections: &[Section::Inbound], load };

#[derive(Debug)]
pub(crate) struct Quota(Limits);

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    element.only_attributes(&["id", "calls", "renewal-period"], problems);
    if element.scope() != Scope::Product {
        element.problem(problems, "<quota> is allowed in the document of a product only");
    }
    if element.is_repeated() {
        element.problem(problems, "<quota> may stand in a document once");
    }
    Limits::load(element, limit, problems).map(Quota).map(Policy::Quota)
}

fn limit(element: &Element<'_>, problems: &mut Problems) -> Option<Limit> {
    element.required("calls", problems);
    element.required("renewal-period", problems);
    let calls: Option<u32> = element.parsed("calls", "a whole number, not negative", problems);
    let period: Option<u32> = element.parsed("renewal-period", "a number of seconds, or 0", problems);
    Some(Limit { calls: calls?.into(), period: period? })
}

impl Quota {
    pub(super) fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let Some(subscription) = &run.context.subscription else {
            run.trace(|| "no subscription, so no quota".to_owned());
            return Ok(());
        };
        let start = subscription.start_date.unwrap_or(subscription.created_date);
        let now = run.outside.now();
        let want = |(key, limit): (String, Limit)| Want {
            key: format!("{NAME} {key}"),
            window: period(start, limit.period, now),
            limit: limit.calls,
            by: 1,
        };
        let wants: Vec<_> = self.0.of(run).into_iter().map(want).collect();
        let remaining = run.state.counters.take(&wants, now).map_err(allowance::quota_exceeded)?;
        run.trace(|| format!("{} of {} calls remain", remaining[0], wants[0].limit));
        Ok(())
    }
}

/// The period that a time is in; one of no seconds never ends.
pub(super) fn period(start: Timestamp, seconds: u32, now: Timestamp) -> Window {
    if seconds == 0 {
        return Window::Until(None);
    }
    let seconds = i64::from(seconds);
    let into = now.duration_since(start).as_secs().rem_euclid(seconds);
    let begun = now.as_second() - into + i64::from(start.subsec_nanosecond() > 0 && into == 0);
    let end = Timestamp::from_second(begun + seconds).ok();
    Window::Until(end.or_else(|| now.checked_add(SignedDuration::from_secs(seconds)).ok()))
}
