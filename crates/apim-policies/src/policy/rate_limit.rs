//! `rate-limit`: a limit of calls of a subscription in a moving window
//! (learn.microsoft.com/azure/api-management/rate-limit-policy).
//!
//! A refused call does not count. In Azure, several gateways count less exactly than one, and the v2 tiers use a token
//! bucket.

use jiff::SignedDuration;

use super::prelude::*;
use super::{
    allowance::Outputs,
    subscription_limits::{Form, Limit, Limits},
};
use crate::state::{LimitRequest, Window};

const NAME: &str = "rate-limit";

/// The longest moving window in seconds.
pub(super) const LONGEST_MOVING_WINDOW: u32 = 300;

const FORM: Form = Form {
    attributes: &["calls", "renewal-period"],
    is_period: |seconds| (1..=LONGEST_MOVING_WINDOW).contains(&seconds),
    periods: "a number of seconds from 1 to 300",
    inherits_period: false,
};

#[derive(Debug)]
pub(crate) struct RateLimit {
    limits: Limits,
    outputs: Outputs,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<RateLimit> {
    let attributes: Vec<_> =
        ["id"].into_iter().chain(FORM.attributes.iter().copied()).chain(Outputs::ATTRIBUTES).collect();
    element.only_attributes(&attributes, problems);
    if element.scope() == Scope::Global && !element.is_apart() {
        element.problem(problems, "<rate-limit> is not allowed in the global document");
    }
    if element.is_repeated() {
        element.problem(problems, "<rate-limit> may stand in a document once");
    }
    let outputs = Outputs::load(element, problems);
    let limits = Limits::load(element, &FORM, problems)?;
    Some(RateLimit { limits, outputs })
}

impl RateLimit {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let limits = self.limits.of(run);
        // The first limit is the policy's own, and its calls are required.
        let Some(own) = limits.first().and_then(|(_, own)| own.calls) else {
            run.trace(|| "no subscription, so no limit".to_owned());
            return Ok(());
        };
        let want = |(key, limit): (String, Limit)| {
            let window = Window::Moving(SignedDuration::from_secs(limit.period.into()));
            Some(LimitRequest { key: format!("{NAME} {key}"), window, limit: limit.calls?, by: 1 })
        };
        let wants: Vec<_> = limits.into_iter().filter_map(want).collect();
        match run.state.counters.take(&wants, run.outside.now()) {
            Ok(remaining) => {
                self.outputs.tell(run, own, remaining.first().copied().unwrap_or_default());
                Ok(())
            }
            Err(over) => Err(self.outputs.rate_exceeded(run, own, over)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Facts, State,
        rig::{World, document, problems_in, subscribed},
    };

    const LIMIT: &str = "<rate-limit calls=\"2\" renewal-period=\"60\" remaining-calls-header-name=\"x-left\" \
        remaining-calls-variable-name=\"left\" total-calls-header-name=\"x-all\" retry-after-variable-name=\"wait\" />";

    #[tokio::test]
    async fn a_subscription_that_calls_too_often_is_told_when_to_come_back() {
        let (world, state) = (World::new(), State::default());
        let text = document(
            LIMIT,
            "<base />",
            "",
            "<set-header name=\"x-wait\"><value>@(\"\" + context.Variables[\"wait\"])</value></set-header>",
        );
        let send = async |subscription| world.run_at(Scope::Product, &text, subscribed(subscription), &state).await;
        let first = send("a").await;
        assert_eq!((first.response.status().as_u16(), first.variables["left"].as_integer()), (200, Some(1)));
        assert_eq!(
            (first.response.headers()["x-left"].as_bytes(), first.response.headers()["x-all"].as_bytes()),
            (&b"1"[..], &b"2"[..])
        );
        world.advance(SignedDuration::from_secs(3));
        assert_eq!(send("a").await.response.headers()["x-left"], "0");
        let refused = send("a").await;
        assert_eq!(refused.response.status(), 429);
        let body = "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in 57 seconds.\" }";
        assert_eq!((refused.response.body().len(), refused.response.body()), (84, &bytes::Bytes::from(body)));
        let headers = refused.response.headers();
        assert_eq!(
            (headers["retry-after"].as_bytes(), headers["x-left"].as_bytes(), headers["x-wait"].as_bytes()),
            (&b"57"[..], &b"0"[..], &b"57"[..])
        );
        let error = refused.last_error.unwrap();
        assert_eq!(
            (error.source, error.reason, error.message.as_str()),
            (NAME, "RateLimitExceeded", "Rate limit is exceeded")
        );
        assert_eq!(send("b").await.response.status(), 200);
        world.advance(SignedDuration::from_secs(57));
        assert_eq!(
            (send("a").await.response.status().as_u16(), send("a").await.response.status().as_u16()),
            (200, 429)
        );
        assert_eq!(world.forwarded.lock().unwrap().len(), 4);
    }

    #[tokio::test]
    async fn apis_and_operations_have_limits_of_their_own() {
        let text = |inner: &str| {
            let policy = format!(
                "<rate-limit calls=\"9\" renewal-period=\"60\" retry-after-header-name=\"x-again\">{inner}</rate-limit>"
            );
            document(&policy, "<base />", "", "")
        };
        let second = async |inner: &str| {
            let (world, state, text) = (World::new(), State::default(), text(inner));
            world.run_at(Scope::Product, &text, subscribed("a"), &state).await;
            world.run_at(Scope::Product, &text, subscribed("a"), &state).await.response
        };
        let api = |attributes: &str, inside: &str| {
            format!("<api {attributes} calls=\"1\" renewal-period=\"9\">{inside}</api>")
        };
        let refused = second(&api("id=\"orders\" name=\"ignored\"", "")).await;
        assert_eq!((refused.status().as_u16(), refused.headers()["x-again"].as_bytes()), (429, &b"9"[..]));
        assert!(!refused.headers().contains_key("retry-after"));
        assert_eq!(second(&api("id=\"billing\"", "")).await.status(), 200);
        let operation = "<operation name=\"List orders\" calls=\"1\" renewal-period=\"9\" />";
        let of_orders = api("id=\"orders\"", operation).replacen("calls=\"1\"", "calls=\"5\"", 1);
        assert_eq!(second(&of_orders).await.status(), 429);
        assert_eq!(second(&api("id=\"billing\"", operation)).await.status(), 200);
    }

    #[tokio::test]
    async fn scopes_count_apart_and_a_request_without_a_subscription_does_not_count() {
        let (world, state, text) = (World::new(), State::default(), document(LIMIT, "<base />", "", ""));
        for scope in [Scope::Product, Scope::Api, Scope::Operation] {
            for left in ["1", "0"] {
                let outcome = world.run_at(scope, &text, subscribed("a"), &state).await;
                assert_eq!(outcome.response.headers()["x-left"], left, "{scope}");
            }
        }
        for _ in 0..3 {
            let keyless = Facts { subscription: None, ..subscribed("a") };
            let outcome = world.run_at(Scope::Api, &text, keyless, &state).await;
            assert_eq!(
                (outcome.response.status().as_u16(), outcome.response.headers().contains_key("x-left")),
                (200, false)
            );
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let text = "<rate-limit calls=\"@(1)\" renewal-period=\"301\" total-calls-header-name=\"a b\" counter-key=\"a\"><operation id=\"a\" /></rate-limit>\n<rate-limit calls=\"1\" renewal-period=\"1\" />";
        assert_eq!(
            problems_in("inbound", text),
            [
                "2:13: the attribute \"calls\" of <rate-limit> does not take a policy expression",
                "2:26: the attribute \"renewal-period\" of <rate-limit> must be a number of seconds from 1 to 300",
                "2:47: the attribute \"total-calls-header-name\" of <rate-limit> must be a header name",
                "2:77: the attribute \"counter-key\" of <rate-limit> is not declared",
                "2:93: <operation> is not declared in <rate-limit>",
                "3:1: <rate-limit> may stand in a document once",
            ]
        );
        let global = crate::Document::load(
            Scope::Global,
            &document("<rate-limit calls=\"1\" renewal-period=\"1\" />", "", "", ""),
            &crate::Service::default(),
        );
        assert!(global.unwrap_err()[0].message.contains("is not allowed in the global document"));
    }
}
