//! `cache-lookup`: a kept response instead of the backend's
//! (learn.microsoft.com/azure/api-management/cache-lookup-policy).
//!
//! A response that is found goes on after the `cache-store` of the outbound section; where it goes on is not documented,
//! and nobody compared it with a live gateway. It is looked for by API, operation, path, and what the policy names; query parameters that it does not name do not count,
//! which is the plain reading of the page. `downstream-caching-type` other than `none` is not supported: which headers
//! it makes is not documented.

use super::{Kind, Policy, Stop, cache_store_value::only_built_in};
use crate::{
    failure::Failure,
    load::{Count, Element, Setting},
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::Section,
};

pub(super) const KIND: Kind = Kind { name: "cache-lookup", sections: &[Section::Inbound], load };

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
}

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    element.only_attributes(&ATTRIBUTES, problems);
    if element.is_repeated() {
        element.problem(problems, "<cache-lookup> may stand in a section once");
    }
    only_built_in(element, problems);
    if !matches!(element.attribute("downstream-caching-type", problems), None | Some("none")) {
        element.bad_value("downstream-caching-type", "none: caches behind the gateway are not supported", problems);
    }
    let _without_downstream_it_changes_nothing: Option<Setting<bool>> = element.setting("must-revalidate", problems);
    let by_developer = element.required_setting("vary-by-developer", problems);
    let by_groups = element.required_setting("vary-by-developer-groups", problems);
    let allow_private = element.setting("allow-private-response-caching", problems);
    let (mut headers, mut parameters) = (Vec::new(), Vec::new());
    for child in element.children(&[("vary-by-header", Count::Any), ("vary-by-query-parameter", Count::Any)], problems)
    {
        child.only_attributes(&[], problems);
        let Some(text) = child.text(problems) else { continue };
        if child.name() == "vary-by-query-parameter" {
            parameters.extend(text.split(';').map(|name| name.trim().to_owned()));
        } else if text.parse::<http::HeaderName>().is_ok() {
            headers.push(text.to_lowercase());
        } else {
            child.problem(problems, "the text of <vary-by-header> must be a header name");
        }
    }
    let (by_developer, by_groups) = (by_developer?, by_groups?);
    Some(Policy::CacheLookup(Box::new(CacheLookup { by_developer, by_groups, allow_private, headers, parameters })))
}

impl CacheLookup {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Stop> {
        let request = &run.context.request;
        if request.method != "GET" {
            run.trace(|| "only responses to GET are kept".to_owned());
            return Ok(());
        }
        if request.headers.contains_key(http::header::AUTHORIZATION)
            && !run.get_any(self.allow_private.as_ref()).await?.unwrap_or(false)
        {
            run.trace(|| "a request with Authorization is private".to_owned());
            return Ok(());
        }
        let key = self.key(run).await?;
        let Some(found) = run.state.cache.get(&key, run.outside.now()).and_then(|found| found.as_response()) else {
            run.trace(|| "not found".to_owned());
            run.lookup = Some(key);
            return Ok(());
        };
        run.trace(|| "found".to_owned());
        run.respond(found, None);
        Err(Stop::Found)
    }

    /// Parts are written as JSON, so that no value can pass for another.
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

        /// Sends a request; whether the backend was asked.
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

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in(
                "inbound",
                "<cache-lookup vary-by-developer=\"1\" caching-type=\"external\" downstream-caching-type=\"public\" must-revalidate=\"x\"><vary-by-header>a b</vary-by-header><vary-by /></cache-lookup>"
            ),
            [
                "2:1: <cache-lookup> needs the attribute \"vary-by-developer-groups\"",
                "2:15: the attribute \"vary-by-developer\" of <cache-lookup> must be true or false",
                "2:37: the attribute \"caching-type\" of <cache-lookup> must be internal or prefer-external: there is no external cache",
                "2:61: the attribute \"downstream-caching-type\" of <cache-lookup> must be none: caches behind the gateway are not supported",
                "2:94: the attribute \"must-revalidate\" of <cache-lookup> must be true or false",
                "2:114: the text of <vary-by-header> must be a header name",
                "2:150: <vary-by> in <cache-lookup> is not supported",
            ]
        );
    }
}
