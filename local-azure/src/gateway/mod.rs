//! API Management's gateway: routing, subscription keys, the deployed policy documents, the backend.
//!
//! A request passes these checks in order, and the first refusal ends it: an operation must match (404), the
//! subscription key must be valid for the API (401), the policies must let the request through.

mod api_management;
mod body;
mod certificates;
mod check;
mod contract;
mod credentials;
mod decision;
mod demanded;
mod facts;
mod finding;
mod forwarded_for;
mod identity;
mod kept_tokens;
mod load;
mod load_problem;
mod outside;
mod policy_folder;
mod refusal;
mod region;
mod routing;
mod service;
mod subscription;
#[cfg(test)]
mod tests;
mod tls_backend;
mod trace;
mod trust;
mod version;

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use apim_policies::{Certificate, Contract, Facts, Failure, State as PolicyState, expression};
use axum::{Router, body::Body, extract::State};
use http::{HeaderValue, Method, Request, Response, header, request::Parts};
use url::Url;
use uuid::Uuid;

pub(crate) use self::{
    api_management::ApiManagement,
    certificates::{GeneratedCertificates, generate},
};
pub use self::{
    check::{CheckedFile, check},
    finding::PolicyFinding,
    load::LoadError,
    trace::PolicyTrace,
};
use self::{
    identity::Identities,
    kept_tokens::Credentials,
    outside::GatewayCall,
    refusal::Scoped,
    routing::Template,
    subscription::{Access, KeyRefusal},
    tls_backend::TlsBackends,
    trace::Lines,
    version::Version,
};
use crate::{journal::Decision, seed};

struct Gateway {
    world: Arc<ApiManagement>,
    /// The policies of requests without a matching API.
    global: Scoped,
    /// APIs, longest path first.
    apis: Vec<Api>,
    /// State that the policies of all requests share.
    state: PolicyState,
    identities: Identities,
    credentials: Credentials,
    certificates: Vec<Arc<Certificate>>,
    /// The authorities among `certificates`: other certificates may chain to them.
    authorities: Vec<Arc<Certificate>>,
    tls_backends: TlsBackends,
}

struct Api {
    seed: seed::Api,
    /// The prefix of its URLs, after the host.
    path: String,
    version: Version,
    /// Operations, most specific first.
    operations: Vec<Operation>,
    /// The policies of requests without a matching operation.
    unmatched: Scoped,
    backend: Backend,
    challenge: HeaderValue,
}

struct Operation {
    seed: seed::Operation,
    template: Template,
    /// The operation's documented requests and responses.
    contract: Arc<Contract>,
    /// The policies for keys without a product, and for refused keys.
    plain: Scoped,
    /// The policies for keys of a product of this API, by the product.
    products: BTreeMap<String, Scoped>,
}

/// The destination of an API's requests.
enum Backend {
    /// The sample API, in process.
    Sample(Router),
    /// Another process on this machine, or a host of the seed.
    Url(Url),
}

/// Returns the gateway of the seed's API Management service, for the host `{name}.azure-api.net`, and the findings in
/// policy documents. Calls under a refused document are answered 500.
///
/// # Errors
/// If a policy file belongs to nothing in the seed, if a URL template cannot be parsed, or if the folder of a sample
/// API cannot be served.
pub(crate) fn routes(world: Arc<ApiManagement>) -> Result<(Router, Vec<PolicyFinding>), LoadError> {
    let (gateway, findings) = load::load(world)?;
    Ok((Router::new().fallback(handle).with_state(Arc::new(gateway)), findings))
}

async fn handle(State(gateway): State<Arc<Gateway>>, request: Request<Body>) -> Response<Body> {
    gateway.answer(request).await
}

