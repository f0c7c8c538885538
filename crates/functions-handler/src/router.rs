//! Finds the function for a request of the host.
//!
//! | the host sends | meaning |
//! |---|---|
//! | `GET /` | is the handler ready? |
//! | `POST /NAME` | a timer, another trigger, or an HTTP trigger with further bindings |
//! | anything else | a caller's request, for the first function by name whose route and methods match |
//!
//! A caller may send every header of the host, so nothing in a request distinguishes the second kind from the third.
//! For this reason a route that matches `/NAME` of another function is refused at start.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::{Method, StatusCode};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::{
    definition::{Definition, Methods},
    error::{Failure, InvocationError},
    function::Function,
    host_json::HostJson,
    http_function::HttpFunction,
    invocation::{Outputs, origin::INVOCATION_ID},
    plan::{Form, Planned},
    posted,
    rules::{self, Rules, Sender},
    template::{RouteValues, Template},
};

/// The factor by which a request may grow within JSON: the text is escaped, and parts of it twice.
const POSTED_FACTOR: usize = 4;

/// A layer of the app, for any function.
pub(crate) type AppLayer = Arc<dyn Fn(MethodRouter) -> MethodRouter + Send + Sync>;

/// The common parts of all functions' services.
pub(crate) struct Common {
    pub(crate) host_json: HostJson,
    /// The host's limit for the body of a request.
    pub(crate) body_limit: usize,
    pub(crate) max_concurrent: usize,
    pub(crate) layers: Vec<AppLayer>,
    /// The answer to the host's probe.
    pub(crate) app: String,
}

/// All functions that the host may call.
///
/// It dispatches a request by plain calls. axum would clone each service on the way, and box its future.
#[derive(Clone, Debug)]
pub(crate) struct Functions(Arc<All>);

#[derive(Debug)]
struct All {
    /// The routes, in the host's order.
    routes: Vec<Route>,
    named: Vec<NamedFunction>,
    /// The answer to the host's probe.
    app: String,
    /// The rules for a request that no function takes.
    nothing: Rules,
}

/// A function that callers reach through the host.
#[derive(Debug)]
struct Route {
    methods: Methods,
    function: HttpFunction,
    rules: Rules,
}

/// A function that the host calls by its name.
#[derive(Debug)]
struct NamedFunction {
    name: &'static str,
    service: Router,
    rules: Rules,
}

/// The receiver of a request.
enum Addressee<'a> {
    Probe,
    Nothing,
    Named(&'a NamedFunction),
    Route(&'a Route, RouteValues),
}

/// Makes the services that the host may call, from these functions.
pub(crate) fn functions<S: Clone + Send + Sync + 'static>(
    functions: Vec<Planned<S>>,
    state: &S,
    common: Common,
) -> Functions {
    let services = Services { slots: Arc::new(Semaphore::new(common.max_concurrent)), common };
    let (mut routes, mut named) = (Vec::new(), Vec::new());
    for Planned { function, definition, form, service } in functions {
        let one = One { services: &services, function, definition };
        match form {
            Form::Payload => named.push(one.payload(service.with_state(state.clone()))),
            Form::Request { ref template, ref methods } => {
                let bare = one.bare(service.with_state(state.clone()), template);
                // At a path that callers can reach, every request counts as a caller's: clients must not be able to
                // pose as the host.
                if !form.reaches(function.name) {
                    named.push(one.posted(bare.clone(), template.clone()));
                }
                // The host's own throttle answers the same status, so callers need not distinguish the two.
                let sender = Sender::Caller(Some(template.clone()));
                let rules = one.rules(StatusCode::TOO_MANY_REQUESTS, sender);
                routes.push(Route { methods: methods.clone(), function: bare, rules });
            }
        }
    }
    let busy = StatusCode::TOO_MANY_REQUESTS;
    let sender = Sender::Caller(None);
    let nothing = Rules { function: "none", trigger: "http", slots: None, busy, sender, time_limit: None };
    Functions(Arc::new(All { routes, named, app: services.common.app, nothing }))
}

