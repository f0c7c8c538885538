//! WebSocket upgrades through the proxy: once both sides have switched, bytes pass both ways.

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Request, Response, header};
use hyper::{
    body::Incoming,
    upgrade::{OnUpgrade, on},
};
use hyper_util::rt::TokioIo;

/// The client's side of an upgrade that the client asks for.
pub(super) struct Upgrade(OnUpgrade);

impl Upgrade {
    /// Returns the upgrade that a request asks for. Only `websocket` is passed on.
    pub(super) fn asked_by(request: &mut Request<Body>) -> Option<Self> {
        let headers = request.headers();
        let websocket =
            headers.get(header::UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let connection = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
        let upgrade =
            connection.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case("upgrade"));
        (websocket && upgrade).then(|| Self(on(request)))
    }

    /// Joins both sides once the answer, a 101, has been sent.
    pub(super) fn join(self, response: &mut Response<Incoming>) {
        let handler = on(response);
        tokio::spawn(async move {
            let (Ok(client), Ok(handler)) = tokio::join!(self.0, handler) else { return };
            // Either side may hang up at any time.
            let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(handler)).await;
        });
    }
}

/// Puts back the two headers that a proxied request loses.
pub(super) fn ask(headers: &mut HeaderMap) {
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
}
