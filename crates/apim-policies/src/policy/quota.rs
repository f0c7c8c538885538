//! `quota`: a limit of calls or bytes of a subscription in a period
//! (learn.microsoft.com/azure/api-management/quota-policy).
//!
//! Periods begin with the start of the subscription, or else with the year 1970.

use jiff::{SignedDuration, Timestamp};

use super::prelude::*;
use super::{
    allowance, bandwidth,
    subscription_limits::{Form, Limits},
};
use crate::state::{LimitRequest, Window};

const NAME: &str = "quota";

/// The start of the counter keys for bytes. No other policy's keys start like this.
const BYTES: &str = "quota bytes";

const FORM: Form = Form {
    attributes: &["calls", "bandwidth", "renewal-period"],
    is_period: |_| true,
    periods: "a number of seconds, or 0",
    // The page's table requires a period for each element, but its policy statement writes none.
    inherits_period: true,
};

#[derive(Debug)]
pub(crate) struct Quota(Limits);

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Quota> {
    let attributes: Vec<_> = ["id"].into_iter().chain(FORM.attributes.iter().copied()).collect();
    element.only_attributes(&attributes, problems);
    if element.scope() != Scope::Product && !element.is_apart() {
        element.problem(problems, "<quota> is allowed in the document of a product only");
    }
    if element.is_repeated() {
        element.problem(problems, "<quota> may stand in a document once");
    }
    Limits::load(element, &FORM, problems).map(Quota)
}

impl Quota {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let Some(subscription) = &run.context.subscription else {
            run.trace(|| "no subscription, so no quota".to_owned());
            return Ok(());
        };
        let start = subscription.start_date.unwrap_or(subscription.created_date);
        let now = run.outside.now();
        let (mut calls, mut bytes) = (Vec::new(), Vec::new());
        for (key, limit) in self.0.of(run) {
            let window = period(start, limit.period, now);
            let want = |kind: &str, limit| LimitRequest { key: format!("{kind} {key}"), window, limit, by: 1 };
            calls.extend(limit.calls.map(|limit| want(NAME, limit)));
            bytes.extend(limit.bytes.map(|limit| want(BYTES, limit)));
        }
        // The bytes are checked first, because this check counts nothing.
        bandwidth::check(&bytes, run)?;
        let remaining = run.state.counters.take(&calls, now).map_err(allowance::calls_exceeded)?;
        if let (Some(remaining), Some(want)) = (remaining.first(), calls.first()) {
            run.trace(|| format!("{remaining} of {} calls remain", want.limit));
        }
        bandwidth::count(bytes, run);
        Ok(())
    }
}

/// Returns the period of a time. A period of 0 seconds never ends.
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::{
        State,
        rig::{NOW, World, document, problems_in, subscribed},
    };

    const QUOTA: &str = "<quota calls=\"2\" renewal-period=\"3600\"><api id=\"orders\" calls=\"9\" renewal-period=\"60\">\
        <operation name=\"List orders\" calls=\"9\" renewal-period=\"0\" /></api></quota>";

    #[tokio::test]
    async fn the_calls_of_a_subscription_run_out_until_the_period_ends() {
        let (world, state) = (World::new(), State::default());
        let text = document(QUOTA, "<base />", "", "");
        let send = async |subscription| {
            // Now is half an hour and two seconds before the next period.
            let mut facts = subscribed(subscription);
            let start = Timestamp::from_second(NOW - 3600 * 7 - 1798).unwrap();
            facts.subscription.as_mut().unwrap().created_date = start;
            world.run_at(Scope::Product, &text, facts, &state).await
        };
        assert_eq!(send("a").await.response.status(), 200);
        assert_eq!(send("a").await.response.status(), 200);
        let refused = send("a").await;
        assert_eq!(refused.response.status(), 403);
        let message = "Out of call volume quota. Quota will be replenished in 00:30:02.";
        assert_eq!(refused.response.body(), &format!("{{ \"statusCode\": 403, \"message\": \"{message}\" }}"));
        assert_eq!(refused.response.headers()["retry-after"], "1802");
        let error = refused.last_error.unwrap();
        assert_eq!((error.source, error.reason, error.message.as_str()), (NAME, "QuotaExceeded", message));
        assert_eq!(send("b").await.response.status(), 200);
        world.advance(SignedDuration::from_secs(1801));
        assert_eq!(send("a").await.response.status(), 403);
        world.advance(SignedDuration::from_secs(1));
        assert_eq!(send("a").await.response.status(), 200);
        assert_eq!(world.forwarded.lock().unwrap().len(), 4);
    }

    #[tokio::test]
    async fn apis_and_operations_have_their_own_and_one_without_a_period_is_never_replenished() {
        let (world, state) = (World::new(), State::default());
        let text = document(
            &QUOTA.replace("calls=\"9\" renewal-period=\"0\"", "calls=\"1\" renewal-period=\"0\""),
            "<base />",
            "",
            "",
        );
        let send = async || world.run_at(Scope::Product, &text, subscribed("a"), &state).await;
        assert_eq!(send().await.response.status(), 200);
        world.advance(SignedDuration::from_hours(10_000));
        let refused = send().await;
        assert_eq!(refused.response.body(), "{ \"statusCode\": 403, \"message\": \"Out of call volume quota.\" }");
        assert!(!refused.response.headers().contains_key("retry-after"));
        // The refused call did not count for the product. The quota of the operation does not limit other operations.
        let mut other = subscribed("a");
        other.operation.name = "Get order".to_owned();
        for status in [200, 200, 403] {
            let outcome = world.run_at(Scope::Product, &text, other.clone(), &state).await;
            assert_eq!(outcome.response.status(), status);
        }
    }

    #[tokio::test]
    async fn one_inside_has_the_period_around_it_where_none_is_written() {
        let inner = "<quota calls=\"9\" renewal-period=\"60\"><api id=\"orders\" calls=\"8\">\
                     <operation id=\"list\" calls=\"1\" /></api></quota>";
        let (world, state) = (World::new(), State::default());
        let text = document(inner, "<base />", "", "");
        let send = async || world.run_at(Scope::Product, &text, subscribed("a"), &state).await.response.status();
        assert_eq!((send().await.as_u16(), send().await.as_u16()), (200, 403));
        world.advance(SignedDuration::from_secs(60));
        assert_eq!(send().await, 200);
    }

    #[tokio::test]
    async fn without_a_subscription_there_is_no_quota() {
        let (world, state) = (World::new(), State::default());
        let text = document(QUOTA, "<base />", "", "");
        for _ in 0..3 {
            let facts = crate::Facts { subscription: None, ..subscribed("a") };
            assert_eq!(world.run_at(Scope::Product, &text, facts, &state).await.response.status(), 200);
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let two = "<quota bandwidth=\"-1\" renewal-period=\"-1\"><api calls=\"1\" renewal-period=\"1\"><x /></api></quota>\n<quota calls=\"1\" renewal-period=\"1\" />";
        assert_eq!(
            problems_in("inbound", two),
            [
                "2:1: <quota> is allowed in the document of a product only",
                "2:8: the attribute \"bandwidth\" of <quota> must be a number of kilobytes",
                "2:23: the attribute \"renewal-period\" of <quota> must be a number of seconds, or 0",
                "2:43: <api> needs the attribute \"id\" or \"name\"",
                "2:77: <x> is not declared in <api>",
                "3:1: <quota> is allowed in the document of a product only",
                "3:1: <quota> may stand in a document once",
            ]
        );
    }
}
