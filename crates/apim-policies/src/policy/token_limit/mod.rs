//! `azure-openai-token-limit` and `llm-token-limit`: so many tokens of a language model for a key
//! (learn.microsoft.com/azure/api-management/azure-openai-token-limit-policy, …/llm-token-limit-policy).
//!
//! Tokens are counted when the response is known, after the outbound section: those that its `usage` reports. Estimates
//! are rough here, a token for four bytes of what the prompt says: with `estimate-prompt-tokens` they decide whether a
//! prompt is sent at all, and of a streamed response the estimate of its prompt is all that counts. The words
//! of the 429 and the 403 are derived from what live gateways were seen to log, not captured; periods of a quota are those of the calendar in UTC.

use http::{HeaderName, HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Weekday, tz::TimeZone};
use serde_json::Value as Json;

use futures_util::future::BoxFuture;

use super::allowance::{header_name, store, variable};
use super::prelude::*;
use crate::run::{After, Finish};
use crate::state::{Over, Want, Window};

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
    per_minute: Option<Setting<u32>>,
    quota: Option<(Setting<u32>, Period)>,
    estimate: bool,
    retry_after: Output,
    remaining: Output,
    remaining_quota: Output,
    consumed: Output,
}

/// The header and the variable that a number goes to.
#[derive(Debug)]
struct Output(Option<HeaderName>, Option<String>);

/// How long a quota lasts.
#[derive(Clone, Copy, Debug)]
enum Period {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<TokenLimit> {
    element.only_attributes(&ATTRIBUTES, problems);
    element.children(&[], problems);
    let key = element.required_setting("counter-key", problems);
    let per_minute = element.setting("tokens-per-minute", problems);
    let quota = quota(element, problems);
    if !element.has("tokens-per-minute") && !element.has("token-quota") {
        let message = format!("<{}> needs tokens-per-minute, or token-quota and token-quota-period", element.name());
        element.problem(problems, message);
    }
    let estimate = element.required("estimate-prompt-tokens", problems).map(bool::read);
    if estimate == Some(None) {
        element.bad_value("estimate-prompt-tokens", bool::EXPECTED, problems);
    }
    let mut output = |what: &str| {
        let header = header_name(element, &format!("{what}-header-name"), problems);
        Output(header, variable(element, &format!("{what}-variable-name"), problems))
    };
    let Output(retry_header, retry_variable) = output("retry-after");
    let policy = TokenLimit {
        key: key?,
        per_minute,
        quota,
        estimate: estimate??,
        retry_after: Output(Some(retry_header.unwrap_or(header::RETRY_AFTER)), retry_variable),
        remaining: output("remaining-tokens"),
        remaining_quota: output("remaining-quota-tokens"),
        consumed: output("tokens-consumed"),
    };
    Some(policy)
}

fn quota(element: &Element<'_>, problems: &mut Problems) -> Option<(Setting<u32>, Period)> {
    if !element.has("token-quota") && !element.has("token-quota-period") {
        return None;
    }
    let quota = element.required_setting("token-quota", problems);
    let period = match element.required("token-quota-period", problems)? {
        "Hourly" => Period::Hourly,
        "Daily" => Period::Daily,
        "Weekly" => Period::Weekly,
        "Monthly" => Period::Monthly,
        "Yearly" => Period::Yearly,
        _ => {
            element.bad_value("token-quota-period", "Hourly, Daily, Weekly, Monthly or Yearly", problems);
            return None;
        }
    };
    Some((quota?, period))
}

impl TokenLimit {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        let prompt = self.prompt(run).await?;
        let now = run.outside.now();
        let needed = if self.estimate { prompt } else { 0 };
        let (minute, quota) = self.wants(&key, run).await?;
        for (want, output, is_quota) in [(minute, &self.remaining, false), (quota, &self.remaining_quota, true)] {
            let Some(want) = want else { continue };
            let remaining =
                run.state.counters.look(&want, now).map_err(|over| self.refuse(run, over, is_quota, "is exceeded"))?;
            if remaining < needed {
                let over = run.state.counters.take(&[Want { by: needed, ..want }], now).err();
                let over = over.unwrap_or(Over { retry_after: Some(1) });
                return Err(self.refuse(run, over, is_quota, "will exceed"));
            }
            store(run, output.1.as_deref(), remaining - needed);
        }
        store(run, self.consumed.1.as_deref(), needed);
        run.after.push(After::Policy(self, key, prompt));
        Ok(())
    }

