//! The cause of a 401 or 403: our key, our token, or the number of calls.
//!
//! The bodies and the challenge are those of
//! <https://learn.microsoft.com/troubleshoot/azure/api-mgmt/availability/unauthorized-errors-invoke-apis>.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header::WWW_AUTHENTICATE};
use reqwest::Response;
use serde::Deserialize;
use tokio::time::timeout;

use crate::{
    error::{Cause, Error, Service},
    failure::explanation,
};

/// The limits of reading a refusal, in bytes and time. Its status is known already, and its explanation may never end.
const READ_BYTES: usize = 64 * 1024;
const READ_TIME: Duration = Duration::from_secs(10);

/// The largest 403 whose body is read, in bytes. The gateway's own 403s are small and state their length.
const GATEWAY_REFUSAL_BYTES: u64 = 4096;

/// The gateway's scheme for subscription keys.
const KEY_SCHEME: &str = "azureapimanagementkey";

/// A refusal of this app.
#[cfg_attr(test, derive(Debug))]
pub(crate) struct ApiRefusal {
    pub(crate) status: StatusCode,
    pub(super) part: RefusedPart,
    said: Cause,
    /// The beginning of the body, as received.
    #[cfg_attr(not(feature = "openai"), expect(dead_code, reason = "a model's alone"))]
    pub(crate) body: Bytes,
    #[cfg_attr(not(feature = "openai"), expect(dead_code, reason = "a model's alone"))]
    pub(crate) headers: HeaderMap,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefusedPart {
    Key,
    Token,
    /// The token is good, but its identity has no role on the resource. Another token would not help.
    Role,
    Quota,
}

impl ApiRefusal {
    /// Returns the answer, unless it refuses this app.
    ///
    /// Every 401 refuses this app, because only this app sent credentials. A 403 from the gateway itself, which has
    /// `statusCode` in its body, also refuses this app. Any other 403 comes from the backend and concerns the request.
    /// Services other than API Management have no keys and no 403 like the gateway's. `credentials` are those of the
    /// request: a backend may echo them.
    pub(super) async fn new(service: Service, response: Response, credentials: &[&str]) -> Result<Response, Self> {
        let status = response.status();
        let is_gateway = service == Service::ApiManagement;
        match status {
            StatusCode::UNAUTHORIZED => {
                let headers = response.headers().clone();
                let body = beginning(response).await;
                let said = explanation(&body, credentials).unwrap_or(Cause::Silent);
                let part = if is_gateway && (asks_for_key(&headers) || names_key(&said)) {
                    RefusedPart::Key
                } else if names_role(&body) {
                    RefusedPart::Role
                } else {
                    RefusedPart::Token
                };
                Err(Self { status, part, said, body, headers })
            }
            StatusCode::FORBIDDEN
                if is_gateway && response.content_length().is_some_and(|length| length <= GATEWAY_REFUSAL_BYTES) =>
            {
                let (response, body) = looked_into(response).await;
                if !is_the_gateways(&body) {
                    return Ok(response);
                }
                let said = explanation(&body, credentials).unwrap_or(Cause::Silent);
                let part = if is_quota(&said) { RefusedPart::Quota } else { RefusedPart::Token };
                Err(Self { status, part, said, body, headers: response.headers().clone() })
            }
            _ => Ok(response),
        }
    }

    /// Returns the explanation, without credentials.
    #[cfg(feature = "openai")]
    pub(crate) fn said(&self) -> Option<&str> {
        match &self.said {
            Cause::Said(said) => Some(said),
            _ => None,
        }
    }

