//! Calls APIs behind API Management: with a token whose app role the gateway validates, and a subscription key.
//!
//! | file | holds |
//! |---|---|
//! | `access` | the token and the key of a request, and what to do about them after a 401 |
//! | `payload` | a request's body, and whether it may be sent again |
//! | `refusal` | what a 401 or 403 of the gateway's is about |
//! | `retry` | what is tried again, when, and how often |
//! | `strip` | what a caller's request may not carry to the gateway, nor an answer back |

mod access;
mod payload;
mod refusal;
mod retry;
mod strip;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, header::CONTENT_TYPE};
use reqwest::{Client, Response};
use tokio::time::{sleep, timeout};
use url::Url;

use self::{
    access::{Access, Renewals},
    payload::Payload,
    refusal::Refusal,
    retry::{Retries, Tries},
};
use super::{Secrets, token_cache::TokenCache};
use crate::{
    config::{ApiManagement, ApiPath, SecretName},
    error::{Cause, Error, Service},
};

/// The largest answer that [`Api::get`] takes, in bytes. It is held in memory once.
const LARGEST: usize = 32 * 1024 * 1024;

/// How long it may take until an answer begins, all tries and waits together. The HTTP client gives each try a minute.
const LIMIT: Duration = Duration::from_secs(100);

/// An API's answer of success.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) content_type: String,
    pub(crate) body: Bytes,
}

/// The gateway, called as one identity for one audience.
pub(crate) struct Api {
    http: Client,
    base: Url,
    access: Access,
    retries: Retries,
    limit: Duration,
}

/// A request that may be sent several times.
struct Call {
    method: Method,
    url: Url,
    /// Neither token nor key.
    headers: HeaderMap,
    payload: Payload,
}

impl Api {
    pub(super) fn new(config: &ApiManagement, tokens: Arc<TokenCache>, secrets: Arc<Secrets>, http: Client) -> Self {
        Self {
            http,
            base: config.connection.endpoint.clone(),
            access: Access::new(config, tokens, secrets),
            retries: Retries::default(),
            limit: LIMIT,
        }
    }

    /// Which secret holds the subscription key.
    pub(crate) fn key_secret(&self) -> &SecretName {
        self.access.key_secret()
    }

    /// GETs `path` with a token of our identity and the subscription key.
    ///
    /// Only a 2xx is an answer. A redirect is refused like any other: it would carry the token to another place.
    pub(crate) async fn get(&self, path: &ApiPath) -> Result<Answer, Error> {
        let call = Call {
            method: Method::GET,
            url: path.below(&self.base),
            headers: HeaderMap::new(),
            payload: Payload::empty(),
        };
        let response = self.answer(call).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(Error::answered(Service::ApiManagement, status, refusal::said(response).await));
        }
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.unwrap_or("application/octet-stream").to_owned();
        Ok(Answer { content_type, body: read(response).await? })
    }

    /// Passes a caller's request on to `path`, and the answer back, both as they come in.
    ///
    /// What the caller would prove himself with, to us or to the gateway, stays here. A 401, and a 403 of the gateway's
    /// own, are about this app and not about the caller: they are [`Error::Refused`]. Every other answer is passed on.
    pub(crate) async fn relay(&self, path: ApiPath, request: Request<Body>) -> Result<http::Response<Body>, Error> {
        let (parts, body) = request.into_parts();
        let path = path.with_query(parts.uri.query().and_then(strip::query));
        let headers = self.access.without_credentials(strip::request(parts.headers));
        let payload = Payload::of(body).await?;
        let call = Call { method: parts.method, url: path.below(&self.base), headers, payload };
        let response = http::Response::from(self.answer(call).await?);
        Ok(strip::response(response.map(Body::new)))
    }

    /// The answer's head is here within the limit; its body is still to come. It is no refusal of this app.
    async fn answer(&self, call: Call) -> Result<Response, Error> {
        let answered = timeout(self.limit, Box::pin(self.tried(call))).await;
        answered.unwrap_or_else(|_| Err(Error::unreachable(Service::ApiManagement, Cause::TooSlow(self.limit))))
    }

    async fn tried(&self, mut call: Call) -> Result<Response, Error> {
        let mut tries = Tries::default();
        let mut renewals = Renewals::default();
        loop {
            let pass = self.access.pass().await?;
            let request = self.http.request(call.method.clone(), call.url.clone());
            let request = request.headers(self.access.sign(call.headers.clone(), &pass)?);
            // A stream is gone with the first try.
            let again = call.payload.may_be_repeated();
            let sent = request.body(call.payload.take()).send().await;
            if again && let Some(wait) = self.retries.wait(&mut tries, &call.method, &sent) {
                sleep(wait).await;
                continue;
            }
            match Refusal::of(sent.map_err(unreachable)?).await {
                Ok(answer) => return Ok(answer),
                // What the gateway refused, nobody behind it saw: any method may be repeated.
                Err(refusal) => {
                    // A token is dropped also when this call cannot have another.
                    if !(self.access.renew(&pass, &refusal, &mut renewals).await && again) {
                        return Err(refusal.into_error(self.key_secret().as_str(), || self.access.misfit(&pass)));
                    }
                }
            }
        }
    }
}

async fn read(mut response: Response) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > LARGEST {
            return Err(Error::internal(Cause::TooLarge(LARGEST)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A path of the operator's may hold a query, so the URL stays out of the log.
fn unreachable(error: reqwest::Error) -> Error {
    Error::unreachable(Service::ApiManagement, error.without_url())
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}
