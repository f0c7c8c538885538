//! `set-backend-service`: sends the request to another backend
//! (learn.microsoft.com/azure/api-management/set-backend-service-policy). The path below the API's own stays.

use std::sync::Arc;

use super::prelude::*;
use crate::{Backends, expression::Url as BaseUrl};

#[derive(Debug)]
pub(crate) enum SetBackendService {
    Url(Setting<HttpUrl>),
    /// The ID of a backend, and the backends of the service.
    Backend(Setting<String>, Arc<Backends>),
}

/// The attributes that only a Service Fabric backend uses. No backend here is one.
const SERVICE_FABRIC: [&str; 5] =
    ["sf-resolve-condition", "sf-service-instance-name", "sf-partition-key", "sf-listener-name", "sf-replica-type"];
const DAPR: [&str; 3] = ["dapr-app-id", "dapr-method", "dapr-namespace"];

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SetBackendService> {
    element.only_attributes(&[&["id", "base-url", "backend-id"], &SERVICE_FABRIC[..], &DAPR[..]].concat(), problems);
    element.children(&[], problems);
    warn_of_service_fabric(element, problems);
    for name in DAPR.into_iter().filter(|name| element.has(name)) {
        element.unsupported_value(name, "it needs a Dapr sidecar", problems);
    }
    let policy = match (element.has("base-url"), element.has("backend-id")) {
        (true, false) => {
            let url = element.setting::<HttpUrl>("base-url", problems)?;
            if matches!(&url, Setting::Literal(url) if has_query(url)) {
                element.bad_value("base-url", WITHOUT_QUERY, problems);
            }
            SetBackendService::Url(url)
        }
        (false, true) => {
            let id = element.setting::<String>("backend-id", problems)?;
            let backends = &element.service().backends;
            if let Setting::Literal(id) = &id
                && !backends.contains_key(id)
            {
                element.undefined("backend-id", "a backend of the service", problems);
            }
            SetBackendService::Backend(id, Arc::new(backends.clone()))
        }
        (true, true) | (false, false) => {
            element.problem(problems, "<set-backend-service> needs either base-url or backend-id");
            return None;
        }
    };
    Some(policy)
}

const WITHOUT_QUERY: &str = "a URL without a query";

fn has_query(url: &HttpUrl) -> bool {
    url.as_str().contains('?')
}

fn warn_of_service_fabric(element: &Element<'_>, problems: &mut Problems) {
    let _condition: Option<Setting<bool>> = element.setting(SERVICE_FABRIC[0], problems);
    for name in &SERVICE_FABRIC[1..] {
        let value: Option<Setting<String>> = element.setting(name, problems);
        if *name == "sf-replica-type"
            && matches!(value, Some(Setting::Literal(kind)) if !matches!(kind.as_str(), "primary" | "secondary"))
        {
            element.bad_value(name, "primary or secondary", problems);
        }
    }
    for name in SERVICE_FABRIC.into_iter().filter(|name| element.has(name)) {
        element.warn(
            problems,
            format!("the attribute \"{name}\" has no effect, because the backend is no Service Fabric service"),
        );
    }
}

