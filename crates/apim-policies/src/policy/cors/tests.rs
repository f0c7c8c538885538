//! Tests the answers to browsers.

use bytes::Bytes;
use http::{Method, Request};

use crate::{
    Document, Outcome, Pipeline, Scope, Service, State,
    rig::{World, document, facts, problems_in, warnings_in},
};

const SHOP: &str =
    "<allowed-origins><origin>https://shop.test/</origin><origin>http://LOCALHOST:8080</origin></allowed-origins>";
const HEADERS: &str = "<allowed-headers><header>X-One</header><header>content-type</header></allowed-headers>";

fn request(method: Method, headers: &[(&str, &str)]) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri("/orders");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::new()).unwrap()
}

/// Returns the headers of a response, in the order of their names, without those of the backend.
fn headers(outcome: &Outcome<Bytes>) -> Vec<String> {
    let headers = outcome.response.headers().iter();
    let mut lines: Vec<_> = headers
        .map(|(name, value)| {
            format!("{}: {}", name.as_str().trim_start_matches("access-control-"), value.to_str().unwrap())
        })
        .collect();
    lines.sort();
    lines
}

async fn preflight(policies: &str, headers: &[(&str, &str)]) -> Option<Outcome<Bytes>> {
    preflight_with(policies, "", headers).await
}

/// Sends a request like [`preflight`], with this content of the fragment `f`.
async fn preflight_with(policies: &str, fragment: &str, headers: &[(&str, &str)]) -> Option<Outcome<Bytes>> {
    let mut world = World::new();
    world.service.fragments.insert("f".to_owned(), format!("<fragment>{fragment}</fragment>"));
    let text = document(policies, "<base />", "<set-header name=\"x-out\"><value>1</value></set-header>", "");
    let document = Document::load(Scope::Api, &text, &world.service).unwrap();
    let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
    let request = request(Method::OPTIONS, headers);
    let outcome = pipeline.preflight(&request.clone().into_parts().0, facts(&request), &State::default(), &world).await;
    assert!(world.forwarded.lock().unwrap().is_empty());
    outcome
}

async fn allowed(policies: &str, asked: &[(&str, &str)]) -> Vec<String> {
    let outcome = preflight(policies, asked).await.unwrap();
    assert_eq!((outcome.response.status().as_u16(), outcome.response.body().len()), (200, 0));
    headers(&outcome)
}

fn asks<'a>(origin: &'a str, method: &'a str) -> [(&'a str, &'a str); 2] {
    [("origin", origin), ("access-control-request-method", method)]
}

#[tokio::test]
async fn a_preflight_request_is_told_what_is_allowed_and_nothing_else_runs() {
    let policy = format!(
        "<validate-jwt header-name=\"x\" /><cors allow-credentials=\"true\">{SHOP}\
         <allowed-methods preflight-result-max-age=\"@(300 + 1)\"><method>PUT</method><method>@(\"PAT\" + \"CH\")</method>\
         </allowed-methods>{HEADERS}</cors>"
    );
    let granted = |method: &str| {
        [
            "allow-credentials: true".to_owned(),
            format!("allow-methods: {method}"),
            "allow-origin: https://shop.test".to_owned(),
            "max-age: 301".to_owned(),
        ]
    };
    assert_eq!(allowed(&policy, &asks("https://shop.test", "PUT")).await, granted("PUT"));
    assert_eq!(allowed(&policy, &asks("https://shop.test", "PATCH")).await, granted("PATCH"));
    let with_headers =
        [asks("https://shop.test", "PUT").to_vec(), vec![("access-control-request-headers", "x-one, Content-Type")]]
            .concat();
    let told = allowed(&policy, &with_headers).await;
    assert!(told.contains(&"allow-headers: x-one, Content-Type".to_owned()), "{told:?}");
    let nothing: [String; 0] = [];
    for (name, asked) in [
        ("another origin", asks("https://shop.example", "PUT").to_vec()),
        ("another scheme", asks("http://shop.test", "PUT").to_vec()),
        ("another port", asks("https://shop.test:444", "PUT").to_vec()),
        ("no origin", asks("null", "PUT").to_vec()),
        ("a password", asks("https://:x@shop.test", "PUT").to_vec()),
        ("two origins", [asks("https://shop.test", "PUT").to_vec(), vec![("origin", "https://shop.test")]].concat()),
        ("two methods", [asks("https://shop.test", "PUT").to_vec(), vec![asks("", "DELETE")[1]]].concat()),
        (
            "another header in its own line",
            [
                asks("https://shop.test", "PUT").to_vec(),
                vec![("access-control-request-headers", "x-one"), ("access-control-request-headers", "x-two")],
            ]
            .concat(),
        ),
        ("another method", asks("https://shop.test", "DELETE").to_vec()),
        (
            "another header",
            [asks("https://shop.test", "PUT").to_vec(), vec![("access-control-request-headers", "x-one,x-two")]]
                .concat(),
        ),
    ] {
        assert_eq!(allowed(&policy, &asked).await, nothing, "{name}");
    }
}

#[tokio::test]
async fn without_a_list_of_methods_get_and_post_are_allowed_and_a_star_allows_all() {
    let policy = format!("<cors>{SHOP}{HEADERS}</cors>");
    for (method, count) in [("GET", 2), ("POST", 2), ("PUT", 0)] {
        assert_eq!(allowed(&policy, &asks("http://localhost:8080", method)).await.len(), count, "{method}");
    }
    let star = "<cors><allowed-origins><origin>*</origin></allowed-origins><allowed-methods><method>*</method>\
                </allowed-methods><allowed-headers><header>*</header></allowed-headers></cors>";
    let told = allowed(
        star,
        &[("origin", "null"), ("access-control-request-method", "ANY"), ("access-control-request-headers", "x")],
    )
    .await;
    assert_eq!(told, ["allow-headers: x", "allow-methods: ANY", "allow-origin: *"]);
}