impl Functions {
    /// Answers a request of the host.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        match self.0.find(&request) {
            Addressee::Probe => self.0.app.clone().into_response(),
            // A wrong method also ends here: for the host it is another route.
            Addressee::Nothing => {
                self.0.nothing.apply(request, async |_| InvocationError::NoFunction.into_response()).await
            }
            Addressee::Named(NamedFunction { service, rules, .. }) => {
                let run = async |request| {
                    let Ok(response) = service.clone().oneshot(request).await;
                    response
                };
                rules.apply(request, run).await
            }
            Addressee::Route(Route { function, rules, .. }, values) => {
                rules.apply(request, async |request| without_outputs(function.call(request, &values).await)).await
            }
        }
    }
}

impl All {
    fn find(&self, request: &Request) -> Addressee<'_> {
        let path = request.uri().path();
        // The host sends only `GET /` until it gets an answer. A caller's request for the root, which a route may match
        // too, has an invocation ID.
        let is_root = path == "/" && request.method() == Method::GET;
        if is_root && !request.headers().contains_key(INVOCATION_ID) {
            return Addressee::Probe;
        }
        if request.method() == Method::POST {
            let named = self.named.iter().find(|named| path.strip_prefix('/') == Some(named.name));
            if let Some(named) = named {
                return Addressee::Named(named);
            }
        }
        let takes = self.routes.iter().filter(|route| route.methods.take(request.method()));
        let mut matched = takes.filter_map(|route| Some(Addressee::Route(route, route.function.matches(path)?)));
        matched.next().unwrap_or(if is_root { Addressee::Probe } else { Addressee::Nothing })
    }
}

/// Makes services from functions.
struct Services {
    slots: Arc<Semaphore>,
    common: Common,
}

/// A function from which a service is made.
struct One<'a> {
    services: &'a Services,
    function: Function,
    definition: Arc<Definition>,
}

impl One<'_> {
    fn body_limit(&self) -> usize {
        self.function.limits.body.unwrap_or(self.services.common.body_limit)
    }

    /// Wraps an HTTP function in the layers of the app.
    fn bare(&self, service: MethodRouter<()>, template: &Arc<Template>) -> HttpFunction {
        HttpFunction::new(self.layered(service), template.clone(), self.body_limit())
    }

    fn layered(&self, service: MethodRouter) -> MethodRouter {
        self.services.common.layers.iter().fold(service, |service, layer| layer(service))
    }

    /// Makes the service that the host calls at the HTTP function's name.
    fn posted(&self, bare: HttpFunction, template: Arc<Template>) -> NamedFunction {
        let definition = self.definition.clone();
        let run = move |request| posted::http(bare.clone(), definition.clone(), template.clone(), request);
        self.at_its_name(Router::new().fallback(run))
    }

    /// Makes the service of a function with another trigger.
    fn payload(&self, service: MethodRouter<()>) -> NamedFunction {
        let bare = self.layered(service);
        let definition = self.definition.clone();
        let run = move |request| posted::function(bare.clone(), definition.clone(), request);
        self.at_its_name(Router::new().fallback(run))
    }

    fn at_its_name(&self, router: Router) -> NamedFunction {
        let service = router.layer(DefaultBodyLimit::max(self.body_limit().saturating_mul(POSTED_FACTOR)));
        // Here the host must retry. It does so if the function has a retry policy.
        NamedFunction {
            name: self.function.name,
            service,
            rules: self.rules(StatusCode::SERVICE_UNAVAILABLE, Sender::Host),
        }
    }

    fn rules(&self, busy: StatusCode, sender: Sender) -> Rules {
        let kind = &self.definition.trigger.kind;
        let is_http = kind.faas() == "http";
        let limits = self.function.limits;
        Rules {
            function: self.function.name,
            trigger: kind.faas(),
            slots: (!limits.always_admitted).then(|| self.services.slots.clone()),
            busy,
            sender,
            time_limit: rules::time_limit(limits, is_http, self.services.common.host_json.function_timeout),
        }
    }
}

/// Fails if the response carries outputs. A function whose requests are forwarded has no output binding except its
/// response.
fn without_outputs(response: Response) -> Response {
    let lost = response.extensions().get::<Outputs>().and_then(Outputs::first_binding);
    match lost {
        Some(binding) => InvocationError::from(Failure::NoSuchOutput(binding.to_owned())).into_response(),
        None => response,
    }
}
