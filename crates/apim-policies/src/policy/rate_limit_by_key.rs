//! `rate-limit-by-key`: a limit of calls for a key in a moving window
//! (learn.microsoft.com/azure/api-management/rate-limit-by-key-policy).
//!
//! A key has one counter, in all policies that name it. A request counts once for a key.

use jiff::SignedDuration;

use futures_util::future::BoxFuture;

use super::prelude::*;
use super::{allowance::Outputs, increment::Increment, rate_limit::LONGEST_MOVING_WINDOW};
use crate::run::{After, Counted, Finish};
use crate::state::{LimitRequest, Window};

#[derive(Debug)]
pub(crate) struct RateLimitByKey {
    calls: Setting<u32>,
    period: Setting<u32>,
    key: Setting<String>,
    increment: Increment,
    outputs: Outputs,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<RateLimitByKey> {
    let own = ["id", "calls", "renewal-period", "counter-key"];
    element.only_attributes(&[&own[..], &Increment::ATTRIBUTES, &Outputs::ATTRIBUTES].concat(), problems);
    element.children(&[], problems);
    let calls = element.required_setting("calls", problems);
    let period = element.required_setting("renewal-period", problems);
    if matches!(&period, Some(Setting::Literal(period)) if !(1..=LONGEST_MOVING_WINDOW).contains(period)) {
        element.bad_value("renewal-period", "a number of seconds from 1 to 300", problems);
    }
    element.not_empty(&["counter-key"], problems);
    let key = element.required_setting("counter-key", problems);
    let increment = Increment::load(element, problems);
    let outputs = Outputs::load(element, problems);
    let (calls, period, key) = (calls?, period?, key?);
    Some(RateLimitByKey { calls, period, key, increment, outputs })
}

impl RateLimitByKey {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        let mut want = self.want(&key, run).await?;
        let now = run.outside.now();
        let counted = run.counted.contains(&want.key);
        let standing = if self.increment.is_at_once() || counted {
            if !counted {
                want.by = self.increment.amount(run).await?;
                run.counted.insert(want.key.clone());
            }
            run.state.counters.take(std::slice::from_ref(&want), now).map(|remaining| remaining[0])
        } else {
            run.state.counters.look(&want, now)
        };
        match standing {
            Ok(remaining) => self.outputs.tell(run, want.limit, remaining),
            Err(over) => return Err(self.outputs.rate_exceeded(run, want.limit, over)),
        }
        if self.increment.is_late() {
            run.after.push(After::Policy(self, Counted { key, ..Counted::default() }, run.running()));
        }
        Ok(())
    }

    async fn count<O: Outside>(&self, key: String, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let mut want = self.want(&key, run).await?;
        if !self.increment.holds(run).await? || !run.counted.insert(want.key.clone()) {
            return Ok(());
        }
        want.by = self.increment.amount(run).await?;
        run.state.counters.add(&want, run.outside.now());
        Ok(())
    }

    async fn want<O: Outside>(&self, key: &str, run: &mut Run<'_, O>) -> Result<LimitRequest, Failure> {
        let limit = run.get(&self.calls).await?.into();
        let period = run.get(&self.period).await?;
        if !(1..=LONGEST_MOVING_WINDOW).contains(&period) {
            return Err(Failure::expression("renewal-period is not a number of seconds from 1 to 300."));
        }
        let window = Window::Moving(SignedDuration::from_secs(period.into()));
        Ok(LimitRequest { key: format!("rate {key}"), window, limit, by: 0 })
    }
}

