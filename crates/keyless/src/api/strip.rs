//! Headers and parameters that are not passed on: hop-by-hop headers, a caller's credentials, headers that the platform
//! adds for this app, and headers that rewrite the request.

use http::{
    HeaderMap, HeaderName, Response,
    header::{
        AUTHORIZATION, CONNECTION, COOKIE, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE,
    },
};
use percent_encoding::percent_decode_str;

/// The headers of one connection: <https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1>.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The caller's headers that stay here: credentials for this app or the gateway, headers for this server only, and
/// headers that show a gateway or a backend another method or path than the checked ones.
const OF_THE_CALLER: [HeaderName; 13] = [
    AUTHORIZATION,
    COOKIE,
    EXPECT,
    HOST,
    HeaderName::from_static("x-functions-key"),
    HeaderName::from_static("x-functions-clientid"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-rewrite-url"),
];

/// Prefixes of headers of the gateway (keys, traces that show keys), of the Functions host, and of App Service's front
/// end and authentication (`x-ms-token-…` are tokens). `x-forwarded-…` is a caller's claim about itself, and a backend
/// may trust it.
const PREFIXES: [&str; 11] = [
    "ocp-apim-",
    "x-azure-functions-",
    "x-ms-invocation-id",
    "x-ms-client-principal",
    "x-ms-token-",
    "x-arr-",
    "x-forwarded-",
    "x-waws-",
    "x-site-deployment-id",
    "disguised-host",
    "was-default-hostname",
];

/// Query parameters: a function key, and a subscription key under the gateway's usual name.
const QUERY: [&str; 2] = ["code", "subscription-key"];

/// Returns the headers of a caller's request that are for the gateway and the backend.
pub(super) fn request(mut headers: HeaderMap) -> HeaderMap {
    drop_hop_by_hop(&mut headers);
    let ours: Vec<HeaderName> = headers
        .keys()
        .filter(|name| OF_THE_CALLER.contains(name) || PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix)))
        .cloned()
        .collect();
    for name in ours {
        headers.remove(name);
    }
    headers
}

/// Returns an answer in the form for the caller.
pub(super) fn response<B>(mut response: Response<B>) -> Response<B> {
    drop_hop_by_hop(response.headers_mut());
    response
}

/// Removes keys from a query and keeps the rest as written; `None` if nothing is left.
pub(super) fn query(query: &str) -> Option<String> {
    let left = query.split('&').filter(|parameter| !is_key(parameter)).collect::<Vec<_>>().join("&");
    (!left.is_empty()).then_some(left)
}

fn is_key(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().replace('+', " ");
    let name = percent_decode_str(&name).decode_utf8_lossy();
    QUERY.iter().any(|key| name.trim().eq_ignore_ascii_case(key))
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_platform_headers_and_rewrites_of_a_caller_stay_here() {
        let mut headers = HeaderMap::new();
        for name in [
            "authorization",
            "cookie",
            "expect",
            "host",
            "connection",
            "x-mine",
            "keep-alive",
            "te",
            "transfer-encoding",
            "upgrade",
            "proxy-authorization",
            "x-functions-key",
            "x-functions-clientid",
            "ocp-apim-subscription-key",
            "ocp-apim-trace",
            "api-key",
            "x-azure-functions-invocationid",
            "x-ms-client-principal-id",
            "x-ms-token-aad-access-token",
            "x-arr-ssl",
            "x-original-url",
            "x-rewrite-url",
            "x-http-method",
            "x-http-method-override",
            "x-method-override",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "forwarded",
        ] {
            headers.append(name, "keep-alive, X-Mine".parse().unwrap());
        }
        for name in ["accept", "content-type", "content-length", "traceparent", "if-none-match"] {
            headers.append(name, "1".parse().unwrap());
        }
        let mut left: Vec<_> = request(headers).keys().map(ToString::to_string).collect();
        left.sort();
        let expected = ["accept", "content-length", "content-type", "if-none-match", "traceparent"];
        assert_eq!(left, expected);
    }

    #[test]
    fn keys_leave_the_query_and_the_rest_stays_as_it_was_written() {
        for (given, expected) in [
            ("code=K", None),
            ("CODE=K&a=%20+b&c", Some("a=%20+b&c")),
            ("a=1&c%6fde=K&Subscription-Key=S&b=2", Some("a=1&b=2")),
            ("+code=K&code", None),
            ("codec=1&x=code", Some("codec=1&x=code")),
            ("", None),
        ] {
            assert_eq!(query(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn an_answer_loses_what_belongs_to_one_connection_alone() {
        let answer = Response::builder()
            .header("connection", "close, x-hop")
            .header("x-hop", "1")
            .header("transfer-encoding", "chunked")
            .header("www-authenticate", "Basic")
            .header("x-api", "1");
        let answer = response(answer.body(()).unwrap());
        let mut left: Vec<_> = answer.headers().keys().map(ToString::to_string).collect();
        left.sort();
        assert_eq!(left, ["www-authenticate", "x-api"]);
    }
}
