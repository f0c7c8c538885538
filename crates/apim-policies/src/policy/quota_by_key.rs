//! `quota-by-key`: a limit of calls or bytes for a key in a period
//! (learn.microsoft.com/azure/api-management/quota-by-key-policy).
//!
//! A key has one counter for calls and one for bytes, in all policies that name it. A request counts once for each. The
//! increment applies to calls only.

use jiff::Timestamp;

use futures_util::future::BoxFuture;

use super::prelude::*;
use super::{
    allowance, bandwidth,
    increment::Increment,
    quota::period,
    subscription_limits::{Form, Limit},
};
use crate::run::{After, Counted, Finish};
use crate::state::LimitRequest;

const FORM: Form = Form {
    attributes: &["calls", "bandwidth", "renewal-period"],
    is_period: |seconds| seconds == 0 || seconds >= 300,
    periods: "a number of seconds, 300 at least, or 0",
    inherits_period: false,
};

#[derive(Debug)]
pub(crate) struct QuotaByKey {
    limit: Limit,
    key: Setting<String>,
    increment: Increment,
    first_start: Timestamp,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<QuotaByKey> {
    let own = ["id", "counter-key", "first-period-start"];
    element.only_attributes(&[&own[..], &Increment::ATTRIBUTES, FORM.attributes].concat(), problems);
    element.children(&[], problems);
    let limit = Limit::load(element, &FORM, None, problems);
    element.not_empty(&["counter-key"], problems);
    let key = element.required_setting("counter-key", problems);
    let increment = Increment::load(element, problems);
    let start = element.attribute("first-period-start", problems).map(first_start);
    if start == Some(None) {
        element.bad_value("first-period-start", "a time such as 2026-01-31T00:00:00Z", problems);
    }
    let start = start.flatten();
    // The documented default is 0001-01-01T00:00:00Z.
    let first_start = start.or(Timestamp::from_second(-62_135_596_800).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
    let (limit, key) = (limit?, key?);
    Some(QuotaByKey { limit, key, increment, first_start })
}

/// Reads the documented form, `yyyy-MM-ddTHH:mm:ssZ`.
fn first_start(text: &str) -> Option<Timestamp> {
    let is_whole = text.len() == "2026-01-31T00:00:00Z".len() && text.contains('T') && text.ends_with('Z');
    text.parse().ok().filter(|_| is_whole)
}

impl QuotaByKey {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        let now = run.outside.now();
        let counts = self.increment.is_at_once();
        let bytes = self.bytes(&key, now);
        bandwidth::check(bytes.as_slice(), run)?;
        if let Some(mut want) = self.calls(&key, now) {
            let counted = run.counted.contains(&want.key);
            if counts || counted {
                want.by = if counted { 0 } else { self.increment.amount(run).await? };
                run.counted.insert(want.key.clone());
                run.state.counters.take(&[want], now).map_err(allowance::calls_exceeded)?;
            } else {
                run.state.counters.look(&want, now).map_err(allowance::calls_exceeded)?;
            }
        }
        if counts {
            bandwidth::count(bytes, run);
        } else if self.increment.is_late() {
            // The bytes are measured from here on, so that none is missing if the request counts later.
            bytes.is_some().then(|| run.meter());
            run.after.push(After::Policy(self, Counted { key, ..Counted::default() }, run.running()));
        }
        Ok(())
    }

    async fn count<O: Outside>(&self, key: String, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let now = run.outside.now();
        if !self.increment.holds(run).await? {
            return Ok(());
        }
        if let Some(mut want) = self.calls(&key, now)
            && run.counted.insert(want.key.clone())
        {
            want.by = self.increment.amount(run).await?;
            run.state.counters.add(&want, now);
        }
        if let Some(want) = self.bytes(&key, now) {
            run.count_bytes(want);
        }
        Ok(())
    }

    fn calls(&self, key: &str, now: Timestamp) -> Option<LimitRequest> {
        self.want(format!("quota-by-key calls {key}"), self.limit.calls?, now)
    }

    fn bytes(&self, key: &str, now: Timestamp) -> Option<LimitRequest> {
        self.want(format!("quota-by-key bytes {key}"), self.limit.bytes?, now)
    }

    fn want(&self, key: String, limit: u64, now: Timestamp) -> Option<LimitRequest> {
        Some(LimitRequest { key, window: period(self.first_start, self.limit.period, now), limit, by: 1 })
    }
}

impl<O: Outside> Finish<O> for QuotaByKey {
    fn finish<'f, 'r: 'f>(&'r self, known: Counted, run: &'f mut Run<'r, O>) -> BoxFuture<'f, Result<(), Failure>> {
        Box::pin(self.count(known.key, run))
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
    async fn no_key_names_the_counter_of_another_kind() {
        let (world, state) = (World::new(), State::default());
        let by_bytes = "<quota-by-key bandwidth=\"1\" renewal-period=\"300\" counter-key=\"a\" />";
        let request = || Request::post("/orders").body(Bytes::from_static(&[0; 2048])).unwrap();
        for status in [200, 403] {
            let outcome = world.run(&document(by_bytes, "<base />", "", ""), request(), &state).await;
            assert_eq!(outcome.response.status(), status);
        }
        for key in ["bytes a", "calls a", "a"] {
            assert_eq!(send(&world, &state, "", key).await.response.status(), 200, "{key}");
        }
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

    #[tokio::test]
    async fn a_call_may_count_for_several() {
        for (attributes, statuses) in [
            ("increment-count=\"2\"", [200, 403, 403]),
            ("increment-count=\"0\"", [200, 200, 200]),
            // The count is known too late to refuse the call itself.
            ("increment-count=\"@(context.Response.StatusCode / 100)\"", [200, 403, 403]),
            ("increment-count=\"@(1)\" increment-condition=\"false\"", [200, 200, 200]),
        ] {
            let (world, state) = (World::new(), State::default());
            for status in statuses {
                assert_eq!(send(&world, &state, attributes, "a").await.response.status(), status, "{attributes}");
            }
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let text = "<quota-by-key bandwidth=\"x\" renewal-period=\"299\" first-period-start=\"now\" increment-condition=\"1\" increment-count=\"-1\" />";
        assert_eq!(
            problems_in("inbound", text),
            [
                "2:1: <quota-by-key> needs the attribute \"counter-key\"",
                "2:15: the attribute \"bandwidth\" of <quota-by-key> must be a number of kilobytes",
                "2:29: the attribute \"renewal-period\" of <quota-by-key> must be a number of seconds, 300 at least, or 0",
                "2:50: the attribute \"first-period-start\" of <quota-by-key> must be a time such as 2026-01-31T00:00:00Z",
                "2:75: the attribute \"increment-condition\" of <quota-by-key> must be true or false",
                "2:99: the attribute \"increment-count\" of <quota-by-key> must be a whole number from 0 to 2147483647",
            ]
        );
        let neither = "<quota-by-key renewal-period=\"300\" counter-key=\"k\" />";
        let message = "2:1: <quota-by-key> needs the attribute \"calls\" or \"bandwidth\"";
        assert_eq!(problems_in("inbound", neither), [message]);
    }
}