impl<O: Outside> Finish<O> for RateLimitByKey {
    fn finish<'f, 'r: 'f>(&'r self, known: Counted, run: &'f mut Run<'r, O>) -> BoxFuture<'f, Result<(), Failure>> {
        Box::pin(self.count(known.key, run))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::*;
    use crate::{
        State,
        rig::{World, document, problems_in},
    };

    /// Returns the number of calls with `key` that pass before a refusal. The backend answers with these statuses.
    async fn passes(world: &World, state: &State, policies: &str, key: &str, statuses: &[u16]) -> usize {
        let text = document(policies, "<base />", "", "");
        for (count, status) in statuses.iter().enumerate() {
            world.answer(*status, "");
            let request = Request::builder().uri("/orders").header("x-key", key).body(Bytes::new()).unwrap();
            let outcome = world.run(&text, request, state).await;
            if outcome.response.status() == 429 {
                assert_eq!(outcome.last_error.unwrap().source, "rate-limit-by-key");
                assert!(outcome.response.headers().contains_key("retry-after"));
                return count;
            }
        }
        statuses.len()
    }

    fn limit(attributes: &str) -> String {
        format!(
            "<rate-limit-by-key calls=\"@(1 + 1)\" renewal-period=\"10\" \
             counter-key=\"@(context.Request.Headers.GetValueOrDefault(\"x-key\", \"\"))\" {attributes} />"
        )
    }

    #[tokio::test]
    async fn each_key_has_its_own_moving_window() {
        let (world, state) = (World::new(), State::default());
        assert_eq!(passes(&world, &state, &limit(""), "a", &[200; 9]).await, 2);
        assert_eq!(passes(&world, &state, &limit(""), "b", &[200; 9]).await, 2);
        world.advance(SignedDuration::from_secs(9));
        assert_eq!(passes(&world, &state, &limit(""), "a", &[200; 9]).await, 0);
        world.advance(SignedDuration::from_secs(1));
        assert_eq!(passes(&world, &state, &limit("increment-count=\"2\""), "a", &[200; 9]).await, 1);
    }

    #[tokio::test]
    async fn a_request_counts_once_for_a_key_however_often_it_is_named() {
        let twice = format!("{0}{0}", limit(""));
        assert_eq!(passes(&World::new(), &State::default(), &twice, "a", &[200; 9]).await, 2);
    }

    #[tokio::test]
    async fn with_an_expression_for_the_condition_the_response_decides_and_the_refusal_comes_late() {
        let good = limit("increment-condition=\"@(context.Response.StatusCode == 200)\"");
        let (world, state) = (World::new(), State::default());
        assert_eq!(passes(&world, &state, &good, "a", &[404, 200, 404, 200, 200]).await, 4);
        let by = limit("increment-count=\"@(context.Response.StatusCode / 100)\"");
        // One of two calls was left. So the second call passes, even if it then counts for more.
        let outcome = passes(&world, &State::default(), &by.replace("@(1 + 1)", "3"), "a", &[200, 200, 200]).await;
        assert_eq!(outcome, 2);
        let never = limit("increment-condition=\"false\"");
        assert_eq!(passes(&world, &State::default(), &never, "a", &[200; 9]).await, 9);
    }

    #[tokio::test]
    async fn an_error_counts_when_the_condition_says_so() {
        let (world, state) = (World::new(), State::default());
        let policies = format!(
            "{}<validate-jwt header-name=\"x\" />",
            limit("increment-condition=\"@(context.Response.StatusCode == 401)\"")
        );
        assert_eq!(passes(&world, &state, &policies, "a", &[200; 9]).await, 2);
    }

    #[tokio::test]
    async fn an_expression_that_gives_no_time_fails() {
        let policy = limit("").replace("\"10\"", "\"@(300 + 1)\"");
        let error = World::new().run_sections(&policy, "", "", "").await.last_error.unwrap();
        assert_eq!(
            error.message,
            "Expression evaluation failed. renewal-period is not a number of seconds from 1 to 300."
        );
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let text = "<rate-limit-by-key calls=\"many\" renewal-period=\"0\" increment-condition=\"@(1)\" retry-after-header-name=\"@(1)\"><api /></rate-limit-by-key>";
        assert_eq!(
            problems_in("inbound", text),
            [
                "2:1: <rate-limit-by-key> needs the attribute \"counter-key\"",
                "2:20: the attribute \"calls\" of <rate-limit-by-key> must be a whole number from 0 to 2147483647",
                "2:33: the attribute \"renewal-period\" of <rate-limit-by-key> must be a number of seconds from 1 to 300",
                "2:52: the attribute \"increment-condition\" of <rate-limit-by-key> must be true or false, and its expression gives `int`",
                "2:79: the attribute \"retry-after-header-name\" of <rate-limit-by-key> does not take a policy expression",
                "2:110: <api> is not declared in <rate-limit-by-key>",
            ]
        );
    }
}
