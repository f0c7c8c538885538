//! Requests and answers byte by byte, forwarded and proxied.

use serde_json::json;

use crate::rows::{call, rig};

const FORWARD: &str = "enableForwardingHttpRequest";
const PROXY: &str = "enableProxyingHttpRequest";

#[tokio::test]
async fn section_4_2_the_request_line_of_both_forms() {
    // The columns: the target; the forwarded target; the proxied target.
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
    // The columns: the header lines of a GET without body, and a name; the value of this header if forwarded, and if
    // proxied.
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
    // The columns: the answer; the status if forwarded and if proxied; a header, if forwarded and if proxied.
    type AnswerRow = (&'static str, &'static [&'static str], &'static [&'static str]);
    let cases: Vec<(&str, u16, u16, Option<AnswerRow>)> = vec![
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
            // A request with a body is sent only once, regardless of the answer.
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
async fn section_4_4_an_answer_of_http_1_0_reaches_the_caller_as_1_1() {
    for (mode, framing) in [(FORWARD, ("content-length", "4")), (PROXY, ("transfer-encoding", "chunked"))] {
        let rig = rig(mode).await;
        rig.answers(&json!({ "parts": [{ "text": "HTTP/1.0 404 Gone away\r\nX-A: 1\r\n\r\nbody" }], "close": true }));
        let (seen, _) = call(&rig, "GET /api/echo HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!((seen.line.as_str(), seen.body.as_str()), ("HTTP/1.1 404 Gone away", "body"));
        assert!(seen.headers.iter().any(|(name, value)| (name.as_str(), value.as_str()) == framing), "{seen:?}");
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
