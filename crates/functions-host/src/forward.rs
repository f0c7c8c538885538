//! `enableForwardingHttpRequest`: the request is read whole, rebuilt and sent on; the answer is read whole and copied.
//!
//! Source: `DefaultHttpWorkerService.cs` and `HttpRequestExtensions.cs` of `Azure/azure-functions-host`. The path is
//! decoded and encoded anew, the query rebuilt from its parsed form, and most content headers are dropped.

use std::fmt::Write as _;

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::BodyExt as _;

use super::{
    answer::{self, Failure},
    core::Core,
    hop_by_hop,
    invocation::{HOST_VERSION, HOST_VERSION_HEADER, INVOCATION_ID_HEADER, Run, USER_AGENT},
    template::decode,
};

/// Content headers that .NET keeps apart from the request's, and the host does not copy.
const DROPPED: &[&str] = &[
    "allow",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "expect",
    "expires",
    "last-modified",
];

/// Sends a request on, and its answer back.
pub(super) async fn serve(core: &Core, run: Run, request: Request<Body>) -> Response {
    let exchange = exchange(core, &run, request);
    let outcome = match core.script.host.function_timeout {
        Some(limit) => match tokio::time::timeout(limit, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err((StatusCode::INTERNAL_SERVER_ERROR, run.timed_out())),
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
        Err((status, failure)) => {
            run.failed(None, &failure);
            status.into_response()
        }
    }
}

async fn exchange(core: &Core, run: &Run, request: Request<Body>) -> Result<Response<Bytes>, (StatusCode, Failure)> {
    let failed = |failure| (StatusCode::INTERNAL_SERVER_ERROR, failure);
    let outgoing = rebuild(core, run, request).await?;
    let response = core.client.request(outgoing).await.map_err(|error| failed(run.no_answer(&error)))?;
    let (mut parts, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| failed(Failure::Other(format!("the handler broke off its answer: {error}"))))?;
    hop_by_hop::drop_from(&mut parts.headers);
    Ok(Response::from_parts(parts, body.to_bytes()))
}

async fn rebuild(core: &Core, run: &Run, request: Request<Body>) -> Result<Request<Body>, (StatusCode, Failure)> {
    let (parts, body) = request.into_parts();
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        return Err((
            StatusCode::INTERNAL_SERVER_ERROR,
            Failure::Other(
                "the Functions host cannot forward a chunked request body: send Content-Length, or set \
                 enableProxyingHttpRequest"
                    .to_owned(),
            ),
        ));
    }
    let body = body.collect().await.map_err(|error| {
        (StatusCode::PAYLOAD_TOO_LARGE, Failure::Other(format!("the request body cannot be read: {error}")))
    })?;
    let body = body.to_bytes();
    let mut headers = parts.headers;
    drop_content_headers(&mut headers, body.is_empty());
    sign(&mut headers, run);
    let uri = core.handler.url(&path_and_query(&parts.uri));
    let mut outgoing = Request::new(Body::from(body));
    *outgoing.method_mut() = parts.method;
    *outgoing.headers_mut() = headers;
    *outgoing.uri_mut() =
        uri.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, Failure::Other(error.to_string())))?;
    Ok(outgoing)
}

fn drop_content_headers(headers: &mut HeaderMap, no_body: bool) {
    for name in DROPPED {
        headers.remove(*name);
    }
    if no_body {
        headers.remove(header::CONTENT_TYPE);
    }
}

/// Adds what tells the handler that the host speaks; a client's value of the same name stays, and comes first.
fn sign(headers: &mut HeaderMap, run: &Run) {
    headers.append(HOST_VERSION_HEADER, HOST_VERSION);
    headers.append(INVOCATION_ID_HEADER, run.id_header());
    let agent = match headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()) {
        Some(client) => format!("{client} {USER_AGENT}"),
        None => USER_AGENT.to_owned(),
    };
    if let Ok(agent) = HeaderValue::from_str(&agent) {
        headers.insert(header::USER_AGENT, agent);
    }
}

/// The path with its escapes renewed; the query with each name once, its values joined with an escaped comma.
fn path_and_query(uri: &Uri) -> String {
    let decoded = decode(uri.path());
    let path = decoded.split(['?', '#']).next().unwrap_or_default();
    let mut text = encode_path(path);
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut merged: Vec<(String, String)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match merged.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            Some((_, values)) => {
                values.push(',');
                values.push_str(&value);
            }
            None => merged.push((name.into_owned(), value.into_owned())),
        }
    }
    for (at, (name, value)) in merged.iter().enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        text.push_str(&encode(name, unreserved));
        text.push('=');
        text.push_str(&encode(value, unreserved));
    }
    text
}

/// As .NET's `Uri` does: what already looks like an escape stays.
fn encode_path(path: &str) -> String {
    let in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte);
    let mut pieces = path.split('%');
    let mut encoded = encode(pieces.next().unwrap_or_default(), in_path);
    for piece in pieces {
        let escape = piece.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        encoded.push_str(if escape { "%" } else { "%25" });
        encoded.push_str(&encode(piece, in_path));
    }
    encoded
}

fn encode(text: &str, keep: impl Fn(u8) -> bool) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if keep(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::path_and_query;

    #[test]
    fn path_and_query_are_rebuilt() {
        let cases = [
            ("/api/orders/7", "/api/orders/7"),
            ("/api/a%20b/%C3%A9", "/api/a%20b/%C3%A9"),
            ("/api/%61%2Fb", "/api/a%2Fb"),
            ("/api/a%3Fb/c", "/api/a"),
            ("/api/100%25/x", "/api/100%25/x"),
            ("/api/x?code=K&b", "/api/x?code=K&b="),
            ("/api/x?a=1&A=2&b=x+y", "/api/x?a=1%2C2&b=x%20y"),
            ("/api/x?", "/api/x"),
        ];
        for (original, expected) in cases {
            assert_eq!(path_and_query(&original.parse().unwrap()), expected);
        }
    }
}
