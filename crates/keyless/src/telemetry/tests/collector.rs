//! A collector with given answers. It keeps the received requests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::HeaderMap;
use tokio::{net::TcpListener, sync::Notify, time::timeout};

use super::wire::Message;

/// A received request, with any answer.
#[derive(Clone, Debug)]
pub(super) struct SentBatch {
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) answered: u16,
}

type CollectorAnswer = http::Response<String>;

#[derive(Default)]
struct Shared {
    got: Mutex<Vec<SentBatch>>,
    answers: Mutex<VecDeque<CollectorAnswer>>,
    /// The size above which requests are answered 413.
    most: Mutex<Option<usize>>,
    bell: Notify,
}

#[derive(Clone)]
pub(super) struct Collector {
    pub(super) address: String,
    shared: Arc<Shared>,
}

impl Collector {
    pub(super) async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(super) fn on(listener: TcpListener) -> Self {
        let shared = Arc::new(Shared::default());
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(take).with_state(shared.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { address, shared }
    }

    /// Gives these answers, one after the other, then 200.
    pub(super) fn will(&self, status: u16, headers: &[(&str, &str)]) {
        let mut answer = http::Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        let answer = answer.body(format!("it said {status}")).unwrap();
        self.shared.answers.lock().unwrap().push_back(answer);
    }

    pub(super) fn takes_at_most(&self, bytes: usize) {
        *self.shared.most.lock().unwrap() = Some(bytes);
    }

    pub(super) fn got(&self) -> Vec<SentBatch> {
        self.shared.got.lock().unwrap().clone()
    }

    /// Waits until the received requests are `enough`.
    pub(super) async fn until(&self, enough: impl Fn(&[SentBatch]) -> bool) -> Vec<SentBatch> {
        let waiting = async {
            loop {
                let bell = self.shared.bell.notified();
                let got = self.got();
                if enough(&got) {
                    return got;
                }
                bell.await;
            }
        };
        timeout(Duration::from_secs(60), waiting).await.expect("the collector was not sent what it waits for")
    }

    /// Returns the accepted messages of one signal: all messages at this path.
    fn taken(&self, end: &str, path: &[u64]) -> Vec<Message> {
        let got = self.got().into_iter().filter(|got| got.path.ends_with(end) && got.answered == 200);
        got.flat_map(|got| Message::read(&got.body).each(path)).collect()
    }

    pub(super) fn spans(&self) -> Vec<Message> {
        self.taken("/traces", &[1, 2, 2])
    }

    pub(super) fn span(&self, name: &str) -> Message {
        let mut named = self.spans().into_iter().filter(|span| span.text(5) == name);
        named.next().unwrap_or_else(|| panic!("no span {name}: {:?}", self.spans()))
    }

    pub(super) fn logs(&self) -> Vec<Message> {
        self.taken("/logs", &[1, 2, 2])
    }

    /// The metrics of the last request.
    pub(super) fn metric(&self, name: &str) -> Message {
        let last = self.taken("/metrics", &[1]).pop().unwrap_or_default();
        let metric = last.each(&[2, 2]).into_iter().find(|metric| metric.text(1) == name);
        metric.unwrap_or_else(|| panic!("no metric {name}"))
    }
}

async fn take(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let too_long = shared.most.lock().unwrap().is_some_and(|most| body.len() > most);
    let answer = if too_long {
        Some(http::Response::builder().status(413).body(String::new()).unwrap())
    } else {
        shared.answers.lock().unwrap().pop_front()
    };
    let answer = answer.unwrap_or_default();
    let answered = answer.status().as_u16();
    shared.got.lock().unwrap().push(SentBatch {
        path: parts.uri.path().to_owned(),
        headers: parts.headers,
        body,
        answered,
    });
    shared.bell.notify_waiters();
    answer.map(Body::from)
}
