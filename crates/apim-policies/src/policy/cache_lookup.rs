//! `cache-lookup`: a cached response instead of the backend's
//! (learn.microsoft.com/azure/api-management/cache-lookup-policy).
//!
//! A found response continues after the `cache-store` of the outbound section. Azure does not document that place, and
//! it was not compared with a live gateway. The key of the cache is API, operation, path, and the headers and
//! parameters that the policy names. Other query parameters are not part of it, by the plain reading of the page. On a
//! miss the backend does not see the client's cache headers. If `downstream-caching-type` allows caches behind the
//! gateway, `Cache-Control` says for how long; its exact form is not documented.

use http::header;

use super::caching_type;
use super::prelude::*;
use crate::run::{CacheControl, Lookup};

const ATTRIBUTES: [&str; 7] = [
    "id",
    "vary-by-developer",
    "vary-by-developer-groups",
    "caching-type",
    "downstream-caching-type",
    "must-revalidate",
    "allow-private-response-caching",
];

#[derive(Debug)]
pub(crate) struct CacheLookup {
    by_developer: Setting<bool>,
    by_groups: Setting<bool>,
    allow_private: Option<Setting<bool>>,
    headers: Vec<String>,
    parameters: Vec<String>,
    is_external: bool,
    downstream: Option<Setting<Downstream>>,
    must_revalidate: Option<Setting<bool>>,
}

/// The caches behind the gateway that may keep the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Downstream {
    None,
    Private,
    Public,
}

