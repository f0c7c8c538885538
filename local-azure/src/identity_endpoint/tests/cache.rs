//! Azure's token cache, when the seed turns it on.

use std::cell::Cell;

use super::{cache::TokenCache, *};

async fn roles(routes: &Router, resource: &str) -> Value {
    let path = format!("/msi/token?api-version=2019-08-01&client_id={READER}&resource={resource}");
    let request = http::Request::get(path).header("x-identity-header", "the-header");
    let token = send_to(routes.clone(), request).await.json()["access_token"].as_str().unwrap().to_owned();
    let claims = jsonwebtoken::dangerous::insecure_decode::<Value>(token).unwrap().claims;
    claims.get("roles").cloned().unwrap_or_default()
}

/// Returns the roles in the token before and after a role is given, and then under the API's other name.
async fn around_an_assignment(token_cache: bool) -> [Value; 3] {
    let world = world_where(|seed| seed.tenant.token_cache = token_cache);
    let routes = routes(world.entra.clone(), crate::run_secret::RunSecret::from_text("the-header"));
    let before = roles(&routes, "api://orders").await;
    let api = &world.seed.app_registrations[0];
    world.entra.directory.assign(READER_PRINCIPAL.parse().unwrap(), api.principal_id(), api.app_roles[0].id).unwrap();
    [before, roles(&routes, "api://orders").await, roles(&routes, &api.client_id.to_string()).await]
}

#[tokio::test]
async fn without_the_cache_a_new_role_shows_at_once() {
    let given = json!(["Orders.Read"]);
    assert_eq!(around_an_assignment(false).await, [Value::Null, given.clone(), given]);
}

#[tokio::test]
async fn with_the_cache_a_new_role_stays_invisible() {
    assert_eq!(around_an_assignment(true).await, [Value::Null, Value::Null, json!(["Orders.Read"])]);
}

#[test]
fn a_token_is_kept_for_a_day_and_a_refusal_is_not() {
    let world = world();
    let reader = world.seed.identity("id-keyless-reader").unwrap();
    let (cache, issued) = (TokenCache::default(), Cell::new(0));
    let get = |second: i64| {
        let now = Timestamp::from_second(second).unwrap();
        let issue = || {
            issued.set(issued.get() + 1);
            issuer::issue(&world.entra, reader, "https://vault.azure.net", now)
        };
        cache.get_or_issue(reader.principal_id, "https://vault.azure.net", now, issue).ok().unwrap().not_before
    };
    assert_eq!((get(1_000), get(1_001), get(87_399)), (1_000, 1_000, 1_000));
    assert_eq!((get(87_400), issued.get()), (87_400, 2));

    let now = Timestamp::now();
    for resource in ["api://nobody", "api://nobody"] {
        let refused = || {
            issued.set(issued.get() + 1);
            issuer::issue(&world.entra, reader, resource, now)
        };
        assert!(cache.get_or_issue(reader.principal_id, resource, now, refused).is_err());
    }
    assert_eq!(issued.get(), 4);
}
