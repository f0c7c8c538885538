//! The security headers of every answer of the dashboard.

use axum::{Router, middleware::map_response, response::Response};
use http::{HeaderName, HeaderValue, header};

use super::Dashboard;

/// The page may use no script, style or connection except the dashboard's own, no frame, and no text that becomes
/// markup.
pub(super) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";

pub(super) const PROTECTIVE: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Adds the headers to every answer of `router`, refusals included.
pub(super) fn protect(router: Router<Dashboard>) -> Router<Dashboard> {
    router.layer(map_response(add))
}

async fn add(mut response: Response) -> Response {
    let own_policy = response.headers().get(header::CONTENT_SECURITY_POLICY).cloned();
    for (name, value) in PROTECTIVE {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    // A file has its own policy, which is stricter.
    if let Some(policy) = own_policy {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
