//! Which function a request of the host is for.
//!
//! | the host sends | it means |
//! |---|---|
//! | `GET /` | are you there? |
//! | `POST /NAME` | a timer, another trigger, or an HTTP trigger with further bindings |
//! | anything else | a caller's request, for the first function by name whose route and methods match |
//!
//! Nothing in a request tells the second from the third: a caller may send every header that the host sends. So a route
//! that leads to the name of another function is refused at start.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::{Method, StatusCode, Uri};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    definition::{Definition, Methods},
    error::{Failure, InvocationError},
    function::Function,
    host_json::HostJson,
    invocation::{Outputs, origin::INVOCATION_ID},
    plan::{Form, Planned},
    posted,
    rest_of_path::RestOfPath,
    rules::{self, Rules},
    template::{RouteValues, Template},
};

/// A request within JSON takes more bytes than by itself: it is escaped, and in parts twice.
const POSTED_FACTOR: usize = 4;

/// A layer of the app, for any function.
pub(crate) type AppLayer = Arc<dyn Fn(Router) -> Router + Send + Sync>;

/// What the services of all functions have in common.
pub(crate) struct Common {
    pub(crate) host_json: HostJson,
    /// The host's limit for the body of a request.
    pub(crate) body_limit: usize,
    pub(crate) max_concurrent: usize,
    pub(crate) layers: Vec<AppLayer>,
    /// The answer to the host's probe.
    pub(crate) app: String,
}

/// Everything that the host may call.
struct Functions {
    /// In the host's order.
    routes: Vec<Route>,
    named: Vec<(&'static str, Router)>,
    probe: Router,
    nothing: Router,
}

/// A function that callers reach through the host.
struct Route {
    methods: Methods,
    template: Arc<Template>,
    service: Router,
}

/// The router for these functions.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(
    functions: Vec<Planned<S>>,
    state: &S,
    common: Common,
) -> Router {
    let services = Services { slots: Arc::new(Semaphore::new(common.max_concurrent)), common };
    let (mut routes, mut named) = (Vec::new(), Vec::new());
    for Planned { function, definition, form, service } in functions {
        let one = One { services: &services, function, definition };
        match form {
            Form::Payload => named.push((function.name, one.payload(service.with_state(state.clone())))),
            Form::Request { ref template, ref methods } => {
                let bare = one.bare(service, state, template);
                // At such a path, what comes is a caller's request: clients must not be able to pose as the host.
                if !form.reaches(function.name) {
                    named.push((function.name, one.posted(bare.clone(), template.clone())));
                }
                let service = one.forwarded(bare);
                routes.push(Route { methods: methods.clone(), template: template.clone(), service });
            }
        }
    }
    let functions = Functions { routes, named, probe: services.probe(), nothing: services.nothing() };
    Router::new().fallback(dispatch).with_state(Arc::new(functions))
}

async fn dispatch(State(functions): State<Arc<Functions>>, mut request: Request) -> Response {
    let service = functions.find(&mut request);
    let Ok(response) = service.oneshot(request).await;
    response
}

impl Functions {
    /// What answers this request. The values of its route are in the extensions then.
    fn find(&self, request: &mut Request) -> Router {
        let path = request.uri().path();
        // A caller's request for the root, which a route may match too, has been given an ID by the host.
        let is_root = path == "/" && request.method() == Method::GET;
        if is_root && !request.headers().contains_key(INVOCATION_ID) {
            return self.probe.clone();
        }
        if request.method() == Method::POST {
            let named = self.named.iter().find(|(name, _)| path.strip_prefix('/') == Some(name));
            if let Some((_, service)) = named {
                return service.clone();
            }
        }
        let matched = self.routes.iter().filter(|route| route.methods.take(request.method()));
        let matched = matched.filter_map(|route| Some((route, route.template.matches(path)?))).next();
        let Some((route, values)) = matched else {
            return if is_root { self.probe.clone() } else { self.nothing.clone() };
        };
        request.extensions_mut().insert(values);
        route.service.clone()
    }
}

/// Makes services of functions.
struct Services {
    slots: Arc<Semaphore>,
    common: Common,
}

/// One function on its way to a service.
struct One<'a> {
    services: &'a Services,
    function: Function,
    definition: Arc<Definition>,
}

/// The caller's URI, while axum sees a path that only carries the values of the route.
#[derive(Clone)]
struct CallersUri(Uri);

