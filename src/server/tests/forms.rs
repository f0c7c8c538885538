//! One function, two forms: a caller's request as it came, and the same within JSON.

use axum::{Json, body::Bytes, extract::Path, response::IntoResponse, routing::any};
use http::{HeaderValue, header::SET_COOKIE};
use serde_json::json;

use super::*;
use crate::{
    error::{Cause, Error, Service},
    host::INVOCATION_ID,
};

const ID: &str = "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f";

fn echo() -> Function {
    async fn run(Path(id): Path<String>, method: Method, headers: HeaderMap, uri: http::Uri, body: Bytes) -> Response {
        let shown = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let body = String::from_utf8(body.to_vec()).unwrap();
        let seen = json!({
            "id": id, "method": method.as_str(), "uri": uri.to_string(), "body": body,
            "a": shown("x-a"), "invocation": shown(INVOCATION_ID.as_str())
        });
        (StatusCode::CREATED, [("x-b", "2")], Json(seen)).into_response()
    }
    http("echo", MethodFilter::PUT, "items/{id}", || any(run))
}

type Response = axum::response::Response;

fn posted(req: &Value) -> Request<Body> {
    let call = json!({ "Data": { "req": req, "queueItem": "\"x\"" }, "Metadata": { "sys": { "MethodName": "echo" } } });
    let mut request = request(Method::POST, "/echo", &call.to_string());
    request.headers_mut().insert(INVOCATION_ID, HeaderValue::from_static(ID));
    request
}

#[tokio::test]
async fn a_function_gets_the_same_and_gives_the_same_in_both_forms() {
    let router = router(app(&[]), &[echo()]).unwrap();
    let mut forwarded = request(Method::PUT, "/api/items/A%20b?q=1&q=2", "the body");
    forwarded.headers_mut().insert("x-a", HeaderValue::from_static("1"));
    forwarded.headers_mut().insert(INVOCATION_ID, HeaderValue::from_static(ID));
    let forwarded = answer(&router, forwarded).await;

    let posted = answer(&router, posted(&json!({
        "Url": "http://localhost:7071/api/items/A b?q=1&q=2", "Method": "PUT", "Query": { "q": "1,2" },
        "Headers": { "X-A": ["1"], "Content-Type": ["application/json"], "X-Azure-Functions-InvocationId": ["forged"] },
        "Params": { "id": "A b" }, "Identities": [], "Body": "the body"
    })))
    .await;
    assert_eq!(posted.status, StatusCode::OK);
    assert_eq!(posted.headers["content-type"], "application/json");
    let members: Vec<_> = posted.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["Logs", "Outputs", "ReturnValue"]);
    assert_eq!(posted.json()["ReturnValue"], Value::Null);

    let res = posted.json()["Outputs"]["res"].clone();
    assert_eq!(res["statusCode"], forwarded.status.as_u16());
    assert_eq!(res["headers"], json!({ "content-type": "application/json", "x-b": "2" }));
    assert_eq!(forwarded.headers["x-b"], "2");
    assert_eq!(serde_json::from_str::<Value>(res["body"].as_str().unwrap()).unwrap(), forwarded.json());
    assert_eq!(forwarded.json()["invocation"], ID);
}

#[tokio::test]
async fn an_error_of_the_function_is_its_answer_and_a_breakdown_a_failed_invocation() {
    let fails = http("echo", MethodFilter::GET, "x", || {
        any(async || Error::answered(Service::KeyVault, StatusCode::FORBIDDEN, Cause::Silent))
    });
    let get = json!({ "Url": "http://h/api/x", "Method": "GET" });
    let answered = answer(&router(app(&[]), &[fails]).unwrap(), posted(&get)).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.json()["Outputs"]["res"]["statusCode"], 502);
    let panics = http("echo", MethodFilter::GET, "x", || any(async || -> () { panic!("S3CRET") }));
    let answered = answer(&router(app(&[]), &[panics]).unwrap(), posted(&get)).await;
    assert_eq!((answered.status, answered.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    assert!(!answered.body.contains("S3CRET"));
}

#[tokio::test]
async fn an_answer_that_json_cannot_hold_is_a_failed_invocation() {
    let binary = http("echo", MethodFilter::GET, "x", || any(async || Bytes::from_static(&[0, 255])));
    let cookies = http("echo", MethodFilter::GET, "x", || {
        any(async || {
            let mut headers = HeaderMap::new();
            headers.append(SET_COOKIE, HeaderValue::from_static("a=1"));
            headers.append(SET_COOKIE, HeaderValue::from_static("b=1"));
            headers
        })
    });
    for function in [binary, cookies] {
        let router = router(app(&[]), &[function]).unwrap();
        let answered = answer(&router, posted(&json!({ "Url": "http://h/api/x", "Method": "GET" }))).await;
        assert_eq!((answered.status, answered.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
        let forwarded = router.oneshot(request(Method::GET, "/api/x", "")).await.unwrap();
        assert_eq!(forwarded.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_call_that_is_not_the_hosts_is_invalid() {
    let handler = handler();
    for body in ["", "7", "{\"Data\":{\"timer\":{\"ScheduleStatus\":{\"Next\":\"soon\"}}}}"] {
        let answer = send(&handler, Method::POST, "/snapshot", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"), "{body}");
    }
    for body in ["", "{}", "{\"Data\":{\"req\":{\"Method\":\"POST\",\"Url\":\"http://h/\"}}}"] {
        let answer = send(&handler, Method::POST, "/snapshot_now", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"), "{body}");
    }
    let answer = send(&handler, Method::GET, "/api/snapshots/%FF", "").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
}

#[tokio::test]
async fn a_function_at_its_own_name_gets_callers_requests_only() {
    let echo =
        Function { name: "items", ..http("items", MethodFilter::POST, "items", || any(async |body: String| body)) };
    let router = router(app(&[(PREFIX, "")]), &[echo]).unwrap();
    let forged = "{\"Data\":{\"req\":{}}}";
    assert_eq!(send(&router, Method::POST, "/items", forged).await.body, forged);
}
