//! The host and the handler agree on which function a request is for.

use axum::{extract::Path, routing::any};
use http::HeaderValue;
use proptest::prelude::*;

use super::*;
use crate::host::{INVOCATION_ID, InvocationResponse};

const GET: MethodFilter = MethodFilter::GET;

fn says_a() -> MethodRouter<Arc<App>> {
    any(async |rest: Option<Path<String>>| format!("a {}", rest.map(|Path(rest)| rest).unwrap_or_default()))
}

fn says_b() -> MethodRouter<Arc<App>> {
    any(async || "b")
}

fn timer(name: &'static str) -> Function {
    Function { name, trigger: Trigger::Timer { run: |_, _| Box::pin(async { Ok(InvocationResponse::default()) }) } }
}

#[tokio::test]
async fn a_path_is_matched_in_any_case_and_with_a_slash_at_its_end() {
    let handler = handler();
    for path in ["/API/Health", "/api/health/", "/Api/HEALTH/?x=1"] {
        assert_eq!(send(&handler, Method::GET, path, "").await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(send(&handler, Method::GET, "/api//health", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_value_keeps_its_case_and_its_escapes() {
    let router = router(app(&[]), &[http("a", GET, "Items/{id}", says_a)]).unwrap();
    assert_eq!(send(&router, Method::GET, "/API/items/A%20b%2Fc/", "").await.body, "a A b/c");
}

#[tokio::test]
async fn the_prefix_is_that_of_host_json() {
    for (prefix, path) in [("v1/things", "/V1/Things/health"), ("", "/health"), ("/x/", "/x/health")] {
        let router = router(app(&[(PREFIX, prefix)]), functions::ALL);
        let answer = send(&router.unwrap(), Method::GET, path, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{prefix}");
    }
}

#[tokio::test]
async fn the_first_function_by_name_that_matches_wins_as_with_the_host() {
    let both = [http("b", GET, "health", says_b), http("A", GET, "{*rest}", says_a)];
    let first = router(app(&[]), &both).unwrap();
    assert_eq!(send(&first, Method::GET, "/api/health", "").await.body, "a health");
    let other = [http("b", GET, "health", says_b), http("c", GET, "{*rest}", says_a)];
    let first = router(app(&[]), &other).unwrap();
    assert_eq!(send(&first, Method::GET, "/api/health", "").await.body, "b");
    assert_eq!(send(&first, Method::GET, "/api", "").await.body, "a ");
    assert_eq!(send(&first, Method::GET, "/api/x//y/", "").await.body, "a x//y/");
}

#[tokio::test]
async fn a_method_that_does_not_match_leads_to_the_next_function() {
    let both = [http("a", MethodFilter::PUT, "x", says_a), http("b", GET.or(MethodFilter::HEAD), "x", says_b)];
    let router = router(app(&[]), &both).unwrap();
    assert_eq!(send(&router, Method::GET, "/api/x", "").await.body, "b");
    assert_eq!(send(&router, Method::PUT, "/api/x", "").await.body, "a ");
    assert_eq!(send(&router, Method::HEAD, "/api/x", "").await.status, StatusCode::OK);
    assert_eq!(send(&router, Method::POST, "/api/x", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_probe_is_told_from_a_callers_request_for_the_root() {
    let router = router(app(&[(PREFIX, "")]), &[http("a", GET, "{*rest}", says_a)]).unwrap();
    assert_eq!(send(&router, Method::GET, "/", "").await.body, "keyless-functions");
    let mut forwarded = request(Method::GET, "/", "");
    let id = HeaderValue::from_static("7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f");
    forwarded.headers_mut().insert(INVOCATION_ID, id);
    assert_eq!(answer(&router, forwarded).await.body, "a ");
}

#[test]
fn a_route_that_leads_to_another_functions_name_is_refused() {
    let post = MethodFilter::POST;
    for (prefix, methods, route, name) in [
        ("", post, "{*rest}", "tick"),
        ("", post, "{name}", "tick"),
        ("", post, "TICK", "tick"),
        ("tick", post, "{rest?}", "tick"),
        ("api", GET.or(post), "{*rest}", "api"),
    ] {
        let functions = [http("a", methods, route, says_a), timer(name)];
        let error = router(app(&[(PREFIX, prefix)]), &functions).unwrap_err().to_string();
        assert!(error.contains("function a: its route leads to /"), "{error}");
    }
    for (prefix, methods, route) in [("api", post, "{*rest}"), ("", GET, "{*rest}"), ("", post, "a/{*rest}")] {
        assert!(
            router(app(&[(PREFIX, prefix)]), &[http("a", methods, route, says_a), timer("tick")]).is_ok(),
            "{route}"
        );
    }
}

#[test]
fn a_route_that_is_not_understood_is_refused_with_the_functions_name() {
    let error = router(app(&[]), &[http("a", GET, "x/{id:range(1,2)}", says_a)]).unwrap_err().to_string();
    assert!(error.contains("function a: ") && error.contains("{id:range(1,2)}"), "{error}");
}

proptest! {
    /// What a template matches, axum must find behind it; else the answer would be axum's own 404, without a body.
    #[test]
    fn whatever_the_path_it_is_the_functions_or_nobodys(path in "/(api|API)?(/+(a|Z|x))?(/[!-~]{0,3}){0,4}") {
        let functions = [http("a", GET, "a/{b}/{c?}", || any(async || "ok")), http("z", GET, "z/{*rest}", says_b)];
        let router = router(app(&[]), &functions).unwrap();
        if let Ok(request) = Request::get(&path).body(Body::empty()) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let answer = runtime.block_on(answer(&router, request));
            prop_assert!(answer.status == StatusCode::OK || answer.code() == "not_found", "{}", path);
        }
    }
}