impl One<'_> {
    fn body_limit(&self) -> usize {
        self.function.limits.body.unwrap_or(self.services.common.body_limit)
    }

    /// An HTTP function alone, in the layers of the app. It finds the values of its route in the extensions.
    fn bare<S: Clone + Send + Sync + 'static>(
        &self,
        service: MethodRouter<S>,
        state: &S,
        template: &Arc<Template>,
    ) -> Router {
        let service = service.layer(from_fn(with_callers_uri));
        let routes = template.axum_routes();
        let routed = routes.iter().fold(Router::new(), |router, route| router.route(route, service.clone()));
        let routed = routed.with_state(state.clone());
        let template = template.clone();
        let by_values = move |mut request: Request| {
            let values = request.extensions().get::<RouteValues>().map(|values| template.axum_path(values));
            let callers = CallersUri(request.uri().clone());
            if let Some(rest) = template.rest_of(request.uri().path()).map(|rest| RestOfPath(rest.to_owned())) {
                request.extensions_mut().insert(rest);
            }
            if let Some(Ok(uri)) = values.map(|path| path.parse::<Uri>()) {
                *request.uri_mut() = uri;
            }
            request.extensions_mut().insert(callers);
            routed.clone().oneshot(request)
        };
        let bare = Router::new().fallback(by_values);
        self.layered(bare).layer(DefaultBodyLimit::max(self.body_limit()))
    }

    fn layered(&self, router: Router) -> Router {
        self.services.common.layers.iter().fold(router, |router, layer| layer(router))
    }

    /// An HTTP function for its callers.
    fn forwarded(&self, bare: Router) -> Router {
        let checked = bare.layer(from_fn(without_outputs));
        // As the host's own throttle answers, so that callers need not know which of the two it was.
        self.ruled(StatusCode::TOO_MANY_REQUESTS, checked)
    }

    /// An HTTP function for the host, at its name.
    fn posted(&self, bare: Router, template: Arc<Template>) -> Router {
        let definition = self.definition.clone();
        let run = move |request| posted::http(bare.clone(), definition.clone(), template.clone(), request);
        self.at_its_name(Router::new().fallback(run))
    }

    /// A function of another trigger.
    fn payload(&self, service: MethodRouter<()>) -> Router {
        let bare = self.layered(Router::new().fallback_service(service));
        let definition = self.definition.clone();
        let run = move |request| posted::function(bare.clone(), definition.clone(), request);
        self.at_its_name(Router::new().fallback(run))
    }

    fn at_its_name(&self, router: Router) -> Router {
        let router = router.layer(DefaultBodyLimit::max(self.body_limit().saturating_mul(POSTED_FACTOR)));
        // Here it is the host that has to come again, and it does where the function has a retry policy.
        self.ruled(StatusCode::SERVICE_UNAVAILABLE, router)
    }

    fn ruled(&self, busy: StatusCode, router: Router) -> Router {
        let kind = &self.definition.trigger.kind;
        let is_http = kind.faas() == "http";
        let limits = self.function.limits;
        self.services.ruled(
            router,
            Rules {
                function: self.function.name,
                trigger: kind.faas(),
                slots: (!limits.always_admitted).then(|| self.services.slots.clone()),
                busy,
                time_limit: rules::time_limit(limits, is_http, self.services.common.host_json.function_timeout),
            },
        )
    }
}

impl Services {
    fn ruled(&self, router: Router, rules: Rules) -> Router {
        router.layer(CatchPanicLayer::custom(rules::panicked)).layer(from_fn_with_state(rules, rules::apply))
    }

    /// The host asks for the root until it is answered at all, and sends nothing else before.
    fn probe(&self) -> Router {
        let app = self.common.app.clone();
        Router::new().fallback(move || std::future::ready(app.clone()))
    }

    /// Also for a wrong method: to the host that is another route.
    fn nothing(&self) -> Router {
        let nothing = Router::new().fallback(async || InvocationError::NoFunction.into_response());
        let busy = StatusCode::TOO_MANY_REQUESTS;
        self.ruled(nothing, Rules { function: "none", trigger: "http", slots: None, busy, time_limit: None })
    }
}

async fn with_callers_uri(mut request: Request, next: Next) -> Response {
    if let Some(CallersUri(uri)) = request.extensions_mut().remove() {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

/// A function whose requests are forwarded has no output binding but its response.
async fn without_outputs(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let lost = response.extensions().get::<Outputs>().and_then(Outputs::first_binding);
    match lost {
        Some(binding) => InvocationError::from(Failure::NoSuchOutput(binding.to_owned())).into_response(),
        None => response,
    }
}
