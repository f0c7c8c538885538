//! A process that records: its own client, its own subscriber, and invocations opened as `functions-handler` opens
//! them.

use std::sync::Arc;

use axum::{Router, extract::Request};
use tokio::net::TcpListener;
use tracing::{Instrument as _, Span, info_span, subscriber::DefaultGuard};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _};

use super::{super::*, collector::Collector};
use crate::{
    connection::Connection,
    identity::{Credential, TokenCache},
    signals::{Recorder, Sampler, SentSignals, record::Attributes},
    telemetry::{exporter::Endpoints, sending::Sender},
    test_support::Numbered,
    trace::TraceLayer,
    transport::Http,
};

pub(super) const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
pub(super) const ID: &str = "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f";

pub(super) struct Rig {
    pub(super) collector: Collector,
    pub(super) telemetry: Telemetry,
    pub(super) http: Http,
    _subscriber: DefaultGuard,
}

impl Rig {
    pub(super) async fn start() -> Self {
        Self::with(Collector::start().await, None)
    }

    /// Makes a rig with an identity whose tokens are `t1`, `t2`…
    pub(super) async fn with_identity() -> Self {
        let tokens = TokenCache::new(Arc::new(Numbered::default()), std::time::Duration::from_secs(5));
        Self::with(Collector::start().await, Some(tokens))
    }

    fn with(collector: Collector, tokens: Option<Arc<TokenCache>>) -> Self {
        let at = |path: &str| Some(format!("{}/{path}", collector.address).parse().unwrap());
        let endpoints = Endpoints { traces: at("v1/traces"), logs: at("v1/logs"), metrics: at("v1/metrics") };
        Self::sending_to(endpoints, collector, tokens)
    }

    pub(super) fn sending_to(endpoints: Endpoints, collector: Collector, tokens: Option<Arc<TokenCache>>) -> Self {
        let http = Http::default();
        let recorder = Recorder::new(SentSignals { traces: true, logs: true, metrics: true }, Sampler::default());
        let resource = encode::resource(&Attributes::default());
        let exporter = Exporter::start(recorder, Sender { http: http.clone(), tokens }, endpoints, resource);
        let telemetry = Telemetry(Some(exporter));
        let levels = Targets::new().with_default(tracing::Level::INFO);
        let subscriber = tracing_subscriber::registry().with(telemetry.layer(levels));
        let _subscriber = tracing::subscriber::set_default(subscriber);
        Self { collector, telemetry, http, _subscriber }
    }

    /// Makes a connection to a service of this test, with an identity that always has a token.
    pub(super) fn connection(&self, address: &str) -> Connection {
        let tokens = TokenCache::new(Arc::new(Numbered::default()), std::time::Duration::from_secs(5));
        Connection::new(address.parse().unwrap(), Credential::ManagedIdentity(None), tokens, self.http.clone())
    }

    /// Runs `work` as an invocation of the function `orders`, as a handler does.
    pub(super) async fn invoke<T: Send + 'static>(
        &self,
        traceparent: Option<&str>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        use tower::{Layer as _, ServiceExt as _};
        let span = invocation(traceparent);
        let mut request = http::Request::new(());
        for (name, value) in [("traceparent", traceparent), ("tracestate", traceparent.map(|_| "vendor=1"))] {
            if let Some(value) = value {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        let mut work = Some(work);
        let service = tower::service_fn(move |_: http::Request<()>| {
            let work = work.take().unwrap();
            async move { Ok::<_, std::convert::Infallible>(http::Response::new(work.await)) }
        });
        let answer = TraceLayer.layer(service).oneshot(request).instrument(span.clone()).await.unwrap();
        span.record("http.response.status_code", 200);
        answer.into_body()
    }
}

pub(super) fn invocation(traceparent: Option<&str>) -> Span {
    info_span!(
        "invocation",
        faas.invocation_id = %ID,
        faas.name = %"orders",
        faas.trigger = %"http",
        otel.kind = %"server",
        traceparent,
        http.response.status_code = tracing::field::Empty,
        http.request.method = tracing::field::Empty,
        url.path = tracing::field::Empty,
    )
}

/// Starts a service that answers each request with this function.
pub(super) async fn service<F, A>(answer: F) -> String
where
    F: Fn(Request) -> A + Clone + Send + Sync + 'static,
    A: axum::response::IntoResponse + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(move |request: Request| async move { answer(request) });
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    address
}