words! {
    Downstream, "none, private or public";
    "none" => None;
    "private" => Private;
    "public" => Public;
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<CacheLookup> {
    element.only_attributes(&ATTRIBUTES, problems);
    if element.is_repeated() {
        element.problem(problems, "<cache-lookup> may stand in a section once");
    }
    let is_external = caching_type::is_external(element, problems);
    let downstream = element.setting("downstream-caching-type", problems);
    let must_revalidate = element.setting("must-revalidate", problems);
    let by_developer = element.required_setting("vary-by-developer", problems);
    let by_groups = element.required_setting("vary-by-developer-groups", problems);
    let allow_private = element.setting("allow-private-response-caching", problems);
    let (mut headers, mut parameters) = (Vec::new(), Vec::new());
    for child in element.children(&[("vary-by-header", Count::Any), ("vary-by-query-parameter", Count::Any)], problems)
    {
        child.only_attributes(&[], problems);
        let Some(text) = child.text(problems) else { continue };
        if text.is_empty() {
            child.problem(problems, format!("<{}> is empty", child.name()));
            continue;
        }
        if child.name() == "vary-by-query-parameter" {
            parameters.extend(text.split(';').map(|name| name.trim().to_owned()));
        } else if text.parse::<http::HeaderName>().is_ok() {
            headers.push(text.to_lowercase());
        } else {
            child.problem(problems, "the text of <vary-by-header> must be a header name");
        }
    }
    let (by_developer, by_groups) = (by_developer?, by_groups?);
    Some(CacheLookup {
        by_developer,
        by_groups,
        allow_private,
        headers,
        parameters,
        is_external,
        downstream,
        must_revalidate,
    })
}

impl CacheLookup {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Stop> {
        let request = &run.context.request;
        if request.method != "GET" {
            run.trace(|| "only responses to GET are kept".to_owned());
            return Ok(());
        }
        if request.headers.contains_key(header::AUTHORIZATION)
            && !run.get_any(self.allow_private.as_ref()).await?.unwrap_or(false)
        {
            run.trace(|| "a request with Authorization is private".to_owned());
            return Ok(());
        }
        let key = self.key(run).await?;
        let cache_control = self.cache_control(run).await?;
        let found = run.state.cache(self.is_external).find(&key, run.outside.now());
        let Some((mut response, left)) = found.and_then(|found| Some((found.value.as_response()?, found.left))) else {
            forget_cache_headers(run);
            run.lookup = Some(Lookup { key, cache_control });
            return Ok(());
        };
        run.trace(|| "found".to_owned());
        if let Some(cache_control) = cache_control {
            cache_control.apply(left, &mut response.headers);
        }
        run.respond(response, None);
        Err(Stop::Found)
    }

    async fn cache_control<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Option<CacheControl>, Failure> {
        let is_public = match run.get_any(self.downstream.as_ref()).await? {
            None | Some(Downstream::None) => return Ok(None),
            Some(downstream) => downstream == Downstream::Public,
        };
        let must_revalidate = run.get_any(self.must_revalidate.as_ref()).await?.unwrap_or(true);
        Ok(Some(CacheControl { is_public, must_revalidate }))
    }

    /// Returns the key of a request. Its parts are written as JSON, so that different values never make the same key.
    async fn key<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<String, Failure> {
        let (by_developer, by_groups) = (run.get(&self.by_developer).await?, run.get(&self.by_groups).await?);
        let context = &run.context;
        let developer = by_developer.then(|| {
            let user = context.user.as_ref().map(|user| &user.id);
            user.or(context.subscription.as_ref().map(|subscription| &subscription.id))
        });
        let groups = by_groups.then(|| context.user.as_ref().map(|user| &user.groups));
        let header = |name: &String| {
            let lines = context.request.headers.get_all(name).iter();
            lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect::<Vec<_>>()
        };
        let headers: Vec<_> = self.headers.iter().map(header).collect();
        let query = url::form_urlencoded::parse(context.request.url.query.as_bytes());
        let parameters: Vec<_> = query.filter(|(name, _)| self.parameters.iter().any(|one| one == name)).collect();
        let place = (&context.api.id, &context.operation.id, &context.request.url.path);
        let parts = serde_json::json!([place, developer, groups, self.headers, headers, parameters]);
        Ok(format!("response {parts}"))
    }
}

/// Removes the cache headers of the request. The backend then answers in full, and the response can be kept.
fn forget_cache_headers<O: Outside>(run: &mut Run<'_, O>) {
    let mut removed = Vec::new();
    for name in [header::CACHE_CONTROL, header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE] {
        if run.context.request.headers.remove(&name).is_some() {
            removed.push(name.to_string());
        }
    }
    run.trace(|| match removed.is_empty() {
        true => "not found".to_owned(),
        false => format!("not found; removes {} from the request", removed.join(", ")),
    });
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Method, Request};
    use jiff::SignedDuration;

    use crate::{
        State,
        rig::{World, document, problems_in},
    };

    const LOOKUP: &str = "<cache-lookup vary-by-developer=\"false\" vary-by-developer-groups=\"false\" ATTRIBUTES>\
        <vary-by-header>Accept</vary-by-header><vary-by-query-parameter>v;w</vary-by-query-parameter></cache-lookup>";

    struct Gateway(World, State, String);

    impl Gateway {
        fn new(attributes: &str, store: &str) -> Self {
            let header = |name: &str| format!("<set-header name=\"{name}\"><value>1</value></set-header>");
            let inbound = format!("{}{}", LOOKUP.replace("ATTRIBUTES", attributes), header("x-in"));
            let outbound =
                format!("{}<cache-store duration=\"@(60)\" {store} />{}", header("x-before"), header("x-after"));
            Self(World::new(), State::default(), document(&inbound, "<base />", &outbound, ""))
        }

        /// Sends a request, and reports whether it reached the backend.
        async fn asks(&self, method: Method, uri: &str, headers: &[(&str, &str)]) -> bool {
            let before = self.0.forwarded.lock().unwrap().len();
            let mut request = Request::builder().method(method).uri(uri);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let outcome = self.0.run(&self.2, request.body(Bytes::new()).unwrap(), &self.1).await;
            assert_eq!(outcome.last_error, None);
            let response = outcome.response;
            assert_eq!(response.body(), "backend");
            assert!(response.headers().contains_key("x-before") && response.headers().contains_key("x-after"));
            self.0.forwarded.lock().unwrap().len() > before
        }
    }

    #[tokio::test]
    async fn a_response_is_found_until_its_time_is_over() {
        let gateway = Gateway::new("", "");
        assert!(gateway.asks(Method::GET, "/orders", &[]).await);
        gateway.0.advance(SignedDuration::from_secs(59));
        assert!(!gateway.asks(Method::GET, "/orders", &[]).await);
        gateway.0.advance(SignedDuration::from_secs(1));
        assert!(gateway.asks(Method::GET, "/orders", &[]).await);
    }

    #[tokio::test]
    async fn requests_that_differ_in_what_is_named_are_told_apart() {
        let gateway = Gateway::new("", "");
        assert!(gateway.asks(Method::GET, "/orders?v=1", &[("accept", "a")]).await);
        for (name, uri, headers, asks) in [
            ("the same", "/orders?v=1", &[("accept", "a")][..], false),
            ("another header", "/orders?v=1", &[("accept", "b")], true),
            ("no header", "/orders?v=1", &[], true),
            ("another value", "/orders?v=2", &[("accept", "a")], true),
            ("another parameter", "/orders?v=1&w=1", &[("accept", "a")], true),
            ("one that is not named", "/orders?x=1&v=1", &[("accept", "a"), ("x", "1")], false),
            ("another path", "/orders/1?v=1", &[("accept", "a")], true),
        ] {
            assert_eq!(gateway.asks(Method::GET, uri, headers).await, asks, "{name}");
        }
    }

    #[tokio::test]
    async fn only_get_without_authorization_is_kept_unless_the_policy_allows_it() {
        let gateway = Gateway::new("", "");
        for _ in 0..2 {
            assert!(gateway.asks(Method::POST, "/orders", &[]).await);
            assert!(gateway.asks(Method::GET, "/orders", &[("authorization", "a")]).await);
        }
        let gateway = Gateway::new("allow-private-response-caching=\"@(true)\"", "");
        assert!(gateway.asks(Method::GET, "/orders", &[("authorization", "a")]).await);
        assert!(!gateway.asks(Method::GET, "/orders", &[("authorization", "b")]).await);
    }

    #[tokio::test]
    async fn a_status_other_than_200_is_kept_on_demand_alone() {
        for (store, asks) in [("", true), ("cache-response=\"@(context.Response.StatusCode == 404)\"", false)] {
            let gateway = Gateway::new("", store);
            gateway.0.answer(404, "backend");
            assert!(gateway.asks(Method::GET, "/orders", &[]).await);
            assert_eq!(gateway.asks(Method::GET, "/orders", &[]).await, asks, "{store}");
        }
        let never = Gateway::new("", "cache-response=\"false\"");
        assert!(never.asks(Method::GET, "/orders", &[]).await && never.asks(Method::GET, "/orders", &[]).await);
    }

    #[tokio::test]
    async fn what_a_kept_response_has_been_through_is_not_done_to_it_again() {
        let mark =
            |name: &str| format!("<set-header name=\"{name}\" exists-action=\"append\"><value>1</value></set-header>");
        let store = "<cache-store duration=\"60\" />";
        let when = format!("<choose><when condition=\"true\">{store}</when></choose>");
        let otherwise = format!("<choose><when condition=\"false\" /><otherwise>{store}</otherwise></choose>");
        let deep = format!(
            "<limit-concurrency key=\"a\" max-count=\"9\"><retry condition=\"false\" count=\"1\" interval=\"0\">{when}</retry></limit-concurrency>"
        );
        for store in [store, &when, &otherwise, &deep] {
            let outbound = format!("{}{store}{}", mark("x-before"), mark("x-after"));
            let (world, state) = (World::new(), State::default());
            let text = document(&LOOKUP.replace("ATTRIBUTES", ""), "<base />", &outbound, "");
            for _ in 0..2 {
                let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
                let response = world.run(&text, request, &state).await.response;
                assert_eq!(
                    (&response.headers()["x-before"], &response.headers()["x-after"]),
                    (&"1".parse().unwrap(), &"1".parse().unwrap())
                );
            }
            assert_eq!(world.forwarded.lock().unwrap().len(), 1, "{store}");
        }
    }

    #[tokio::test]
    async fn a_response_of_more_than_2_mib_is_not_kept() {
        for (length, asked) in [(2 << 20, 1), ((2 << 20) + 1, 2)] {
            let (world, state) = (World::new(), State::default());
            let outbound = format!("<set-body>@(new string('a', {length}))</set-body><cache-store duration=\"60\" />");
            let text = document(&LOOKUP.replace("ATTRIBUTES", ""), "<base />", &outbound, "");
            for _ in 0..2 {
                let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
                let outcome = world.run(&text, request, &state).await;
                assert_eq!((outcome.last_error, outcome.response.body().len()), (None, length));
            }
            assert_eq!(world.forwarded.lock().unwrap().len(), asked);
        }
    }

    #[tokio::test]
    async fn caches_behind_the_gateway_are_told_how_long_the_response_is_kept() {
        for (attributes, expected) in [
            ("", None),
            ("downstream-caching-type=\"none\"", None),
            ("downstream-caching-type=\"public\"", Some("public, must-revalidate, max-age=")),
            ("downstream-caching-type=\"@(\"private\")\" must-revalidate=\"false\"", Some("private, max-age=")),
        ] {
            let gateway = Gateway::new(attributes, "");
            for left in [60, 50] {
                let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
                let response = gateway.0.run(&gateway.2, request, &gateway.1).await.response;
                let found = response.headers().get("cache-control").map(|value| value.to_str().unwrap().to_owned());
                assert_eq!(found, expected.map(|text| format!("{text}{left}")), "{attributes}");
                gateway.0.advance(SignedDuration::from_secs(10));
            }
        }
    }

    #[tokio::test]
    async fn the_backend_does_not_see_the_cache_headers_of_the_client() {
        let gateway = Gateway::new("", "");
        let headers =
            [("cache-control", "no-cache"), ("if-none-match", "\"a\""), ("if-modified-since", "x"), ("x", "1")];
        assert!(gateway.asks(Method::GET, "/orders", &headers).await);
        let forwarded = gateway.0.forwarded.lock().unwrap();
        let names: Vec<_> = forwarded[0].headers().keys().map(http::HeaderName::as_str).collect();
        assert_eq!(names, ["x", "x-in"]);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in(
                "inbound",
                "<cache-lookup vary-by-developer=\"1\" caching-type=\"redis\" downstream-caching-type=\"shared\" must-revalidate=\"x\"><vary-by-header>a b</vary-by-header><vary-by /></cache-lookup>"
            ),
            [
                "2:1: <cache-lookup> needs the attribute \"vary-by-developer-groups\"",
                "2:15: the attribute \"vary-by-developer\" of <cache-lookup> must be true or false",
                "2:37: the attribute \"caching-type\" of <cache-lookup> must be internal, external or prefer-external",
                "2:58: the attribute \"downstream-caching-type\" of <cache-lookup> must be none, private or public",
                "2:91: the attribute \"must-revalidate\" of <cache-lookup> must be true or false",
                "2:111: the text of <vary-by-header> must be a header name",
                "2:147: <vary-by> is not declared in <cache-lookup>",
            ]
        );
    }
}
