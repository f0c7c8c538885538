//! Requests to the gateway, its answers, and retries.

use axum::body::Body;
use http::{Method, Request};
use tokio::net::TcpListener;

use super::rig::{Rig, answer, api};
use crate::error::{Error, Service};

#[tokio::test]
async fn a_callers_request_arrives_below_the_base_without_its_credentials() {
    let rig = Rig::start().await;
    let request = Request::put("/api/relay/orders?code=FUNCTION-KEY&status=%6Fpen")
        .header("authorization", "Bearer of-the-caller")
        .header("x-functions-key", "FUNCTION-KEY")
        .header("Ocp-Apim-Subscription-Key", "of-the-caller")
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("if-match", "\"1\"")
        .header("content-type", "text/plain");
    rig.forward(request, Body::from("text")).await.unwrap();
    let seen = rig.gateway.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("PUT", "/base/orders?status=%6Fpen"));
    assert_eq!(seen.credentials(), ("Bearer t1", "k1"));
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
        let answer = rig.forward(Request::post("/"), Body::empty()).await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(
            (&answer.headers()["x-api"], &answer.headers()["location"]),
            (&"1".parse().unwrap(), &"/there".parse().unwrap())
        );
        let body = answer.into_body().bytes(100).await.unwrap();
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
        let last = rig.forward(request, Body::from("x")).await.unwrap();
        assert_eq!(rig.gateway.seen().len(), tries, "{method}");
        assert_eq!(last.status(), if tries == 3 { 503 } else { 502 }, "{method}");
    }
}

#[tokio::test]
async fn a_moment_of_trouble_is_not_seen() {
    let rig = Rig::start().await;
    rig.gateway.will([answer(504, &[], ""), answer(503, &[], "")]);
    assert_eq!(rig.get().await.unwrap(), "served");
}

#[tokio::test]
async fn a_wish_for_more_time_than_we_have_is_passed_on() {
    let rig = Rig::start().await;
    rig.gateway.will([answer(429, &[("retry-after", "57")], "")]);
    let answer = rig.forward(Request::get("/"), Body::empty()).await.unwrap();
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
    let error = api.get("/orders").send().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: Service::ApiManagement, status: None, .. }), "{error:?}");
}

#[tokio::test]
async fn a_page_of_html_is_no_answer_unless_the_call_accepts_one() {
    let rig = Rig::start().await;
    let page = || answer(200, &[("content-type", "text/html; charset=utf-8")], "<html>Log in</html>");
    rig.gateway.will([page(), page(), page()]);
    let error = rig.get().await.unwrap_err();
    let Error::Refused { service: Service::ApiManagement, source, .. } = error else { panic!("{error:?}") };
    assert!(source.to_string().contains("text/html") && source.to_string().contains("a portal"), "{source}");
    let asked = rig.api.get("/page").header("accept", "text/html").send().await.unwrap();
    assert_eq!(asked.content_type(), Some("text/html; charset=utf-8"));
    assert!(rig.api.get("/orders").send().await.is_err());
}

#[tokio::test]
async fn json_is_what_says_so_and_parses() {
    let rig = Rig::start().await;
    let json = [("content-type", "application/problem+json")];
    rig.gateway.will([answer(200, &json, r#"{"a":1}"#), answer(200, &json, "no"), answer(200, &[], r#"{"a":1}"#)]);
    let parsed: serde_json::Value = rig.api.get("/orders").send().await.unwrap().json().await.unwrap();
    assert_eq!(parsed["a"], 1);
    for _ in 0..2 {
        assert!(rig.api.get("/orders").send().await.unwrap().json::<serde_json::Value>().await.is_err());
    }
}

#[tokio::test]
async fn a_call_is_made_of_method_path_header_and_body() {
    let rig = Rig::start().await;
    let call = rig.api.post("/orders?dry=1").header("x-partner", "7").json(&serde_json::json!({ "a": 1 }));
    call.send().await.unwrap();
    let seen = rig.gateway.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/base/orders?dry=1"));
    assert_eq!((seen.header("x-partner"), seen.header("content-type")), ("7", "application/json"));
    assert_eq!((seen.body.as_ref(), seen.header("accept")), (br#"{"a":1}"#.as_slice(), "application/json"));
    let error = rig.api.get("/../admin").send().await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error:?}");
}

#[tokio::test]
async fn a_call_carries_the_trace_context_of_its_invocation_and_not_the_callers() {
    let rig = Rig::start().await;
    let value = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = Request::get("/").header("traceparent", "00-00000000000000000000000000000001-0000000000000001-00");
    let forwarded = rig.forward(request, Body::empty());
    crate::trace::with_traceparent(Some(value.parse().unwrap()), forwarded).await.unwrap();
    crate::trace::with_traceparent(Some(value.parse().unwrap()), rig.get()).await.unwrap();
    for seen in rig.gateway.seen() {
        assert_eq!(seen.header("traceparent"), value);
        assert_eq!(seen.headers.get_all("traceparent").iter().count(), 1);
    }
}

#[tokio::test]
async fn a_backend_that_echoes_token_and_key_does_not_bring_them_into_an_error() {
    let rig = Rig::start().await;
    let echo = r#"{ "statusCode": 401, "message": "Bearer t1 and t2 with k1 are not welcome." }"#;
    rig.gateway.will([answer(401, &[], echo), answer(401, &[], echo), answer(400, &[], echo)]);
    for _ in 0..2 {
        let error = rig.get().await.unwrap_err();
        let Error::Refused { source, .. } = &error else { panic!("{error:?}") };
        let text = format!("{source} {error:?}");
        assert!(text.contains("are not welcome") && !text.contains("k1") && !text.contains("t2"), "{text}");
    }
}
