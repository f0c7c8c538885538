//! Everything outside a request that its policies use: the clock, the tenant's discovery documents, the API's backend.

use std::time::{Duration, Instant};

use apim_policies::{
    ClientCertificate, ConnectionIdentity, Meter, NoReply, Outside, Secrets, Unreachable, Unread, UsageTap,
    expression::{Authorization, Entropy},
};
use axum::{
    Router,
    body::{Body, Bytes, HttpBody as _, to_bytes},
};
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use tower::ServiceExt as _;
use url::Url;
use uuid::Uuid;

use super::{
    Backend,
    body::{self, Watch},
    forwarded_for,
    identity::Identities,
    kept_tokens::Credentials,
    tls_backend::TlsBackends,
    trace::{self, Lines},
};
use crate::{
    fault::{self, uncut},
    gateway::ApiManagement,
    hop_by_hop,
    journal::{Asker, Service},
    tokenizer::Tokenizer,
};

/// The largest discovery or key document; real ones have a few kilobytes.
const LARGEST_DOCUMENT: usize = 1024 * 1024;

/// The placeholder host for the called API's sample API, which is served in process.
const SAMPLE_HOST: &str = "sample.invalid";

/// One request while it is served.
pub(super) struct GatewayCall<'g> {
    pub(super) id: Uuid,
    pub(super) world: &'g ApiManagement,
    pub(super) identities: &'g Identities,
    pub(super) credentials: &'g Credentials,
    pub(super) tls_backends: &'g TlsBackends,
    /// The routes of the API's backend, if it is served in process.
    pub(super) sample: Option<&'g Router>,
    pub(super) began: Instant,
    pub(super) lines: Lines,
}

impl Outside for GatewayCall<'_> {
    type Body = Body;

    fn now(&self) -> Timestamp {
        fault::skewed(Timestamp::now())
    }

    fn request_id(&self) -> Uuid {
        self.id
    }

    fn entropy(&self) -> Entropy {
        Entropy::new(|| Uuid::new_v4().as_u64_pair().1)
    }

    fn is_empty(&self, body: &Body) -> bool {
        body.is_end_stream() || body.size_hint().exact() == Some(0)
    }

    async fn read(&self, body: Body) -> Result<Bytes, Unread> {
        body::read(body).await
    }

    fn buffered(&self, body: Body) -> Body {
        body::buffered(body)
    }

    fn metered(&self, body: Body, meter: Meter) -> Body {
        body::metered(body, meter)
    }

    fn tapped(&self, body: Body, tap: UsageTap) -> Body {
        body::tapped(body, tap)
    }

    fn tokenizer(&self) -> fn(&str) -> u64 {
        |text| Tokenizer::for_present_models().count(text)
    }

    async fn fetch(&self, url: &Url) -> Result<Bytes, Unreachable> {
        let network = &self.world.network;
        let mut request = Request::get(url.as_str()).body(Body::empty()).map_err(|error| unreachable(url, &error))?;
        request.extensions_mut().insert(Asker(Service::ApiManagement));
        let response = network.send(request).await.map_err(|error| unreachable(url, &error))?;
        if response.status() != StatusCode::OK {
            return Err(Unreachable(format!("{url} answered {}", response.status())));
        }
        to_bytes(response.into_body(), LARGEST_DOCUMENT).await.map_err(|error| unreachable(url, &error))
    }

    async fn forward(&self, request: Request<Body>, timeout: Duration) -> Result<Response<Body>, NoReply> {
        let client = Watch::default();
        let shown = request.extensions().get::<ClientCertificate>().cloned();
        let mut request = prepared(request.map(|body| client.over(body)))?;
        forwarded_for::ensure(request.headers_mut());
        let sample = self.sample.filter(|_| request.uri().host() == Some(SAMPLE_HOST));
        let answer = async {
            match sample {
                Some(routes) => uncut(routes.clone().oneshot(request).await)
                    .map_err(|error| NoReply::Unreachable(error.to_string())),
                None => self.reach(request, shown.as_ref()).await.map_err(|error| match client.broken() {
                    Some(cause) => NoReply::ClientGone(cause.to_owned()),
                    None => NoReply::Unreachable(error),
                }),
            }
        };
        let response = tokio::time::timeout(timeout, answer).await.map_err(|_| NoReply::TimedOut)??;
        let (mut parts, body) = response.into_parts();
        hop_by_hop::drop_from(&mut parts.headers);
        parts.extensions.clear();
        Ok(Response::from_parts(parts, body))
    }

    async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Result<Response<Bytes>, NoReply> {
        let shown = request.extensions().get::<ClientCertificate>().cloned();
        let request = prepared(request.map(Body::from))?;
        let answer = async {
            let answer = self.reach(request, shown.as_ref()).await;
            let (mut parts, body) = answer.map_err(NoReply::Unreachable)?.into_parts();
            hop_by_hop::drop_from(&mut parts.headers);
            let body = self.read(body).await.map_err(|error| NoReply::Unreachable(error.to_string()))?;
            Ok(Response::from_parts(parts, body))
        };
        tokio::time::timeout(timeout, answer).await.map_err(|_| NoReply::TimedOut)?
    }

    async fn managed_identity_token(&self, resource: &str, client_id: Option<&str>) -> Result<String, Unreachable> {
        self.identities.token(self.world, resource, client_id).map_err(|error| Unreachable(error.to_string()))
    }

    async fn authorization(
        &self,
        provider: &str,
        connection: &str,
        identity: ConnectionIdentity<'_>,
    ) -> Result<Authorization, Unreachable> {
        self.connect(provider, connection, identity).await.map_err(|error| Unreachable(error.to_string()))
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Reports true: the journal records each policy's decision.
    fn traces(&self) -> bool {
        true
    }

    fn stopwatch(&self) -> Duration {
        self.began.elapsed()
    }

    fn secrets(&self) -> Secrets {
        trace::secrets(self.world)
    }
}

impl GatewayCall<'_> {
    /// Sends a request to a host of the seed or of this machine. A TLS backend may get a client certificate.
    async fn reach(&self, request: Request<Body>, shown: Option<&ClientCertificate>) -> Result<Response<Body>, String> {
        if TlsBackends::is_for(request.uri()) {
            return self.tls_backends.send(request, shown).await;
        }
        self.world.network.send(request).await.map_err(|error| error.to_string())
    }
}

impl Backend {
    /// Returns the routes of a sample API.
    pub(super) fn sample(&self) -> Option<&Router> {
        match self {
            Self::Sample(routes) => Some(routes),
            Self::Url(_) => None,
        }
    }

    /// Returns the base URL for requests.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Sample(_) => format!("http://{SAMPLE_HOST}"),
            Self::Url(url) => url.to_string(),
        }
    }
}

/// Prepares a request for another host. Only headers of the connection are removed: keys and tokens stay, unless a
/// policy removed them.
fn prepared(request: Request<Body>) -> Result<Request<Body>, NoReply> {
    let (mut parts, body) = request.into_parts();
    if parts.uri.authority().is_none() {
        return Err(NoReply::Unreachable("no backend was found".to_owned()));
    }
    hop_by_hop::drop_from(&mut parts.headers);
    parts.extensions.clear();
    parts.extensions.insert(Asker(Service::ApiManagement));
    Ok(Request::from_parts(parts, body))
}

fn unreachable(url: &Url, error: &dyn std::error::Error) -> Unreachable {
    Unreachable(format!("{url}: {error}"))
}
