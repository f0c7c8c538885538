//! The web server: connections of HTTP/1, with what Kestrel refuses before the host sees it.

use std::net::IpAddr;

use axum::{
    Extension, Router,
    body::Body,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, Request, StatusCode, Uri, Version, header};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, task::JoinSet};

use super::head::{NextStatus, Noted, OddStatus, Recent};

/// Longest request line that the host's web server reads, in bytes.
const LONGEST_LINE: usize = 8 * 1024;
/// Most that all header lines together may take there.
const LONGEST_HEADERS: usize = 32 * 1024;

/// The client's address.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// The request's URI, which a nested router shortens.
#[derive(Clone)]
pub(super) struct WholeUri(pub(super) Uri);

/// Serves until it is dropped, which closes every connection.
pub(super) async fn serve(listener: TcpListener, router: Router) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, peer) = match listener.accept().await {
            Ok(connection) => connection,
            // Such as too many open files: some close soon.
            Err(_) => {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (stream, recent, next_status) = Noted::new(stream);
        let router = router.clone().layer(Extension(Peer(peer.ip())));
        let router = router.layer(Extension(recent)).layer(Extension(next_status));
        let service = TowerToHyperService::new(router);
        connections.spawn(async move {
            let mut server = http1::Builder::new();
            // The handler gets the names of headers as the client wrote them, and the other way round.
            server.preserve_header_case(true).title_case_headers(true).timer(TokioTimer::new());
            let _ = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}

/// Whether the web server takes it for the name of a host.
fn is_host(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!$&'()-._~,;=%:[]".contains(byte))
}

/// Answers what the host's web server refuses.
pub(super) async fn refuse_malformed(mut request: Request<Body>, next: Next) -> Response {
    let head = request.extensions_mut().remove::<Recent>().map(|recent| recent.take_head(&request)).unwrap_or_default();
    // Of two equal lengths the HTTP library hands on one.
    let two_lines = |name: HeaderName| head.count(&name) > 1;
    let two_lengths = two_lines(header::CONTENT_LENGTH) || two_lines(header::HOST);
    request.extensions_mut().insert(head);
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
