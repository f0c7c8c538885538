//! `retry`: runs its policies once, and repeats them while a condition holds
//! (learn.microsoft.com/azure/api-management/retry-policy).
//!
//! A backend that does not answer in time or refuses the connection is also retried: the condition sees the error's 500
//! as `context.Response`, and `context.LastError`. After the last attempt the error goes to `on-error` (seen in traces
//! of live gateways, Azure-Samples/openai-apim-lb issue 25). Any other error goes there at once.

use super::prelude::*;
use crate::step::{AnyPolicy, Steps, load_all, run_all};
use std::time::Duration;

const MOST_RETRIES: u32 = 50;
const ATTRIBUTES: [&str; 7] = ["id", "condition", "count", "interval", "max-interval", "delta", "first-fast-retry"];

#[derive(Debug)]
pub(crate) struct Retry<P> {
    condition: Setting<bool>,
    /// The largest number of retries after the first attempt.
    count: Setting<u32>,
    /// In seconds, like `delta` and `max_interval`.
    interval: Setting<u32>,
    delta: Option<Setting<u32>>,
    max_interval: Option<Setting<u32>>,
    first_fast: Option<Setting<bool>>,
    pub(crate) steps: Steps<P>,
}

pub(super) fn load<P: AnyPolicy>(element: &Element<'_>, problems: &mut Problems) -> Option<Retry<P>> {
    element.only_attributes(&ATTRIBUTES, problems);
    if element.has("max-interval") && !element.has("delta") {
        element.problem(problems, "<retry> with max-interval needs delta, too");
    }
    let condition = element.required_setting("condition", problems);
    let count = element.required_setting("count", problems);
    if matches!(&count, Some(Setting::Literal(count)) if !(1..=MOST_RETRIES).contains(count)) {
        element.bad_value("count", format!("from 1 to {MOST_RETRIES}"), problems);
    }
    let interval = element.required_setting("interval", problems);
    let delta = element.setting("delta", problems);
    let max_interval = element.setting("max-interval", problems);
    let first_fast = element.setting("first-fast-retry", problems);
    let steps = load_all(element, problems);
    let retry =
        Retry { condition: condition?, count: count?, interval: interval?, delta, max_interval, first_fast, steps };
    Some(retry)
}

impl<P: AnyPolicy> Retry<P> {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Stop> {
        let count = run.get(&self.count).await?;
        if !(1..=MOST_RETRIES).contains(&count) {
            return Err(Failure::expression(&format!("count is {count}, not from 1 to {MOST_RETRIES}.")).into());
        }
        let waits = self.waits(run).await?;
        let before = run.context.last_error.clone();
        let mut failure = self.attempt(run).await?;
        for attempt in 1..=count {
            if !run.get(&self.condition).await? {
                run.trace(|| format!("the condition is false after {attempt} of at most {} times", count + 1));
                return failure.map_or(Ok(()), |failure| Err(failure.into()));
            }
            let wait = waits.before(attempt, &mut || run.context.entropy.next());
            run.trace(|| format!("the condition is true: retry {attempt} of {count} after {wait:?}"));
            if !wait.is_zero() {
                run.outside.sleep(wait).await;
            }
            failure = self.attempt(run).await?;
            if failure.is_none() {
                run.context.last_error.clone_from(&before);
            }
        }
        run.trace(|| "no retries are left".to_owned());
        failure.map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Runs the policies once. Returns the failure of a backend: the condition decides about it.
    async fn attempt<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<Option<Failure>, Stop> {
        match run_all(&self.steps, run).await {
            Ok(()) => Ok(None),
            Err(Stop::Failed(failure)) if failure.is_of_backend() => {
                if !failure.keeps_response() {
                    let response = failure.response(|| run.outside.request_id().to_string());
                    run.respond(response, None);
                }
                run.set_last_error(&failure);
                Ok(Some(failure))
            }
            Err(stop) => Err(stop),
        }
    }

