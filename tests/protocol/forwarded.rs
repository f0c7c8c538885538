//! A caller's request as the host forwards or proxies it.

use serde_json::{Value, json};

use crate::{
    identity::SlowIdentity,
    rig::{Handler, ID},
};

#[tokio::test]
async fn forwarded_path_http_functions_are_below_the_prefix_and_timers_at_their_name() {
    let handler = Handler::start(&[]);
    for (path, expected) in [("/api/health", 200), ("/health", 404), ("/snapshot", 404), ("/api/snapshot", 404)] {
        assert_eq!(handler.get(path).await.status(), expected, "{path}");
    }
    let outside = handler.forwarded(handler.client.post(handler.url("/api/snapshot"))).json(&json!({}));
    assert_eq!(outside.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn forwarded_path_case_and_a_slash_at_the_end_do_not_count() {
    let handler = Handler::start(&[]);
    for path in ["/API/HEALTH", "/api/health/", "/api/health//", "/api/he%61lth?x=1"] {
        assert_eq!(handler.get(path).await.status(), 200, "{path}");
    }
    assert_eq!(handler.get("/api//health").await.status(), 404);
}

#[tokio::test]
async fn forwarded_method_another_one_is_not_found() {
    let handler = Handler::start(&[]);
    for request in [handler.client.post(handler.url("/api/health")), handler.client.head(handler.url("/api/health"))] {
        assert_eq!(handler.forwarded(request).send().await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn forwarded_headers_the_hosts_invocation_id_counts_and_not_the_callers() {
    let handler = Handler::start(&[]);
    let forged = handler.client.get(handler.url("/api/health"));
    let forged = forged.header("x-azure-functions-invocationid", "00000000-0000-0000-0000-00000000f00d");
    assert_eq!(handler.forwarded(forged).send().await.unwrap().status(), 200);
    let line = handler.stdout.line_with("status=200").unwrap();
    assert!(line.contains(ID) && !line.contains("f00d"), "{line}");
}

#[tokio::test]
async fn forwarded_response_a_failure_is_the_functions_own_answer() {
    let handler = Handler::start(&[]);
    let response = handler.get("/api/snapshots/orders").await;
    assert_eq!(response.status(), 502);
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "upstream_refused");
}

#[tokio::test]
async fn forwarded_function_timeout_the_handler_ends_the_invocation_before_the_host_kills_it() {
    let identity = SlowIdentity::start();
    let timeout = ("AzureFunctionsJobHost__functionTimeout", "00:00:00.3");
    let handler = Handler::start(&[&identity.settings()[..], &[timeout]].concat());
    let response = handler.get("/api/snapshots/orders").await;
    assert_eq!(response.status(), 500);
    assert!(handler.stderr.line_with(ID).unwrap().contains("it took longer than 0.27 seconds"));
    assert_eq!(handler.get("/api/health").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_overload_is_turned_away_at_once_and_the_probes_are_not() {
    let identity = SlowIdentity::start();
    let limit = ("MAX_CONCURRENT_INVOCATIONS", "1");
    let handler = Handler::start(&[&identity.settings()[..], &[limit]].concat());
    let running = handler.forwarded(handler.client.get(handler.url("/api/snapshots/orders"))).send();
    let running = tokio::spawn(running);
    tokio::task::block_in_place(|| identity.wait_until_asked());

    let turned_away = handler.get("/api/snapshots/orders").await;
    assert_eq!((turned_away.status().as_u16(), &turned_away.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    let turned_away = handler.post("snapshot", &json!({ "Data": { "timer": {} } })).await;
    assert_eq!((turned_away.status().as_u16(), &turned_away.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    assert!(handler.stderr.line_with("too many invocations").unwrap().contains("WARN"));
    assert_eq!(handler.get("/api/health").await.status(), 200);
    assert_eq!(handler.client.get(handler.url("/")).send().await.unwrap().status(), 200);

    identity.answer();
    assert_eq!(running.await.unwrap().unwrap().status(), 502);
}
