//! Requests and answers byte by byte, in the three forms of a call.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::raw::{Answer, RawRig, Received};

const FORWARD: &str = "enableForwardingHttpRequest";
const PROXY: &str = "enableProxyingHttpRequest";

/// With the functions `echo` and `rest` (`r/{*rest}`); `mode` empty for the form of JSON.
async fn rig(mode: &str) -> RawRig {
    let mut handler = json!({ "description": { "defaultExecutablePath": "handler" } });
    if !mode.is_empty() {
        handler[mode] = json!(true);
    }
    let output = json!({ "type": "http", "direction": "out", "name": "res" });
    let function = |route: Value| {
        let trigger = json!({ "type": "httpTrigger", "name": "req", "authLevel": "anonymous", "route": route });
        json!({ "bindings": [trigger, output] })
    };
    let root = json!({
        "host.json": { "version": "2.0", "customHandler": handler },
        "functions": { "echo": function(Value::Null), "rest": function(json!("r/{*rest}")) },
    });
    RawRig::start(&root, &Value::Null).await.unwrap()
}

async fn call(rig: &RawRig, request: &str) -> (Answer, Vec<Received>) {
    let answer = rig.call(request).await.unwrap_or(Answer { status: 0, headers: Vec::new(), body: String::new() });
    (answer, rig.received())
}

#[tokio::test]
async fn section_4_2_the_request_line_of_both_forms() {
    // Target; forwarded; proxied.
    let cases = [
        ("/api/r/a%2Fb", "/api/r/a%2Fb", "/api/r/a%252Fb"),
        ("/api/r/a%3Fb", "/api/r/a", "/api/r/a%3Fb"),
        ("/api/r/%41%2C%C3%A9", "/api/r/A,%C3%A9", "/api/r/A,%C3%A9"),
        ("/api/r/x/../y", "/api/r/y", "/api/r/y"),
        ("/api/r/[a]", "/api/r/[a]", "/api/r/%5Ba%5D"),
        ("/api/echo?a=1#b", "/api/echo?a=1%23b", "/api/echo?a=1%23b"),
        ("/api/echo?a=1&A=2", "/api/echo?A=1,2", "/api/echo?a=1&A=2"),
        ("/api/echo?a", "/api/echo?a=", "/api/echo?a"),
        ("/api/echo?a=%zz&b={b}", "/api/echo?a=%25zz&b=%7Bb%7D", "/api/echo?a=%25zz&b=%7Bb%7D"),
        ("/api/echo?code=K", "/api/echo?code=K", "/api/echo?code=K"),
        ("/api/r/a\"<>`b?x=\"<>", "/api/r/a%22%3C%3E%60b?x=%22%3C%3E", "/api/r/a%22%3C%3E%60b?x=%22%3C%3E"),
    ];
    let (forwarding, proxying) = (rig(FORWARD).await, rig(PROXY).await);
    for (target, forwarded, proxied) in cases {
        let request = format!("get {target} HTTP/1.1\r\nHost: h\r\n\r\n");
        for (rig, expected) in [(&forwarding, forwarded), (&proxying, proxied)] {
            let (_, received) = call(rig, &request).await;
            assert_eq!(received[0].line, format!("GET {expected} HTTP/1.1"), "{target}");
        }
    }
}

#[tokio::test]
async fn section_4_3_and_4_6_the_headers_that_a_handler_gets() {
    // Header lines of a GET without body; what is seen of the name forwarded, and proxied.
    let cases: [(&str, &str, Option<&str>, Option<&str>); 24] = [
        ("X-A: 1\r\nX-A: 2", "x-a", Some("1, 2"), Some("1, 2")),
        ("Cookie: a=1\r\nCookie: b=2", "cookie", Some("a=1; b=2"), Some("a=1; b=2")),
        ("User-Agent: x", "user-agent", Some("x Azure-Functions-Host/4.1052.0.0"), Some("x")),
        (
            "X-Azure-Functions-HostVersion: y",
            "x-azure-functions-hostversion",
            Some("y, 4.1052.0.0"),
            Some("4.1052.0.0"),
        ),
        ("Content-Encoding: br", "content-encoding", None, Some("br")),
        ("Content-Encoding: br", "content-length", None, Some("0")),
        ("Content-Type: text/plain", "content-type", None, Some("text/plain")),
        ("Content-Type: text/plain", "content-length", None, Some("0")),
        ("Content-Length: 0", "content-length", None, Some("0")),
        ("Expires: 0", "expires", None, Some("0")),
        ("Expect: 100-continue", "expect", Some("100-continue"), Some("100-continue")),
        ("TE: trailers", "te", Some("trailers"), None),
        ("Connection: x-hop\r\nX-Hop: 1", "x-hop", Some("1"), Some("1")),
        ("Connection: x-hop\r\nX-Hop: 1", "connection", Some("x-hop"), None),
        ("Keep-Alive: 5", "keep-alive", Some("5"), None),
        ("Proxy-Authorization: x", "proxy-authorization", Some("x"), None),
        ("Upgrade: h2c", "upgrade", Some("h2c"), None),
        ("Forwarded: for=1", "forwarded", Some("for=1"), None),
        ("X-Forwarded-Prefix: /p", "x-forwarded-prefix", Some("/p"), None),
        ("X-Forwarded-For: 203.0.113.9", "x-forwarded-for", Some("203.0.113.9"), Some("127.0.0.1")),
        ("X-Forwarded-Port: 9", "x-forwarded-port", Some("9"), Some("9")),
        ("traceparent: 00-a-b-01", "traceparent", Some("00-a-b-01"), Some("00-a-b-01")),
        ("Authorization: Bearer x", "authorization", Some("Bearer x"), Some("Bearer x")),
        ("x-functions-key: k", "x-functions-key", Some("k"), Some("k")),
    ];
    let (forwarding, proxying) = (rig(FORWARD).await, rig(PROXY).await);
    for (lines, name, forwarded, proxied) in cases {
        let request = format!("GET /api/echo HTTP/1.1\r\nHost: h\r\n{lines}\r\n\r\n");
        for (rig, expected, form) in [(&forwarding, forwarded, "forwarded"), (&proxying, proxied, "proxied")] {
            let (_, received) = call(rig, &request).await;
            assert_eq!(received[0].header(name), expected, "{form}: {lines}");
        }
    }
}

