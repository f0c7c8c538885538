//! `enableProxyingHttpRequest`: request and answer pass through as streams, path and query untouched.
//!
//! Source: `DefaultHttpProxyService` of `Azure/azure-functions-host` (a YARP forwarder). Not verified against Azure: the
//! `Host` header, which is passed on here, and upgrades, which are refused.

use std::time::Duration;

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderName, Request, StatusCode, Version, header};

use super::{
    answer::{self, Failure},
    core::Core,
    invocation::{HOST_VERSION, HOST_VERSION_HEADER, INVOCATION_ID_HEADER, Run},
};

/// How long the handler may leave a request without an answer.
const IDLE_LIMIT: Duration = Duration::from_secs(240);
/// As much of an error's body as the journal may need.
const KEPT: usize = 4096;

const INVOCATION_ID: HeaderName = HeaderName::from_static("x-ms-invocation-id");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// Passes a request to the handler, and its answer back.
pub(super) async fn serve(core: &Core, run: Run, request: Request<Body>) -> Response {
    if request.headers().contains_key(header::UPGRADE) {
        let failure = Failure::Other("an upgrade (WebSocket) is not supported by local-azure".to_owned());
        run.failed(None, &failure);
        return (StatusCode::NOT_IMPLEMENTED, failure.to_string()).into_response();
    }
    let outcome = match outgoing(core, &run, request) {
        Ok(outgoing) => match tokio::time::timeout(IDLE_LIMIT, core.client.request(outgoing)).await {
            Ok(answered) => answered.map_err(|error| run.no_answer(&error)),
            Err(_) => Err(Failure::Other(format!("no answer from the handler within {} s", IDLE_LIMIT.as_secs()))),
        },
        Err(error) => Err(Failure::Other(error.to_string())),
    };
    match outcome {
        Ok(response) => pass_back(run, response.map(Body::new)),
        Err(failure) => {
            run.failed(None, &failure);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn outgoing(core: &Core, run: &Run, request: Request<Body>) -> Result<Request<Body>, http::Error> {
    let (parts, body) = request.into_parts();
    let path_and_query = parts.uri.path_and_query().map_or("/", |path_and_query| path_and_query.as_str());
    let mut outgoing = Request::new(body);
    *outgoing.method_mut() = parts.method;
    *outgoing.uri_mut() = core.handler.url(path_and_query)?;
    *outgoing.version_mut() = Version::HTTP_11;
    let headers = outgoing.headers_mut();
    *headers = parts.headers;
    drop_connection_headers(headers);
    headers.insert(HOST_VERSION_HEADER, HOST_VERSION);
    headers.insert(INVOCATION_ID_HEADER, run.id_header());
    headers.insert(INVOCATION_ID, run.id_header());
    Ok(outgoing)
}

/// What belongs to one connection, not to the message: RFC 9110, section 7.6.1.
pub(super) fn drop_connection_headers(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let fixed = [
        header::CONNECTION,
        KEEP_ALIVE,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    for name in named.into_iter().chain(fixed) {
        headers.remove(name);
    }
}

fn pass_back(run: Run, response: Response<Body>) -> Response {
    let (mut parts, body) = response.into_parts();
    drop_connection_headers(&mut parts.headers);
    let mut passing = Passing { run: Some(run), status: parts.status, kept: Vec::new(), broken: None };
    let body = body.into_data_stream().inspect(move |chunk| match chunk {
        Ok(bytes) if passing.status.is_client_error() || passing.status.is_server_error() => {
            let room = KEPT - passing.kept.len();
            passing.kept.extend(bytes.iter().take(room));
        }
        Ok(_) => {}
        Err(error) => passing.broken = Some(error.to_string()),
    });
    Response::from_parts(parts, Body::from_stream(body))
}

/// Lives as long as the answer's body; its end is the invocation's.
struct Passing {
    run: Option<Run>,
    status: StatusCode,
    kept: Vec<u8>,
    broken: Option<String>,
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
