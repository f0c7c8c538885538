//! Versions of an API: in the path, in a header, in the query, and absent.

use super::{GatewayAnswer, Request, Rig};
use crate::seed::{Seed, VersionScheme, VersionSet};

/// Starts a gateway with three APIs at one path, the original without a version. Each API names itself in a header.
async fn start(scheme: VersionScheme, name: Option<&str>) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("apis")).unwrap();
    for id in ["orders", "orders-v1", "orders-v2"] {
        let document = format!(
            "<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /><set-header name=\"x-api\">\
             <value>{id}</value></set-header></outbound><on-error><base /></on-error></policies>"
        );
        std::fs::write(folder.path().join("apis").join(format!("{id}.xml")), document).unwrap();
    }
    Rig::start(|seed: &mut Seed| {
        seed.apim.policies = folder.path().to_owned();
        let set = VersionSet { id: "orders".to_owned(), scheme, name: name.map(str::to_owned) };
        seed.apim.version_sets.push(set);
        let original = &mut seed.apim.apis[0];
        (original.version_set, original.subscription_required) = (Some("orders".to_owned()), false);
        for version in ["v1", "v2"] {
            let mut api = seed.apim.apis[0].clone();
            (api.id, api.version) = (format!("orders-{version}"), Some(version.to_owned()));
            seed.apim.apis.push(api);
        }
        assert_eq!(seed.check(), [""; 0]);
    })
    .await
}

async fn get(rig: &Rig, path: &str, headers: &[(&'static str, &str)]) -> GatewayAnswer {
    let mut request = Request::get(path).body(String::new()).unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    rig.send(request).await
}

/// Returns the API that answered, or the status of a refusal.
fn answered(answer: &GatewayAnswer) -> String {
    let api = answer.headers.get("x-api").map(|value| value.to_str().unwrap().to_owned());
    api.unwrap_or_else(|| answer.status.to_string())
}

const NOT_FOUND: &str = "{ \"statusCode\": 404, \"message\": \"Resource not found\" }";

#[tokio::test]
async fn a_version_in_the_path_is_a_part_of_it() {
    let rig = start(VersionScheme::Path, None).await;
    for (path, api, at_backend) in [
        ("/orders/v1", "orders-v1", "/base/"),
        ("/orders/v2/5?a=b", "orders-v2", "/base/5?a=b"),
        ("/orders", "orders", "/base/"),
        // There is no version with this name, so this is an order of the original API.
        ("/orders/v3", "orders", "/base/v3"),
    ] {
        assert_eq!(answered(&get(&rig, path, &[]).await), api, "{path}");
        assert_eq!(rig.received()[0].0.uri, at_backend, "{path}");
    }
    let answer = get(&rig, "/orders/v3/5", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, NOT_FOUND));
}

#[tokio::test]
async fn a_version_in_a_header_or_the_query_must_be_one_that_exists() {
    let rig = start(VersionScheme::Header, Some("Api-Version")).await;
    for (headers, api) in [
        (&[("api-version", "v1")][..], "orders-v1"),
        (&[("api-version", "v2")], "orders-v2"),
        (&[], "orders"),
        (&[("api-version", "v3")], "404"),
        (&[("api-version", "V1")], "404"),
        (&[("api-version", "v1"), ("api-version", "v2")], "404"),
    ] {
        assert_eq!(answered(&get(&rig, "/orders", headers).await), api, "{headers:?}");
    }
    assert_eq!(rig.received()[0].0.headers["api-version"], "v1");

    let rig = start(VersionScheme::Query, Some("v")).await;
    for (path, api) in [
        ("/orders?v=v1", "orders-v1"),
        ("/orders?a=b&v=%762", "orders-v2"),
        ("/orders?V=v1", "orders"),
        ("/orders?v=v3", "404"),
        ("/orders?v=v1&v=v2", "404"),
    ] {
        assert_eq!(answered(&get(&rig, path, &[]).await), api, "{path}");
    }
    assert_eq!(rig.received()[0].0.uri, "/base/?v=v1");
}

#[tokio::test]
async fn without_an_original_a_request_that_names_no_version_is_not_found() {
    let mut rig = start(VersionScheme::Query, Some("v")).await;
    let mut seed = rig.world.seed().clone();
    seed.apim.apis.remove(0);
    let empty = tempfile::tempdir().unwrap();
    seed.apim.policies = empty.path().to_owned();
    seed.apim.products.clear();
    rig.world = std::sync::Arc::new(crate::world::World::new(seed).unwrap());
    rig.gateway = super::routes(rig.world.api_management.clone()).unwrap_or_else(|error| panic!("{error}")).0;
    assert_eq!(get(&rig, "/orders?v=v1", &[]).await.status, 200);
    let answer = get(&rig, "/orders", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, NOT_FOUND));
}
