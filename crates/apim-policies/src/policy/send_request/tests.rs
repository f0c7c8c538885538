//! Tests the sent requests, and the handling of the answers.

use bytes::Bytes;
use http::{Request, Response};

use crate::{
    NoReply, Outcome, State,
    expression::Value,
    rig::{World, document, problems_in},
};

const TOKEN: &str = "<send-request mode=\"new\" response-variable-name=\"r\" timeout=\"20\">\
    <set-url>@(\"https://tokens.test/introspect?a=\" + context.Request.Method)</set-url><set-method>POST</set-method>\
    <set-header name=\"x-a\"><value>@(1 + 1)</value></set-header><set-body>@(\"token=\" + 1)</set-body></send-request>";

async fn run(world: &World, inbound: &str, outbound: &str) -> Outcome<Bytes> {
    let request = Request::put("/orders?x=y")
        .header("x-caller", "1")
        .header("content-length", "4")
        .header("host", "gateway.test");
    let request = request.body(Bytes::from_static(b"body")).unwrap();
    world.run(&document(inbound, "<base />", outbound, ""), request, &State::default()).await
}

fn reply(world: &World, status: u16, body: &'static str) {
    let response = Response::builder().status(status).header("x-b", "2").body(Bytes::from_static(body.as_bytes()));
    world.replies.lock().unwrap().push_back(Ok(response.unwrap()));
}

#[tokio::test]
async fn a_new_request_has_only_what_the_policy_gives_it() {
    let world = World::new();
    reply(&world, 202, "{\"active\":true}");
    let read = "<set-header name=\"x-status\"><value>@{ var r = (IResponse)context.Variables[\"r\"]; return r.StatusCode + \
        r.Headers.GetValueOrDefault(\"x-b\", \"\") + (string)r.Body.As<JObject>()[\"active\"]; }</value></set-header>";
    let outcome = run(&world, &format!("{TOKEN}{read}"), "").await;
    assert_eq!(outcome.last_error, None);
    let sent = world.sent.lock().unwrap();
    assert_eq!(
        (sent[0].method().as_str(), sent[0].uri().to_string().as_str()),
        ("POST", "https://tokens.test/introspect?a=PUT")
    );
    assert_eq!(
        (sent[0].headers().len(), sent[0].headers()["x-a"].as_bytes(), &sent[0].body()[..]),
        (1, &b"2"[..], &b"token=1"[..])
    );
    assert_eq!(world.timeouts.lock().unwrap()[0].as_secs(), 20);
    let forwarded = world.forwarded.lock().unwrap();
    assert_eq!(forwarded[0].headers()["x-status"], "2022True");
    assert_eq!(forwarded[0].body(), "body");
}

#[tokio::test]
async fn a_copy_begins_with_the_request() {
    let world = World::new();
    reply(&world, 200, "");
    let copy = "<send-request mode=\"copy\" response-variable-name=\"r\"><set-url>https://other.test/</set-url></send-request>";
    run(&world, copy, "").await;
    let sent = std::mem::take(&mut *world.sent.lock().unwrap());
    assert_eq!((sent[0].method().as_str(), sent[0].uri().to_string().as_str()), ("PUT", "https://other.test/"));
    assert_eq!((sent[0].headers().len(), &sent[0].body()[..]), (1, &b"body"[..]));
    assert_eq!(sent[0].headers()["x-caller"], "1");
    assert_eq!(world.timeouts.lock().unwrap()[0].as_secs(), 60);
    // The request's own body still goes to the backend.
    assert_eq!(world.forwarded.lock().unwrap()[0].body(), "body");

    let world = World::new();
    reply(&world, 200, "");
    run(&world, "", copy).await;
    assert_eq!(world.sent.lock().unwrap()[0].body(), "");

    let named =
        copy.replace("</set-url>", "</set-url><set-header name=\"Host\"><value>third.test</value></set-header>");
    let world = World::new();
    reply(&world, 200, "");
    run(&world, &named, "").await;
    assert_eq!(world.sent.lock().unwrap()[0].headers()["host"], "third.test");
}

