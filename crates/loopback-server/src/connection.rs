//! One connection and its place.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::body::Body;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::OwnedSemaphorePermit,
};

use crate::{
    answering::Answering,
    body::{AnswerBody, RequestBody, Verdict},
    timed::TimedStream,
};

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// A place among the connections of a listener. Other connections wait for the place until this value is dropped.
#[derive(Debug)]
pub struct Connection {
    _place: Option<OwnedSemaphorePermit>,
    crowded: Arc<AtomicBool>,
    title_case: bool,
}

impl Connection {
    pub(crate) fn new(place: Option<OwnedSemaphorePermit>, crowded: Arc<AtomicBool>) -> Self {
        Self { _place: place, crowded, title_case: false }
    }

    /// Writes header names of an answer as `Content-Type`, unless another spelling is known.
    #[must_use]
    pub fn title_case_headers(mut self) -> Self {
        self.title_case = true;
        self
    }

    /// Answers the requests of `stream`, one after the other, until it ends or is upgraded. An error of the service
    /// ends the connection without an answer. Header names reach the service as the client wrote them.
    ///
    /// The stream may lie inside another one, as TLS lies inside a tunnel.
    pub async fn serve<T, A, F, E>(&self, stream: T, answer: A)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        A: Fn(Request<Body>) -> F,
        F: Future<Output = Result<Response<Body>, E>>,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let answering = Answering::default();
        let stream = TimedStream::new(stream, answering.clone(), Arc::clone(&self.crowded));
        let service = service_fn(|request: Request<Incoming>| {
            let (guard, verdict) = (answering.begin(), Verdict::default());
            let is_tunnel = request.method() == Method::CONNECT;
            let answer = answer(request.map(|body| Body::new(RequestBody::new(body, verdict.clone()))));
            async move {
                let answer = answer.await;
                let mut response = match verdict.status() {
                    Some(status) => refused(status),
                    None => answer?,
                };
                let status = response.status();
                if status == StatusCode::SWITCHING_PROTOCOLS || is_tunnel && status.is_success() {
                    guard.forget();
                    return Ok::<_, E>(response);
                }
                if self.crowded.load(Ordering::Relaxed) {
                    response.headers_mut().insert(header::CONNECTION, CLOSE);
                }
                Ok(response.map(|body| Body::new(AnswerBody::new(body, guard))))
            }
        });
        let mut server = http1::Builder::new();
        server.preserve_header_case(true).title_case_headers(self.title_case);
        // An error means that the client has gone away. There is nowhere to report it.
        let _ = server.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    }
}

fn refused(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONNECTION, CLOSE);
    response
}
