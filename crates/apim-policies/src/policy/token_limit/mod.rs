//! `azure-openai-token-limit` and `llm-token-limit`: a limit of a language model's tokens for a key
//! (learn.microsoft.com/azure/api-management/azure-openai-token-limit-policy, …/llm-token-limit-policy).
//!
//! The tokens in the response's `usage` are counted when the response is known, before the outbound section. A streamed
//! answer is counted when it ends or the client leaves: by its events, or else by an estimate of the prompt and the
//! text that has passed. The call that crosses a limit passes, and later ones are refused. With
//! `estimate-prompt-tokens`, an estimate decides whether a prompt is sent. Periods of a quota are calendar periods in
//! UTC.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Weekday, tz::TimeZone};

use futures_util::future::BoxFuture;

use super::allowance::{header_name, store, variable};
use super::prelude::*;
use crate::expression::ExpectedValue;
use crate::run::{After, Counted, Finish};
use crate::state::{LimitReached, LimitRequest, Window};
use crate::usage::Usage;

const ATTRIBUTES: [&str; 14] = [
    "id",
    "counter-key",
    "tokens-per-minute",
    "token-quota",
    "token-quota-period",
    "estimate-prompt-tokens",
    "retry-after-header-name",
    "retry-after-variable-name",
    "remaining-tokens-header-name",
    "remaining-tokens-variable-name",
    "remaining-quota-tokens-header-name",
    "remaining-quota-tokens-variable-name",
    "tokens-consumed-header-name",
    "tokens-consumed-variable-name",
];

#[derive(Debug)]
pub(crate) struct TokenLimit {
    key: Setting<String>,
    per_minute: Option<u32>,
    quota: Option<(Setting<Long>, Setting<Period>)>,
    estimate: bool,
    retry_after: Output,
    remaining: Output,
    remaining_quota: Output,
    consumed: Output,
}

/// The header and the variable that hold a number.
#[derive(Debug)]
struct Output(Option<HeaderName>, Option<String>);

/// A number that an expression must return as `long`: Azure refuses an `int` and a `string` here.
#[derive(Clone, Copy, Debug)]
struct Long(u64);

impl Readable for Long {
    const EXPECTED: &'static str = "a whole number of type long, not negative";
    const WANTED: ExpectedValue = ExpectedValue::Long;

    fn read(text: &str) -> Option<Self> {
        text.trim().parse().ok().map(Self)
    }
}

