//! The common part of policies that count: their refusals, and the headers and variables that report a counter.

use http::{HeaderName, HeaderValue, StatusCode, header};

use super::prelude::*;
use crate::run::After;
use crate::{expression::Value, state::LimitReached};

/// The headers and variables that a policy fills. None of them takes an expression.
#[derive(Debug)]
pub(super) struct Outputs {
    retry_after_header: HeaderName,
    retry_after_variable: Option<String>,
    remaining_header: Option<HeaderName>,
    remaining_variable: Option<String>,
    total_header: Option<HeaderName>,
}

impl Outputs {
    pub(super) const ATTRIBUTES: [&str; 5] = [
        "retry-after-header-name",
        "retry-after-variable-name",
        "remaining-calls-header-name",
        "remaining-calls-variable-name",
        "total-calls-header-name",
    ];

    pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Self {
        Self {
            retry_after_header: header_name(element, "retry-after-header-name", problems)
                .unwrap_or(header::RETRY_AFTER),
            retry_after_variable: variable(element, "retry-after-variable-name", problems),
            remaining_header: header_name(element, "remaining-calls-header-name", problems),
            remaining_variable: variable(element, "remaining-calls-variable-name", problems),
            total_header: header_name(element, "total-calls-header-name", problems),
        }
    }

    /// Reports the remaining number. The headers stand on any response of the request.
    pub(super) fn tell<O: Outside>(&self, run: &mut Run<'_, O>, limit: u64, remaining: u64) {
        run.trace(|| format!("{remaining} of {limit} remain"));
        store(run, self.remaining_variable.as_deref(), remaining);
        let mut headers = Vec::new();
        headers.extend(self.remaining_header.clone().map(|name| (name, HeaderValue::from(remaining))));
        headers.extend(self.total_header.clone().map(|name| (name, HeaderValue::from(limit))));
        if !headers.is_empty() {
            run.after.push(After::Headers(headers));
        }
    }

    /// Refuses a call that exceeds the limit of a short time.
    pub(super) fn rate_exceeded<O: Outside>(&self, run: &mut Run<'_, O>, limit: u64, over: LimitReached) -> Failure {
        self.tell(run, limit, 0);
        let seconds = over.retry_after.unwrap_or_default();
        store(run, self.retry_after_variable.as_deref(), seconds);
        rate_exceeded(seconds).with_header(self.retry_after_header.clone(), seconds.into())
    }
}

/// Answers 429, as live gateways do.
fn rate_exceeded(seconds: u64) -> Failure {
    let message = "Rate limit is exceeded";
    let told = format!("{message}. Try again in {seconds} seconds.");
    Failure::new("", "RateLimitExceeded", message.to_owned(), StatusCode::TOO_MANY_REQUESTS, told)
}

/// Answers 403 for a quota of calls.
pub(super) fn calls_exceeded(over: LimitReached) -> Failure {
    quota_exceeded("call volume", over)
}

/// Answers 403 for a quota of bytes.
pub(super) fn bandwidth_exceeded(over: LimitReached) -> Failure {
    quota_exceeded("bandwidth", over)
}

/// The messages are those of learn.microsoft.com/azure/api-management/api-management-error-handling-policies.
fn quota_exceeded(what: &str, over: LimitReached) -> Failure {
    let replenished = match over.retry_after {
        // The text has .NET's format of a time span.
        Some(seconds) => {
            let (days, rest) = (seconds / 86_400, seconds % 86_400);
            let days = if days == 0 { String::new() } else { format!("{days}.") };
            let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
            format!(" Quota will be replenished in {days}{hours:02}:{minutes:02}:{seconds:02}.")
        }
        // The message of a quota that is never replenished is not documented.
        None => String::new(),
    };
    let message = format!("Out of {what} quota.{replenished}");
    let failure = Failure::new("", "QuotaExceeded", message.clone(), StatusCode::FORBIDDEN, message);
    match over.retry_after {
        Some(seconds) => failure.with_header(header::RETRY_AFTER, seconds.into()),
        None => failure,
    }
}

/// Stores a number as `int`.
pub(super) fn store<O: Outside>(run: &mut Run<'_, O>, variable: Option<&str>, number: u64) {
    if let Some(name) = variable {
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        run.context.variables.insert(name.to_owned(), Value::from(number));
    }
}

pub(super) fn header_name(element: &Element<'_>, name: &str, problems: &mut Problems) -> Option<HeaderName> {
    element.parsed(name, HeaderName::EXPECTED, problems)
}

pub(super) fn variable(element: &Element<'_>, name: &str, problems: &mut Problems) -> Option<String> {
    element.not_empty(&[name], problems);
    element.attribute(name, problems).map(str::to_owned)
}
