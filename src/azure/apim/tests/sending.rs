//! What goes to the gateway, what comes back, and what is tried again.

use std::{sync::Arc, time::Duration};

use axum::body::{Body, to_bytes};
use http::{Method, Request};
use tokio::net::TcpListener;

use super::rig::{Rig, answer, api};
use crate::{
    config::ApiPath,
    error::{Error, Service},
};

#[tokio::test]
async fn a_callers_request_arrives_below_the_base_without_what_he_proves_himself_with() {
    let rig = Rig::start().await;
    let request = Request::put("/api/relay/orders?code=FUNCTION-KEY&status=%6Fpen")
        .header("authorization", "Bearer of-the-caller")
        .header("x-functions-key", "FUNCTION-KEY")
        .header("Ocp-Apim-Subscription-Key", "of-the-caller")
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("if-match", "\"1\"")
        .header("content-type", "text/plain");
    rig.relay(request, Body::from("text")).await.unwrap();
    let seen = rig.gateway.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("PUT", "/base/orders?status=%6Fpen"));
    assert_eq!(seen.pass(), ("Bearer t1", "k1"));
    assert_eq!((seen.header("if-match"), seen.header("content-type")), ("\"1\"", "text/plain"));
    assert_eq!((seen.header("x-hop"), seen.header("x-functions-key")), ("", ""));
    assert_eq!(seen.body, "text");
    assert_eq!(seen.headers.get_all("authorization").iter().count(), 1);
}

#[tokio::test]
async fn an_answer_comes_back_as_it_was_given() {
    let rig = Rig::start().await;
    for status in [200, 204, 302, 400, 404, 409, 500, 503] {
        let given = [("x-api", "1"), ("set-cookie", "a=1"), ("set-cookie", "b=2"), ("location", "/there")];
        rig.gateway.will([answer(status, &given, if status == 204 { "" } else { "body" })]);
        let answer = rig.relay(Request::post("/"), Body::empty()).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(
            (&answer.headers()["x-api"], &answer.headers()["location"]),
            (&"1".parse().unwrap(), &"/there".parse().unwrap())
        );
        let body = to_bytes(answer.into_body(), 100).await.unwrap();
        assert_eq!(body, if status == 204 { "" } else { "body" });
    }
}

#[tokio::test]
async fn what_may_be_repeated_is_tried_three_times_and_the_last_answer_is_given() {
    for (method, tries) in
        [(Method::GET, 3), (Method::HEAD, 3), (Method::PUT, 3), (Method::DELETE, 3), (Method::POST, 1)]
    {
        let rig = Rig::start().await;
        rig.gateway.will([answer(502, &[], ""), answer(429, &[("retry-after", "0")], ""), answer(503, &[], "")]);
        let request = Request::builder().method(method.clone());
        let last = rig.relay(request, Body::from("x")).await.unwrap();
        assert_eq!(rig.gateway.seen().len(), tries, "{method}");
        assert_eq!(last.status(), if tries == 3 { 503 } else { 502 }, "{method}");
    }
}

#[tokio::test]
async fn a_moment_of_trouble_is_not_seen() {
    let rig = Rig::start().await;
    rig.gateway.will([answer(504, &[], ""), answer(503, &[], "")]);
    assert_eq!(rig.get().await.unwrap().body, "served");
}

#[tokio::test]
async fn a_wish_for_more_time_than_we_have_is_passed_on() {
    let rig = Rig::start().await;
    rig.gateway.will([answer(429, &[("retry-after", "57")], "")]);
    let answer = rig.relay(Request::get("/"), Body::empty()).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"57".parse().unwrap()));
    assert_eq!(rig.gateway.seen().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let rig = Rig::start().await;
    rig.gateway.will([answer(302, &[("location", "https://elsewhere.example/")], "")]);
    let error = rig.get().await.unwrap_err();
    assert!(matches!(error, Error::Refused { service: Service::ApiManagement, .. }), "{error:?}");
    assert_eq!(rig.gateway.seen().len(), 1);
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (_vault, api) = api(&base);
    let error = api.get(&ApiPath::new("/orders").unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: Service::ApiManagement, status: None, .. }), "{error:?}");
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_is_left_at_the_limit() {
    // Connections are taken by the system, and nobody reads them.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_vault, mut api) = api(&format!("http://{}", listener.local_addr().unwrap()));
    api.limit = Duration::from_millis(50);
    let error = Arc::new(api).get(&ApiPath::new("/orders").unwrap()).await.unwrap_err();
    let Error::Unavailable { source, status: None, .. } = error else { panic!("{error:?}") };
    assert_eq!(source.to_string(), "it took longer than 0.05 seconds");
}