    async fn waits<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Waits, Failure> {
        Ok(Waits {
            interval: run.get(&self.interval).await?.into(),
            delta: run.get_any(self.delta.as_ref()).await?.map(f64::from),
            max: run.get_any(self.max_interval.as_ref()).await?.map(f64::from),
            first_fast: run.get_any(self.first_fast.as_ref()).await?.unwrap_or(false),
        })
    }
}

/// The times between the attempts, in seconds.
struct Waits {
    interval: f64,
    delta: Option<f64>,
    max: Option<f64>,
    first_fast: bool,
}

impl Waits {
    /// Returns the wait before a retry, counted from 1. The interval alone is a fixed wait. With `delta`, the wait
    /// grows by that each time. With `max-interval`, too, it doubles each time, with a random change of up to a fifth.
    fn before(&self, attempt: u32, random: &mut dyn FnMut() -> u64) -> Duration {
        if self.first_fast && attempt == 1 {
            return Duration::ZERO;
        }
        let seconds = match (self.delta, self.max) {
            (None, _) => self.interval,
            (Some(delta), None) => self.interval + f64::from(attempt - 1) * delta,
            (Some(delta), Some(max)) => {
                let share = f64::from(u32::try_from(random() >> 32).unwrap_or(0)) / f64::from(u32::MAX);
                (self.interval + 2f64.powi(attempt.cast_signed() - 1) * delta * (0.8 + 0.4 * share)).min(max)
            }
        };
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{
        NoReply,
        rig::{World, problems_in},
    };

    const BUSY: &str = "condition=\"@(context.Response.StatusCode == 503)\"";

    /// Returns the caller's status, the number of requests to the backend, and the waits. The backend answers 503 the
    /// given number of times.
    async fn run(busy: usize, attributes: &str) -> (u16, usize, Vec<Duration>) {
        let world = World::new();
        for _ in 0..busy {
            world.answer(503, "busy");
        }
        let backend = format!("<retry {BUSY} {attributes}><forward-request buffer-request-body=\"true\" /></retry>");
        let outcome = world.run_sections("", &backend, "", "").await;
        let asked = world.forwarded.lock().unwrap().len();
        let slept = world.slept.lock().unwrap().clone();
        (outcome.response.status().as_u16(), asked, slept)
    }

    fn seconds(waits: &[u64]) -> Vec<Duration> {
        waits.iter().map(|wait| Duration::from_secs(*wait)).collect()
    }

    #[tokio::test]
    async fn it_goes_on_while_the_condition_holds_and_attempts_are_left() {
        assert_eq!(run(0, "count=\"3\" interval=\"1\"").await, (200, 1, seconds(&[])));
        assert_eq!(run(2, "count=\"3\" interval=\"1\"").await, (200, 3, seconds(&[1, 1])));
        assert_eq!(run(9, "count=\"2\" interval=\"0\"").await, (503, 3, seconds(&[])));
        assert_eq!(run(9, "count=\"@(1)\" interval=\"@(5)\"").await, (503, 2, seconds(&[5])));
    }

    #[tokio::test]
    async fn waits_are_fixed_or_grow() {
        assert_eq!(run(9, "count=\"3\" interval=\"2\" delta=\"3\"").await.2, seconds(&[2, 5, 8]));
        assert_eq!(run(9, "count=\"3\" interval=\"2\" first-fast-retry=\"true\"").await.2, seconds(&[2, 2]));
        let waits = run(9, "count=\"4\" interval=\"1\" delta=\"10\" max-interval=\"30\"").await.2;
        let within = |wait: Duration, least: u64, most: u64| (least..=most).contains(&wait.as_secs());
        assert!(within(waits[0], 9, 13) && within(waits[1], 17, 25), "{waits:?}");
        assert_eq!(waits[3], Duration::from_secs(30));
    }

    #[tokio::test]
    async fn a_backend_without_an_answer_is_asked_again() {
        let retry = |condition: &str, inside: &str| {
            format!(
                "<retry condition=\"@({condition})\" count=\"2\" interval=\"0\">{inside}<forward-request /></retry>"
            )
        };
        let count = "<set-variable name=\"n\" value=\"@(context.Variables.GetValueOrDefault<int>(\"n\") + 1)\" />";
        let busy = "context.Response != null && context.Response.StatusCode >= 500";
        let both = format!("{busy} && context.LastError.Reason == \"BackendConnectionFailure\"");
        for (condition, times) in [(busy, 3), (&both, 3), ("context.Response == null", 1)] {
            let mut world = World::new();
            world.backend_is_down = true;
            let outcome = world.run_sections("", &retry(condition, count), "", "").await;
            assert_eq!(outcome.variables["n"].as_integer(), Some(times), "{condition}");
            let error = outcome.last_error.unwrap();
            assert_eq!((error.source, error.path.as_str()), ("forward-request", "retry[1]"));
        }
        let world = World::new();
        world.answers.lock().unwrap().push_back(Err(NoReply::TimedOut));
        let seen = "<set-header name=\"x\"><value>@((context.LastError == null).ToString())</value></set-header>";
        let outcome = world.run_sections("", &retry(busy, ""), seen, "").await;
        assert_eq!((outcome.last_error, outcome.response.status().as_u16()), (None, 200));
        assert_eq!(outcome.response.headers()["x"], "True");
    }

    #[tokio::test]
    async fn an_error_in_the_condition_replaces_that_of_the_backend() {
        let mut world = World::new();
        world.backend_is_down = true;
        let backend = "<retry condition=\"@(context.Response.StatusCode >= 500 && ((Int32)context.Variables[\"left\"]) > 0)\" \
             count=\"2\" interval=\"0\"><forward-request /></retry>";
        let left = "<set-variable name=\"left\" value=\"1\" />";
        let error = world.run_sections(left, backend, "", "").await.last_error.unwrap();
        assert_eq!((error.source, error.reason), ("retry", "ExpressionValueEvaluationFailure"));
    }

    #[tokio::test]
    async fn any_other_error_inside_is_not_retried() {
        let inside = "<set-variable name=\"n\" value=\"@(context.Variables.GetValueOrDefault<int>(\"n\") + 1)\" />\
             <set-variable name=\"x\" value=\"@(context.Variables[\"none\"])\" />";
        let backend = format!("<retry condition=\"true\" count=\"3\" interval=\"0\">{inside}</retry>");
        let outcome = World::new().run_sections("", &backend, "", "").await;
        assert_eq!(outcome.variables["n"].as_integer(), Some(1));
        assert_eq!(outcome.last_error.unwrap().path, "retry[1]");
        let count = "<retry condition=\"true\" count=\"@(51)\" interval=\"0\" />";
        let error = World::new().run_sections("", count, "", "").await.last_error.unwrap();
        assert_eq!(error.message, "Expression evaluation failed. count is 51, not from 1 to 50.");
    }

    #[tokio::test]
    async fn retries_in_retries_come_to_an_end() {
        let open = "<retry condition=\"true\" count=\"50\" interval=\"0\">";
        let grow = "<set-header name=\"x\" exists-action=\"append\"><value>a</value></set-header>";
        let inbound = format!("{}{grow}{}", open.repeat(6), "</retry>".repeat(6));
        let error = World::new().run_sections(&inbound, "", "", "").await.last_error.unwrap();
        assert!(error.message.starts_with("the request ran more than 10000 policies"), "{error}");
        let double = format!("{open}<find-and-replace from=\"a\" to=\"aaaa\" /></retry>");
        let error = World::new().run_sections(&format!("<set-body>a</set-body>{double}"), "", "", "").await.last_error;
        assert_eq!(error.unwrap().source, "find-and-replace");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in("backend", "<retry count=\"51\" max-interval=\"x\" every=\"1\"><pause /></retry>"),
            [
                "2:1: <retry> needs the attribute \"condition\"",
                "2:1: <retry> needs the attribute \"interval\"",
                "2:1: <retry> with max-interval needs delta, too",
                "2:8: the attribute \"count\" of <retry> must be from 1 to 50",
                "2:19: the attribute \"max-interval\" of <retry> must be a whole number from 0 to 2147483647",
                "2:36: the attribute \"every\" of <retry> is not declared",
                "2:46: <pause> is not a policy",
            ]
        );
    }
}