impl Gateway {
    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let asked = format!("API Management  {} {}", parts.method, parts.uri.path());
        let mut call = GatewayCall {
            id: Uuid::new_v4(),
            world: &self.world,
            identities: &self.identities,
            credentials: &self.credentials,
            tls_backends: &self.tls_backends,
            sample: None,
            began: Instant::now(),
            lines: Lines::default(),
        };
        let response = self.answer_call(parts, body, &mut call).await;
        let reason = response.extensions().get::<Decision>().and_then(|decision| decision.reason.as_deref());
        call.lines.show(
            &self.world,
            format!("{asked}  {}  {}", response.status().as_u16(), reason.unwrap_or_default()).trim_end(),
        );
        response
    }

    async fn answer_call<'g>(&'g self, mut parts: Parts, body: Body, call: &mut GatewayCall<'g>) -> Response<Body> {
        let path = parts.uri.path().to_owned();
        forwarded_for::append(&mut parts.headers);
        if let Some(answer) = self.cross_domain(&parts, &path, call).await {
            return answer;
        }
        let Some((api, below)) = self.api(&parts, &path) else {
            return self.refuse(&self.global, Failure::operation_not_found(), parts, body, call).await;
        };
        let Some(operation) = api.operation(parts.method.as_str(), below, parts.uri.query()) else {
            if let Some(answer) = self.preflight(&parts, api, below, call).await {
                return answer;
            }
            return self.refuse(&api.unmatched, Failure::operation_not_found(), parts, body, call).await;
        };
        call.sample = api.backend.sample();
        if let Err(refused) = &operation.plain {
            return refused.answer();
        }
        let access = match subscription::decide(&self.world, &api.seed, &parts) {
            Ok(access) => access,
            Err(refusal) => {
                let failure = refusal.failure(api.challenge.clone());
                return self.refuse(&operation.plain, failure, parts, body, call).await;
            }
        };
        // Loading made a pipeline for each product of the API. Without a pipeline, no policy would guard the backend.
        let Some(pipeline) = operation.pipeline(access.product()) else {
            return self.refuse(&operation.plain, Failure::operation_not_found(), parts, body, call).await;
        };
        let pipeline = match pipeline {
            Ok(pipeline) => pipeline,
            Err(refused) => return refused.answer(),
        };
        let facts = facts::of(&self.world, self.certificates(), &parts, api, operation, &access, below);
        let outcome = pipeline.run(Request::from_parts(parts, body), facts, &self.state, call).await;
        self.answer_with(outcome, Some(&access), call)
    }

    fn certificates(&self) -> facts::Certificates<'_> {
        facts::Certificates { own: &self.certificates, authorities: &self.authorities }
    }

    /// Answers a request for the cross-domain policy file, if the global document has such a policy.
    async fn cross_domain(&self, parts: &Parts, path: &str, call: &GatewayCall<'_>) -> Option<Response<Body>> {
        let pipeline = self.global.as_ref().ok().filter(|pipeline| pipeline.serves_cross_domain(path))?;
        let original_url = expression::Url { path: path.to_owned(), ..expression::Url::default() };
        let facts = Facts { original_url, ..Facts::default() };
        let request = Request::from_parts(parts.clone(), Body::empty());
        let outcome = pipeline.run(request, facts, &self.state, call).await;
        Some(self.answer_with(outcome, None, call))
    }

    /// Answers a browser's preflight request before keys are checked. The policies are those of the operation that the
    /// browser asks about. A product's policies count if the query holds one of its keys.
    async fn preflight(&self, parts: &Parts, api: &Api, below: &str, call: &GatewayCall<'_>) -> Option<Response<Body>> {
        if parts.method != Method::OPTIONS {
            return None;
        }
        let method = parts.headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?.to_str().ok()?;
        let operation = api.operation(method, below, parts.uri.query());
        let access = subscription::decide(&self.world, &api.seed, parts).unwrap_or(Access::Keyless);
        let (pipeline, facts) = match operation {
            None => (&api.unmatched, Facts::default()),
            Some(operation) => (
                operation.pipeline(access.product()).unwrap_or(&operation.plain),
                facts::of(&self.world, self.certificates(), parts, api, operation, &access, below),
            ),
        };
        let pipeline = match pipeline {
            Ok(pipeline) => pipeline,
            Err(refused) => return Some(refused.answer()),
        };
        let outcome = pipeline.preflight(parts, facts, &self.state, call).await?;
        Some(self.answer_with(outcome, None, call))
    }

    /// Returns the API with the longest path that is a prefix of this path, in the version that the request asks for.
    /// Also returns the rest of the path.
    fn api<'p>(&self, request: &Parts, path: &'p str) -> Option<(&Api, &'p str)> {
        if routing::has_dot_segment(path) {
            return None;
        }
        let (longest, below) = self.apis.iter().find_map(|api| Some((&api.path, routing::below(&api.path, path)?)))?;
        let api = self.apis.iter().find(|api| api.path == *longest && api.version.fits(request))?;
        Some((api, below))
    }

    async fn refuse(
        &self,
        pipeline: &Scoped,
        failure: Failure,
        parts: Parts,
        body: Body,
        call: &GatewayCall<'_>,
    ) -> Response<Body> {
        let pipeline = match pipeline {
            Ok(pipeline) => pipeline,
            Err(refused) => return refused.answer(),
        };
        let request = Request::from_parts(parts, body);
        let outcome = pipeline.refuse(failure, request, Facts::default(), &self.state, call).await;
        self.answer_with(outcome, None, call)
    }
}

impl Api {
    fn operation(&self, method: &str, below: &str, query: Option<&str>) -> Option<&Operation> {
        let query = query.unwrap_or_default();
        self.operations.iter().find(|operation| {
            operation.seed.method.eq_ignore_ascii_case(method) && operation.template.fits(below, query)
        })
    }
}

impl Operation {
    fn pipeline(&self, product: Option<&str>) -> Option<&Scoped> {
        match product {
            None => Some(&self.plain),
            Some(product) => self.products.get(product),
        }
    }
}

impl KeyRefusal {
    fn failure(self, challenge: HeaderValue) -> Failure {
        match self {
            Self::Missing => Failure::subscription_key_not_found(challenge),
            Self::Invalid => Failure::subscription_key_invalid(challenge),
        }
    }
}