impl SetBackendService {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        match self {
            Self::Backend(id, all) => {
                let id = run.get(id).await?;
                if !all.contains_key(&id) {
                    let message = format!("Backend with id '{id}' could not be found.");
                    return Err(Failure::internal("", "", message));
                }
                run.trace(|| format!("the backend is {id}"));
                run.set_backend(id, Arc::clone(all));
            }
            Self::Url(url) => {
                let url = run.get(url).await?;
                if has_query(&url) {
                    return Err(Failure::expression(&format!("base-url is not {WITHOUT_QUERY}.")));
                }
                let base = BaseUrl::parse(url.as_str())
                    .ok_or_else(|| Failure::expression(&format!("{url} is not an http or https URL.")))?;
                // The page says that only a backend-id overrides a backend-id that a broader scope set.
                if run.has_backend_of_broader_scope() {
                    run.trace(|| "a broader scope named a backend, which a base-url does not override".to_owned());
                } else {
                    run.trace(|| format!("the backend is {base}"));
                    run.set_base(base);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;
    use http::Request;
    use jiff::SignedDuration;

    use crate::{
        Backend, CircuitBreaker, Document, Pipeline, PoolMember, Scope, State,
        rig::{World, document, facts, problems_in},
    };

    fn world() -> World {
        let mut world = World::new();
        let backend = |url: &str| Backend::Single { url: url.parse().unwrap(), breaker: None, credentials: None };
        world.service.backends = BTreeMap::from([
            ("one".to_owned(), backend("https://one.test/api/")),
            ("two".to_owned(), backend("http://two.test:8080")),
        ]);
        world
    }

    /// Returns the target of `GET /orders/7?q=1`.
    async fn target(inbound: &str) -> String {
        let world = world();
        let outcome = world.run_sections(inbound, "<base />", "", "").await;
        assert_eq!(outcome.last_error, None);
        world.forwarded.lock().unwrap()[0].uri().to_string()
    }

    #[tokio::test]
    async fn the_path_below_the_api_follows_the_new_base() {
        assert_eq!(target("").await, "https://backend.test/base/7?q=1");
        assert_eq!(
            target("<set-backend-service base-url=\"https://other.test/v1/\" />").await,
            "https://other.test/v1/7?q=1"
        );
        assert_eq!(target("<set-backend-service backend-id=\"one\" />").await, "https://one.test/api/7?q=1");
        let computed = "<set-backend-service backend-id=\"@(context.Request.Method == &quot;GET&quot; ? &quot;two&quot; : &quot;one&quot;)\" />";
        assert_eq!(target(computed).await, "http://two.test:8080/7?q=1");
        let url = "<set-backend-service base-url=\"@(\"https://\" + context.Api.Id + \".test\")\" />";
        assert_eq!(target(url).await, "https://orders.test/7?q=1");
    }

    #[tokio::test]
    async fn a_base_with_a_query_fails() {
        let policy = "<set-backend-service base-url=\"@(\"https://other.test/?a=b\")\" />";
        let error = world().run_sections(policy, "<base />", "", "").await.last_error.unwrap();
        assert_eq!(error.message, "Expression evaluation failed. base-url is not a URL without a query.");
    }

    #[tokio::test]
    async fn a_backend_of_a_broader_scope_is_overridden_by_a_backend_alone() {
        let target = async |api: &str| {
            let world = world();
            let load = |scope, inbound: &str| {
                Document::load(scope, &document(inbound, "<base />", "", ""), &world.service).unwrap()
            };
            let product = load(Scope::Product, "<set-backend-service backend-id=\"one\" />");
            let api = load(Scope::Api, &format!("<base />{api}"));
            let pipeline = Pipeline::compose(&[&Document::default_global(), &product, &api]).unwrap();
            let request = Request::get("/orders").body(Bytes::new()).unwrap();
            let facts = facts(&request);
            pipeline.run(request, facts, &State::default(), &world).await;
            world.forwarded.lock().unwrap()[0].uri().to_string()
        };
        assert_eq!(target("<set-backend-service base-url=\"https://other.test\" />").await, "https://one.test/api/");
        assert_eq!(target("<set-backend-service backend-id=\"two\" />").await, "http://two.test:8080/");
    }

    #[tokio::test]
    async fn a_backend_that_turns_out_not_to_exist_is_an_error() {
        let outcome = world().run_sections("<set-backend-service backend-id=\"@(\"x\")\" />", "", "", "").await;
        let error = outcome.last_error.unwrap();
        assert_eq!(
            (error.source, error.message.as_str()),
            ("set-backend-service", "Backend with id 'x' could not be found.")
        );
    }

    /// Returns a world with two backends in a pool. Each is avoided after one failure.
    fn pool() -> World {
        let mut world = World::new();
        let breaker = CircuitBreaker {
            failures: 1,
            interval: SignedDuration::from_secs(60),
            statuses: vec![(429, 429)],
            trip: SignedDuration::from_secs(10),
            accepts_retry_after: false,
        };
        for id in ["one", "two"] {
            let url = format!("https://{id}.test").parse().unwrap();
            let backend = Backend::Single { url, breaker: Some(breaker.clone()), credentials: None };
            world.service.backends.insert(id.to_owned(), backend);
        }
        let member = |id: &str, priority| PoolMember { backend: id.to_owned(), priority, weight: 1 };
        world.service.backends.insert("pool".to_owned(), Backend::Pool(vec![member("one", 1), member("two", 2)]));
        world
    }

    #[tokio::test]
    async fn a_retry_goes_to_the_backend_whose_circuit_breaker_is_not_open() {
        let world = pool();
        world.answer(429, "busy");
        let retry = "<retry condition=\"@(context.Response.StatusCode == 429)\" count=\"2\" interval=\"0\">\
                     <forward-request buffer-request-body=\"true\" /></retry>";
        let inbound = "<set-backend-service backend-id=\"pool\" />";
        let outcome = world.run_sections(inbound, retry, "", "").await;
        assert_eq!(outcome.response.status(), 200);
        let hosts: Vec<_> =
            world.forwarded.lock().unwrap().iter().map(|request| request.uri().host().unwrap().to_owned()).collect();
        assert_eq!(hosts, ["one.test", "two.test"]);
    }

    #[tokio::test]
    async fn a_pool_without_a_usable_backend_answers_503_and_policies_go_on() {
        let (world, state) = (pool(), State::default());
        let document = document(
            "<set-backend-service backend-id=\"pool\" />",
            "<base />",
            "<set-header name=\"x-reason\"><value>@(context.Response.StatusReason)</value></set-header>",
            "",
        );
        let run = async || {
            let request = Request::get("/orders").body(Bytes::new()).unwrap();
            world.run(&document, request, &state).await
        };
        for _ in 0..2 {
            world.answer(429, "busy");
            assert_eq!(run().await.response.status(), 429);
        }
        let outcome = run().await;
        assert_eq!((outcome.response.status().as_u16(), outcome.last_error), (503, None));
        assert_eq!(outcome.response.body(), r#"{ "statusCode": 503, "message": "Service unavailable" }"#);
        assert_eq!(outcome.response.headers()["x-reason"], "Backend pool 'pool' is temporarily unavailable.");
        assert_eq!(world.forwarded.lock().unwrap().len(), 2);
        world.advance(SignedDuration::from_secs(10));
        assert_eq!(run().await.response.status(), 200);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<set-backend-service /><set-backend-service backend-id=\"x\" sf-replica-type=\"both\" dapr-method=\"m\" />\
                 <set-backend-service base-url=\"backend.test\" /><set-backend-service base-url=\"https://a\" backend-id=\"b\" />"
            ),
            [
                "2:1: <set-backend-service> needs either base-url or backend-id",
                "2:24: the attribute \"sf-replica-type\" has no effect, because the backend is no Service Fabric service",
                "2:45: the attribute \"backend-id\" of <set-backend-service> must be a backend of the service",
                "2:60: the attribute \"sf-replica-type\" of <set-backend-service> must be primary or secondary",
                "2:83: the attribute \"dapr-method\" of <set-backend-service>: it needs a Dapr sidecar",
                "2:122: the attribute \"base-url\" of <set-backend-service> must be an http or https URL",
                "2:148: <set-backend-service> needs either base-url or backend-id",
            ]
        );
    }
}
