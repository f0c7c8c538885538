//! `enableForwardingHttpRequest`: the host reads the whole request, rebuilds it and sends it on. It reads the whole
//! answer and copies it.
//!
//! Source: `DefaultHttpWorkerService.cs` and `HttpRequestExtensions.cs` of `Azure/azure-functions-host`.

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;

use super::{
    answer::{self, Failure},
    client_error::closed_without_answer,
    core::Core,
    header_lines::{CONTENT_HEADERS, join_repeated, media_type, not_ascii, rewrite_forwarded_answer, unwritable},
    request_path::Target,
    request_target,
    run::{HOST_VERSION, HOST_VERSION_HEADER, INVOCATION_ID_HEADER, Run, USER_AGENT},
};

/// How often a request without body is sent if its connection closes without an answer.
const SENDS: usize = 4;

/// Sends a request to the handler, and the answer back.
pub(super) async fn serve(core: &Core, run: Run, request: Request<Body>, target: &Target) -> Response {
    let exchange = exchange(core, &run, request, target);
    let outcome = match core.script.host.function_timeout {
        Some(limit) => match tokio::time::timeout(limit, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(run.timed_out()),
        },
        None => exchange.await,
    };
    match outcome {
        Ok(response) => {
            let status = response.status();
            let is_error = status.is_client_error() || status.is_server_error();
            let reason = is_error.then(|| answer::reason(&String::from_utf8_lossy(response.body())));
            run.succeeded(status, reason.filter(|reason| !reason.is_empty()));
            response.map(Body::from)
        }
        Err(failure) => {
            run.failed(None, &failure);
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn exchange(core: &Core, run: &Run, request: Request<Body>, target: &Target) -> Result<Response<Bytes>, Failure> {
    if target.path.contains(['?', '#']) {
        core.log.warning(format!(
            "The path of this request holds an encoded \"?\" or \"#\", where forwarding cuts it: the handler sees {}",
            request_target::forwarded(&target.path, None)
        ));
    }
    let outgoing = rebuild(core, run, request, target).await?;
    let response = send(core, run, outgoing).await?;
    if let Some(problem) = unwritable(&response) {
        return Err(Failure::Other(format!("the Functions host cannot hand the answer on: {problem}")));
    }
    let (mut parts, body) = response.into_parts();
    let body = body.collect().await;
    let body = body.map_err(|error| Failure::Other(format!("the handler broke off its answer: {error}")))?;
    rewrite_forwarded_answer(&mut parts.headers);
    Ok(Response::from_parts(parts, body.to_bytes()))
}

async fn send(core: &Core, run: &Run, request: Request<Bytes>) -> Result<Response<hyper::body::Incoming>, Failure> {
    let again = request.body().is_empty();
    for _ in 1..SENDS {
        match core.client.request(request.clone().map(Body::from)).await {
            Err(error) if again && closed_without_answer(&error) => {}
            answered => return answered.map_err(|error| run.no_answer(&error)),
        }
    }
    core.client.request(request.map(Body::from)).await.map_err(|error| run.no_answer(&error))
}

async fn rebuild(core: &Core, run: &Run, request: Request<Body>, target: &Target) -> Result<Request<Bytes>, Failure> {
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Failure::Other(
            "the Functions host cannot forward a chunked request body: send Content-Length, or set \
             enableProxyingHttpRequest"
                .to_owned(),
        ));
    }
    let body = body.collect().await;
    let body = body.map_err(|error| Failure::Other(format!("the request body cannot be read: {error}")))?.to_bytes();
    let mut headers = parts.headers;
    set_content_type(&mut headers, body.is_empty())?;
    for name in CONTENT_HEADERS.into_iter().filter(|name| *name != header::CONTENT_TYPE) {
        headers.remove(name);
    }
    if let Some(name) = not_ascii(&headers) {
        let problem = format!("the Functions host cannot forward the header \"{name}\": its value is not ASCII");
        return Err(Failure::Other(problem));
    }
    sign(&mut headers, run);
    join_repeated(&mut headers);
    announce_length(&mut headers, &parts.method, body.len());
    let target = request_target::forwarded(&target.path, target.query.as_deref());
    let mut outgoing = Request::new(body);
    *outgoing.uri_mut() = core.handler.url(&target).map_err(|error| Failure::Other(error.to_string()))?;
    *outgoing.method_mut() = parts.method;
    *outgoing.headers_mut() = headers;
    *outgoing.extensions_mut() = parts.extensions;
    Ok(outgoing)
}

/// Checks the content type. A request with a body may have one valid type or none. Without a body the type is removed.
fn set_content_type(headers: &mut HeaderMap, no_body: bool) -> Result<(), Failure> {
    if no_body {
        headers.remove(header::CONTENT_TYPE);
        return Ok(());
    }
    let mut lines = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(first), second) = (lines.next(), lines.next()) else { return Ok(()) };
    let normalised = first.to_str().ok().filter(|_| second.is_none()).and_then(media_type);
    let value = normalised.and_then(|text| HeaderValue::from_str(&text).ok());
    let value = value.ok_or_else(|| {
        Failure::Other("the Functions host cannot forward a body whose Content-Type is not one media type".to_owned())
    })?;
    headers.insert(header::CONTENT_TYPE, value);
    Ok(())
}

/// Sets the content length. A request without body states the length 0, unless its method expects no body.
pub(super) fn announce_length(headers: &mut HeaderMap, method: &Method, length: usize) {
    let expects_none = [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS, Method::CONNECT].contains(method);
    if length > 0 || !expects_none {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
}

/// Adds the headers by which the handler recognises the host. A client's value of the same name stays and comes first.
fn sign(headers: &mut HeaderMap, run: &Run) {
    let lines: [(HeaderName, HeaderValue); 3] = [
        (HOST_VERSION_HEADER, HOST_VERSION),
        (INVOCATION_ID_HEADER, run.id_header()),
        (header::USER_AGENT, HeaderValue::from_static(USER_AGENT)),
    ];
    for (name, value) in lines {
        headers.append(name, value);
    }
}
