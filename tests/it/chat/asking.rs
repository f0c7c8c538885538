//! Answers, and the stored exchanges.

use futures_util::StreamExt as _;
use serde_json::{Value, json};

use super::{PROMPT, ask, direct, events, prompt, streamed};
use crate::{rig::Rig, storage};

#[tokio::test]
async fn the_models_answer_comes_back_as_it_was_given_and_nothing_of_it_is_logged() {
    let rig = Rig::with(direct).await;
    let answer = ask(&rig, &prompt()).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (200, &"no-store".parse().unwrap()));
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["object"], "chat.completion");
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.contains(PROMPT), "{text}");
    let streamed = ask(&rig, &streamed()).await;
    assert_eq!(streamed.headers()["content-type"], "text/event-stream; charset=utf-8");
    let body = streamed.text().await.unwrap();
    assert!(body.ends_with("data: [DONE]\n\n"), "{body}");
    let events = events(&body);
    let pieces = events.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
    assert_eq!(pieces.collect::<String>(), text);
    assert_eq!(events.last().unwrap()["usage"], answer["usage"]);
    rig.until_logged("prompt_tokens=").await;
    let journal = format!("{:?}", rig.azure.journal().entries());
    assert!(!rig.log().contains(PROMPT) && !journal.contains(PROMPT));
}

#[tokio::test]
async fn a_limit_of_tokens_has_the_name_that_the_model_takes() {
    let rig = Rig::with(direct).await;
    // The model is a reasoning model, which refuses max_tokens.
    for name in ["max_tokens", "max_completion_tokens"] {
        let answer: Value =
            ask(&rig, &json!({ "prompt": "one two three four ".repeat(10), name: 16 })).await.json().await.unwrap();
        assert_eq!(answer["choices"][0]["finish_reason"], "length", "{answer}");
    }
}

#[tokio::test]
async fn the_deployments_surface_answers_as_well() {
    let rig = Rig::with(|seed| {
        direct(seed);
        seed.function_app.settings.insert("OPENAI__apiVersion".to_owned(), "2024-10-21".to_owned());
    })
    .await;
    assert_eq!(ask(&rig, &prompt()).await.status(), 200);
    assert!(ask(&rig, &streamed()).await.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    let paths: Vec<_> = rig.answers().into_iter().map(|entry| entry.path).collect();
    assert!(paths.iter().any(|path| path.contains("/openai/deployments/chat/chat/completions")), "{paths:?}");
}

#[tokio::test]
async fn an_exchange_is_kept_where_the_settings_ask_for_it_without_a_credential() {
    let rig = Rig::with(|seed| {
        direct(seed);
        seed.function_app.settings.insert("CHAT_ARCHIVE_CONTAINER".to_owned(), "uploads".to_owned());
    })
    .await;
    for body in [prompt(), streamed()] {
        let answer = ask(&rig, &body).await.text().await.unwrap();
        let wrote = rig.answers().into_iter().rev().find_map(|entry| entry.decision.wrote).unwrap();
        let (_, path) = wrote.split_once(".net/").unwrap();
        assert!(path.starts_with("uploads/20") && path.ends_with(".json"), "{path}");
        let content: Vec<_> = storage::read(&rig.azure, path).await.unwrap().collect().await;
        let kept: Value = serde_json::from_slice(&content.concat()).unwrap();
        assert_eq!(kept["messages"], json!([{ "role": "user", "content": PROMPT }]));
        assert_eq!((&kept["complete"], &kept["deployment"]), (&json!(true), &json!("chat")));
        assert!(answer.contains("completion_tokens") && kept["answer"].as_str().unwrap().contains(PROMPT), "{kept}");
        assert!(kept["usage"]["completionTokens"].as_u64() > Some(0), "{kept}");
        let text = kept.to_string();
        assert!(!text.contains("eyJ") && !text.to_ascii_lowercase().contains("bearer"), "{text}");
    }
}
