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
        let mut want = self.want(&key, now);
        let later = matches!(self.condition, Some(Setting::Expression(_)));
        let counts = !later && !matches!(self.condition, Some(Setting::Literal(false)));
        let counted = run.counted.contains(&want.key);
        if counts || counted {
            want.by = u64::from(!counted);
            run.counted.insert(want.key.clone());
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use jiff::SignedDuration;

    use crate::{
        Outcome, State,
        rig::{World, document, problems_in},
    };

    async fn send(world: &World, state: &State, attributes: &str, key: &str) -> Outcome<Bytes> {
        let policy = format!(
            "<quota-by-key calls=\"2\" renewal-period=\"300\" \
             counter-key=\"@(context.Request.Headers.GetValueOrDefault(\"x-key\", \"\"))\" {attributes} />"
        );
        let request = Request::builder().uri("/orders").header("x-key", key).body(Bytes::new()).unwrap();
        world.run(&document(&policy, "<base />", "", ""), request, state).await
    }

    #[tokio::test]
    async fn the_calls_of_a_key_run_out_until_the_period_ends() {
        let (world, state) = (World::new(), State::default());
        // The time of the tests is 2026-02-25T06:13:20Z.
        let attributes = "first-period-start=\"2026-02-25T06:10:00Z\"";
        let status = async |key| send(&world, &state, attributes, key).await.response.status().as_u16();
        assert_eq!((status("a").await, status("a").await, status("b").await), (200, 200, 200));
        let refused = send(&world, &state, attributes, "a").await;
        let message = "Out of call volume quota. Quota will be replenished in 00:01:40.";
        assert_eq!(refused.response.body(), &format!("{{ \"statusCode\": 403, \"message\": \"{message}\" }}"));
        assert_eq!(
            (refused.response.status().as_u16(), refused.response.headers()["retry-after"].as_bytes()),
            (403, &b"100"[..])
        );
        let error = refused.last_error.unwrap();
        assert_eq!((error.source, error.reason), ("quota-by-key", "QuotaExceeded"));
        world.advance(SignedDuration::from_secs(100));
        assert_eq!(status("a").await, 200);
    }

    #[tokio::test]
    async fn the_response_decides_what_counts_where_the_condition_is_an_expression() {
        let (world, state) = (World::new(), State::default());
        let attributes = "increment-condition=\"@(context.Response.StatusCode < 400)\"";
        for (answer, status) in [(404, 404), (404, 404), (200, 200), (200, 200), (200, 403)] {
            world.answer(answer, "");
            assert_eq!(send(&world, &state, attributes, "a").await.response.status(), status);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let text = "<quota-by-key bandwidth=\"1\" renewal-period=\"299\" first-period-start=\"now\" increment-condition=\"1\" />";
        assert_eq!(
            problems_in("inbound", text),
            [
                "2:1: <quota-by-key> needs the attribute \"calls\"",
                "2:1: <quota-by-key> needs the attribute \"counter-key\"",
                "2:15: the attribute \"bandwidth\" of <quota-by-key> is not supported",
                "2:29: the attribute \"renewal-period\" of <quota-by-key> must be a number of seconds, 300 at least, or 0",
                "2:50: the attribute \"first-period-start\" of <quota-by-key> must be a time such as 2026-01-31T00:00:00Z",
                "2:75: the attribute \"increment-condition\" of <quota-by-key> must be true or false",
            ]
        );
    }
}
