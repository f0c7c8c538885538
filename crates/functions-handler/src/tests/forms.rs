//! One function in two forms: the caller's request itself, and the same request within JSON. Also calls with only a
//! payload.

use axum::{Json, body::Bytes, extract::Path, http::Uri};
use http::{HeaderValue, header::SET_COOKIE};

use super::*;
use crate::{Invocation, Outputs, Timer, callers_request::CallersRequest, invocation::origin::INVOCATION_ID};

const ID: &str = "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f";

async fn echo(Path(id): Path<String>, method: Method, headers: HeaderMap, uri: Uri, body: Bytes) -> Response {
    let shown = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let body = String::from_utf8(body.to_vec()).unwrap();
    let seen = json!({
        "id": id, "method": method.as_str(), "uri": uri.to_string(), "body": body,
        "a": shown("x-a"), "invocation": shown(INVOCATION_ID.as_str())
    });
    (StatusCode::CREATED, [("x-b", "2")], Json(seen)).into_response()
}

fn posted(req: &Value) -> Request<Body> {
    let call = json!({ "Data": { "req": req, "queueItem": "\"x\"" }, "Metadata": { "sys": { "MethodName": "echo" } } });
    let mut request = request(Method::POST, "/echo", &call.to_string());
    request.headers_mut().insert(INVOCATION_ID, HeaderValue::from_static(ID));
    request
}

fn get() -> Value {
    json!({ "Url": "http://h/api/x", "Method": "GET" })
}

