//! One request to an endpoint, and the meaning of its answer.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER},
};
use prost::Message as _;
use tokio::time::timeout;
use url::Url;

use super::protobuf;
use crate::{identity::TokenCache, signals::redact, transport::Http};

/// The scope of Azure Monitor's endpoints in every cloud except the sovereign clouds.
const SCOPE: &str = "https://monitor.azure.com/.default";

/// The time limit of one request, with its answer.
const LIMIT: Duration = Duration::from_secs(10);

/// The longest pause that an endpoint may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The number of characters of an explanation that are shown.
const SHOWN: usize = 300;

const PROTOBUF: HeaderValue = HeaderValue::from_static("application/x-protobuf");

/// The sender of requests: the client of this process, with one identity or with none.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) http: Http,
    pub(super) tokens: Option<Arc<TokenCache>>,
}

/// The outcome of a request.
#[derive(Debug, PartialEq)]
pub(super) enum SendOutcome {
    /// The endpoint took the records, except this number, for this reason.
    Taken(Option<(u64, String)>),
    /// The request may be sent again, after this pause if the endpoint named one.
    Later(Option<Duration>, String),
    /// The request may be accepted in two halves.
    TooLarge,
    /// No collector will accept it.
    Refused(String),
}

/// An answer with any status.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Sender {
    /// Sends records, and returns the outcome.
    pub(super) async fn send(&self, url: &Url, body: Bytes) -> SendOutcome {
        match self.post(url, HeaderMap::from_iter([(CONTENT_TYPE, PROTOBUF)]), body).await {
            Ok(answered) => meaning(answered.status, &answered.headers, &answered.body),
            Err(why) => SendOutcome::Later(None, why),
        }
    }

    /// Posts the body within the limit. If the first token is refused, it tries a new one. An error tells why there is
    /// no answer.
    pub(super) async fn post(&self, url: &Url, headers: HeaderMap, body: Bytes) -> Result<Answered, String> {
        let within = async {
            let Some(tokens) = &self.tokens else { return self.try_once(url, headers, body).await };
            let mut renewed = false;
            loop {
                let token = tokens.token(SCOPE).await.map_err(|error| format!("there is no token: {error}"))?;
                let mut signed = headers.clone();
                signed.insert(AUTHORIZATION, token.bearer().ok_or("what should be a token is none")?);
                let answered = self.try_once(url, signed, body.clone()).await?;
                let is_refused = answered.status == StatusCode::UNAUTHORIZED;
                if !is_refused || renewed || !tokens.invalidate(token.secret()) {
                    return Ok(answered);
                }
                renewed = true;
            }
        };
        let late = || Err(format!("no answer within {} s", LIMIT.as_secs()));
        timeout(LIMIT, within).await.unwrap_or_else(|_| late())
    }

    async fn try_once(&self, url: &Url, headers: HeaderMap, body: Bytes) -> Result<Answered, String> {
        let client = self.http.client().map_err(|error| error.to_string())?;
        let answer = client.post(url.clone()).headers(headers).body(body).send().await;
        let answer = answer.map_err(|error| root(&error.without_url()))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|error| root(&error.without_url()))?;
        Ok(Answered { status, headers, body })
    }
}

fn meaning(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> SendOutcome {
    match status.as_u16() {
        200..300 => {
            let partial = protobuf::ExportAnswer::decode(body).ok().and_then(|answer| answer.partial);
            let rejected = partial.filter(|partial| partial.rejected > 0);
            SendOutcome::Taken(
                rejected.map(|partial| (partial.rejected.unsigned_abs(), shown(partial.said.as_bytes()))),
            )
        }
        413 => SendOutcome::TooLarge,
        429 | 502 | 503 | 504 => SendOutcome::Later(pause(headers), explained(status, body)),
        _ => SendOutcome::Refused(explained(status, body)),
    }
}

/// Reads the pause, in seconds or as a date.
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse().ok().map(Duration::from_secs);
    let until = || {
        let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        SystemTime::from(date).duration_since(SystemTime::now()).ok()
    };
    seconds.or_else(until).map(|pause| pause.min(LONGEST_PAUSE))
}

fn explained(status: StatusCode, body: &[u8]) -> String {
    let said = shown(body);
    if said.is_empty() { status.as_u16().to_string() } else { format!("{}: {said}", status.as_u16()) }
}

/// Returns the beginning of an explanation, in one line, without signatures, keys and tokens.
fn shown(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect::<String>();
    redact::text(&line).into_owned()
}

/// Returns the text of the lowest error. The errors above it only say that something failed.
fn root(error: &reqwest::Error) -> String {
    let mut error: &dyn std::error::Error = error;
    while let Some(next) = error.source() {
        error = next;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> SendOutcome {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()));
        meaning(StatusCode::from_u16(status).unwrap(), &headers.collect(), body)
    }

    #[test]
    fn each_status_has_its_meaning() {
        for status in [200, 202, 204] {
            assert_eq!(of(status, &[], b""), SendOutcome::Taken(None));
        }
        for status in [429, 502, 503, 504] {
            let later = SendOutcome::Later(Some(Duration::from_secs(7)), status.to_string());
            assert_eq!(of(status, &[("retry-after", "7")], b""), later);
        }
        assert_eq!(of(413, &[], b"x"), SendOutcome::TooLarge);
        for status in [400, 403, 404, 500, 501, 302] {
            assert!(matches!(of(status, &[], b""), SendOutcome::Refused(_)), "{status}");
        }
    }

    #[test]
    fn an_endpoint_cannot_ask_for_hours() {
        let SendOutcome::Later(pause, _) = of(429, &[("retry-after", "86400")], b"") else { panic!() };
        assert_eq!(pause, Some(LONGEST_PAUSE));
        let SendOutcome::Later(pause, _) = of(429, &[("retry-after", "soon")], b"") else { panic!() };
        assert_eq!(pause, None);
    }

    #[test]
    fn what_was_not_taken_is_told() {
        let partial = protobuf::Partial { rejected: 3, said: "no\nid".to_owned() };
        let answer = protobuf::ExportAnswer { partial: Some(partial) }.encode_to_vec();
        assert_eq!(of(200, &[], &answer), SendOutcome::Taken(Some((3, "no id".to_owned()))));
    }

    #[test]
    fn an_explanation_shows_no_token() {
        let body = b"{\"error\":\"bad\r\n Bearer eyJ0.S3CRET.x\"}";
        assert_eq!(of(403, &[], body), SendOutcome::Refused("403: {\"error\":\"bad Bearer REDACTED\"}".to_owned()));
    }
}
