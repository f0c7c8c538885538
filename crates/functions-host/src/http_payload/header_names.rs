//! Names of headers as ASP.NET Core spells and orders them. JSON keys are case-sensitive, so the spelling counts.
//!
//! Source: `HttpHeaders.Generated.cs` of `dotnet/aspnetcore` (Kestrel). An unknown name stays as the client wrote it.

use http::HeaderMap;
use loopback_server::WrittenHead;

use super::call::text;

/// Known names of requests, in Kestrel's order.
const REQUEST: &[&str] = &[
    "Accept",
    "Connection",
    "Host",
    "User-Agent",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Authorization",
    "baggage",
    "Cache-Control",
    "Content-Type",
    "Cookie",
    "Correlation-Context",
    "Date",
    "Expect",
    "From",
    "Grpc-Accept-Encoding",
    "Grpc-Encoding",
    "Grpc-Timeout",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Request-Id",
    "TE",
    "traceparent",
    "tracestate",
    "Transfer-Encoding",
    "Translate",
    "Upgrade",
    "Upgrade-Insecure-Requests",
    "Via",
    "Warning",
    "Content-Length",
];

/// Further names with a canonical spelling. They keep their place in the request.
const OTHERS: &[&str] = &[
    "Accept-Ranges",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Age",
    "Allow",
    "Alt-Svc",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Security-Policy",
    "Content-Security-Policy-Report-Only",
    "DNT",
    "ETag",
    "Expires",
    "Grpc-Message",
    "Grpc-Status",
    "Last-Modified",
    "Link",
    "Location",
    "Proxy-Authenticate",
    "Proxy-Connection",
    "Retry-After",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Trailer",
    "Vary",
    "WWW-Authenticate",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Powered-By",
    "X-Requested-With",
    "X-UA-Compatible",
    "X-XSS-Protection",
];

/// Returns each name with its lines.
pub(super) fn in_known_order(headers: &HeaderMap, head: &WrittenHead) -> Vec<(String, Vec<String>)> {
    let lines = |name: &str| headers.get_all(name).iter().map(text).collect();
    let known =
        REQUEST.iter().filter(|name| headers.contains_key(**name)).map(|name| ((*name).to_owned(), lines(name)));
    let is_known = |name: &str| REQUEST.iter().any(|known| known.eq_ignore_ascii_case(name));
    let others = headers.keys().filter(|name| !is_known(name.as_str())).map(|name| {
        let canonical = OTHERS.iter().find(|other| other.eq_ignore_ascii_case(name.as_str())).copied();
        let spelt = canonical.or_else(|| head.spelt(name)).unwrap_or(name.as_str());
        (spelt.to_owned(), lines(name.as_str()))
    });
    known.chain(others).collect()
}