    /// Counts what the response says was used.
    async fn count<O: Outside>(&self, key: &str, prompt: u64, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let used = used(prompt, run).await?;
        let now = run.outside.now();
        let (minute, quota) = self.wants(key, run).await?;
        let mut headers = vec![(&self.consumed, used)];
        for (want, output) in [(minute, &self.remaining), (quota, &self.remaining_quota)] {
            let Some(mut want) = want else { continue };
            // A key has one counter, and a request counts once for it.
            want.by = if run.counted.insert(want.key.clone()) { used } else { 0 };
            headers.push((output, run.state.counters.add(&want, now)));
        }
        for (Output(header, variable), number) in headers {
            store(run, variable.as_deref(), number);
            if let Some(name) = header {
                run.response().headers.insert(name.clone(), HeaderValue::from(number));
            }
        }
        Ok(())
    }

    async fn wants<O: Outside>(
        &self,
        key: &str,
        run: &mut Run<'_, O>,
    ) -> Result<(Option<Want>, Option<Want>), Failure> {
        let minute = run.get_any(self.per_minute.as_ref()).await?.map(|limit| Want {
            key: format!("tokens {key}"),
            window: Window::Moving(SignedDuration::from_mins(1)),
            limit: limit.into(),
            by: 0,
        });
        let Some((quota, period)) = &self.quota else { return Ok((minute, None)) };
        let limit = run.get(quota).await?.into();
        let window = Window::Until(period.end(run.outside.now()));
        Ok((minute, Some(Want { key: format!("token quota {period:?} {key}"), window, limit, by: 0 })))
    }

    fn refuse<O: Outside>(&self, run: &mut Run<'_, O>, over: Over, is_quota: bool, verb: &str) -> Failure {
        let seconds = over.retry_after.unwrap_or_default();
        store(run, self.retry_after.1.as_deref(), seconds);
        let (what, status) =
            if is_quota { ("quota", StatusCode::FORBIDDEN) } else { ("limit", StatusCode::TOO_MANY_REQUESTS) };
        let reason = if verb == "is exceeded" { "OpenAITokenLimitExceeded" } else { "TokenLimitExceededAfterPrompt" };
        let message = format!("Token {what} {verb}");
        let told = format!("{message}. Try again in {seconds} seconds.");
        let failure = Failure::new("", reason, message, status, told);
        match &self.retry_after.0 {
            Some(name) => failure.with_header(name.clone(), seconds.into()),
            None => failure,
        }
    }

    /// A rough count of the prompt's tokens.
    async fn prompt<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<u64, Failure> {
        run.read_request_body().await?;
        let body = run.context.request.body.as_ref().and_then(|body| body.content());
        let Some(Ok(json)) = body.map(|body| serde_json::from_slice::<Json>(body)) else { return Ok(0) };
        let said = ["messages", "prompt", "input", "instructions"].map(|name| json.get(name).map_or(0, length));
        Ok(said.iter().sum::<u64>().div_ceil(4))
    }
}

/// Bytes of all texts in a value, but for those that say what it is.
fn length(value: &Json) -> u64 {
    match value {
        Json::String(text) => text.len().try_into().unwrap_or(u64::MAX),
        Json::Array(values) => values.iter().map(length).sum(),
        Json::Object(members) => members
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "role" | "type"))
            .map(|(_, value)| length(value))
            .sum(),
        _ => 0,
    }
}

impl<O: Outside> Finish<O> for TokenLimit {
    fn finish<'f, 'r: 'f>(
        &'r self,
        key: String,
        estimate: u64,
        run: &'f mut Run<'r, O>,
    ) -> BoxFuture<'f, Result<(), Failure>> {
        Box::pin(async move { self.count(&key, estimate, run).await })
    }
}

/// The tokens that a good response reports; of a streamed one, the estimate of its prompt.
async fn used<O: Outside>(prompt: u64, run: &mut Run<'_, O>) -> Result<u64, Failure> {
    let Some(response) = &run.context.response else { return Ok(0) };
    let kind = response.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !(200..300).contains(&response.status_code) {
        return Ok(0);
    }
    if kind.starts_with("text/event-stream") {
        return Ok(prompt);
    }
    run.read_response_body().await?;
    let body = run.context.response.as_ref().and_then(|response| response.body.as_ref()?.content());
    let json = body.and_then(|body| serde_json::from_slice::<Json>(body).ok());
    Ok(json.and_then(|json| json.get("usage")?.get("total_tokens")?.as_u64()).unwrap_or(0))
}

impl Period {
    /// When the period that a time is in ends.
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
