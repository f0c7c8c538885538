//! The Responses API.

use serde_json::json;

use super::{AI, Rig, V1, prompt};
use crate::seed::{ContentCategory, FilteredText, ModelFault, ModelFaultKind, Severity};

const PATH: &str = "/openai/v1/responses";

#[tokio::test]
async fn a_response_is_pretty_names_the_deployment_and_can_be_read_again() {
    let rig = Rig::new();
    let answer =
        rig.post(PATH, &json!({ "model": "chat", "input": "grüße \u{1F60A}", "instructions": "be kind" })).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.starts_with("{\n  \"id\": \"resp_") && answer.body.contains("gr\\u00fc\\u00dfe \\ud83d\\ude0a")
    );
    let order = ["id", "object", "created_at", "status", "background", "completed_at", "content_filters", "error"];
    let places: Vec<_> = order.iter().map(|name| answer.body.find(&format!("\n  \"{name}\":")).unwrap()).collect();
    assert!(places.is_sorted());
    let response = answer.json();
    assert_eq!((&response["model"], &response["status"]), (&json!("chat"), &json!("completed")));
    let text = response["output"][0]["content"][0]["text"].as_str().unwrap();
    assert!(text.ends_with("Your message has 2 words: grüße \u{1F60A}"), "{text}");
    assert_eq!(answer.headers["x-ratelimit-key"], "chat");
    assert!(!answer.headers.contains_key("x-ms-deployment-name"));
    let path = format!("{PATH}/{}", response["id"].as_str().unwrap());
    assert_eq!(rig.get(&path).await.body, answer.body);
    let items = rig.get(&format!("{path}/input_items")).await.json();
    assert_eq!(items["data"][0]["content"][0]["text"], "grüße \u{1F60A}");
    let next = json!({ "model": "chat", "input": "again", "previous_response_id": response["id"] });
    let next = rig.post(PATH, &next).await.json();
    let tokens = |response: &serde_json::Value| response["usage"]["input_tokens"].as_u64().unwrap();
    assert!(tokens(&next) > tokens(&response), "the conversation counts");
    assert_eq!(rig.send("DELETE", &path, &[rig.token(AI)], b"").await.json()["deleted"], true);
    assert_eq!(rig.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_response_tells_how_it_was_asked_for() {
    let rig = Rig::chat_deployment(|chat| chat.reasoning = true);
    let asked = json!({
        "max_tool_calls": 3, "parallel_tool_calls": false, "prompt_cache_key": "k", "prompt_cache_retention": "24h",
        "reasoning": { "effort": "low", "summary": "auto" }, "safety_identifier": "s", "tool_choice": "none",
        "truncation": "auto", "user": "u", "metadata": { "a": "b" },
    });
    let mut body = asked.clone();
    (body["model"], body["input"], body["text"]) = (json!("chat"), json!("a"), json!({ "verbosity": "low" }));
    let response = rig.post(PATH, &body).await.json();
    for (name, value) in asked.as_object().unwrap() {
        assert_eq!(&response[name], value, "{name}");
    }
    assert_eq!(response["text"], json!({ "format": { "type": "text" }, "verbosity": "low" }));
    let plain = rig.post(PATH, &json!({ "model": "chat", "input": "a" })).await.json();
    assert_eq!(plain["reasoning"], json!({ "effort": "medium", "summary": null }));
    assert_eq!((&plain["metadata"], &plain["user"], &plain["tool_choice"]), (&json!({}), &json!(null), &json!("auto")));
}

#[tokio::test]
async fn a_blocked_answer_is_not_in_the_conversation_that_goes_on() {
    let rig = Rig::with(|seed| {
        let (text, category) = ("bad answer".to_owned(), ContentCategory::Hate);
        seed.model_accounts[0].content_filter = vec![FilteredText { text, category, severity: Severity::High }];
        seed.model_accounts[0].deployments[0].answer = Some("A bad answer.".to_owned());
    });
    let first = rig.post(PATH, &json!({ "model": "chat", "input": "a" })).await.json();
    assert_eq!(first["incomplete_details"]["reason"], "content_filter");
    let next = json!({ "model": "chat", "input": "b", "previous_response_id": first["id"] });
    assert_eq!(rig.post(PATH, &next).await.status, 200, "the service's own words were answered");
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_not() {
    let rig = Rig::new();
    let response = rig.post(PATH, &json!({ "model": "chat", "input": "a", "store": false })).await.json();
    assert_eq!(rig.get(&format!("{PATH}/{}", response["id"].as_str().unwrap())).await.status, 404);
}

#[tokio::test]
async fn events_are_numbered_and_end_with_the_whole_response() {
    let rig = Rig::new();
    let answer = rig.post(PATH, &json!({ "model": "chat", "input": "hello", "stream": true })).await;
    let first = "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,";
    assert!(answer.body.starts_with(first) && !answer.body.contains("[DONE]"));
    let events = answer.events();
    let numbers: Vec<_> = events.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());
    let mut kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    kinds.dedup();
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(events[0]["response"]["usage"], json!(null));
    let deltas: Vec<_> = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    let done = &events.last().unwrap()["response"];
    assert_eq!(done["output"][0]["content"][0]["text"], deltas.concat());
    assert_eq!(done["usage"]["output_tokens"], deltas.len());
}

#[tokio::test]
async fn a_limit_leaves_it_incomplete_and_a_small_one_is_refused() {
    let rig = Rig::chat_deployment(|chat| chat.answer = Some("word ".repeat(40)));
    let response = rig.post(PATH, &json!({ "model": "chat", "input": "a", "max_output_tokens": 16 })).await.json();
    assert_eq!(response["incomplete_details"], json!({ "reason": "max_output_tokens" }));
    assert_eq!((&response["status"], &response["completed_at"]), (&json!("incomplete"), &json!(null)));
    let answer = rig.post(PATH, &json!({ "model": "chat", "input": "a", "max_output_tokens": 5 })).await;
    assert_eq!((answer.status, answer.error()["param"].clone()), (400, json!("max_output_tokens")));
}

#[tokio::test]
async fn a_rate_limit_can_come_inside_of_a_stream_that_began_with_200() {
    let rig = Rig::chat_deployment(|chat| {
        chat.fault = Some(ModelFault { kind: ModelFaultKind::BreaksOff, every: 1 });
    });
    let answer = rig.post(PATH, &json!({ "model": "chat", "input": "a", "stream": true })).await;
    assert_eq!(answer.status, 200);
    let last = answer.events().pop().unwrap();
    assert_eq!((&last["type"], &last["error"]["type"]), (&json!("error"), &json!("too_many_requests")));
    assert!(answer.body.contains("event: error\n") && last["sequence_number"] == 2);
    let mut chat = prompt("a");
    chat["stream"] = json!(true);
    let answer = rig.post(V1, &chat).await;
    assert!(answer.events().pop().unwrap()["error"]["code"] == "no_capacity" && !answer.body.contains("[DONE]"));
}
