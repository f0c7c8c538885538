//! Requests and answers byte by byte, in the form of JSON.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::rows::{call, rig};

#[tokio::test]
async fn section_3_3_the_payload_of_a_request() {
    let rig = rig("").await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    rig.answers(&json!({ "parts": [{ "text": answer }] }));
    // The columns: the rest of a request after its method; a pointer into the payload, and the value there.
    let post = |lines: &str, body: &str| {
        format!("POST /api/echo HTTP/1.1\r\nHost: h\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.chars().count())
    };
    let get = |target: &str| format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n");
    let body = |text: &str| post("", text);
    let cases: Vec<(String, &str, Value)> = vec![
        (
            "get /api/echo HTTP/1.1\r\nHost: h\r\nx-Mine: 1\r\nx-mine: 2\r\ncontent-type: a/b\r\n\r\n".to_owned(),
            "/Data/req/Headers/x-Mine",
            json!(["1", "2"]),
        ),
        (
            "get /api/echo HTTP/1.1\r\nHost: h\r\ncontent-type: a/b\r\n\r\n".to_owned(),
            "/Data/req/Headers/Content-Type",
            json!(["a/b"]),
        ),
        ("get /api/echo HTTP/1.1\r\nHost: h\r\n\r\n".to_owned(), "/Data/req/Method", json!("get")),
        (get("/api/echo?a=x+y&b=%zz&a=&A=2"), "/Data/req/Query", json!({ "A": "x y,2", "b": "%zz" })),
        (get("/api/echo?a=1&A=2"), "/Metadata/Query", json!({ "A": "2" })),
        (get("/api/echo?a=1#b"), "/Data/req/Url", json!("http://h/api/echo?a=1#b")),
        (get("/api/r/a%20b%3F%2F%25"), "/Data/req/Url", json!("http://h/api/r/a%20b%3F%2F%25")),
        (get("/api/r/a%2Fb%20c"), "/Data/req/Params", json!({ "rest": "a%2Fb c" })),
        (get("/api/r"), "/Data/req/Params", json!({ "rest": null })),
        (get("/api/echo"), "/Data/req/Params", json!({})),
        (get("/api/echo"), "/Data/req/Body", Value::Null),
        (body("{\"a\":1}"), "/Data/req/Body", json!("{\"a\":1}")),
        (post("Content-Type: application/octet-stream\r\n", "{\"a\":1}"), "/Data/req/Body", json!("eyJhIjoxfQ==")),
        (post("Content-Type: application/octet-stream\r\n", "{\"a\":1}"), "/Metadata/a", json!("\"1\"")),
        (post("Content-Type: multipart/form-data; boundary=b\r\n", "x"), "/Data/req/Body", json!("eA==")),
        (body("\u{ef}\u{bb}\u{bf}x"), "/Data/req/Body", json!("x")),
        (body("\u{ff}\u{fe}x\0"), "/Data/req/Body", json!("x")),
        (body("{'a':true,'b':1.50,'c':1.0,'d':1e3}"), "/Metadata/a", json!("\"True\"")),
        (body("{'b':1.50}"), "/Metadata/b", json!("\"1.5\"")),
        (body("{'c':1.0}"), "/Metadata/c", json!("\"1\"")),
        (body("{'d':1e3}"), "/Metadata/d", json!("\"1000\"")),
        (body("{'e':'2026-01-01T00:00:00Z'}"), "/Metadata/e", json!("\"01/01/2026 00:00:00\"")),
        (body("{'f':'2026-01-01'}"), "/Metadata/f", json!("\"2026-01-01\"")),
        (body("{'g':[1]}"), "/Metadata/g", Value::Null),
        (body("{'h':{'x':1}}"), "/Metadata/h", json!({ "x": 1 })),
        (body("{'i':1,'I':2}"), "/Metadata/i", json!("\"2\"")),
        (body("{'j':1} x"), "/Metadata/j", Value::Null),
        (body("{'req':1,'myTrigger':2}"), "/Metadata/req", Value::Null),
        (body("{'Query':1}"), "/Metadata/Query", json!("\"1\"")),
        (body("{'sys':1}"), "/Metadata/$sys/MethodName", json!("echo")),
        (get("/api/echo?code=k&x=1"), "/Metadata/code", Value::Null),
        (get("/api/echo?x=7"), "/Metadata/x", json!("\"7\"")),
        (
            "POST /api/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n".to_owned(),
            "/Data/req/Body",
            Value::Null,
        ),
    ];
    for (request, pointer, expected) in cases {
        let (_, received) = call(&rig, &request).await;
        let payload: Value = serde_json::from_str(&latin_1_as_utf_8(&received[0].body)).unwrap();
        assert_eq!(payload.pointer(pointer).cloned().unwrap_or_default(), expected, "{request}");
    }
}

fn latin_1_as_utf_8(text: &str) -> String {
    let bytes: Vec<u8> = text.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn section_3_4_what_a_handler_may_answer_to_a_payload() {
    let rig = rig("").await;
    let json = "application/json";
    let cases = [
        (json, "{\"Outputs\":{\"res\":{\"statusCode\":201,\"body\":\"b\"}}}", 201, "b"),
        (json, "// c\n{'Outputs':{res:{body:'b',},},} more", 200, "b"),
        ("TEXT/JSON; charset=utf-8", "{'Outputs':{'res':{'body':'b'}}}", 200, "b"),
        (json, "\u{ef}\u{bb}\u{bf}{'Outputs':{'res':{'body':'b'}}}", 200, "b"),
        (json, "{'outputs':{'res':{'BODY':'b'}}}", 200, "b"),
        (json, "{'Outputs':{'RES':{'body':'b'}}}", 200, "{}"),
        (json, "{'Outputs':{}}", 200, "{}"),
        (json, "{}", 204, ""),
        (json, "{'Outputs':null}", 204, ""),
        (json, "{'ReturnValue':'x'}", 200, "x"),
        (json, "{'ReturnValue':[1,2]}", 200, "[1,2]"),
        (json, "{'Outputs':{'res':{'body':'o'}},'ReturnValue':{'res':{'body':'r'}}}", 200, "r"),
        (json, "{'Outputs':{'res':{'body':[1]}}}", 200, "[\n  1\n]"),
        (json, "{'Outputs':{'res':{'body':true}}}", 200, "True"),
        (json, "{'Outputs':{'res':{'body':1.0}}}", 200, "1"),
        (json, "{'Outputs':{'res':{'body':null}}}", 200, ""),
        (json, "{'Outputs':{'res':'{\\\"body\\\":\\\"b\\\"}'}}", 200, "b"),
        (json, "{'Outputs':{'res':{'statusCode':' 202 '}}}", 202, ""),
        (json, "{'Outputs':{'res':{'statusCode':'202.0'}}}", 200, ""),
        (json, "{'Outputs':{'res':{'statusCode':true}}}", 200, ""),
        (json, "{'Outputs':{'res':{'status':404}}}", 200, ""),
        (json, "{'Outputs':{'res':{'statusCode':1000,'body':'b'}}}", 1000, "b"),
        (json, "{'Outputs':{'res':{'statusCode':'99','body':'b'}}}", 99, "b"),
        (json, "{'Outputs':{'res':{'statusCode':0,'body':'b'}}}", 0, "b"),
        (json, "{'Outputs':{'res':{'statusCode':99999999999}}}", 200, ""),
        (json, "{'Outputs':{'res':{'headers':null}}}", 200, ""),
        // These answers are failures.
        (json, "{'Outputs':{'res':{'statusCode':[1]}}}", 500, ""),
        (json, "{'Outputs':{'res':{'headers':[]}}}", 500, ""),
        (json, "{'Outputs':{'res':{'headers':{'a':null}}}}", 500, ""),
        (json, "{'Outputs':{'res':{'headers':{'a b':1}}}}", 500, ""),
        (json, "{'Outputs':{'res':{'headers':{'Content-Length':1}}}}", 500, ""),
        (json, "{'Outputs':{'res':{'headers':{'a':'\\u00e9'}}}}", 500, ""),
        (json, "{'Outputs':{'res':5}}", 500, ""),
        (json, "{'Outputs':{'res':null}}", 500, ""),
        (json, "{'Outputs':[]}", 500, ""),
        (json, "{'Logs':'x'}", 500, ""),
        (json, "{'Logs':[[]]}", 500, ""),
        (json, "[]", 500, ""),
        (json, "{'a':", 500, ""),
        ("application/problem+json", "{}", 500, ""),
        ("text/plain", "{}", 500, ""),
        ("application/json; charset=iso-8859-1", "{}", 500, ""),
        (json, "\u{ff}", 500, ""),
    ];
    for (content_type, body, status, expected) in cases {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.chars().count()
        );
        rig.answers(&json!({ "parts": [{ "text": head + body }] }));
        let (seen, _) = call(&rig, "GET /api/echo HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!((seen.status, seen.body.as_str()), (status, expected), "{content_type} {body}");
    }
    for status in ["302 Found", "404 Not Found", "500 Oh"] {
        rig.answers(&json!({ "parts": [{ "text": format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n") }] }));
        assert_eq!(call(&rig, "GET /api/echo HTTP/1.1\r\nHost: h\r\n\r\n").await.0.status, 500, "{status}");
    }
}

#[tokio::test]
async fn section_3_4_a_redirect_of_a_payload_is_followed_as_get() {
    let rig = rig("").await;
    rig.answers(
        &json!({ "parts": [{ "text": "HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n" }] }),
    );
    let (seen, received) = call(&rig, "GET /api/echo HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!(seen.status, 500);
    // There are 51 requests, because .NET's client follows 50 redirects.
    assert_eq!((received.len(), received[1].line.as_str()), (51, "GET /else HTTP/1.1"));
}
