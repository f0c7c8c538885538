//! Streams: event by event, held back, and abandoned.

use axum::body::Body;
use futures_util::StreamExt as _;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{AI, DEPLOYMENTS, Rig, V1, prompt};
use crate::journal::StreamEnd;

fn streamed(text: &str, with_usage: bool) -> Value {
    let mut body = prompt(text);
    body["stream"] = json!(true);
    if with_usage {
        body["stream_options"] = json!({ "include_usage": true });
    }
    body
}

#[tokio::test]
async fn events_come_in_the_captured_order() {
    let rig = Rig::new();
    let answer = rig.post(DEPLOYMENTS, &streamed("hello", true)).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream; charset=utf-8");
    assert!(answer.body.ends_with("\n\ndata: [DONE]\n\n") && !answer.body.contains("event:"));
    let first = r#"data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},"jailbreak":"#;
    assert!(answer.body.starts_with(first), "{}", answer.body);
    let events = answer.events();
    assert_eq!(events[0].get("usage"), None);
    let delta = |event: &Value| event["choices"][0]["delta"].clone();
    assert_eq!(delta(&events[1]), json!({ "content": "", "refusal": null, "role": "assistant" }));
    assert_eq!((&events[1]["choices"][0]["content_filter_results"], &events[1]["usage"]), (&json!({}), &Value::Null));
    let count = events.len();
    let finish = &events[count - 2];
    assert_eq!((delta(finish), &finish["choices"][0]["finish_reason"]), (json!({}), &json!("stop")));
    let (last, pieces) = (&events[count - 1], &events[2..count - 2]);
    assert_eq!(last["choices"], json!([]));
    // Each event has one token.
    assert_eq!(last["usage"]["completion_tokens"], pieces.len());
    let text: String = pieces.iter().map(|event| delta(event)["content"].as_str().unwrap().to_owned()).collect();
    let whole = rig.post(DEPLOYMENTS, &prompt("hello")).await.json();
    assert_eq!(whole["choices"][0]["message"]["content"], text);
    assert_eq!(whole["usage"], last["usage"]);
    let bare = rig.post(V1, &streamed("hello", false)).await;
    assert!(bare.events().iter().all(|event| event.get("usage").is_none()));
}

#[tokio::test]
async fn an_event_waits_until_it_is_released_and_the_journal_says_how_the_stream_ended() {
    let rig = Rig::new();
    let mut held = rig.world.model_streams().hold();
    let request = Request::post(V1).header("content-type", "application/json").header("authorization", rig.token(AI).1);
    let request = request.body(Body::from(streamed("hello", false).to_string())).unwrap();
    let mut events = rig.account.clone().oneshot(request).await.unwrap().into_body().into_data_stream();
    for _ in 0..3 {
        let early = tokio::select! {
            biased;
            early = events.next() => Some(early),
            () = std::future::ready(()) => None,
        };
        assert!(early.is_none(), "it came before it was released");
        held.release(1);
        events.next().await.unwrap().unwrap();
    }
    assert_eq!(rig.entries()[0].decision.stream, None);
    drop(events);
    let end = held.next_end().await.unwrap();
    assert_eq!((end.events, end.caller_left), (3, true));
    assert_eq!(rig.entries()[0].decision.stream, Some(end));
    drop(held);
    let answer = rig.post(V1, &streamed("hello", false)).await;
    let count = answer.events().len() + 1;
    let end = StreamEnd { events: count, of: count, caller_left: false };
    assert_eq!(rig.entries()[1].decision.stream, Some(end));
}

#[tokio::test]
async fn a_refusal_comes_before_the_stream_with_its_status() {
    let rig = Rig::chat_deployment(|chat| chat.context_window = 5);
    let answer = rig.post(V1, &streamed("hello", false)).await;
    assert_eq!((answer.status, answer.headers["content-type"].to_str().unwrap()), (400, "application/json"));
}

#[tokio::test]
async fn neither_prompt_nor_answer_enters_the_journal() {
    let rig = Rig::chat_deployment(|chat| chat.answer = Some("an answer of the seed".to_owned()));
    for body in [prompt("a private prompt"), streamed("a private prompt", true)] {
        rig.post(V1, &body).await;
    }
    rig.post("/openai/v1/responses", &json!({ "model": "chat", "input": "a private prompt" })).await;
    let journal = serde_json::to_string(&rig.entries()).unwrap();
    assert!(!journal.contains("private") && !journal.contains("of the seed"), "{journal}");
}
