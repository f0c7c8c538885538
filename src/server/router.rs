//! Which function a request of the host's is for.
//!
//! | the host sends | it means |
//! |---|---|
//! | `GET /` | are you there? |
//! | `POST /<function name>` | a timer, or an HTTP trigger with further bindings |
//! | anything else | a caller's request, for the first function by name whose route and methods match |
//!
//! Nothing in a request tells the second from the third: a caller may send every header that the host sends. So a route
//! that leads to the name of another function is refused at start.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{MethodFilter, post},
};
use http::{HeaderMap, Method, StatusCode, Uri, uri::PathAndQuery};
use tokio::sync::Semaphore;
use tower::ServiceExt;
use tower_http::catch_panic::CatchPanicLayer;

use super::{
    invocation::{self, Rules},
    posted,
    template::{Template, TemplateError},
};
use crate::{
    app::App,
    error::{Error, Missing},
    functions::{Function, Trigger},
    host::INVOCATION_ID,
};

/// The largest request that a function reads as a whole, in bytes; a stream has no limit but the host's.
const LARGEST_REQUEST: usize = 1024 * 1024;

/// The same request as JSON: escaped, and in parts twice.
const LARGEST_POSTED: usize = 4 * LARGEST_REQUEST;

/// A route that the host and this handler would not understand alike.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// A part of it is not supported.
    #[error("function {function}: {template}")]
    Template {
        /// Name of the function.
        function: &'static str,
        /// What is wrong.
        template: TemplateError,
    },
    /// Callers of one function could pose as the host to another.
    #[error(
        "function {function}: its route leads to /{other}, where the host calls the function {other}; \
         change the route, or the route prefix in host.json"
    )]
    Reserved {
        /// Name of the function.
        function: &'static str,
        /// Name of the function that its route leads to.
        other: &'static str,
    },
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
    methods: MethodFilter,
    template: Arc<Template>,
    service: Router,
}

/// The router for these functions.
pub(super) fn router(app: Arc<App>, functions: &[Function]) -> Result<Router, RouteError> {
    let builder = Builder::new(app);
    let mut sorted = functions.to_vec();
    sorted.sort_by_key(|function| function.name.to_ascii_lowercase());
    let (mut routes, mut named) = (Vec::new(), Vec::new());
    for function in sorted {
        match function.trigger {
            Trigger::Timer { .. } => named.extend(builder.posted(function, None)),
            Trigger::Http { methods, route, .. } => {
                let template = builder.template(function.name, route)?;
                let own = reaches(&template, methods, function.name);
                let reserved = functions.iter().filter(|other| other.name != function.name);
                if let Some(other) = reserved.map(|other| other.name).find(|other| reaches(&template, methods, other)) {
                    return Err(RouteError::Reserved { function: function.name, other });
                }
                // At such a path, what comes is a caller's request: nobody shall pass off his own as the host's.
                if !own {
                    named.extend(builder.posted(function, Some(&template)));
                }
                routes.extend(builder.route(function, methods, template));
            }
        }
    }
    let functions = Functions { routes, named, probe: builder.probe(), nothing: builder.nothing() };
    Ok(Router::new().fallback(dispatch).with_state(Arc::new(functions)))
}

fn reaches(template: &Template, methods: MethodFilter, name: &str) -> bool {
    methods.or(MethodFilter::POST) == methods && template.canonical(&format!("/{name}")).is_some()
}

async fn dispatch(State(functions): State<Arc<Functions>>, mut request: Request) -> Response {
    let service = functions.find(&mut request);
    let Ok(response) = service.oneshot(request).await;
    response
}

