//! One HTTP function: its code inside the app's layers, with the values of its route.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    response::Response,
    routing::MethodRouter,
};
use http::Uri;
use http_body::Body as _;
use tower::{Layer, Service, ServiceExt};

use crate::{
    rest_of_path::RestOfPath,
    template::{RouteValues, Template},
};

/// An HTTP function. A call costs one axum route and the app's layers.
#[derive(Clone, Debug)]
pub(crate) struct HttpFunction {
    template: Arc<Template>,
    /// The function, routed by paths that only carry the values of the route.
    routed: Router,
    /// The one path of `routed`, if the route has no values.
    only: Option<Uri>,
    body_limit: DefaultBodyLimit,
}

impl HttpFunction {
    /// Makes an HTTP function. `code` already has the layers of the app.
    pub(crate) fn new(code: MethodRouter, template: Arc<Template>, body_limit: usize) -> Self {
        let routes = template.axum_routes();
        let only = template.has_no_parameters().then(|| template.axum_path(&RouteValues::default()).parse().ok());
        let code = code.layer(WithCallersUri);
        let routed = routes.iter().fold(Router::new(), |router, route| router.route(route, code.clone()));
        Self { template, routed, only: only.flatten(), body_limit: DefaultBodyLimit::max(body_limit) }
    }

    /// Returns the values of the route, if the path belongs to this function.
    pub(crate) fn matches(&self, path: &str) -> Option<RouteValues> {
        self.template.matches(path)
    }

    pub(crate) async fn call(&self, mut request: Request, values: &RouteValues) -> Response {
        let rest = self.template.rest_of(request.uri().path()).map(|rest| RestOfPath(rest.to_owned()));
        let carrier = self.only.clone().or_else(|| self.template.axum_path(values).parse().ok());
        if let Some(carrier) = carrier {
            let callers = CallersUri(std::mem::replace(request.uri_mut(), carrier));
            request.extensions_mut().insert(callers);
        }
        if let Some(rest) = rest {
            request.extensions_mut().insert(rest);
        }
        let routed = self.routed.clone();
        // `body_limit` puts the limit into the request, where extractors find it. An empty body needs no limit.
        let Ok(response) = match request.body().is_end_stream() {
            true => routed.oneshot(request).await,
            false => self.body_limit.layer(routed).oneshot(request).await,
        };
        response
    }
}

/// The caller's URI. axum's routing sees another path, which only carries the values of the route.
#[derive(Clone)]
struct CallersUri(Uri);

/// Puts the caller's URI back, after axum's routing and before the layers of the app.
#[derive(Clone, Copy)]
struct WithCallersUri;

#[derive(Clone)]
struct Restored<S>(S);

impl<S> Layer<S> for WithCallersUri {
    type Service = Restored<S>;

    fn layer(&self, inner: S) -> Restored<S> {
        Restored(inner)
    }
}

impl<S: Service<Request, Error = Infallible>> Service<Request> for Restored<S> {
    type Response = S::Response;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> S::Future {
        if let Some(CallersUri(uri)) = request.extensions_mut().remove() {
            *request.uri_mut() = uri;
        }
        self.0.call(request)
    }
}
