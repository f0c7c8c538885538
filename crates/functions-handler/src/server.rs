//! The host's connections and their time limits.

use std::{
    convert::Infallible,
    error::Error,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
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
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tracing::{debug, warn};

use crate::{
    app::Aside,
    error::{InvocationError, PayloadError},
    router::Functions,
};

/// The time after which a connection without a whole head, or an idle connection, is closed. The host closes idle
/// connections after a minute. The handler must not close first, because the host could be sending the next call at
/// that moment.
const HEAD_LIMIT: Duration = Duration::from_secs(75);

/// The pause after a failed accept. For example, descriptors may be used up until some are closed.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` is ready and the last invocation has ended. Dropping the future closes every connection.
///
/// `aside` starts with the first connection, so it does not delay the host's first request.
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

/// Answers the requests of one connection until it ends. Once the app is stopping, it only finishes the current
/// request.
fn connection(
    stream: TcpStream,
    functions: &Functions,
    stopping: watch::Receiver<()>,
) -> impl Future<Output = ()> + use<> {
    // A chunk of a stream must not wait until the previous chunk is acknowledged.
    if let Err(error) = stream.set_nodelay(true) {
        debug!("a connection delays small chunks: {error}");
    }
    answers(stream, functions.clone(), stopping)
}

async fn answers(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    functions: Functions,
    mut stopping: watch::Receiver<()>,
) {
    let waiting = Waiting::new();
    let begin = waiting.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (functions, under_way) = (functions.clone(), begin.under_way());
        async move {
            Ok::<_, Infallible>(answer(functions, request).await.map(|body| AnswerBody { body, _under_way: under_way }))
        }
    });
    let mut connection =
        std::pin::pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades());
    let ended = tokio::select! {
        biased;
        ended = &mut connection => ended,
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = waiting.too_long() => return debug!("a connection sent no head for {} s", HEAD_LIMIT.as_secs()),
    };
    if let Err(error) = ended {
        debug!("a connection ended: {error}");
    }
}

/// The time when a connection began to wait for a head; `None` while a request is served. This is one timer for each
/// connection, while hyper's own limit would make a timer for each request.
#[derive(Clone)]
struct Waiting(Arc<Mutex<Option<Instant>>>);

impl Waiting {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Some(Instant::now()))))
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks that a head has arrived. Waiting begins again when the returned value is dropped.
    fn under_way(&self) -> UnderWay {
        *self.since() = None;
        UnderWay(self.clone())
    }

    /// Ends once the connection has waited for [`HEAD_LIMIT`].
    async fn too_long(&self) {
        loop {
            let since = *self.since();
            match since.map(|since| since + HEAD_LIMIT) {
                Some(end) if end <= Instant::now() => return,
                Some(end) => sleep_until(end).await,
                // The earliest end, if the request were answered now.
                None => sleep(HEAD_LIMIT).await,
            }
        }
    }
}

/// A request whose answer has not been sent.
struct UnderWay(Waiting);

impl Drop for UnderWay {
    fn drop(&mut self) {
        *self.0.since() = Some(Instant::now());
    }
}

/// The body of an answer. Its request is under way until the body has been sent.
struct AnswerBody {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Answers 400 to a request whose chunks cannot be read, even if its function answers otherwise.
async fn answer(functions: Functions, request: Request<Incoming>) -> Response {
    if request.body().is_end_stream() {
        return functions.answer(request.map(|_| Body::empty())).await;
    }
    let malformed = Arc::new(AtomicBool::new(false));
    let watched = malformed.clone();
    let answer = functions.answer(request.map(|body| Body::new(WatchedBody { body, malformed: watched }))).await;
    if !malformed.load(Ordering::Acquire) {
        return answer;
    }
    let mut refusal = InvocationError::from(PayloadError::BrokenOff).into_response();
    refusal.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    refusal
}

/// A request's body, which records malformed chunks.
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

/// Reports whether an error means malformed chunks. hyper reports them as invalid input or invalid data.
fn is_malformed(error: &(dyn Error + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
        || error.source().is_some_and(is_malformed)
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex},
        time::timeout,
    };

    use super::*;
    use crate::{Function, FunctionApp, environment::Environment, host_json::HostJson};

    const SLOW: Function = Function::new(
        "slow",
        r#"{"bindings":[{"type":"httpTrigger","name":"req","direction":"in","authLevel":"anonymous"},{"type":"http","name":"res","direction":"out"}]}"#,
    );

    /// A connection to an app with a function whose answer begins after 100 s and goes on for another 100 s.
    fn connected() -> (DuplexStream, impl Future<Output = ()>, watch::Sender<()>) {
        let app = FunctionApp::stateless().http(SLOW, async || {
            sleep(Duration::from_secs(100)).await;
            Body::from_stream(futures_util::stream::once(async {
                sleep(Duration::from_secs(100)).await;
                Ok::<_, Infallible>("late")
            }))
        });
        let environment = Environment::from_variables(&[]);
        let host_json = HostJson::read(None, &environment).map_err(crate::start_error::StartProblem::HostJson);
        let functions = app.assemble(host_json, &environment, Vec::new()).unwrap().functions;
        let (client, server) = duplex(1024);
        let stopping = watch::Sender::new(());
        (client, answers(server, functions, stopping.subscribe()), stopping)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_sends_no_whole_head_is_closed() {
        for sent in ["", "GET /api/slow HTTP/1.1\r\nhost"] {
            let (mut client, answers, _stopping) = connected();
            client.write_all(sent.as_bytes()).await.unwrap();
            let began = Instant::now();
            answers.await;
            assert_eq!(began.elapsed().as_secs(), HEAD_LIMIT.as_secs(), "{sent:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_may_take_longer_and_the_connection_waits_after_it() {
        let (mut client, answers, _stopping) = connected();
        let began = Instant::now();
        let server = tokio::spawn(answers);
        client.write_all(b"GET /api/slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"late\r\n0\r\n\r\n") {
            assert_ne!(client.read_buf(&mut answer).await.unwrap(), 0, "{}", String::from_utf8_lossy(&answer));
        }
        assert_eq!(began.elapsed().as_secs(), 200);
        assert_eq!(client.read_buf(&mut answer).await.unwrap(), 0);
        assert_eq!(began.elapsed().as_secs(), 200 + HEAD_LIMIT.as_secs());
        timeout(HEAD_LIMIT, server).await.unwrap().unwrap();
    }
}