#[tokio::test]
async fn section_4_3_lengths_and_requests_that_cannot_be_forwarded() {
    let forwarding = rig(FORWARD).await;
    for method in ["POST", "PUT", "PATCH", "TRACE", "FOO"] {
        let (_, received) = call(&forwarding, &format!("{method} /api/echo HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(received[0].header("content-length"), Some("0"), "{method}");
    }
    for method in ["GET", "HEAD", "DELETE", "OPTIONS"] {
        let (_, received) = call(&forwarding, &format!("{method} /api/echo HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(received[0].framing, "none", "{method}");
    }
    let refused = [
        "Content-Type: foo\r\nContent-Length: 1\r\n\r\nx",
        "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 1\r\n\r\nx",
        "X-A: \u{c3}\u{a9}\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
    ];
    for rest in refused {
        let (answer, received) = call(&forwarding, &format!("POST /api/echo HTTP/1.1\r\nHost: h\r\n{rest}")).await;
        assert_eq!((answer.status, answer.body.as_str(), received.len()), (500, "", 0), "{rest}");
    }
    let spaced = "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Type: a/b;c=d\r\nContent-Length: 1\r\n\r\nx";
    assert_eq!(call(&forwarding, spaced).await.1[0].header("content-type"), Some("a/b; c=d"));
}

#[tokio::test]
async fn section_4_4_answers_as_they_reach_the_caller() {
    let long = format!("HTTP/1.1 200 OK\r\nX-A: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(70_000));
    // Answer; status forwarded and proxied; then a header, forwarded and proxied.
    type Seen = (&'static str, &'static [&'static str], &'static [&'static str]);
    let cases: Vec<(&str, u16, u16, Option<Seen>)> = vec![
        ("HTTP/1.1 600 Odd\r\nContent-Length: 1\r\n\r\nx", 600, 600, None),
        (
            "HTTP/1.1 302 Found\r\nLocation: http://x/y z\r\nContent-Length: 0\r\n\r\n",
            302,
            302,
            Some(("location", &["http://x/y%20z"], &["http://x/y z"])),
        ),
        ("HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, 200, None),
        ("HTTP/1.1 200 OK\r\nX-A: \u{e9}\r\nContent-Length: 0\r\n\r\n", 500, 500, None),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 500, 500, None),
        ("HTTP/1.1 1000 Odd\r\nContent-Length: 0\r\n\r\n", 500, 500, None),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", 500, 500, None),
        ("rubbish\r\n\r\n", 500, 500, None),
        (&long, 500, 500, None),
        ("HTTP/1.1 200 OK\r\nX-A:\r\nContent-Length: 0\r\n\r\n", 200, 200, Some(("x-a", &[], &[""]))),
        (
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
            200,
            200,
            Some(("set-cookie", &["a=1", "b=2"], &["a=1", "b=2"])),
        ),
        (
            "HTTP/1.1 200 OK\r\nVary: A, B\r\nContent-Length: 0\r\n\r\n",
            200,
            200,
            Some(("vary", &["A", "B"], &["A, B"])),
        ),
        (
            "HTTP/1.1 200 OK\r\nServer: a b\r\nContent-Length: 0\r\n\r\n",
            200,
            200,
            Some(("server", &["a", "b"], &["a b"])),
        ),
        ("HTTP/1.1 200 OK\r\nAlt-Svc: x\r\nContent-Length: 0\r\n\r\n", 200, 200, Some(("alt-svc", &["x"], &[]))),
        ("HTTP/1.1 200 OK\r\nKeep-Alive: 5\r\nContent-Length: 0\r\n\r\n", 200, 200, Some(("keep-alive", &["5"], &[]))),
        (
            "HTTP/1.1 200 OK\r\nTrailer: X-T\r\nContent-Length: 0\r\n\r\n",
            200,
            200,
            Some(("trailer", &["X-T"], &["X-T"])),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: a/b;c=d\r\nContent-Length: 0\r\n\r\n",
            200,
            200,
            Some(("content-type", &["a/b; c=d"], &["a/b;c=d"])),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
            200,
            200,
            Some(("content-encoding", &["br"], &["br"])),
        ),
    ];
    let (forwarding, proxying) = (rig(FORWARD).await, rig(PROXY).await);
    for (answer, forwarded, proxied, header) in cases {
        for (rig, expected, is_forwarded) in [(&forwarding, forwarded, true), (&proxying, proxied, false)] {
            rig.answers(&json!({ "parts": [{ "text": answer }], "close": true }));
            // With a body it is sent once, whatever is answered.
            let request = "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
            let (seen, received) = call(rig, request).await;
            let what = answer.get(..60).unwrap_or(answer);
            assert_eq!((seen.status, received.len()), (expected, 1), "{is_forwarded} {what}");
            if let Some((name, there, here)) = header {
                let lines: Vec<&str> =
                    seen.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
                assert_eq!(lines, if is_forwarded { there } else { here }, "{is_forwarded} {what}");
            }
        }
    }
}

#[tokio::test]
async fn section_4_4_and_4_6_how_often_a_request_is_sent() {
    let (forwarding, proxying) = (rig(FORWARD).await, rig(PROXY).await);
    let long = format!("HTTP/1.1 200 OK\r\nX-A: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(70_000));
    let get = "GET /api/echo HTTP/1.1\r\nHost: h\r\n\r\n";
    let post = "POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
    let cases = [
        (get, json!({ "parts": [], "close": true }), 4, 40),
        (get, json!({ "parts": [], "rst": true }), 1, 10),
        (get, json!({ "parts": [{ "text": "rubbish\r\n\r\n" }], "close": true }), 1, 10),
        (get, json!({ "parts": [{ "text": long }], "close": true }), 1, 10),
        (post, json!({ "parts": [], "close": true }), 1, 1),
    ];
    for (request, answer, forwarded, proxied) in cases {
        for (rig, expected) in [(&forwarding, forwarded), (&proxying, proxied)] {
            rig.answers(&answer);
            let (seen, received) = call(rig, request).await;
            assert_eq!(
                (seen.status, received.len()),
                (500, expected),
                "{request} {}",
                answer.to_string().get(..40).unwrap_or_default()
            );
        }
    }
}

#[tokio::test]
async fn section_3_3_the_payload_of_a_request() {
    let rig = rig("").await;
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    rig.answers(&json!({ "parts": [{ "text": answer }] }));
    // The rest of a request after its method; a pointer into the payload, and what is there.
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
        // Failures.
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
    // As often as .NET's client follows.
    assert_eq!((received.len(), received[1].line.as_str()), (51, "GET /else HTTP/1.1"));
}

#[tokio::test]
async fn section_5_4_what_the_web_server_refuses_before_the_host_sees_it() {
    let rig = rig(FORWARD).await;
    let long = format!("GET /api/echo?{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(9000));
    let headers =
        format!("GET /api/echo HTTP/1.1\r\nHost: h\r\n{}\r\n", format!("X-A: {}\r\n", "a".repeat(8000)).repeat(5));
    let cases = [
        ("GET /api/r/%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /api/echo HTTP/1.1\r\n\r\n", 400),
        ("GET /api/echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /api/echo HTTP/1.1\r\nHost: h\r\nX-A: \u{ff}\r\n\r\n", 400),
        ("GET /api/echo HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /api/r/\u{c3}\u{a9} HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /api/echo HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 200),
        ("POST /api/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
        ("GET /api/echo HTTP/1.0\r\n\r\n", 500),
        (long.as_str(), 414),
        (headers.as_str(), 431),
        ("GET //x HTTP/1.1\r\nHost: h\r\n\r\n", 404),
        ("POST / HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ("GET /api/echo// HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ("GET /API/ECHO HTTP/1.1\r\nHost: h\r\n\r\n", 200),
        ("PUT /admin/host/ping HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        ("POST /ADMIN/Host/Ping HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
    ];
    for (request, status) in cases {
        assert_eq!(call(&rig, request).await.0.status, status, "{}", request.get(..80).unwrap_or(request));
    }
}

#[tokio::test]
async fn section_4_3_names_of_headers_keep_their_letters_and_host_comes_first() {
    let request = "GET /api/echo HTTP/1.1\r\nHost: h\r\nx-MINE: 1\r\n\r\n";
    for (mode, first, own) in [
        (FORWARD, "Host: h", "\r\nUser-Agent: Azure"),
        (PROXY, "Host: 127.0.0.1:", "\r\nX-Forwarded-For: "),
        ("", "Host: 127.0.0.1:", "\r\nContent-Type: "),
    ] {
        let head = call(&rig(mode).await, request).await.1.remove(0).head;
        assert!(head.lines().nth(1).is_some_and(|line| line.starts_with(first)), "{head}");
        assert!(head.contains(own), "{head}");
        assert_eq!(head.contains("\r\nx-MINE: 1\r\n"), !mode.is_empty(), "{head}");
    }
}
