//! The request of an HTTP function's caller, as attributes of the invocation's span.
//!
//! <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span>

use std::sync::Arc;

use http::{HeaderMap, Method, Uri, header::HOST, uri::Authority};
use tracing::Span;

use crate::template::Template;

/// The methods that the conventions know. Other methods are recorded as `_OTHER`, because callers could send any number
/// of them.
const METHODS: [Method; 9] = [
    Method::CONNECT,
    Method::DELETE,
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::PATCH,
    Method::POST,
    Method::PUT,
    Method::TRACE,
];

/// A caller's request, without the parts that a span must not hold: the query may hold keys.
#[derive(Clone, Debug)]
pub(crate) struct CallersRequest {
    method: Method,
    uri: Uri,
    scheme: &'static str,
    host: Option<String>,
    /// Absent where no function was found.
    route: Option<Arc<Template>>,
}

impl CallersRequest {
    /// Reads a request as it came, or as the host describes it. `scheme` is the scheme that the host gives elsewhere.
    pub(crate) fn new<B>(request: &http::Request<B>, scheme: Option<&str>, route: Option<Arc<Template>>) -> Self {
        let headers = request.headers();
        let forwarded = first(headers, "x-forwarded-proto");
        let is_https = scheme.or(forwarded).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            // The host itself calls by plain HTTP, on this machine.
            scheme: if is_https { "https" } else { "http" },
            host: host(headers),
            route,
        }
    }

    pub(crate) fn record(&self, span: &Span) {
        let method = if METHODS.contains(&self.method) { self.method.as_str() } else { "_OTHER" };
        tracing::record_all!(
            span,
            http.request.method = method,
            http.route = self.route.as_ref().map(|route| route.text()),
            url.path = self.uri.path(),
            url.scheme = self.scheme,
            server.address = self.host.as_deref(),
        );
    }
}

/// Returns the host name that the caller used. A host that proxies requests writes its own name into `Host`, and keeps
/// the caller's in another header.
fn host(headers: &HeaderMap) -> Option<String> {
    let text = first(headers, "x-forwarded-host").or_else(|| first(headers, HOST.as_str()))?;
    let authority: Authority = text.parse().ok()?;
    let host = authority.host();
    (!host.is_empty()).then(|| host.to_owned())
}

/// Returns the first value of a list: the value of the caller's own connection.
fn first<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get(name)?.to_str().ok()?;
    value.split(',').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn of(headers: &[(&str, &str)], scheme: Option<&str>) -> (&'static str, Option<String>) {
        let request = headers.iter().fold(Request::get("/"), |request, (name, value)| request.header(*name, *value));
        let callers = CallersRequest::new(&request.body(()).unwrap(), scheme, None);
        (callers.scheme, callers.host)
    }

    #[test]
    fn scheme_and_host_are_those_of_the_caller_where_somebody_says_so() {
        let told = |scheme, host: &str| (scheme, Some(host.to_owned()));
        assert_eq!(of(&[("host", "localhost:7071")], None), told("http", "localhost"));
        let proxied = [
            ("host", "127.0.0.1:40001"),
            ("x-forwarded-host", "app.azurewebsites.net, inner"),
            ("x-forwarded-proto", "HTTPS, http"),
        ];
        assert_eq!(of(&proxied, None), told("https", "app.azurewebsites.net"));
        assert_eq!(of(&[("host", "[::1]:80")], Some("https")), told("https", "[::1]"));
        assert_eq!(of(&[("x-forwarded-proto", "gopher")], None), ("http", None));
        assert_eq!(of(&[("host", "a b"), ("x-forwarded-host", "")], None), ("http", None));
    }
}