#[tokio::test]
async fn what_is_no_preflight_request_or_has_no_policy_is_left_alone() {
    let policy = format!("<cors>{SHOP}{HEADERS}</cors>");
    assert!(preflight(&policy, &[("origin", "https://shop.test")]).await.is_none());
    assert!(preflight(&policy, &[("access-control-request-method", "GET")]).await.is_none());
    assert!(preflight("", &asks("https://shop.test", "GET")).await.is_none());
}

#[tokio::test]
async fn one_in_a_fragment_answers_and_one_in_a_choice_does_not() {
    let policy = format!("<cors>{SHOP}{HEADERS}</cors>");
    let choice = format!("<choose><when condition=\"true\">{policy}</when></choose>");
    let asked = asks("https://shop.test", "GET");
    let include = "<include-fragment fragment-id=\"f\" />";
    let outcome = preflight_with(include, &policy, &asked).await.unwrap();
    assert_eq!(headers(&outcome), ["allow-methods: GET", "allow-origin: https://shop.test"]);
    assert!(preflight(&choice, &asked).await.is_none());
    assert!(preflight_with(include, &choice, &asked).await.is_none());
}

#[tokio::test]
async fn a_policy_may_leave_an_origin_to_the_one_after_it() {
    let global = format!("<cors>{SHOP}{HEADERS}</cors>");
    let run = async |terminate: &str| {
        let own = format!(
            "<cors terminate-unmatched-request=\"{terminate}\"><allowed-origins><origin>https://own.test</origin>\
             </allowed-origins>{HEADERS}</cors><base />"
        );
        let load = |scope, text: &str| Document::load(scope, text, &Service::default()).unwrap();
        let documents =
            [load(Scope::Global, &document(&global, "", "", "")), load(Scope::Api, &document(&own, "", "", ""))];
        let pipeline = Pipeline::compose(&documents.each_ref()).unwrap();
        let request = request(Method::OPTIONS, &asks("https://shop.test", "GET"));
        let outcome = pipeline
            .preflight(&request.clone().into_parts().0, facts(&request), &State::default(), &World::new())
            .await;
        outcome.unwrap().response.headers().len()
    };
    assert_eq!((run("true").await, run("@(1 == 2)").await), (0, 2));
}

#[tokio::test]
async fn an_allowed_request_gets_headers_even_on_an_error_and_another_one_an_empty_answer() {
    let send = async |method: Method, attributes: &str, origin: &str, after: &str| {
        let policy = format!(
            "<cors {attributes}>{SHOP}{HEADERS}<expose-headers><header>x-a</header><header>x-b</header></expose-headers></cors>{after}"
        );
        let world = World::new();
        let outcome = world
            .run(&document(&policy, "<base />", "", ""), request(method, &[("origin", origin)]), &State::default())
            .await;
        let forwarded = world.forwarded.lock().unwrap().len();
        (outcome.response.status().as_u16(), headers(&outcome), forwarded)
    };
    let granted = ["allow-origin: https://shop.test".to_owned(), "expose-headers: x-a,x-b".to_owned()].to_vec();
    assert_eq!(send(Method::GET, "", "https://shop.test", "").await, (200, granted.clone(), 1));
    assert_eq!(send(Method::DELETE, "", "https://shop.test", "").await, (200, granted, 1));
    let (status, on_error, _) = send(Method::GET, "", "https://shop.test", "<validate-jwt header-name=\"x\" />").await;
    assert_eq!((status, on_error[0].as_str()), (401, "allow-origin: https://shop.test"));
    assert_eq!(send(Method::GET, "", "https://x.test", "").await, (200, vec![], 0));
    assert_eq!(
        send(Method::GET, "terminate-unmatched-request=\"false\"", "https://x.test", "").await,
        (200, vec![], 1)
    );
    assert_eq!(send(Method::POST, "", "https://x.test", "").await, (200, vec![], 1));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    assert_eq!(
        problems_in(
            "inbound",
            "<cors allow-credentials=\"yes\" max-age=\"1\"><allowed-origins><origin>shop.test</origin>\n<origin>*</origin>\n<origin>https://a/b</origin></allowed-origins>\n<allowed-methods /><allowed-headers><header>a b</header></allowed-headers><expose-headers /></cors>\n<cors />"
        ),
        [
            "2:7: the attribute \"allow-credentials\" of <cors> must be true or false",
            "2:31: the attribute \"max-age\" of <cors> is not declared",
            "2:60: the text of <origin> must be * or a scheme, a host and a port",
            "3:1: <origin> * stands alone",
            "4:1: the text of <origin> must be * or a scheme, a host and a port",
            "5:1: <allowed-methods> needs at least one <method>",
            "5:37: the text of <header> must be a header name or *",
            "5:75: <expose-headers> needs at least one <header>",
            "6:1: <cors> may stand in a section once",
            "6:1: <cors> needs <allowed-origins>",
            "6:1: <cors> without <allowed-headers> allows no header beyond those of simple requests",
        ]
    );
}

#[tokio::test]
async fn without_allowed_headers_no_further_header_is_allowed() {
    let cors = "<cors><allowed-origins><origin>https://shop.test</origin></allowed-origins></cors>";
    let note = "2:1: <cors> without <allowed-headers> allows no header beyond those of simple requests";
    assert_eq!(warnings_in("inbound", cors), [note]);
    let [origin, method] = asks("https://shop.test", "GET");
    assert!(!allowed(cors, &[origin, method]).await.is_empty());
    assert!(allowed(cors, &[origin, method, ("access-control-request-headers", "x-one")]).await.is_empty());
}
