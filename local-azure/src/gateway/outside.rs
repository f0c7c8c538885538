//! What the policies of one request reach: the clock, the tenant's discovery documents, the API's backend.

use apim_policies::{Outside, Unreachable};
use axum::body::{Body, Bytes, to_bytes};
use http::{Request, Response, StatusCode, Uri, header};
use jiff::Timestamp;
use tower::ServiceExt as _;
use url::Url;
use uuid::Uuid;

use super::Backend;
use crate::{
    hop_by_hop,
    journal::{Asker, Service},
    world::World,
};

/// Discovery and key documents are a few kilobytes.
const LARGEST_DOCUMENT: usize = 1024 * 1024;

/// One request on its way.
pub(super) struct Call<'g> {
    pub(super) id: Uuid,
    pub(super) world: &'g World,
    /// The API's backend, and the path to ask there; `None` when no operation was found, so nothing is forwarded.
    pub(super) target: Option<(&'g Backend, &'g str)>,
}

impl Outside for Call<'_> {
    type Body = Body;

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn request_id(&self) -> String {
        self.id.to_string()
    }

    async fn fetch(&self, url: &Url) -> Result<Bytes, Unreachable> {
        let network = &self.world.network;
        if network.service(url.host_str().unwrap_or_default()).is_none() {
            return Err(Unreachable(format!("{url}: the host is not in the seed")));
        }
        let mut request = Request::get(url.as_str()).body(Body::empty()).map_err(|error| unreachable(url, &error))?;
        request.extensions_mut().insert(Asker(Service::ApiManagement));
        let response = network.send(request).await.map_err(|error| unreachable(url, &error))?;
        if response.status() != StatusCode::OK {
            return Err(Unreachable(format!("{url} answered {}", response.status())));
        }
        to_bytes(response.into_body(), LARGEST_DOCUMENT).await.map_err(|error| unreachable(url, &error))
    }

    async fn forward(&self, request: Request<Body>) -> Result<Response<Body>, Unreachable> {
        let Some((backend, path)) = self.target else {
            return Err(Unreachable("no operation was found".to_owned()));
        };
        let request = backend.request(path, request).map_err(|error| Unreachable(error.to_string()))?;
        let response = match backend {
            Backend::Sample(routes) => match routes.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            },
            Backend::Loopback(_) => {
                self.world.network.send(request).await.map_err(|error| Unreachable(error.to_string()))?
            }
        };
        let (mut parts, body) = response.into_parts();
        hop_by_hop::drop_from(&mut parts.headers);
        parts.extensions.clear();
        Ok(Response::from_parts(parts, body))
    }
}

impl Backend {
    /// The request as the backend gets it. Only what belongs to the connection is dropped: keys and tokens stay,
    /// unless a policy took them away.
    fn request(&self, path: &str, request: Request<Body>) -> Result<Request<Body>, http::Error> {
        let (incoming, body) = request.into_parts();
        let query = incoming.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = if path.is_empty() { "/" } else { path };
        let uri: Uri = match self {
            Self::Sample(_) => format!("{path}{query}").parse()?,
            Self::Loopback(base) => format!("{}{path}{query}", base.as_str().trim_end_matches('/')).parse()?,
        };
        let mut request = Request::builder().method(incoming.method).uri(uri).body(body)?;
        *request.headers_mut() = incoming.headers;
        hop_by_hop::drop_from(request.headers_mut());
        // The client fills in the backend's own.
        request.headers_mut().remove(header::HOST);
        request.extensions_mut().insert(Asker(Service::ApiManagement));
        Ok(request)
    }
}

fn unreachable(url: &Url, error: &dyn std::error::Error) -> Unreachable {
    Unreachable(format!("{url}: {error}"))
}