#[tokio::test]
async fn a_function_gets_the_same_and_gives_the_same_in_both_forms() {
    let router = router(http("echo", &["put"], "items/{id}", echo), &[]);
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
async fn what_the_caller_asked_for_is_known_also_where_it_comes_within_json() {
    let router = router(http("echo", &["get"], "x", async || ()), &[]);
    let req = json!({ "Url": "https://app.azurewebsites.net/api/x?code=k3y", "Method": "GET", "Headers": { "Host": ["app.azurewebsites.net"] } });
    let response = router.answer(posted(&req)).await;
    let callers = format!("{:?}", response.extensions().get::<CallersRequest>().unwrap());
    let expected = r#"{ method: GET, uri: /api/x?code=k3y, scheme: "https", host: Some("app.azurewebsites.net"), "#;
    assert!(callers.contains(expected), "{callers}");
}

#[tokio::test]
async fn an_error_of_the_function_is_its_answer_and_a_breakdown_a_failed_invocation() {
    let fails = async || TestError { status: StatusCode::BAD_GATEWAY, text: "S3CRET" };
    let answered = answer(&router(http("echo", &["get"], "x", fails), &[]), posted(&get())).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.json()["Outputs"]["res"]["statusCode"], 502);
    let panics = async || -> () { panic!("S3CRET") };
    let answered = answer(&router(http("echo", &["get"], "x", panics), &[]), posted(&get())).await;
    assert_eq!((answered.status, answered.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    assert!(!answered.body.contains("S3CRET"));
}

#[tokio::test]
async fn an_answer_that_json_cannot_hold_is_a_failed_invocation() {
    let binary = http("echo", &["get"], "x", async || Bytes::from_static(&[0, 255]));
    let cookies = http("echo", &["get"], "x", async || {
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, HeaderValue::from_static("a=1"));
        headers.append(SET_COOKIE, HeaderValue::from_static("b=1"));
        headers
    });
    for app in [binary, cookies] {
        let router = router(app, &[]);
        let answered = answer(&router, posted(&get())).await;
        assert_eq!((answered.status, answered.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
        let forwarded = router.answer(request(Method::GET, "/api/x", "")).await;
        assert_eq!(forwarded.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_call_that_is_not_the_hosts_is_invalid() {
    let ran = async |_: Timer| -> () { panic!("it ran") };
    let app = http("echo", &["post"], "x/{id}", echo).timer(timer_function("tick"), ran);
    let router = router(app, &[]);
    let status = r#"{"Data":{"timer":{"ScheduleStatus":{"Next":"soon"}}}}"#;
    for body in
        ["", "7", "[]", "null", "{}", r#"{"Data":[]}"#, r#"{"Data":{"timer":[]}}"#, r#"{"Data":{"other":{}}}"#, status]
    {
        let answer = send(&router, Method::POST, "/tick", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"), "{body}");
    }
    for body in ["", "{}", "{\"Data\":{\"req\":{\"Method\":\"POST\",\"Url\":\"http://h/\"}}}"] {
        let answer = send(&router, Method::POST, "/echo", body).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "invalid_request"), "{body}");
    }
}

#[tokio::test]
async fn a_function_at_its_own_name_gets_callers_requests_only() {
    let app = http("items", &["post"], "items", async |body: String| body);
    let router = router(app, &[(PREFIX, "")]);
    let forged = "{\"Data\":{\"req\":{}}}";
    assert_eq!(send(&router, Method::POST, "/items", forged).await.body, forged);
}

#[tokio::test]
async fn bindings_have_the_names_that_function_json_gives_them() {
    const ORDER: Function = Function::new(
        "order",
        r#"{"bindings":[
            {"type":"httpTrigger","name":"call","methods":["post"],"route":"orders"},
            {"type":"http","name":"answer","direction":"out"},
            {"type":"queue","name":"later","direction":"out"}]}"#,
    );
    let order = async |body: String| (Outputs::new().with("later", json!({ "body": body })).log("sent"), "taken");
    let router = router(app().http(ORDER, order), &[]);
    let call = json!({ "Data": { "call": { "Url": "http://h/api/orders", "Method": "POST", "Body": "7" } } });
    let result = send(&router, Method::POST, "/order", &call.to_string()).await.json();
    assert_eq!(result["Outputs"]["later"], json!({ "body": "7" }));
    assert_eq!(result["Outputs"]["answer"]["body"], "taken");
    assert_eq!(result["Logs"], json!(["sent"]));
    // A forwarded request would lose the value of the queue.
    let answer = send(&router, Method::POST, "/api/orders", "7").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
}

#[tokio::test]
async fn a_response_may_be_bound_to_the_return_value() {
    let text =
        r#"{"bindings":[{"type":"httpTrigger","name":"req"},{"type":"http","name":"$return","direction":"out"}]}"#;
    let router = router(app().http(Function::new("echo", text), async || "x"), &[]);
    let result = answer(&router, posted(&get())).await.json();
    assert_eq!((&result["Outputs"], &result["ReturnValue"]["body"]), (&json!({}), &json!("x")));
}

#[tokio::test]
async fn any_trigger_starts_a_function_with_its_data() {
    const ARRIVED: Function = Function::new(
        "arrived",
        r#"{"bindings":[
            {"type":"serviceBusTrigger","name":"message"},
            {"type":"blob","name":"price","direction":"in"},
            {"type":"queue","name":"next","direction":"out"}]}"#,
    );
    let arrived = async |message: Invocation<String>, headers: HeaderMap| {
        assert_eq!(headers[&INVOCATION_ID], message.id());
        let price: u32 = message.input("price").unwrap();
        let count: u32 = message.metadata("DeliveryCount").unwrap();
        Outputs::new().with("next", format!("{} costs {price}, try {count}", message.data))
    };
    let router = router(app().function(ARRIVED, arrived), &[]);
    let call = json!({ "Data": { "message": "\"a pear\"", "price": "4" }, "Metadata": { "DeliveryCount": "2" } });
    let mut call = request(Method::POST, "/arrived", &call.to_string());
    call.headers_mut().insert(INVOCATION_ID, HeaderValue::from_static(ID));
    let answer = answer(&router, call).await;
    assert_eq!(answer.json()["Outputs"]["next"], "a pear costs 4, try 2", "{}", answer.body);
}

#[tokio::test]
async fn a_function_that_fails_is_a_failed_invocation() {
    let fails = async || Err::<(), _>(TestError { status: StatusCode::BAD_GATEWAY, text: "refused" });
    let answer = send(&router(app().timer(timer_function("tick"), fails), &[]), Method::POST, "/tick", TICK).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::BAD_GATEWAY, "failed"));
    let succeeds_with_an_error = async || Err::<(), _>("no status at all");
    let router = router(app().timer(timer_function("tick"), succeeds_with_an_error), &[]);
    let answer = send(&router, Method::POST, "/tick", TICK).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_timer_is_not_an_extractor_of_a_callers_request() {
    let router = router(http("a", &["get"], "a", async |_: Timer| "ran"), &[]);
    assert_eq!(send(&router, Method::GET, "/api/a", "").await.status, StatusCode::INTERNAL_SERVER_ERROR);
}
