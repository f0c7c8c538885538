//! Tries, renewals and time limits below calls and forwarded requests.

use futures_util::stream;
use http::{HeaderMap, Method};
use reqwest::Response;
use tokio::time::{sleep, timeout};
use url::Url;

use super::{
    client::Api,
    credentials::{Renewals, Shown},
    payload::{Flow, Payload},
    refusal::Refusal,
    retry::Tries,
};
use crate::{
    body::Body,
    error::{Cause, Error, Service},
    time_limits::TimeLimits,
};

/// A request that may be sent several times.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    /// Neither token nor key.
    pub(super) headers: HeaderMap,
    pub(super) payload: Payload,
}

/// An answer that is no refusal of this app, and the credentials that it was given to.
pub(super) struct Answered {
    pub(super) response: Response,
    pub(super) shown: Shown,
}

impl Api {
    /// The answer's head is here within the limit; its body is still to come.
    ///
    /// The limit counts from the last byte of the request: a body that flows has the time it takes.
    pub(super) async fn answer(&self, request: Request) -> Result<Answered, Error> {
        let flow = request.payload.flow();
        flow.limited(self.0.service, self.0.limits.whole, self.tried(request, &flow)).await
    }

    async fn tried(&self, mut request: Request, flow: &Flow) -> Result<Answered, Error> {
        let client = self.0.connection.http().client()?;
        let (mut tries, mut renewals) = (Tries::default(), Renewals::default());
        loop {
            let shown = self.0.credentials.current().await?;
            let signed = self.0.credentials.sign(request.headers.clone(), &shown)?;
            let sending = client.request(request.method.clone(), request.url.clone()).headers(signed);
            // A stream is gone with the first try.
            let again = request.payload.may_be_repeated();
            let sent = sending.body(request.payload.take()).send().await;
            if let Some(broken) = flow.broken_off() {
                return Err(broken);
            }
            if again && let Some(wait) = self.0.retries.wait(&mut tries, &request.method, &sent) {
                sleep(wait).await;
                continue;
            }
            let sent = sent.map_err(|error| unreachable(self.0.service, error))?;
            match Refusal::new(self.0.service, sent, &shown.credentials()).await {
                Ok(response) => return Ok(Answered { response, shown }),
                // What the gateway refused, nothing behind it saw: any method may be repeated.
                Err(refusal) => {
                    // A token is dropped also when this call cannot have another.
                    if !(self.0.credentials.renew(&shown, &refusal, &mut renewals).await && again) {
                        let secret = self.0.credentials.key_secret();
                        let mismatch = || self.0.credentials.mismatch(&shown);
                        return Err(refusal.into_error(self.0.service, secret, mismatch));
                    }
                }
            }
        }
    }
}

/// The answer with a body that may take any time, but not pause for long.
pub(super) fn paced(service: Service, limits: TimeLimits, response: Response) -> http::Response<Body> {
    let mut head = http::Response::new(());
    (*head.status_mut(), *head.version_mut()) = (response.status(), response.version());
    *head.headers_mut() = response.headers().clone();
    let pause = limits.pause.unwrap_or(limits.whole);
    let pieces = stream::unfold(Some(response), move |response| async move {
        let mut response = response?;
        match timeout(pause, response.chunk()).await {
            Ok(Ok(None)) => None,
            Ok(Ok(Some(piece))) => Some((Ok(piece), Some(response))),
            Ok(Err(error)) => Some((Err(unreachable(service, error)), None)),
            Err(_) => Some((Err(Error::unreachable(service, Cause::Paused(pause))), None)),
        }
    });
    head.map(|()| Body::from_stream(pieces))
}

/// A path of the operator's may hold a query, so the URL stays out of the log.
fn unreachable(service: Service, error: reqwest::Error) -> Error {
    Error::unreachable(service, error.without_url())
}
