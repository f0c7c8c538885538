//! `enableProxyingHttpRequest`: request and answer pass through as streams.
//!
//! Source: `DefaultHttpProxyService.cs` and `RetryProxyHandler.cs` of `Azure/azure-functions-host` (a YARP forwarder).

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Version, header, request::Parts};
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, error::Elapsed, timeout, timeout_at};

use super::{
    answer::{self, Failure},
    body_limit,
    client_error::closed_without_answer,
    core::Core,
    forward::announce_length,
    header_lines::{CONTENT_HEADERS, drop_not_proxied, join_repeated, too_long, unwritable},
    lent_body::Lender,
    request_path::Target,
    request_target,
    run::{HOST_VERSION, HOST_VERSION_HEADER, INVOCATION_ID_HEADER, Run},
    server::Peer,
    upgrade::{self, Upgrade},
};

/// The longest time without an answer or a next piece of it.
const IDLE_LIMIT: Duration = Duration::from_secs(240);
/// The number of attempts, for every kind of failure.
const ATTEMPTS: u32 = 10;
/// How often an attempt without body is sent if the handler closes the connection without an answer.
const SENDS: u32 = 4;
/// The time that a late call still waits for its end.
const AFTER_TIMEOUT: Duration = Duration::from_secs(2);
const DELAY_STEP: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_millis(250);
/// The part of an error's body that is kept, in bytes, for the journal.
const KEPT: usize = 4096;

