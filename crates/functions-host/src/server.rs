//! The web server: HTTP/1 connections. It makes the same refusals as Kestrel before the host sees a request.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    Extension, Router,
    body::Body,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, Request, StatusCode, Uri, Version, header};
use loopback_server::{Listener, Room, WrittenHead};
use tokio::{net::TcpListener, task::JoinSet};
use tower::ServiceExt as _;

use super::head::{NextStatus, Noted, OddStatus};

/// The longest request line that the host's web server reads, in bytes.
const LONGEST_LINE: usize = 8 * 1024;
/// The largest size of all header lines together, in bytes.
const LONGEST_HEADERS: usize = 32 * 1024;

/// The client's address.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// The request's whole URI. A nested router shortens the request's own.
#[derive(Clone)]
pub(super) struct WholeUri(pub(super) Uri);

/// Descriptors for each connection: its own, the one to the handler, and the others for the handler's calls to this
/// process.
const DESCRIPTORS: usize = 5;

/// Serves until this future is dropped, which closes every connection.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    let listener = Listener::new(listener, Room::one_in(DESCRIPTORS));
    let mut connections = JoinSet::new();
    loop {
        let (stream, peer, connection) = listener.accept().await;
        while connections.try_join_next().is_some() {}
        let (stream, heads, next_status) = Noted::new(stream);
        let service = router.clone().layer(Extension(Peer(peer.ip()))).layer(Extension(next_status));
        let connection = connection.title_case_headers();
        let answer = move |mut request: Request<Body>| {
            let (service, heads) = (service.clone(), heads.clone());
            let head = heads.take(&request);
            request.extensions_mut().insert(head);
            async move {
                let mut response = service.oneshot(request).await?;
                // The host's web server writes this version in every answer. The handler's version has no effect.
                *response.version_mut() = Version::HTTP_11;
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    heads.end();
                }
                Ok::<_, Infallible>(response)
            }
        };
        connections.spawn(async move { connection.serve(stream, answer).await });
    }
}

/// Reports whether the web server accepts the value as the name of a host.
fn is_host(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!$&'()-._~,;=%:[]".contains(byte))
}

/// Reports whether a header has more than one line.
fn has_two(request: &Request<Body>, name: &HeaderName) -> bool {
    request.extensions().get::<WrittenHead>().is_some_and(|head| head.count(name) > 1)
}

/// Refuses requests that the host's web server refuses.
pub(super) async fn refuse_malformed(mut request: Request<Body>, next: Next) -> Response {
    // The HTTP library passes on only one of two equal lengths.
    let two_lengths = has_two(&request, &header::CONTENT_LENGTH) || has_two(&request, &header::HOST);
    let headers = request.headers();
    let has_host = headers.contains_key(header::HOST);
    if request.version() == Version::HTTP_10 && !has_host {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if request.method().as_str().len() + request.uri().to_string().len() + " HTTP/1.1\r\n ".len() > LONGEST_LINE {
        return StatusCode::URI_TOO_LONG.into_response();
    }
    if headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>() > LONGEST_HEADERS {
        return StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response();
    }
    let not_text = headers.values().any(|value| std::str::from_utf8(value.as_bytes()).is_err());
    let odd_host = headers.get(header::HOST).is_some_and(|host| !is_host(host.as_bytes()));
    if !has_host || two_lengths || not_text || odd_host || !request.uri().to_string().is_ascii() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let uri = WholeUri(request.uri().clone());
    request.extensions_mut().insert(uri);
    let next_status = request.extensions_mut().remove::<NextStatus>();
    let response = next.run(request).await;
    if let (Some(next_status), Some(odd)) = (next_status, response.extensions().get::<OddStatus>()) {
        next_status.set(*odd);
    }
    response
}