impl Functions {
    /// What answers this request; its path becomes the one that answers there.
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
        let Ok(method) = MethodFilter::try_from(request.method().clone()) else { return self.nothing.clone() };
        let matched = self.routes.iter().filter(|route| route.methods.or(method) == route.methods);
        let matched = matched.filter_map(|route| Some((route, route.template.canonical(path)?))).next();
        let Some((route, canonical)) = matched else {
            return if is_root { self.probe.clone() } else { self.nothing.clone() };
        };
        if canonical != path {
            *request.uri_mut() = with_path(request.uri(), &canonical);
        }
        route.service.clone()
    }
}

fn with_path(uri: &Uri, path: &str) -> Uri {
    let target = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    // Made of parts of a URI that was one, so it is one.
    parts.path_and_query = target.parse::<PathAndQuery>().ok().or(parts.path_and_query);
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// Makes services of functions.
struct Builder {
    app: Arc<App>,
    slots: Arc<Semaphore>,
}

impl Builder {
    fn new(app: Arc<App>) -> Self {
        let slots = Arc::new(Semaphore::new(app.max_concurrent()));
        Self { app, slots }
    }

    fn template(&self, function: &'static str, route: &str) -> Result<Arc<Template>, RouteError> {
        let template = Template::new(&self.app.host_json().route_prefix, route).map(Arc::new);
        template.map_err(|template| RouteError::Template { function, template })
    }

    /// The function alone, at its paths.
    fn bare(&self, function: Function, template: &Template) -> Option<Router> {
        let Trigger::Http { run, .. } = function.trigger else { return None };
        let paths = template.for_axum();
        let router = paths.iter().fold(Router::new(), |router, path| router.route(path, run()));
        Some(router.layer(DefaultBodyLimit::max(LARGEST_REQUEST)).with_state(self.app.clone()))
    }

    /// The function for its callers.
    fn route(&self, function: Function, methods: MethodFilter, template: Arc<Template>) -> Option<Route> {
        // As the host's own throttle does, whose callers need not know which of the two it was.
        let service = self.ruled(function, StatusCode::TOO_MANY_REQUESTS, self.bare(function, &template)?);
        Some(Route { methods, template, service })
    }

    /// The function for the host, at its name.
    fn posted(&self, function: Function, template: Option<&Arc<Template>>) -> Option<(&'static str, Router)> {
        let path = format!("/{}", function.name);
        let router = match function.trigger {
            Trigger::Timer { run } => {
                let app = self.app.clone();
                Router::new().route(&path, post(move |call| posted::timer(run, app.clone(), call)))
            }
            Trigger::Http { .. } => {
                let template = template?.clone();
                let bare = self.bare(function, &template)?;
                let run = move |headers: HeaderMap, call| posted::http(bare.clone(), template.clone(), headers, call);
                Router::new().route(&path, post(run))
            }
        };
        let router = router.layer(DefaultBodyLimit::max(LARGEST_POSTED));
        // Here it is the host that has to come again, and it does where the function has a retry policy.
        Some((function.name, self.ruled(function, StatusCode::SERVICE_UNAVAILABLE, router)))
    }

    fn ruled(&self, function: Function, busy: StatusCode, router: Router) -> Router {
        let rules = Rules {
            function: function.name,
            slots: (!function.is_health()).then(|| self.slots.clone()),
            busy,
            time_limit: invocation::time_limit(self.app.host_json().function_timeout),
        };
        router.layer(CatchPanicLayer::custom(invocation::panicked)).layer(from_fn_with_state(rules, invocation::run))
    }

    /// The host asks for the root until it is answered at all, and sends nothing else before.
    fn probe(&self) -> Router {
        Router::new().fallback(async || "keyless-functions")
    }

    /// Also for a wrong method: to the host that is another route.
    fn nothing(&self) -> Router {
        let rules = Rules {
            function: "none",
            slots: None,
            busy: StatusCode::TOO_MANY_REQUESTS,
            time_limit: invocation::time_limit(None),
        };
        let nothing = Router::new().fallback(async || Error::NotFound(Missing::Route).into_response());
        nothing.layer(from_fn_with_state(rules, invocation::run))
    }
}
