//! Tries, renewals and time limits of calls and forwarded requests.

use futures_util::stream;
use http::{HeaderMap, Method};
use reqwest::Response;
use tokio::time::{sleep, timeout};
use url::Url;

use super::{
    client::Api,
    credentials::{Renewals, SentCredentials},
    payload::{Flow, Payload},
    refusal::ApiRefusal,
    retry::{Repeat, Tries},
};
use crate::{
    body::Body,
    error::{Cause, Error, Service},
    signals::Attempt,
    time_limits::TimeLimits,
};

/// A request that may be sent several times.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// The headers, without token and key.
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    pub(crate) repeat: Repeat,
}

/// An answer that does not refuse this app, and the credentials of its request.
pub(crate) struct Answered {
    pub(crate) response: Response,
    pub(crate) shown: SentCredentials,
}

/// The reason why there is no answer to pass on.
pub(crate) enum Unanswered {
    Failed(Error),
    Refused(Box<RefusedApp>),
}

/// A refusal of this app, with the claim of its token that may be the reason.
pub(crate) struct RefusedApp {
    pub(crate) refusal: ApiRefusal,
    mismatch: String,
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Api {
    /// Sends a request, and returns when the answer's head has arrived within the limit. The body is not read yet.
    ///
    /// The limit counts from the last byte of the request, so a body that keeps flowing has no limit.
    pub(super) async fn answer(&self, mut request: Request) -> Result<Answered, Error> {
        let flow = request.payload.flow();
        let tried = async {
            let answered = self.tried(&mut request, &flow, &mut Tries::default()).await;
            answered.map_err(|unanswered| self.unanswered(unanswered))
        };
        flow.limited(self.0.service, self.0.limits.whole, tried).await
    }

    /// Like [`Self::answer`], without a time limit, for a request with its body in memory. `tries` are those of the
    /// call, which may send several such requests.
    #[cfg(feature = "openai")]
    pub(crate) async fn attempt(&self, request: &mut Request, tries: &mut Tries) -> Result<Answered, Unanswered> {
        let flow = request.payload.flow();
        self.tried(request, &flow, tries).await
    }

    /// Makes the error of a refusal whose body has no further information.
    pub(crate) fn unanswered(&self, unanswered: Unanswered) -> Error {
        match unanswered {
            Unanswered::Failed(error) => error,
            Unanswered::Refused(refused) => {
                let RefusedApp { refusal, mismatch } = *refused;
                refusal.into_error(self.0.service, self.0.credentials.key_secret(), || mismatch)
            }
        }
    }

    async fn tried(&self, request: &mut Request, flow: &Flow, tries: &mut Tries) -> Result<Answered, Unanswered> {
        let client = self.0.connection.http().client()?;
        let mut renewals = Renewals::default();
        loop {
            let shown = self.0.credentials.current().await?;
            let place = self.0.in_flight.place(self.0.limits.whole).await;
            let place = place.map_err(|cause| Error::unreachable(self.0.service, cause))?;
            let signals = self.0.connection.http().signals();
            let attempt = Attempt::start(signals, &request.method, &request.url, tries.next_sending());
            let signed = self.0.credentials.sign(request.headers.clone(), &shown, attempt.context())?;
            let sending = client.request(request.method.clone(), request.url.clone()).headers(signed);
            // After the first try, a stream cannot be sent again.
            let again = request.payload.may_be_repeated();
            let sent = sending.body(request.payload.take()).send().await;
            drop(place);
            match &sent {
                Ok(response) => attempt.answered(response.status(), request_id(response)),
                Err(error) if error.is_timeout() => attempt.failed("timeout"),
                Err(_) => attempt.failed("connection"),
            }
            if let Some(broken) = flow.broken_off() {
                return Err(broken.into());
            }
            let what = (&request.method, request.repeat);
            let wait = if again { self.0.retries.wait(tries, what, &sent) } else { None };
            if let Some(signals) = signals {
                signals.retries_left(&request.url, self.0.retries.left());
            }
            if let Some(wait) = wait {
                sleep(wait).await;
                continue;
            }
            let sent = sent.map_err(|error| unreachable(self.0.service, error))?;
            match ApiRefusal::new(self.0.service, sent, &shown.credentials()).await {
                Ok(response) => return Ok(Answered { response, shown }),
                // The gateway refused the request before anything behind it saw it, so any method may be repeated.
                Err(refusal) => {
                    // A refused token is dropped even if this call cannot have another.
                    if !(self.0.credentials.renew(&shown, &refusal, &mut renewals).await && again) {
                        let mismatch = self.0.credentials.mismatch(&shown);
                        return Err(Unanswered::Refused(Box::new(RefusedApp { refusal, mismatch })));
                    }
                }
            }
        }
    }
}

/// Returns the service's request ID, otherwise the gateway's.
fn request_id(response: &Response) -> Option<&str> {
    let id = ["x-ms-request-id", "apim-request-id"].into_iter().find_map(|name| response.headers().get(name));
    id.and_then(|id| id.to_str().ok())
}

/// Returns the answer with a body that may take any time, but must not pause for long.
pub(crate) fn paced(service: Service, limits: TimeLimits, response: Response) -> http::Response<Body> {
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

/// An operator's path may hold a query, so the URL stays out of the log.
fn unreachable(service: Service, error: reqwest::Error) -> Error {
    Error::unreachable(service, error.without_url())
}
