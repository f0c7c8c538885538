//! Connections of the host, and the time limits on them.

use std::{
    convert::Infallible,
    error::Error,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Request, header::CONNECTION};
use http_body::{Frame, SizeHint};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::sleep,
};
use tracing::{debug, warn};

use crate::{
    app::Aside,
    error::{InvocationError, PayloadError},
    router::Functions,
};

/// A connection that sends no whole head for so long is closed, an idle one too. The host closes its own after a minute:
/// were the handler first, the host could just be sending the next call.
const HEAD_LIMIT: Duration = Duration::from_secs(75);

/// Out of descriptors, for example: some are closed soon.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` is ready and the last invocation has ended. Dropping the future closes every connection.
///
/// `aside` runs from the first connection on: by then the host's first question is on its way, and is not held up.
pub(crate) async fn serve(
    listener: TcpListener,
    functions: Functions,
    mut aside: Option<Aside>,
    stop: impl Future<Output = ()>,
) {
    let mut background = JoinSet::new();
    let stopping = watch::Sender::new(());
    let mut connections = JoinSet::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, &functions, stopping.subscribe()));
                aside.take().into_iter().for_each(|aside| drop(background.spawn(aside)));
            }
            Err(error) => {
                warn!("a connection was not accepted: {error}");
                sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    background.abort_all();
    stopping.send_replace(());
    while connections.join_next().await.is_some() {}
}

/// Answers the requests of one connection until it ends; once the app is stopping, only the one under way.
fn connection(
    stream: TcpStream,
    functions: &Functions,
    mut stopping: watch::Receiver<()>,
) -> impl Future<Output = ()> + use<> {
    // A chunk of a stream must not wait for the one before it to be acknowledged.
    if let Err(error) = stream.set_nodelay(true) {
        debug!("a connection delays small chunks: {error}");
    }
    let functions = functions.clone();
    let service = service_fn(move |request: Request<Incoming>| answer(functions.clone(), request));
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    let connection = server.serve_connection(TokioIo::new(stream), service).with_upgrades();
    async move {
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            debug!("a connection ended: {error}");
        }
    }
}

/// A request whose chunks cannot be read is answered 400, whatever its function makes of it.
async fn answer(functions: Functions, request: Request<Incoming>) -> Result<Response, Infallible> {
    if request.body().is_end_stream() {
        return Ok(functions.answer(request.map(|_| Body::empty())).await);
    }
    let malformed = Arc::new(AtomicBool::new(false));
    let watched = malformed.clone();
    let answer = functions.answer(request.map(|body| Body::new(WatchedBody { body, malformed: watched }))).await;
    if !malformed.load(Ordering::Acquire) {
        return Ok(answer);
    }
    let mut refusal = InvocationError::from(PayloadError::BrokenOff).into_response();
    refusal.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    Ok(refusal)
}

/// A request's body, which tells when its chunks are malformed.
struct WatchedBody {
    body: Incoming,
    malformed: Arc<AtomicBool>,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Err(error))) = &frame
            && is_malformed(error)
        {
            self.malformed.store(true, Ordering::Release);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// hyper reports chunks that it cannot read as input or data that is invalid.
fn is_malformed(error: &(dyn Error + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
        || error.source().is_some_and(is_malformed)
}
