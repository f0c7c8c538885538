//! Cross-origin requests. The host answers preflights here, before any function. Other answers get the headers.
//!
//! A listed origin may use any method and header, as with Core Tools (`Startup.cs` of
//! `Azure/azure-functions-core-tools`, with `CorsPolicy.cs` of `dotnet/aspnetcore`). For any other origin the headers
//! are missing, so the browser refuses the answer.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};

use super::{HostError, options::Cors, web::WebHost};

/// The layer around all of the host's answers.
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
    /// Refuses a combination that ASP.NET's `CorsPolicyBuilder` does not build. Core Tools do not start with it.
    pub(super) fn check(&self) -> Result<(), HostError> {
        if self.any() && self.credentials { Err(HostError::AnyOriginWithCredentials) } else { Ok(()) }
    }

    /// Warns of listed origins that allow no page.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        self.origins.iter().filter_map(|origin| match origin.as_str() {
            "*" if self.any() => None,
            "*" => Some("CORS: \"*\" beside other origins allows none: list it alone, or not at all".to_owned()),
            path if path.split("://").last().is_some_and(|authority| authority.contains('/')) => {
                Some(format!("CORS: \"{path}\" allows no page: an origin ends with its host or port, without a slash"))
            }
            _ => None,
        })
    }

    /// Reports whether any origin is allowed. `*` means any origin only where it stands alone.
    fn any(&self) -> bool {
        matches!(self.origins.as_slice(), [only] if only == "*")
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.any() || self.names(origin)
    }

    /// Reports whether the origin itself is listed, and not by `*`. Browsers write origins in lower case.
    pub(super) fn names(&self, origin: &HeaderValue) -> bool {
        let mut listed = self.origins.iter().filter(|listed| *listed != "*");
        listed.any(|listed| origin.as_bytes() == listed.to_ascii_lowercase().as_bytes())
    }
}
