//! `quota-by-key`: so many calls for a key in a period
//! (learn.microsoft.com/azure/api-management/quota-by-key-policy).
//!
//! A key has one counter, wherever it is named, and a request counts once for it. With an expression for the condition
//! the request counts when its response is known. `bandwidth` is not supported.

use jiff::Timestamp;

use super::{Kind, Policy, after::After, allowance, quota::period};
use crate::{
    failure::Failure,
    load::{Element, Setting},
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::Section,
    state::Want,
};

pub(super) const KIND: Kind = Kind { name: "quota-by-key", sections: &[Section::Inbound], load };

/// Seconds that a period lasts at least.
const SHORTEST: u32 = 300;

#[derive(Debug)]
pub(crate) struct QuotaByKey {
    calls: u32,
    period: u32,
    key: Setting<String>,
    condition: Option<Setting<bool>>,
    first_start: Timestamp,
}

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    const PERIOD: &str = "a number of seconds, 300 at least, or 0";
    let attributes = ["id", "calls", "renewal-period", "counter-key", "increment-condition", "first-period-start"];
    element.only_attributes(&attributes, problems);
    element.children(&[], problems);
    element.required("calls", problems);
    element.required("renewal-period", problems);
    let calls = element.parsed("calls", "a whole number, not negative", problems);
    let period: Option<u32> = element.parsed("renewal-period", PERIOD, problems);
    if period.is_some_and(|period| period > 0 && period < SHORTEST) {
        element.bad_value("renewal-period", PERIOD, problems);
    }
    let key = element.required_setting("counter-key", problems);
    let condition = element.setting("increment-condition", problems);
    let start = element.parsed("first-period-start", "a time such as 2026-01-31T00:00:00Z", problems);
    // 0001-01-01T00:00:00Z, the documented default.
    let first_start = start.or(Timestamp::from_second(-62_135_596_800).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    let (calls, period, key) = (calls?, period?, key?);
    Some(Policy::QuotaByKey(QuotaByKey { calls, period, key, condition, first_start }))
}

impl QuotaByKey {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        let now = run.outside.now();
        let want = self.want(&key, now);
        let later = matches!(self.condition, Some(Setting::Expression(_)));
        let counts = !later && !matches!(self.condition, Some(Setting::Literal(false)));
        if counts && run.counted.insert(want.key.clone()) {
            run.state.counters.take(&[want], now).map_err(allowance::quota_exceeded)?;
        } else {
            run.state.counters.look(&want, now).map_err(allowance::quota_exceeded)?;
        }
        if later {
            run.after.push(After::Quota(self, key));
        }
        Ok(())
    }

    /// Counts the request when its response is known.
    pub(super) async fn count<O: Outside>(&self, key: String, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let now = run.outside.now();
        let want = self.want(&key, now);
        if run.get_any(self.condition.as_ref()).await?.unwrap_or(true) && run.counted.insert(want.key.clone()) {
            run.state.counters.add(&want, now);
        }
        Ok(())
    }

    fn want(&self, key: &str, now: Timestamp) -> Want {
        let window = period(self.first_start, self.period, now);
        Want { key: format!("quota {key}"), window, limit: self.calls.into(), by: 1 }
    }
}
