//! `enableProxyingHttpRequest`: request and answer pass through as streams, path and query untouched.
//!
//! Source: `DefaultHttpProxyService` of `Azure/azure-functions-host` (a YARP forwarder). Not verified against Azure: the
//! `Host` header, which is passed on here, and upgrades, which are refused.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, Request, StatusCode, Version, header, request::Parts};
use hyper::body::Incoming;
use tokio::time::{Instant, error::Elapsed, timeout_at};

use super::{
    answer::{self, Failure},
    body_limit,
    core::Core,
    hop_by_hop,
    invocation::{HOST_VERSION, HOST_VERSION_HEADER, INVOCATION_ID_HEADER, Run},
    lent_body::Lender,
};

/// How long nothing may happen on a request: neither an answer nor the next piece of it.
const IDLE_LIMIT: Duration = Duration::from_secs(240);
/// Further attempts where no connection can be made.
const CONNECT_RETRIES: u32 = 10;
const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_millis(250);
/// As much of an error's body as the journal may need.
const KEPT: usize = 4096;

const INVOCATION_ID: HeaderName = HeaderName::from_static("x-ms-invocation-id");

/// Passes a request to the handler, and its answer back.
pub(super) async fn serve(core: &Core, run: Run, request: Request<Body>) -> Response {
    if request.headers().contains_key(header::UPGRADE) {
        let failure = Failure::Other("an upgrade (WebSocket) is not supported by this host".to_owned());
        run.failed(None, &failure);
        return (StatusCode::NOT_IMPLEMENTED, failure.to_string()).into_response();
    }
    let idle = Instant::now() + IDLE_LIMIT;
    let deadline = run.deadline().map_or(idle, |deadline| deadline.min(idle));
    let outcome = match timeout_at(deadline, send(core, &run, request)).await {
        Ok(outcome) => outcome,
        Err(_) => Err((StatusCode::INTERNAL_SERVER_ERROR, too_late(&run))),
    };
    match outcome {
        Ok(response) => pass_back(run, response.map(Body::new)),
        Err((status, failure)) => {
            run.failed(None, &failure);
            status.into_response()
        }
    }
}

/// Either limit: `functionTimeout`, which costs the handler its life, or silence.
fn too_late(run: &Run) -> Failure {
    if run.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
        return run.timed_out();
    }
    Failure::Other(format!("nothing came from the handler within {} s", IDLE_LIMIT.as_secs()))
}

/// Sends it again while nobody accepts the connection; what was sent to a handler is never sent twice.
async fn send(core: &Core, run: &Run, request: Request<Body>) -> Result<Response<Incoming>, (StatusCode, Failure)> {
    let other = |text: String| (StatusCode::INTERNAL_SERVER_ERROR, Failure::Other(text));
    let (parts, body) = request.into_parts();
    let lender = Lender::new(body);
    let mut retries = 0;
    loop {
        let body = lender.lend().ok_or_else(|| other("the request body is gone".to_owned()))?;
        let request = outgoing(core, run, parts.clone(), body).map_err(|error| other(error.to_string()))?;
        match core.client.request(request).await {
            Err(error) if error.is_connect() && retries < CONNECT_RETRIES => {
                tokio::time::sleep(connect_delay(retries)).await;
                retries += 1;
            }
            Err(error) if body_limit::is_exceeded(&error) => {
                return Err((StatusCode::PAYLOAD_TOO_LARGE, core.body_limit.exceeded()));
            }
            answered => return answered.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, run.no_answer(&error))),
        }
    }
}

fn connect_delay(retries: u32) -> Duration {
    FIRST_DELAY.saturating_mul(1 << retries).min(LONGEST_DELAY)
}

fn outgoing(core: &Core, run: &Run, parts: Parts, body: Body) -> Result<Request<Body>, http::Error> {
    let path_and_query = parts.uri.path_and_query().map_or("/", |path_and_query| path_and_query.as_str());
    let mut outgoing = Request::new(body);
    *outgoing.method_mut() = parts.method;
    *outgoing.uri_mut() = core.handler.url(path_and_query)?;
    *outgoing.version_mut() = Version::HTTP_11;
    let headers = outgoing.headers_mut();
    *headers = parts.headers;
    hop_by_hop::drop_from(headers);
    headers.insert(HOST_VERSION_HEADER, HOST_VERSION);
    headers.insert(INVOCATION_ID_HEADER, run.id_header());
    headers.insert(INVOCATION_ID, run.id_header());
    Ok(outgoing)
}

fn pass_back(run: Run, response: Response<Body>) -> Response {
    let (mut parts, body) = response.into_parts();
    hop_by_hop::drop_from(&mut parts.headers);
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

/// The next piece of an answer, unless the whole takes too long or nothing comes for too long.
async fn next_piece(
    body: &mut BodyDataStream,
    deadline: Option<Instant>,
    idle_limit: Duration,
) -> Result<Option<Result<Bytes, axum::Error>>, Elapsed> {
    let idle = Instant::now() + idle_limit;
    timeout_at(deadline.map_or(idle, |deadline| deadline.min(idle)), body.next()).await
}

/// Lives as long as the answer's body; its end is the invocation's.
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

    use super::{CONNECT_RETRIES, connect_delay, next_piece};

    #[test]
    fn section_4_6_connecting_is_tried_ten_times_ever_more_slowly() {
        let delays: Vec<_> = (0..CONNECT_RETRIES).map(|retries| connect_delay(retries).as_millis()).collect();
        assert_eq!(delays, [50, 100, 200, 250, 250, 250, 250, 250, 250, 250]);
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