    /// Makes an error of the refusal. `secret` is the name of the secret with our key. `mismatch` names the claim of
    /// our token that may be the reason.
    pub(super) fn into_error(self, service: Service, secret: Option<&str>, mismatch: impl FnOnce() -> String) -> Error {
        let Self { status, part, said, .. } = self;
        match (part, secret) {
            (RefusedPart::Key, Some(secret)) => {
                let cause = Cause::Key { said: said.to_string(), secret: secret.to_owned() };
                Error::answered(service, status, cause)
            }
            (RefusedPart::Key, None) => {
                let said = format!("{said}; no setting <NAME>__subscriptionKeySecret names a key");
                Error::answered(service, status, Cause::Said(said))
            }
            (RefusedPart::Quota, _) => Error::exhausted(service, status, said),
            (RefusedPart::Role, _) => Error::answered(service, status, said),
            (RefusedPart::Token, _) => {
                let cause = Cause::Token { said: said.to_string(), mismatch: mismatch() };
                Error::answered(service, status, cause)
            }
        }
    }
}

/// Returns the explanation in an answer that is not a success.
pub(super) async fn said(response: Response, credentials: &[&str]) -> Cause {
    explanation(&beginning(response).await, credentials).unwrap_or(Cause::Silent)
}

/// Returns the body, or nothing if it is longer than an explanation or does not arrive.
pub(crate) async fn beginning(mut response: Response) -> Bytes {
    let read = async {
        let mut body = BytesMut::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            if body.len() + chunk.len() > READ_BYTES {
                return Bytes::new();
            }
            body.extend_from_slice(&chunk);
        }
        body.freeze()
    };
    timeout(READ_TIME, read).await.unwrap_or_default()
}

/// Returns the same response with its body read, and the body. If the body breaks off, the part that arrived is passed
/// on.
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
    const QUOTAS: [&str; 3] = ["Out of call volume quota", "Out of bandwidth quota", "Token quota "];
    matches!(said, Cause::Said(text) if QUOTAS.iter().any(|quota| text.starts_with(quota)))
}

/// Reports whether a 401 means a missing role. Azure's AI services answer 401 to an identity without a role, while
/// others answer 403.
fn names_role(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Body {
        error: Detail,
    }
    #[derive(Deserialize)]
    struct Detail {
        code: String,
    }
    serde_json::from_slice::<Body>(body).is_ok_and(|body| body.error.code == "PermissionDenied")
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

    const SERVICE: Service = Service::ApiManagement;

    async fn refusal(status: u16, headers: &[(&str, &str)], body: &str) -> Result<String, (RefusedPart, Error)> {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        match ApiRefusal::new(SERVICE, Response::from(response.body(body.to_owned()).unwrap()), &[]).await {
            Ok(answer) => Ok(answer.text().await.unwrap()),
            Err(refusal) => Err((
                refusal.part,
                refusal.into_error(SERVICE, Some("orders-key"), || "the role does not fit".to_owned()),
            )),
        }
    }

    #[tokio::test]
    async fn a_401_is_about_the_key_when_it_says_so() {
        let message = r#"{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }"#;
        let challenge = r#"AzureApiManagementKey realm="https://a/orders",name="api-key",type="header""#;
        for (headers, body) in [(vec![("www-authenticate", challenge)], ""), (vec![], message)] {
            let (part, error) = refusal(401, &headers, body).await.unwrap_err();
            assert_eq!(part, RefusedPart::Key);
            let Error::Refused { service: Service::ApiManagement, source, .. } = error else { panic!("{error:?}") };
            assert!(source.to_string().ends_with("; our key is the value of the secret orders-key"), "{source}");
        }
    }

    #[tokio::test]
    async fn another_401_and_a_403_of_the_gateways_are_about_the_token_and_say_what_does_not_fit() {
        for status in [401, 403] {
            let body = format!(r#"{{ "statusCode": {status}, "message": "Invalid JWT." }}"#);
            let (part, error) = refusal(status, &[], &body).await.unwrap_err();
            assert_eq!(part, RefusedPart::Token);
            let Error::Refused { source, .. } = error else { panic!("{error:?}") };
            assert_eq!(source.to_string(), "it said: Invalid JWT.; of our token, the role does not fit");
        }
        assert_eq!(refusal(401, &[], "").await.unwrap_err().0, RefusedPart::Token);
    }

    #[tokio::test]
    async fn a_quota_that_is_used_up_comes_back_with_time() {
        let body =
            r#"{ "statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 00:30:02." }"#;
        let (part, error) = refusal(403, &[], body).await.unwrap_err();
        assert_eq!(part, RefusedPart::Quota);
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

    #[tokio::test(start_paused = true)]
    async fn a_refusal_whose_explanation_never_ends_is_a_refusal() {
        let body = reqwest::Body::wrap_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let response = http::Response::builder().status(401).body(body).unwrap();
        let refusal = ApiRefusal::new(SERVICE, Response::from(response), &[]).await.unwrap_err();
        assert_eq!((refusal.part, refusal.said.to_string()), (RefusedPart::Token, Cause::Silent.to_string()));
    }
}
