//! Refuses strangers before a handler runs. Strangers are names of other sites that resolve to this machine (DNS
//! rebinding), requests that other sites' pages make a browser send, and other users of this machine.

use std::convert::Infallible;

use axum::{
    Json,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::json;

use super::{Access, Dashboard};

/// The checks in front of one route.
#[derive(Clone)]
pub(super) struct Guard {
    dashboard: Dashboard,
    access: Access,
}

/// Why a request is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum GuardRefusal {
    #[error("the host \"{0}\" is not the dashboard's: take the address that `start` printed")]
    Host(String),
    #[error("a page of {0} may not ask the dashboard")]
    Origin(String),
    #[error("a page of another site may not ask the dashboard")]
    OtherSite,
    #[error("this browser is not signed in: open the address that `start` printed, with the token behind the #")]
    SignedOut,
    #[error("a change must have the content type application/json")]
    NotJson,
}

impl Guard {
    pub(super) fn new(dashboard: Dashboard, access: Access) -> Self {
        Self { dashboard, access }
    }

    /// Puts the checks in front of every method of a route.
    pub(super) fn protect(self, answer: MethodRouter<Dashboard>) -> MethodRouter<Dashboard, Infallible> {
        answer.layer(from_fn_with_state(self, check))
    }

    fn check(&self, request: &Request) -> Result<(), GuardRefusal> {
        let headers = request.headers();
        check_host(headers, self.dashboard.port())?;
        check_origin(headers)?;
        check_site(request, self.access)?;
        match self.access {
            Access::Page | Access::Asset => Ok(()),
            Access::SignIn => check_json(headers),
            Access::Read => self.check_cookie(headers),
            Access::Change => {
                self.check_cookie(headers)?;
                check_json(headers)
            }
        }
    }

    fn check_cookie(&self, headers: &HeaderMap) -> Result<(), GuardRefusal> {
        self.dashboard.session().is_open(headers).then_some(()).ok_or(GuardRefusal::SignedOut)
    }
}

async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match guard.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// Checks that there is one `Host`: a loopback address of this machine with the port of this run.
fn check_host(headers: &HeaderMap, port: u16) -> Result<(), GuardRefusal> {
    let own = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}"));
    let named: Vec<String> = headers.get_all(header::HOST).iter().map(text).collect();
    match named.as_slice() {
        [host] if own.contains(host) => Ok(()),
        others => Err(GuardRefusal::Host(others.join(", "))),
    }
}

/// Checks `Origin`. Programs send none; a page of the dashboard sends the address that it asks.
fn check_origin(headers: &HeaderMap) -> Result<(), GuardRefusal> {
    let own = headers.get(header::HOST).map(|host| format!("http://{}", text(host)));
    match headers.get_all(header::ORIGIN).iter().map(text).find(|origin| Some(origin) != own.as_ref()) {
        Some(origin) => Err(GuardRefusal::Origin(origin)),
        None => Ok(()),
    }
}

/// Checks `Sec-Fetch-Site`, which tells whose page sent the request. Another port of this machine is `same-site`. A
/// link on any page may lead to the dashboard's own page.
fn check_site(request: &Request, access: Access) -> Result<(), GuardRefusal> {
    let headers = request.headers();
    let is_own = |value: &HeaderValue| value == "same-origin" || value == "none";
    let is_link = access == Access::Page
        && request.method() == Method::GET
        && headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate")
        && headers.get("sec-fetch-dest").is_some_and(|destination| destination == "document");
    if is_link || headers.get_all("sec-fetch-site").iter().all(is_own) { Ok(()) } else { Err(GuardRefusal::OtherSite) }
}

/// Checks the content type. A form of another page cannot have this type.
fn check_json(headers: &HeaderMap) -> Result<(), GuardRefusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") { Ok(()) } else { Err(GuardRefusal::NotJson) }
}

impl IntoResponse for GuardRefusal {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::Host(_) => (StatusCode::FORBIDDEN, "ForeignHost"),
            Self::Origin(_) => (StatusCode::FORBIDDEN, "ForeignOrigin"),
            Self::OtherSite => (StatusCode::FORBIDDEN, "OtherSite"),
            Self::SignedOut => (StatusCode::UNAUTHORIZED, "SignedOut"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "NotJson"),
        };
        (status, Json(json!({ "error": { "code": code, "message": self.to_string() } }))).into_response()
    }
}
