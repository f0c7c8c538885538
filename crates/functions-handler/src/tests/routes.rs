//! The host and the handler agree on which function a request is for.

use axum::{
    extract::{Path, State},
    http::{HeaderValue, Uri},
};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::{RestOfPath, invocation::origin::INVOCATION_ID};

const GET: &[&str] = &["get"];
const POST: &[&str] = &["POST"];

async fn says_a(rest: Option<Path<String>>) -> String {
    format!("a {}", rest.map(|Path(rest)| rest).unwrap_or_default())
}

async fn says_b() -> &'static str {
    "b"
}

async fn ticks() {}

#[tokio::test]
async fn the_hosts_probe_is_answered_with_the_name_of_the_app() {
    let app = http("a", GET, "a", says_b);
    assert_eq!(send(&router(app, &[]), Method::GET, "/", "").await.body, "functions-handler");
    let embedded = Function::embedded("a", http_function("a", GET, "a").definition, ["my-app", "1.2.3", "my_app::x"]);
    let named = router(app_of(embedded), &[]);
    assert_eq!(send(&named, Method::GET, "/", "").await.body, "my-app 1.2.3");
}

fn app_of(function: Function) -> FunctionApp {
    app().http(function, says_b)
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let router = router(http("health", GET, "health", says_b).timer(timer_function("tick"), ticks), &[]);
    for (method, path) in [
        (Method::GET, "/api/nothing"),
        (Method::GET, "/health"),
        (Method::GET, "/tick"),
        (Method::POST, "/"),
        (Method::POST, "/Tick"),
        (Method::POST, "/tick/"),
        (Method::HEAD, "/api/health"),
        (Method::from_bytes(b"BREW").unwrap(), "/api/health"),
    ] {
        let answer = send(&router, method.clone(), path, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        if method != Method::HEAD {
            assert_eq!(answer.code(), "not_found", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_path_is_matched_in_any_case_and_with_slashes_at_its_end() {
    let router = router(http("health", GET, "health", says_b), &[]);
    for path in ["/API/Health", "/api/health/", "/Api/HEALTH/?x=1", "/api/health//"] {
        assert_eq!(send(&router, Method::GET, path, "").await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(send(&router, Method::GET, "/api//health", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_value_keeps_its_case_and_its_escapes() {
    let router = router(http("a", GET, "Items/{id}", says_a), &[]);
    assert_eq!(send(&router, Method::GET, "/API/items/A%20b%2Fc/", "").await.body, "a A b/c");
}

#[tokio::test]
async fn a_value_that_is_not_utf8_is_a_bad_request() {
    let router = router(http("a", GET, "items/{id}", async |Path(id): Path<String>| id), &[]);
    assert_eq!(send(&router, Method::GET, "/api/items/%FF", "").await.status, StatusCode::BAD_REQUEST);
}

#[derive(Deserialize)]
struct Page {
    shelf: String,
    book: u32,
    page: Option<u32>,
}

#[tokio::test]
async fn every_form_of_route_hands_its_values_to_the_extractors() {
    let shown = async |Path(Page { shelf, book, page }): Path<Page>, uri: Uri| format!("{shelf} {book} {page:?} {uri}");
    let router = router(http("a", GET, "{shelf:alpha}-{book:range(1,9)}/{page:int?}", shown), &[]);
    for (path, expected) in
        [("/api/Poems-7", "Poems 7 None /api/Poems-7"), ("/API/Poems-7/12?x=1", "Poems 7 Some(12) /API/Poems-7/12?x=1")]
    {
        assert_eq!(send(&router, Method::GET, path, "").await.body, expected, "{path}");
    }
    for path in ["/api/Poems-10", "/api/P1-7", "/api/Poems-7/x"] {
        assert_eq!(send(&router, Method::GET, path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_function_gets_the_rest_of_the_path_as_it_was_written() {
    let app = http("a", GET, "relay/{*rest}", async |RestOfPath(rest): RestOfPath| rest);
    let router = router(app.http(http_function("b", GET, "b"), async |RestOfPath(rest): RestOfPath| rest), &[]);
    assert_eq!(send(&router, Method::GET, "/API/relay/a%2Fb//c/", "").await.body, "/a%2Fb//c/");
    assert_eq!(send(&router, Method::GET, "/api/b", "").await.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn the_prefix_is_that_of_host_json() {
    for (prefix, path) in [("v1/things", "/V1/Things/health"), ("", "/health")] {
        let router = router(http("a", GET, "health", says_b), &[(PREFIX, prefix)]);
        assert_eq!(send(&router, Method::GET, path, "").await.status, StatusCode::OK, "{prefix}");
    }
    for prefix in ["/x/", "{x:foo}"] {
        let error = try_router(http("a", GET, "health", says_b), &[(PREFIX, prefix)]).unwrap_err().to_string();
        assert!(error.contains(prefix), "{error}");
    }
}

#[tokio::test]
async fn the_first_function_by_name_that_matches_wins_as_with_the_host() {
    let both = http("b", GET, "health", says_b).http(http_function("A", GET, "{*rest}"), says_a);
    assert_eq!(send(&router(both, &[]), Method::GET, "/api/health", "").await.body, "a health");
    let other = http("b", GET, "health", says_b).http(http_function("c", GET, "{*rest}"), says_a);
    let other = router(other, &[]);
    assert_eq!(send(&other, Method::GET, "/api/health", "").await.body, "b");
    assert_eq!(send(&other, Method::GET, "/api", "").await.body, "a ");
    assert_eq!(send(&other, Method::GET, "/api/x//y/", "").await.body, "a x//y/");
}

#[tokio::test]
async fn a_method_that_does_not_match_leads_to_the_next_function() {
    let both = http("a", &["put"], "x", says_a).http(http_function("b", &["get", "head"], "x"), says_b);
    let router = router(both, &[]);
    assert_eq!(send(&router, Method::GET, "/api/x", "").await.body, "b");
    assert_eq!(send(&router, Method::PUT, "/api/x", "").await.body, "a ");
    assert_eq!(send(&router, Method::HEAD, "/api/x", "").await.status, StatusCode::OK);
    assert_eq!(send(&router, Method::POST, "/api/x", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_probe_is_told_from_a_callers_request_for_the_root() {
    let router = router(http("a", GET, "{*rest}", says_a), &[(PREFIX, "")]);
    assert_eq!(send(&router, Method::GET, "/", "").await.body, "functions-handler");
    let mut forwarded = request(Method::GET, "/", "");
    let id = HeaderValue::from_static("7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f");
    forwarded.headers_mut().insert(INVOCATION_ID, id);
    assert_eq!(answer(&router, forwarded).await.body, "a ");
}

#[test]
fn a_route_that_leads_to_another_functions_name_is_refused() {
    for (prefix, methods, route, name) in [
        ("", POST, "{*rest}", "tick"),
        ("", POST, "{name}", "tick"),
        ("", POST, "TICK", "tick"),
        ("tick", POST, "{rest?}", "tick"),
        ("api", &["get", "post"], "{*rest}", "api"),
    ] {
        let app = http("a", methods, route, says_a).timer(timer_function(name), ticks);
        let error = try_router(app, &[(PREFIX, prefix)]).unwrap_err().to_string();
        assert!(error.contains("function a: its route leads to /"), "{error}");
    }
    for (prefix, methods, route) in [("api", POST, "{*rest}"), ("", GET, "{*rest}"), ("", POST, "a/{*rest}")] {
        let app = http("a", methods, route, says_a).timer(timer_function("tick"), ticks);
        assert!(try_router(app, &[(PREFIX, prefix)]).is_ok(), "{route}");
    }
}

#[tokio::test]
async fn functions_share_the_state_and_parts_of_it() {
    #[derive(Clone)]
    struct Shared(u32);
    let app = FunctionApp::new(|| Ok::<_, std::convert::Infallible>(Shared(7)));
    let app = app.http(http_function("a", GET, "a"), async |State(Shared(n)): State<Shared>| n.to_string());
    assert_eq!(send(&router(app, &[]), Method::GET, "/api/a", "").await.body, "7");
}

proptest! {
    /// If a template matches a path, axum must find a route for it. Otherwise the answer would be axum's own 404,
    /// without a body.
    #[test]
    fn whatever_the_path_it_is_a_functions_or_not_found(path in "/(api|API)?(/+(a|Z|x))?(/[!-~]{0,3}){0,4}") {
        let app = http("a", GET, "a/{b}/{c?}", async || "ok").http(http_function("z", GET, "z/{*rest}"), says_b);
        let router = router(app, &[]);
        if let Ok(request) = Request::get(&path).body(Body::empty()) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let answer = runtime.block_on(answer(&router, request));
            prop_assert!(answer.status == StatusCode::OK || answer.code() == "not_found", "{}", path);
        }
    }
}
