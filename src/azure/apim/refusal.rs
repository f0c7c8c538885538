//! What a 401 or a 403 of the gateway's is about: our key, our token, or how much was called.
//!
//! The bodies and the challenge are those of
//! <https://learn.microsoft.com/troubleshoot/azure/api-mgmt/availability/unauthorized-errors-invoke-apis>.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header::WWW_AUTHENTICATE};
use reqwest::Response;
use serde::Deserialize;

use crate::{
    azure::failure::explanation,
    error::{Cause, Error, Service},
};

/// As much of a refusal as is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// The largest 403 that is looked into, in bytes: the gateway's own are small, and say how long they are.
const LARGEST_OWN: u64 = 4096;

/// The gateway's scheme for subscription keys.
const KEY_SCHEME: &str = "azureapimanagementkey";

/// The gateway's no to this app.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) about: About,
    said: Cause,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Key,
    Token,
    Quota,
}

impl Refusal {
    /// The answer, unless it is a refusal of this app.
    ///
    /// That is every 401, since only this app proved itself, and a 403 of the gateway's own: those have `statusCode` in
    /// their body. Another 403 is the backend's, about what was asked for.
    pub(super) async fn of(response: Response) -> Result<Response, Self> {
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED => {
                let challenged = asks_for_key(response.headers());
                let said = said(response).await;
                let about = if challenged || names_key(&said) { About::Key } else { About::Token };
                Err(Self { status, about, said })
            }
            StatusCode::FORBIDDEN if response.content_length().is_some_and(|length| length <= LARGEST_OWN) => {
                let (response, body) = looked_into(response).await;
                if !is_the_gateways(&body) {
                    return Ok(response);
                }
                let said = explanation(&body).unwrap_or(Cause::Silent);
                Err(Self { status, about: if is_quota(&said) { About::Quota } else { About::Token }, said })
            }
            _ => Ok(response),
        }
    }

    /// `secret` is the name of the one that holds our key; `misfit` says what about our token may be the reason.
    pub(super) fn into_error(self, secret: &str, misfit: impl FnOnce() -> String) -> Error {
        let Self { status, about, said } = self;
        match about {
            About::Key => {
                let cause = Cause::Key { said: said.to_string(), secret: secret.to_owned() };
                Error::answered(Service::ApiManagement, status, cause)
            }
            About::Quota => Error::exhausted(Service::ApiManagement, status, said),
            About::Token => {
                let cause = Cause::Token { said: said.to_string(), misfit: misfit() };
                Error::answered(Service::ApiManagement, status, cause)
            }
        }
    }
}

/// The words of an answer that is no success.
pub(super) async fn said(mut response: Response) -> Cause {
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        if body.len() + chunk.len() > LONGEST {
            return Cause::Silent;
        }
        body.extend_from_slice(&chunk);
    }
    explanation(&body).unwrap_or(Cause::Silent)
}

/// The same response once more, and its body. One that breaks off is passed on as far as it came.
async fn looked_into(response: Response) -> (Response, Bytes) {
    let (parts, body) = http::Response::from(response).into_parts();
    let read = Response::from(http::Response::new(body)).bytes().await.unwrap_or_default();
    (Response::from(http::Response::from_parts(parts, read.clone())), read)
}

fn asks_for_key(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    challenges.map(str::to_ascii_lowercase).any(|challenge| challenge.contains(KEY_SCHEME))
}

fn names_key(said: &Cause) -> bool {
    matches!(said, Cause::Said(text) if text.starts_with("Access denied due to") && text.contains("subscription key"))
}

fn is_quota(said: &Cause) -> bool {
    matches!(said, Cause::Said(text) if text.starts_with("Out of call volume quota") || text.starts_with("Out of bandwidth quota"))
}

fn is_the_gateways(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Own {
        #[serde(rename = "statusCode")]
        _status_code: u16,
        #[serde(rename = "message")]
        _message: String,
    }
    serde_json::from_slice::<Own>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(status: u16, headers: &[(&str, &str)], body: &str) -> Result<String, (About, Error)> {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        match Refusal::of(Response::from(response.body(body.to_owned()).unwrap())).await {
            Ok(answer) => Ok(answer.text().await.unwrap()),
            Err(refusal) => {
                Err((refusal.about, refusal.into_error("orders-key", || "the role does not fit".to_owned())))
            }
        }
    }

    #[tokio::test]
    async fn a_401_is_about_the_key_when_it_says_so() {
        let message = r#"{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }"#;
        let challenge = r#"AzureApiManagementKey realm="https://a/orders",name="api-key",type="header""#;
        for (headers, body) in [(vec![("www-authenticate", challenge)], ""), (vec![], message)] {
            let (about, error) = refusal(401, &headers, body).await.unwrap_err();
            assert_eq!(about, About::Key);
            let Error::Refused { service: Service::ApiManagement, source, .. } = error else { panic!("{error:?}") };
            assert!(source.to_string().ends_with("; our key is the value of the secret orders-key"), "{source}");
        }
    }

    #[tokio::test]
    async fn another_401_and_a_403_of_the_gateways_are_about_the_token_and_say_what_does_not_fit() {
        for status in [401, 403] {
            let body = format!(r#"{{ "statusCode": {status}, "message": "Invalid JWT." }}"#);
            let (about, error) = refusal(status, &[], &body).await.unwrap_err();
            assert_eq!(about, About::Token);
            let Error::Refused { source, .. } = error else { panic!("{error:?}") };
            assert_eq!(source.to_string(), "it said: Invalid JWT.; of our token, the role does not fit");
        }
        assert_eq!(refusal(401, &[], "").await.unwrap_err().0, About::Token);
    }

    #[tokio::test]
    async fn a_quota_that_is_used_up_comes_back_with_time() {
        let body =
            r#"{ "statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 00:30:02." }"#;
        let (about, error) = refusal(403, &[], body).await.unwrap_err();
        assert_eq!(about, About::Quota);
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_403_of_the_backends_and_all_else_is_an_answer() {
        for (status, body) in [
            (403, r#"{"error":{"code":"Shipped","message":"too late"}}"#),
            (403, "no"),
            (403, ""),
            (404, r#"{ "statusCode": 404, "message": "Resource not found" }"#),
            (500, ""),
            (200, "ok"),
        ] {
            assert_eq!(refusal(status, &[], body).await.unwrap(), body);
        }
    }
}
