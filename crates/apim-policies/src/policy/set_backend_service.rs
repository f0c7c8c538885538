//! `set-backend-service`: sends the request somewhere else
//! (learn.microsoft.com/azure/api-management/set-backend-service-policy). What follows the API's path stays.

use std::collections::BTreeMap;

use url::Url;

use super::{Kind, Policy};
use crate::{
    Backend,
    expression::Url as BaseUrl,
    failure::Failure,
    load::{Element, Setting},
    outside::Outside,
    problem::Problems,
    run::Run,
    scope::Section,
};

pub(super) const KIND: Kind =
    Kind { name: "set-backend-service", sections: &[Section::Inbound, Section::Backend], load };

#[derive(Debug)]
pub(crate) enum SetBackendService {
    Url(Setting<Url>),
    /// With the backends of the service.
    Backend(Setting<String>, BTreeMap<String, Backend>),
}

fn load(element: &Element<'_>, problems: &mut Problems) -> Option<Policy> {
    element.only_attributes(&["id", "base-url", "backend-id"], problems);
    element.children(&[], problems);
    let policy = match (element.has("base-url"), element.has("backend-id")) {
        (true, false) => SetBackendService::Url(element.setting("base-url", problems)?),
        (false, true) => {
            let id = element.setting::<String>("backend-id", problems)?;
            let backends = &element.service().backends;
            if let Setting::Literal(id) = &id
                && !backends.contains_key(id)
            {
                element.bad_value("backend-id", "a backend of the service", problems);
            }
            SetBackendService::Backend(id, backends.clone())
        }
        _ => {
            element.problem(problems, "<set-backend-service> needs either base-url or backend-id");
            return None;
        }
    };
    Some(Policy::SetBackendService(Box::new(policy)))
}

impl SetBackendService {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let (url, backend) = match self {
            Self::Url(url) => (run.get(url).await?, None),
            Self::Backend(id, backends) => {
                let id = run.get(id).await?;
                let backend = backends
                    .get(&id)
                    .ok_or_else(|| Failure::internal("", "", format!("Backend with id '{id}' could not be found.")))?;
                (backend.url.clone(), Some(id))
            }
        };
        let base = BaseUrl::parse(url.as_str())
            .ok_or_else(|| Failure::expression(&format!("{url} is not an http or https URL.")))?;
        match backend {
            // The page says that only a backend-id overrides a backend-id that a broader scope set.
            None if run.has_backend_of_broader_scope() => {
                run.trace(|| "a broader scope named a backend, which a base-url does not override".to_owned());
            }
            backend => {
                run.trace(|| backend.as_ref().map_or_else(|| base.to_string(), |id| format!("{id}: {base}")));
                run.set_base(base, backend);
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

    use crate::{
        Backend, Document, Pipeline, Scope, State,
        rig::{World, document, facts, problems_in},
    };

    fn world() -> World {
        let mut world = World::new();
        let backend = |url: &str| Backend { url: url.parse().unwrap() };
        world.service.backends = BTreeMap::from([
            ("one".to_owned(), backend("https://one.test/api/")),
            ("two".to_owned(), backend("http://two.test:8080")),
        ]);
        world
    }

    /// Where `GET /orders/7?q=1` goes.
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

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<set-backend-service /><set-backend-service backend-id=\"x\" sf-partition-key=\"1\" />\
                 <set-backend-service base-url=\"backend.test\" /><set-backend-service base-url=\"https://a\" backend-id=\"b\" />"
            ),
            [
                "2:1: <set-backend-service> needs either base-url or backend-id",
                "2:45: the attribute \"backend-id\" of <set-backend-service> must be a backend of the service",
                "2:60: the attribute \"sf-partition-key\" of <set-backend-service> is not supported",
                "2:104: the attribute \"base-url\" of <set-backend-service> must be an http or https URL",
                "2:130: <set-backend-service> needs either base-url or backend-id",
            ]
        );
    }
}
