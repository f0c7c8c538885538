//! Cross-origin requests: preflights are answered here, before any function; other answers get the headers.
//!
//! A listed origin may use any method and header, as with Core Tools (`Startup.cs` of
//! `Azure/azure-functions-core-tools`). For any other origin the headers are missing, so the browser refuses the
//! answer.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use super::{options::Cors, web::WebHost};

/// The layer around everything the host answers.
pub(super) async fn answer(State(web): State<Arc<WebHost>>, request: Request<Body>, next: Next) -> Response {
    let Some(cors) = &web.cors else { return next.run(request).await };
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else { return next.run(request).await };
    let asked_method = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD).cloned();
    let asked_headers = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = match (&asked_method, request.method()) {
        (Some(_), &Method::OPTIONS) => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    if !cors.allows(&origin) {
        return response;
    }
    allow_origin(response.headers_mut(), cors, origin);
    let asked =
        [(header::ACCESS_CONTROL_ALLOW_METHODS, asked_method), (header::ACCESS_CONTROL_ALLOW_HEADERS, asked_headers)];
    if response.status() == StatusCode::NO_CONTENT {
        response.headers_mut().extend(asked.into_iter().filter_map(|(name, value)| Some((name, value?))));
    }
    response
}

fn allow_origin(headers: &mut HeaderMap, cors: &Cors, origin: HeaderValue) {
    if cors.any() && !cors.credentials {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        return;
    }
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if cors.credentials {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

impl Cors {
    fn any(&self) -> bool {
        self.origins.iter().any(|allowed| allowed == "*")
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.any() || self.names(origin)
    }

    /// Whether the origin is listed itself, and not by `*`.
    pub(super) fn names(&self, origin: &HeaderValue) -> bool {
        let same = |allowed: &String| origin.as_bytes().eq_ignore_ascii_case(allowed.trim_end_matches('/').as_bytes());
        self.origins.iter().any(same)
    }
}
