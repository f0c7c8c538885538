//! Redirects of the handler, which the host's HTTP client follows unless requests are forwarded.
//!
//! Source: `RedirectHandler.cs` of `dotnet/runtime`. There is one difference: redirects lead only to the handler, and
//! to no other host.

use http::{Method, Response, StatusCode, Uri, header};

/// Returns the next request, if the answer redirects to the handler itself.
pub(super) fn next<B>(method: &Method, url: &Uri, answer: &Response<B>) -> Option<(Method, Uri)> {
    let keeps_method = match answer.status() {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::MULTIPLE_CHOICES => method != Method::POST,
        StatusCode::SEE_OTHER => [Method::GET, Method::HEAD].contains(method),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
        _ => return None,
    };
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    let next = url::Url::parse(&url.to_string()).ok()?.join(location).ok()?;
    let next: Uri = next.as_str().split('#').next()?.parse().ok()?;
    let here = next.scheme() == url.scheme() && next.authority() == url.authority();
    here.then(|| (if keeps_method { method.clone() } else { Method::GET }, next))
}

#[cfg(test)]
mod tests {
    use http::{Method, Response};

    use super::next;

    #[test]
    fn section_3_4_a_redirect_leads_to_another_path_of_the_handler_only() {
        let url = "http://127.0.0.1:5000/tick".parse().unwrap();
        let follow = |method: Method, status: u16, location: &str| {
            let answer = Response::builder().status(status).header("location", location).body(()).unwrap();
            next(&method, &url, &answer).map(|(method, url)| format!("{method} {url}"))
        };
        let cases = [
            (Method::POST, 302, "/other", Some("GET http://127.0.0.1:5000/other")),
            (Method::POST, 307, "other?x#y", Some("POST http://127.0.0.1:5000/other?x")),
            (Method::GET, 303, "http://127.0.0.1:5000/", Some("GET http://127.0.0.1:5000/")),
            (Method::GET, 302, "http://example.test/", None),
            (Method::GET, 304, "/other", None),
        ];
        for (method, status, location, expected) in cases {
            assert_eq!(follow(method, status, location).as_deref(), expected, "{status} {location}");
        }
    }
}
