//! Chat completions and embeddings, as whole answers.

use serde_json::json;

use super::{DEPLOYMENTS, Rig, V1, prompt};
use crate::seed::{ContentCategory, FilteredText, Severity};

#[tokio::test]
async fn an_answer_is_as_captured() {
    let rig = Rig::new();
    let answer =
        rig.post("/openai/deployments/chat/chat/completions?api-version=2024-02-01", &prompt("hello world")).await;
    assert_eq!(answer.status, 200);
    let (id, created) = (answer.json()["id"].clone(), answer.json()["created"].clone());
    assert!(id.as_str().unwrap().starts_with("chatcmpl-") && id.as_str().unwrap().len() == 38);
    let text = "There is no language model here. Your message has 2 words: hello world";
    let graded = r#""hate":{"filtered":false,"severity":"safe"}"#;
    let rest = r#""self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}"#;
    assert_eq!(
        answer.body,
        format!(
            "{{\"choices\":[{{\"content_filter_results\":{{{graded},{rest}}},\"finish_reason\":\"stop\",\"index\":0,\
             \"logprobs\":null,\"message\":{{\"annotations\":[],\"content\":\"{text}\",\"refusal\":null,\"role\":\
             \"assistant\"}}}}],\"created\":{created},\"id\":{id},\"model\":\"gpt-4.1-mini-2025-04-14\",\"object\":\
             \"chat.completion\",\"prompt_filter_results\":[{{\"prompt_index\":0,\"content_filter_results\":{{{graded},\
             \"jailbreak\":{{\"detected\":false,\"filtered\":false}},{rest}}}}}],\"system_fingerprint\":\"fp_b6f445fc1c\",\
             \"usage\":{{\"completion_tokens\":16,\"completion_tokens_details\":{{\"accepted_prediction_tokens\":0,\
             \"audio_tokens\":0,\"reasoning_tokens\":0,\"rejected_prediction_tokens\":0}},\"prompt_tokens\":9,\
             \"prompt_tokens_details\":{{\"audio_tokens\":0,\"cached_tokens\":0}},\"total_tokens\":25}}}}\n"
        )
    );
    for (name, value) in [
        ("content-type", "application/json"),
        ("x-ms-deployment-name", "chat"),
        ("x-ms-region", "westeurope"),
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-renewalperiod-tokens", "60"),
        ("x-ratelimit-remaining-tokens", "99991"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    assert_eq!(answer.headers["x-ms-client-request-id"], answer.headers["apim-request-id"]);
    assert_ne!(answer.headers["x-request-id"], answer.headers["apim-request-id"]);
}

#[tokio::test]
async fn the_same_prompt_has_the_same_answer_and_newer_surfaces_name_the_tier() {
    let rig = Rig::new();
    let (one, two) = (rig.post(V1, &prompt("a")).await.json(), rig.post(DEPLOYMENTS, &prompt("a")).await.json());
    assert_eq!(one["choices"], two["choices"]);
    assert_eq!((one["service_tier"].clone(), two.get("service_tier")), (json!("default"), None));
    let other = Rig::chat_deployment(|chat| chat.answer = Some("As the seed says.".to_owned()));
    assert_eq!(other.post(V1, &prompt("a")).await.json()["choices"][0]["message"]["content"], "As the seed says.");
}

#[tokio::test]
async fn limits_and_stops_end_the_answer() {
    let rig = Rig::new();
    let run = async |name: &str, value| {
        let mut body = prompt("one two three");
        body[name] = value;
        let answer = rig.post(V1, &body).await.json();
        let choice = &answer["choices"][0];
        (
            choice["message"]["content"].clone(),
            choice["finish_reason"].clone(),
            answer["usage"]["completion_tokens"].clone(),
        )
    };
    let cut = (json!("There is no"), json!("length"), json!(3));
    assert_eq!(run("max_tokens", json!(3)).await, cut);
    assert_eq!(run("max_completion_tokens", json!(3)).await, cut);
    assert_eq!(run("stop", json!([" language", "x"])).await, (json!("There is no"), json!("stop"), json!(3)));
}

#[tokio::test]
async fn an_answer_that_the_filter_stops_has_no_message() {
    let rig = Rig::with(|seed| {
        let (text, category) = ("bad answer".to_owned(), ContentCategory::Hate);
        seed.model_accounts[0].content_filter = vec![FilteredText { text, category, severity: Severity::High }];
        seed.model_accounts[0].deployments[0].answer = Some("A bad answer.".to_owned());
    });
    let answer = rig.post(V1, &prompt("a")).await;
    let choice = &answer.json()["choices"][0];
    assert_eq!(
        (answer.status, choice["finish_reason"].as_str(), choice.get("message")),
        (200, Some("content_filter"), None)
    );
    assert_eq!(choice["content_filter_results"]["hate"], json!({ "filtered": true, "severity": "high" }));
}

#[tokio::test]
async fn json_is_answered_where_the_prompt_asks_for_it() {
    let rig = Rig::new();
    let mut body = prompt("answer in JSON");
    body["response_format"] = json!({ "type": "json_object" });
    let answer = rig.post(V1, &body).await.json();
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    assert!(serde_json::from_str::<serde_json::Value>(&content).unwrap()["answer"].is_string());
    let mut body = prompt("answer");
    body["response_format"] = json!({ "type": "json_object" });
    assert_eq!(rig.post(V1, &body).await.status, 400);
}

#[tokio::test]
async fn embeddings_are_numbers_or_base64() {
    let rig = Rig::new();
    let path = "/openai/v1/embeddings";
    let body = json!({ "model": "embedding", "input": ["a b", "c"], "encoding_format": "float" });
    let floats = rig.post(path, &body).await.json();
    assert_eq!(
        (floats["data"].as_array().unwrap().len(), floats["model"].as_str()),
        (2, Some("text-embedding-3-small"))
    );
    assert_eq!(floats["data"][0]["embedding"].as_array().unwrap().len(), 1536);
    assert_eq!(floats["usage"], json!({ "prompt_tokens": 3, "total_tokens": 3 }));
    let body = json!({ "model": "embedding", "input": "a", "encoding_format": "base64", "dimensions": 256 });
    let packed = rig.post(path, &body).await.json();
    assert_eq!(packed["data"][0]["embedding"].as_str().unwrap().len(), (256 * 4_usize).div_ceil(3) * 4);
    let path = "/openai/deployments/embedding/embeddings?api-version=2024-10-21";
    assert_eq!(rig.post(path, &json!({ "input": "a" })).await.status, 200);
}

#[tokio::test]
async fn models_are_the_regions_not_the_deployments() {
    let rig = Rig::new();
    let list = rig.get("/openai/v1/models").await.json();
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"gpt-4.1-mini-2025-04-14") && !ids.contains(&"chat"), "{ids:?}");
    assert_eq!(rig.get("/openai/v1/models/gpt-4.1-mini-2025-04-14").await.json()["object"], "model");
    assert_eq!(rig.get("/openai/v1/models/chat").await.status, 404);
}