#[tokio::test]
async fn it_may_carry_a_token_of_the_services_identity() {
    let mut world = World::new();
    world.tokens.insert("https://vault.azure.net".to_owned(), "t0k3n".to_owned());
    reply(&world, 200, "");
    let inbound = TOKEN.replace(
        "</send-request>",
        "<authentication-managed-identity resource=\"https://vault.azure.net\" /></send-request>",
    );
    assert_eq!(run(&world, &inbound, "").await.last_error, None);
    assert_eq!(world.sent.lock().unwrap()[0].headers()["authorization"], "Bearer t0k3n");
    assert!(!world.forwarded.lock().unwrap()[0].headers().contains_key("authorization"));
}

#[tokio::test]
async fn without_an_answer_the_request_fails_unless_that_is_ignored() {
    for (cause, reason, message) in [
        (NoReply::Unreachable("refused".to_owned()), "BackendConnectionFailure", "refused"),
        (NoReply::TimedOut, "Timeout", "Request to the backend service timed out"),
    ] {
        let world = World::new();
        world.replies.lock().unwrap().push_back(Err(cause.clone()));
        let outcome = run(&world, TOKEN, "").await;
        assert_eq!(outcome.response.status(), 500);
        let error = outcome.last_error.unwrap();
        assert_eq!((error.source, error.reason, error.message.as_str()), ("send-request", reason, message));
        assert!(world.forwarded.lock().unwrap().is_empty());

        world.replies.lock().unwrap().push_back(Err(cause));
        let outcome = run(&world, &TOKEN.replace("timeout=\"20\"", "ignore-error=\"true\""), "").await;
        assert_eq!(outcome.last_error, None);
        assert!(matches!(outcome.variables["r"], Value::Null));
    }
    // An error status is an answer, too.
    let world = World::new();
    reply(&world, 500, "");
    assert_eq!(run(&world, TOKEN, "").await.last_error, None);
}

#[tokio::test]
async fn whatever_comes_of_a_one_way_request_is_ignored() {
    let world = World::new();
    let inbound = "<send-one-way-request mode=\"new\"><set-url>https://hook.test/</set-url><set-method>POST</set-method></send-one-way-request>";
    let outcome = run(&world, inbound, "").await;
    assert_eq!((outcome.last_error, outcome.variables.len()), (None, 0));
    assert_eq!(world.sent.lock().unwrap()[0].uri(), "https://hook.test/");
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    assert_eq!(
        problems_in(
            "inbound",
            "<send-request mode=\"other\" timeout=\"60 sec\" ignore-error=\"1\" retry=\"1\"><set-url>/relative</set-url>\n\
             <set-body>a</set-body><set-header name=\"a\"><value>b</value></set-header></send-request>\n\
             <send-request response-variable-name=\"r\" mode=\"copy\"><authentication-certificate thumbprint=\"a\" /></send-request>\n\
             <send-one-way-request response-variable-name=\"r\" />"
        ),
        [
            "2:1: <send-request> needs <set-method>, unless mode is \"copy\"",
            "2:1: <send-request> needs the attribute \"response-variable-name\"",
            "2:15: the attribute \"mode\" of <send-request> must be new or copy",
            "2:28: the attribute \"timeout\" of <send-request> must be a whole number from 0 to 2147483647",
            "2:45: the attribute \"ignore-error\" of <send-request> must be true or false",
            "2:62: the attribute \"retry\" of <send-request> is not declared",
            "2:81: the text of <set-url> must be an http or https URL",
            "3:23: <set-header> must stand before <set-body>",
            "5:1: <send-one-way-request> needs <set-method>, unless mode is \"copy\"",
            "5:1: <send-one-way-request> needs <set-url>, unless mode is \"copy\"",
            "5:23: the attribute \"response-variable-name\" of <send-one-way-request> is not declared",
        ]
    );
}
