//! A call of a model is one span, from the request to the last event.

#![cfg(feature = "openai")]

use serde_json::json;

use super::rig::{PARENT, Rig, service};
use crate::openai::Model;

fn model(rig: &Rig, address: &str) -> Model {
    Model::at(rig.connection(address), "gpt")
}

const EVENTS: &str = "data: {\"id\":\"c1\",\"model\":\"gpt-5-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"SAID\"}}]}\n\n\
    data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"id\":\"c1\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18,\"prompt_tokens_details\":{\"cached_tokens\":3}}}\n\n\
    data: [DONE]\n\n";

#[tokio::test]
async fn a_streamed_answer_is_told_to_its_end() {
    let rig = Rig::start().await;
    let address = service(|_| ([("content-type", "text/event-stream")], EVENTS)).await;
    let model = model(&rig, &address);
    rig.invoke(Some(PARENT), async move {
        let asked = json!({ "messages": [{ "role": "user", "content": "ASKED" }], "temperature": 0.5, "max_completion_tokens": 9 });
        let mut events = model.chat(&asked).stream().await.unwrap();
        while let Some(event) = events.next().await {
            event.unwrap();
        }
    })
    .await;
    rig.telemetry.flush().await;
    let (server, chat, call) =
        (rig.collector.span("orders"), rig.collector.span("chat gpt"), rig.collector.span("POST"));
    assert_eq!((chat.hex(4), call.hex(4), chat.number(6)), (server.hex(2), chat.hex(2), 3));
    assert_eq!(chat.at(&[15]).number(3), 0);
    for (name, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "azure.ai.openai"),
        ("gen_ai.request.model", "gpt"),
        ("gen_ai.request.stream", "true"),
        ("gen_ai.request.temperature", "0.5"),
        ("gen_ai.request.max_tokens", "9"),
        ("gen_ai.response.model", "gpt-5-mini"),
        ("gen_ai.response.id", "c1"),
        ("gen_ai.response.finish_reasons", "stop"),
        ("gen_ai.usage.input_tokens", "11"),
        ("gen_ai.usage.output_tokens", "7"),
        ("gen_ai.usage.cache_read.input_tokens", "3"),
        ("openai.api.type", "chat_completions"),
    ] {
        assert_eq!(chat.attribute(9, name), value, "{name}");
    }
    let first: f64 = chat.attribute(9, "gen_ai.response.time_to_first_chunk").parse().unwrap();
    assert!(first >= 0.0);
    let sent: String = rig.collector.got().iter().map(|got| String::from_utf8_lossy(&got.body).into_owned()).collect();
    assert!(!sent.contains("ASKED") && !sent.contains("SAID"), "no word of question or answer");
}

#[tokio::test]
async fn a_refusal_names_its_kind_and_a_reader_who_leaves_is_told() {
    let rig = Rig::start().await;
    let address = service(|request| {
        let is_refused = request.uri().path().contains("/refused/");
        let (status, kind, body) = if is_refused {
            (400, "application/json", "{\"error\":{\"code\":\"context_length_exceeded\",\"message\":\"m\"}}")
        } else {
            (200, "text/event-stream", EVENTS)
        };
        http::Response::builder().status(status).header("content-type", kind).body(body.to_owned()).unwrap()
    })
    .await;
    let refused = model(&rig, &format!("{address}/refused"));
    let left = Model::at(rig.connection(&address), "left");
    rig.invoke(Some(PARENT), async move {
        let asked = json!({ "messages": [] });
        refused.chat(&asked).send().await.unwrap_err();
        left.chat(&asked).stream().await.unwrap();
    })
    .await;
    rig.telemetry.flush().await;
    let (refused, left) = (rig.collector.span("chat gpt"), rig.collector.span("chat left"));
    assert_eq!(
        (refused.attribute(9, "error.type").as_str(), refused.at(&[15]).number(3)),
        ("context_length_exceeded", 2)
    );
    assert_eq!((left.attribute(9, "error.type").as_str(), left.at(&[15]).number(3)), ("cancelled", 2));
}
