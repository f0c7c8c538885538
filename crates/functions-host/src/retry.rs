//! Retry policies: `retry` in `function.json`, or else in `host.json`.
//!
//! Source: `RetryOptions.cs` of `Azure/azure-functions-host` and
//! <https://learn.microsoft.com/azure/azure-functions/functions-bindings-error-pages>, and
//! `RandomizedExponentialBackoffStrategy.cs` of `Azure/azure-webjobs-sdk`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::json::Json;

/// The rules for the retries of a failed run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Retry {
    /// The number of attempts after the first. Absent if there is no limit.
    limit: Option<u32>,
    first: Duration,
    /// The longest delay, if the delay doubles each time.
    doubling_up_to: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Members {
    strategy: String,
    max_retry_count: Option<Value>,
    delay_interval: Option<String>,
    minimum_interval: Option<String>,
    maximum_interval: Option<String>,
}

impl Retry {
    /// Reads the `retry` object. The error names the member that is missing or wrong.
    pub(super) fn parse(value: Value) -> Result<Self, String> {
        let members: Members = serde_json::from_value(value).map_err(|error| format!("retry: {error}"))?;
        let count = members.max_retry_count.as_ref().and_then(|count| match count {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        });
        let limit = match count {
            Some(-1) => None,
            Some(count) => Some(u32::try_from(count).map_err(|_| format!("retry: maxRetryCount is {count}"))?),
            None => return Err("retry: maxRetryCount is missing".to_owned()),
        };
        match members.strategy.to_ascii_lowercase().as_str() {
            "fixeddelay" => {
                Ok(Self { limit, first: interval("delayInterval", members.delay_interval)?, doubling_up_to: None })
            }
            "exponentialbackoff" => {
                let first = interval("minimumInterval", members.minimum_interval)?;
                let longest = interval("maximumInterval", members.maximum_interval)?;
                if longest < first {
                    return Err("retry: maximumInterval is less than minimumInterval".to_owned());
                }
                Ok(Self { limit, first, doubling_up_to: Some(longest) })
            }
            _ => Err(format!(
                "retry: the strategy \"{}\" is neither \"fixedDelay\" nor \"exponentialBackoff\"",
                members.strategy
            )),
        }
    }

    /// Returns the delay after this many retries, or nothing when they are used up. The growth of a delay varies by a
    /// fifth, with `chance` from 0 to 1.
    pub(super) fn delay(&self, retries: u32, chance: f64) -> Option<Duration> {
        let left = self.limit.is_none_or(|limit| retries < limit);
        left.then(|| match self.doubling_up_to {
            None => self.first,
            Some(longest) => {
                let steps = f64::from(1_u32.checked_shl(retries).unwrap_or(u32::MAX) - 1);
                let growth = self.first.as_secs_f64() * steps * (0.8 + 0.4 * chance);
                let growth = Duration::try_from_secs_f64(growth).unwrap_or(longest);
                self.first.saturating_add(growth).min(longest)
            }
        })
    }

    /// Returns `Metadata.RetryContext` of an attempt. `retries` is 0 for the first attempt. `failed` is the failure of
    /// the previous attempt and absent for the first.
    pub(super) fn context(&self, function: &str, retries: u32, failed: Option<&str>) -> Json {
        let number = |number: i64| Json::Integer(number.to_string());
        Json::object([
            ("RetryCount", number(i64::from(retries))),
            ("MaxRetryCount", number(self.limit.map_or(-1, i64::from))),
            ("Exception", failed.map_or(Json::Null, |failure| exception(function, failure))),
            ("Instance", Json::Null),
            ("State", Json::Object(Vec::new())),
        ])
    }
}

fn exception(function: &str, failure: &str) -> Json {
    Json::object([
        ("ClassName", Json::text("Microsoft.Azure.WebJobs.Host.FunctionInvocationException")),
        ("Message", Json::Text(format!("Exception while executing function: Functions.{function}"))),
        ("InstanceId", Json::Text(uuid::Uuid::new_v4().to_string())),
        ("MethodName", Json::Text(format!("Functions.{function}"))),
        ("Handled", Json::Bool(false)),
        (
            "InnerException",
            Json::object([
                ("ClassName", Json::text("System.Net.Http.HttpRequestException")),
                ("Message", Json::text(failure)),
            ]),
        ),
    ])
}

fn interval(member: &str, text: Option<String>) -> Result<Duration, String> {
    let text = text.ok_or_else(|| format!("retry: {member} is missing"))?;
    let interval = ncrontab::parse_time_span(&text).map_err(|error| format!("retry: {member} \"{text}\": {error}"))?;
    Duration::try_from(interval).map_err(|_| format!("retry: {member} \"{text}\" is negative"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::Retry;

    #[test]
    fn section_5_2_delays_are_fixed_or_about_double_up_to_the_longest() {
        let fixed = json!({ "strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:10" });
        let fixed = Retry::parse(fixed).unwrap();
        let delays: Vec<_> = (0..4).map(|retries| fixed.delay(retries, 0.5).map(|delay| delay.as_secs())).collect();
        assert_eq!(delays, [Some(10), Some(10), None, None]);
        let growing = json!({
            "strategy": "ExponentialBackoff", "maxRetryCount": -1,
            "minimumInterval": "00:00:03", "maximumInterval": "00:00:20",
        });
        let growing = Retry::parse(growing).unwrap();
        let delays: Vec<_> = [0, 1, 2, 3, 40].map(|retries| growing.delay(retries, 0.5).unwrap().as_secs()).to_vec();
        assert_eq!(delays, [3, 6, 12, 20, 20]);
        let second = [0.0, 1.0].map(|chance| growing.delay(1, chance).unwrap().as_millis());
        assert_eq!(second, [5400, 6600]);
        let context = growing.context("tick", 1, Some("no")).to_value();
        assert_eq!(context["Exception"]["Message"], "Exception while executing function: Functions.tick");
        assert_eq!(context["Exception"]["InnerException"]["Message"], "no");
        assert_eq!(growing.context("tick", 0, None).to_value()["MaxRetryCount"], -1);
        assert_eq!(fixed.delay(0, 0.0), Some(Duration::from_secs(10)));
    }

    #[test]
    fn section_5_2_a_policy_that_cannot_be_is_refused_by_name() {
        let cases = [
            (json!({ "strategy": "fixedDelay", "delayInterval": "00:00:01" }), "retry: maxRetryCount is missing"),
            (json!({ "strategy": "fixedDelay", "maxRetryCount": 1 }), "retry: delayInterval is missing"),
            (json!({ "strategy": "fixedDelay", "maxRetryCount": -2 }), "retry: maxRetryCount is -2"),
            (
                json!({ "strategy": "never", "maxRetryCount": 1 }),
                "retry: the strategy \"never\" is neither \"fixedDelay\" nor \"exponentialBackoff\"",
            ),
            (
                json!({
                    "strategy": "exponentialBackoff", "maxRetryCount": 1,
                    "minimumInterval": "00:00:02", "maximumInterval": "00:00:01",
                }),
                "retry: maximumInterval is less than minimumInterval",
            ),
        ];
        for (policy, expected) in cases {
            assert_eq!(Retry::parse(policy), Err(expected.to_owned()));
        }
    }
}