/// The period of a quota.
#[derive(Clone, Copy, Debug)]
enum Period {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

words! {
    Period, "Hourly, Daily, Weekly, Monthly or Yearly";
    "Hourly" => Hourly;
    "Daily" => Daily;
    "Weekly" => Weekly;
    "Monthly" => Monthly;
    "Yearly" => Yearly;
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<TokenLimit> {
    element.only_attributes(&ATTRIBUTES, problems);
    element.children(&[], problems);
    element.not_empty(&["counter-key"], problems);
    let key = element.required_setting("counter-key", problems);
    let per_minute = element.parsed("tokens-per-minute", u32::EXPECTED, problems);
    let quota = quota(element, problems);
    if !element.has("tokens-per-minute") && !element.has("token-quota") {
        let message = format!("<{}> needs tokens-per-minute, or token-quota and token-quota-period", element.name());
        element.problem(problems, message);
    }
    if !element.has("estimate-prompt-tokens") {
        element.problem(problems, format!("<{}> needs the attribute \"estimate-prompt-tokens\"", element.name()));
    }
    let estimate = element.flag("estimate-prompt-tokens", problems);
    let mut output = |what: &str| {
        let header = header_name(element, &format!("{what}-header-name"), problems);
        Output(header, variable(element, &format!("{what}-variable-name"), problems))
    };
    let Output(retry_header, retry_variable) = output("retry-after");
    let policy = TokenLimit {
        key: key?,
        per_minute,
        quota,
        estimate: estimate?,
        retry_after: Output(Some(retry_header.unwrap_or(header::RETRY_AFTER)), retry_variable),
        remaining: output("remaining-tokens"),
        remaining_quota: output("remaining-quota-tokens"),
        consumed: output("tokens-consumed"),
    };
    Some(policy)
}

fn quota(element: &Element<'_>, problems: &mut Problems) -> Option<(Setting<Long>, Setting<Period>)> {
    if !element.has("token-quota") && !element.has("token-quota-period") {
        return None;
    }
    let quota = element.required_setting("token-quota", problems);
    let period = element.required_setting("token-quota-period", problems);
    Some((quota?, period?))
}

/// A limit of tokens, and its counter.
struct Limit {
    want: LimitRequest,
    is_quota: bool,
}

impl TokenLimit {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        let prompt = run.prompt_tokens().await?;
        let now = run.outside.now();
        let needed = if self.estimate { prompt } else { 0 };
        for Limit { want, is_quota } in self.limits(&key, run).await? {
            // A quota refuses a key whose use is above the limit. A rate refuses a key that has reached it.
            let spare = u64::from(is_quota);
            let looked = LimitRequest { limit: want.limit.saturating_add(spare), ..want.clone() };
            let remaining = run
                .state
                .counters
                .look(&looked, now)
                .map_err(|over| self.refuse(run, over, is_quota, "is exceeded"))?;
            let remaining = remaining - spare;
            if remaining < needed {
                let over = run.state.counters.take(&[LimitRequest { by: needed, ..want }], now).err();
                let over = over.unwrap_or(LimitReached { retry_after: Some(1) });
                return Err(self.refuse(run, over, is_quota, "will exceed"));
            }
            store(run, self.output(is_quota).1.as_deref(), remaining - needed);
        }
        store(run, self.consumed.1.as_deref(), needed);
        run.after.push(After::Tokens(self, Counted { key, prompt, ..Counted::default() }, run.running()));
        Ok(())
    }

    /// Counts the tokens that the response reports, at once or at the end of its stream.
    async fn count<O: Outside>(&self, known: &Counted, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let used = run.usage().await?;
        let now = run.outside.now();
        // Headers are sent before a stream. They have the estimate of the prompt, and the remaining tokens without the
        // answer.
        let mut outputs = vec![(&self.consumed, used.map_or(known.prompt, Usage::total))];
        for Limit { mut want, is_quota } in self.limits(&known.key, run).await? {
            // A key has one counter, and a request counts once for a key.
            let is_first = run.counted.insert(want.key.clone());
            let remaining = match used {
                Some(used) => {
                    want.by = if is_first { used.total() } else { 0 };
                    run.state.counters.add(&want, now)
                }
                None => {
                    let before = run.state.counters.look(&want, now).unwrap_or_default();
                    if is_first {
                        let counters = Arc::clone(&run.state.counters);
                        let then = move |used: Usage| {
                            counters.add(&LimitRequest { by: used.total(), ..want }, now);
                        };
                        run.when_used(known.prompt, then);
                    }
                    before.saturating_sub(known.prompt)
                }
            };
            outputs.push((self.output(is_quota), remaining));
        }
        for (Output(header, variable), number) in outputs {
            store(run, variable.as_deref(), number);
            if let Some(name) = header {
                run.response().headers.insert(name.clone(), HeaderValue::from(number));
            }
        }
        Ok(())
    }

    fn output(&self, is_quota: bool) -> &Output {
        if is_quota { &self.remaining_quota } else { &self.remaining }
    }

    async fn limits<O: Outside>(&self, key: &str, run: &mut Run<'_, O>) -> Result<Vec<Limit>, Failure> {
        let mut limits = Vec::new();
        if let Some(limit) = self.per_minute {
            let window = Window::Moving(SignedDuration::from_mins(1));
            let want = LimitRequest { key: format!("tokens {key}"), window, limit: limit.into(), by: 0 };
            limits.push(Limit { want, is_quota: false });
        }
        if let Some((quota, period)) = &self.quota {
            let Long(limit) = run.get(quota).await?;
            let period = run.get(period).await?;
            let window = Window::Until(period.end(run.outside.now()));
            let want = LimitRequest { key: format!("token quota {period:?} {key}"), window, limit, by: 0 };
            limits.push(Limit { want, is_quota: true });
        }
        Ok(limits)
    }

    fn refuse<O: Outside>(&self, run: &mut Run<'_, O>, over: LimitReached, is_quota: bool, verb: &str) -> Failure {
        let seconds = over.retry_after.unwrap_or_default();
        store(run, self.retry_after.1.as_deref(), seconds);
        let (what, status, wait) = match is_quota {
            true => ("quota", StatusCode::FORBIDDEN, in_words(seconds)),
            false => ("limit", StatusCode::TOO_MANY_REQUESTS, counted(seconds, "second")),
        };
        let reason = match (is_quota, verb) {
            (true, _) => "OpenAITokenQuotaExceeded",
            (false, "is exceeded") => "OpenAITokenLimitExceeded",
            (false, _) => "TokenLimitExceededAfterPrompt",
        };
        let message = format!("Token {what} {verb}");
        let told = format!("{message}. Try again in {wait}.");
        let failure = Failure::new("", reason, message, status, told);
        match &self.retry_after.0 {
            Some(name) => failure.with_header(name.clone(), seconds.into()),
            None => failure,
        }
    }
}

/// Writes a time in its two largest units, as live gateways were seen to do: `21 minutes and 33 seconds`, `23 hours`.
fn in_words(seconds: u64) -> String {
    let units = [(86_400, u64::MAX, "day"), (3600, 24, "hour"), (60, 60, "minute"), (1, 60, "second")];
    let parts = units.map(|(size, of, name)| (seconds / size % of, name));
    let largest = parts.iter().position(|(count, _)| *count > 0).unwrap_or(parts.len() - 1);
    let shown = parts.iter().skip(largest).take(2).filter(|(count, _)| *count > 0);
    let shown: Vec<_> = shown.map(|(count, name)| counted(*count, name)).collect();
    if shown.is_empty() { counted(0, "second") } else { shown.join(" and ") }
}

fn counted(count: u64, name: &str) -> String {
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

impl<O: Outside> Finish<O> for TokenLimit {
    fn finish<'f, 'r: 'f>(&'r self, known: Counted, run: &'f mut Run<'r, O>) -> BoxFuture<'f, Result<(), Failure>> {
        Box::pin(async move { self.count(&known, run).await })
    }
}

impl Period {
    /// Returns the end of the period that contains a time.
    fn end(self, now: Timestamp) -> Option<Timestamp> {
        let now = now.to_zoned(TimeZone::UTC);
        let day = now.start_of_day().ok()?;
        let end = match self {
            Self::Hourly => day.checked_add((i64::from(now.hour()) + 1).hours()),
            Self::Daily => day.tomorrow(),
            Self::Weekly => day.nth_weekday(1, Weekday::Monday),
            Self::Monthly => day.first_of_month().and_then(|first| first.checked_add(1.month())),
            Self::Yearly => day.first_of_year().and_then(|first| first.checked_add(1.year())),
        };
        end.ok().map(|end| end.timestamp())
    }
}

#[cfg(test)]
mod tests;