const INVOCATION_ID: HeaderName = HeaderName::from_static("x-ms-invocation-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// Passes a request to the handler, and its answer back.
pub(super) async fn serve(core: &Core, run: Run, mut request: Request<Body>, target: &Target) -> Response {
    let idle = Instant::now() + IDLE_LIMIT;
    let deadline = run.deadline().map_or(idle, |deadline| deadline.min(idle));
    let upgrade = Upgrade::asked_by(&mut request);
    let outcome = send_in_time(core, &run, request, target, upgrade.is_some(), deadline).await;
    match outcome.and_then(|response| check(response, upgrade.is_some())) {
        Ok(mut response) => {
            if let (StatusCode::SWITCHING_PROTOCOLS, Some(upgrade)) = (response.status(), upgrade) {
                upgrade.join(&mut response);
                run.succeeded(response.status(), None);
                return response.map(Body::new);
            }
            pass_back(run, response.map(Body::new))
        }
        Err(failure) => {
            run.failed(None, &failure);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn send_in_time(
    core: &Core,
    run: &Run,
    request: Request<Body>,
    target: &Target,
    upgrade: bool,
    deadline: Instant,
) -> Result<Response<Incoming>, Failure> {
    let mut sending = std::pin::pin!(send(core, run, request, target, upgrade));
    if let Ok(outcome) = timeout_at(deadline, &mut sending).await {
        return outcome;
    }
    let failure = too_late(run);
    if run.is_late() {
        // The kill breaks the connection, so the request is sent again to the handler's next process. That answer comes
        // too late.
        let _ = timeout(AFTER_TIMEOUT, &mut sending).await;
    }
    Err(failure)
}

/// Returns the failure of a limit: `functionTimeout`, which also kills the handler, or a silence that is too long.
fn too_late(run: &Run) -> Failure {
    if run.is_late() {
        return run.timed_out();
    }
    Failure::Other(format!("nothing came from the handler within {} s", IDLE_LIMIT.as_secs()))
}

fn check(response: Response<Incoming>, upgraded: bool) -> Result<Response<Incoming>, Failure> {
    let reset_content = response.status() == StatusCode::RESET_CONTENT && response.body().size_hint().lower() > 0;
    let problem = match unwritable(&response) {
        None if response.status() == StatusCode::SWITCHING_PROTOCOLS && !upgraded => {
            Some("its status is 101, and the client asked for no upgrade".to_owned())
        }
        None if reset_content => Some("its status is 205, and it has a body".to_owned()),
        problem => problem,
    };
    match problem {
        Some(problem) => Err(Failure::Other(format!("the Functions host cannot hand the answer on: {problem}"))),
        None => Ok(response),
    }
}

/// Sends the request until it is answered. A body that was read is never sent again, but the pauses still take place.
async fn send(
    core: &Core,
    run: &Run,
    request: Request<Body>,
    target: &Target,
    upgrade: bool,
) -> Result<Response<Incoming>, Failure> {
    let (parts, body) = request.into_parts();
    let no_body = body.size_hint().exact() == Some(0);
    let lender = Lender::new(body);
    let mut failure = Failure::Other("the request was not sent".to_owned());
    for attempt in 1..=ATTEMPTS {
        for _ in 0..if no_body { SENDS } else { 1 } {
            let Some(body) = lender.lend() else { break };
            let body = if no_body { Body::empty() } else { body };
            let request = outgoing(core, run, parts.clone(), body, target, upgrade);
            let request = request.map_err(|error| Failure::Other(error.to_string()))?;
            match core.client.request(request).await {
                Ok(response) => match too_long(&response) {
                    None => return Ok(response),
                    Some(problem) => {
                        failure = Failure::Other(format!("the Functions host cannot read the answer: {problem}"));
                        break;
                    }
                },
                Err(error) if body_limit::is_exceeded(&error) => return Err(core.body_limit.exceeded()),
                Err(error) => {
                    failure = run.no_answer(&error);
                    if !closed_without_answer(&error) {
                        break;
                    }
                }
            }
        }
        if attempt < ATTEMPTS {
            tokio::time::sleep(delay(attempt)).await;
        }
    }
    Err(failure)
}

fn delay(attempt: u32) -> Duration {
    DELAY_STEP.saturating_mul(attempt).min(LONGEST_DELAY)
}

fn outgoing(
    core: &Core,
    run: &Run,
    parts: Parts,
    body: Body,
    target: &Target,
    upgrade: bool,
) -> Result<Request<Body>, http::Error> {
    let mut outgoing = Request::new(body);
    *outgoing.uri_mut() = core.handler.url(&request_target::proxied(&target.path, target.query.as_deref()))?;
    *outgoing.version_mut() = Version::HTTP_11;
    let mut headers = parts.headers;
    drop_not_proxied(&mut headers);
    if let Some(length) = outgoing.body().size_hint().exact().filter(|length| *length == 0) {
        let has_content_header = CONTENT_HEADERS.iter().any(|name| headers.contains_key(*name));
        if has_content_header {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        } else {
            headers.remove(header::CONTENT_LENGTH);
            announce_length(&mut headers, &parts.method, 0);
        }
    }
    let host = headers.remove(header::HOST);
    headers.insert(HOST_VERSION_HEADER, HOST_VERSION);
    headers.insert(INVOCATION_ID_HEADER, run.id_header());
    headers.insert(INVOCATION_ID, run.id_header());
    set_forwarded(&mut headers, parts.extensions.get::<Peer>().copied(), host);
    join_repeated(&mut headers);
    let mut headers = core.handler.host_first(headers);
    if upgrade {
        upgrade::ask(&mut headers);
    }
    *outgoing.method_mut() = parts.method;
    *outgoing.headers_mut() = headers;
    *outgoing.extensions_mut() = parts.extensions;
    Ok(outgoing)
}

/// Sets the forwarding headers from the connection that the host sees. They replace the client's own values.
fn set_forwarded(headers: &mut HeaderMap, peer: Option<Peer>, host: Option<HeaderValue>) {
    headers.remove(header::FORWARDED);
    headers.remove(FORWARDED_PREFIX);
    let address = peer.and_then(|peer| HeaderValue::from_str(&peer.0.to_string()).ok());
    let proto = Some(HeaderValue::from_static("http"));
    for (name, value) in [(FORWARDED_FOR, address), (FORWARDED_HOST, host), (FORWARDED_PROTO, proto)] {
        match value {
            Some(value) => headers.insert(name, value),
            None => headers.remove(name),
        };
    }
}

fn pass_back(run: Run, response: Response<Body>) -> Response {
    let (mut parts, body) = response.into_parts();
    drop_not_proxied(&mut parts.headers);
    let deadline = run.deadline();
    let passing = Passing { run: Some(run), status: parts.status, kept: Vec::new(), broken: None };
    let pieces = stream::unfold((body.into_data_stream(), passing), move |(mut body, mut passing)| async move {
        let piece = match next_piece(&mut body, deadline, IDLE_LIMIT).await {
            Ok(piece) => piece?,
            Err(_) => {
                let failure = passing.run.as_ref().map(too_late);
                Err(axum::Error::new(failure.unwrap_or_else(|| Failure::Other("too late".to_owned()))))
            }
        };
        passing.note(&piece);
        Some((piece, (body, passing)))
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Returns the next piece of an answer. Fails if the whole answer or the next piece takes too long.
async fn next_piece(
    body: &mut BodyDataStream,
    deadline: Option<Instant>,
    idle_limit: Duration,
) -> Result<Option<Result<Bytes, axum::Error>>, Elapsed> {
    let idle = Instant::now() + idle_limit;
    timeout_at(deadline.map_or(idle, |deadline| deadline.min(idle)), body.next()).await
}

/// The running invocation of an answer that is being passed on. It ends together with the answer's body.
struct Passing {
    run: Option<Run>,
    status: StatusCode,
    kept: Vec<u8>,
    broken: Option<String>,
}

impl Passing {
    fn note(&mut self, piece: &Result<Bytes, axum::Error>) {
        match piece {
            Ok(bytes) if self.status.is_client_error() || self.status.is_server_error() => {
                let room = KEPT - self.kept.len();
                self.kept.extend(bytes.iter().take(room));
            }
            Ok(_) => {}
            Err(error) => self.broken = Some(error.to_string()),
        }
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        let Some(run) = self.run.take() else { return };
        match &self.broken {
            Some(error) => {
                run.failed(Some(self.status), &Failure::Other(format!("the handler broke off its answer: {error}")));
            }
            None => {
                let body = String::from_utf8_lossy(&self.kept);
                run.succeeded(self.status, Some(answer::reason(&body)).filter(|reason| !reason.is_empty()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, time::Duration};

    use axum::body::{Body, Bytes};
    use futures_util::{StreamExt as _, stream};
    use tokio::time::Instant;

    use super::{ATTEMPTS, delay, next_piece};

    #[test]
    fn section_4_6_nine_pauses_of_50_to_250_ms_stand_between_ten_attempts() {
        let delays: Vec<_> = (1..ATTEMPTS).map(|attempt| delay(attempt).as_millis()).collect();
        assert_eq!(delays, [50, 100, 150, 200, 250, 250, 250, 250, 250]);
    }

    #[tokio::test]
    async fn section_4_6_an_answer_may_be_long_but_not_silent() {
        let one = stream::iter([Ok::<_, Infallible>(Bytes::from("a"))]);
        let mut body = Body::from_stream(one.chain(stream::pending())).into_data_stream();
        let short = Duration::from_millis(5);
        assert_eq!(next_piece(&mut body, None, Duration::from_secs(60)).await.unwrap().unwrap().unwrap(), "a");
        assert!(next_piece(&mut body, None, short).await.is_err());
        assert!(next_piece(&mut body, Some(Instant::now()), Duration::from_secs(60)).await.is_err());
    }
}
