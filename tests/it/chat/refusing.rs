//! Refusals: the refusing service, and the message for the caller.

use local_azure::seed::{ContentCategory, FilteredText, ModelFault, ModelFaultKind, Seed, Severity};
use serde_json::{Value, json};

use super::{PROMPT, ask, deployment, direct, events, prompt, streamed};
use crate::rig::{Rig, plain_client};

/// Asks in this world, plain and streamed. Returns the status, code and message that the caller gets.
async fn refused(change: impl FnOnce(&mut Seed), body: Value) -> (u16, String, String, Rig) {
    let rig = Rig::with(|seed| {
        direct(seed);
        change(seed);
    })
    .await;
    let mut told = Vec::new();
    for stream in [false, true] {
        let mut body = body.clone();
        body["stream"] = json!(stream);
        let answer = ask(&rig, &body).await;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap();
        let text = |name: &str| body["error"][name].as_str().unwrap().to_owned();
        told.push((status, text("code"), text("message")));
    }
    assert_eq!(told[0], told[1], "a stream that has not begun is refused alike");
    assert!(!rig.log().contains(PROMPT));
    let (status, code, message) = told.remove(0);
    (status, code, message, rig)
}

#[tokio::test]
async fn a_prompt_that_the_filter_finds_is_the_callers() {
    let filter = |seed: &mut Seed| {
        let (text, category) = (PROMPT.to_owned(), ContentCategory::Violence);
        seed.model_accounts[0].content_filter.push(FilteredText { text, category, severity: Severity::High });
    };
    let (status, code, message, _) = refused(filter, prompt()).await;
    assert_eq!((status, code.as_str()), (400, "content_filter"));
    assert!(message.contains("violence"), "{message}");
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_the_callers() {
    let (status, code, message, _) = refused(|seed| deployment(seed).context_window = 3, prompt()).await;
    assert_eq!((status, code.as_str()), (400, "context_length_exceeded"), "{message}");
}

#[tokio::test]
async fn a_parameter_that_the_model_does_not_take_is_named() {
    let (status, code, message, _) = refused(|_| {}, json!({ "prompt": PROMPT, "temperature": 0.5 })).await;
    assert_eq!((status, code.as_str()), (400, "invalid_request"));
    assert!(message.contains("temperature"), "{message}");
}

#[tokio::test]
async fn a_missing_role_is_an_operators_and_the_log_names_the_data_action() {
    let without = |seed: &mut Seed| {
        seed.role_assignments.pop();
    };
    let (status, code, message, rig) = refused(without, prompt()).await;
    assert_eq!((status, code.as_str()), (502, "upstream_refused"));
    assert!(message.contains("Azure OpenAI refused this app (401)"), "{message}");
    rig.until_logged(
        "lacks the data action Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
    )
    .await;
}

#[tokio::test]
async fn a_deployment_that_does_not_exist_is_an_operators() {
    let other = |seed: &mut Seed| {
        seed.function_app.settings.insert("OPENAI__deployment".to_owned(), "nothing".to_owned());
    };
    let (status, code, message, rig) = refused(other, prompt()).await;
    assert_eq!((status, code.as_str()), (502, "upstream_refused"));
    assert!(message.contains("(404)") && message.contains("the deployment's name"), "{message}");
    rig.until_logged("the account has no deployment of this name").await;
}

#[tokio::test]
async fn a_scope_of_another_service_is_an_operators() {
    let other = |seed: &mut Seed| {
        let scope = "https://storage.azure.com/.default".to_owned();
        seed.function_app.settings.insert("OPENAI__scope".to_owned(), scope);
    };
    let (status, code, _, rig) = refused(other, prompt()).await;
    assert_eq!((status, code.as_str()), (502, "upstream_refused"));
    rig.until_logged("the token is not one for it").await;
}

#[tokio::test]
async fn a_deployment_whose_rate_is_used_up_takes_time() {
    for kind in [ModelFaultKind::NoCapacity, ModelFaultKind::ServerError] {
        let faulty = |seed: &mut Seed| deployment(seed).fault = Some(ModelFault { kind, every: 1 });
        let (status, code, _, _) = refused(faulty, prompt()).await;
        assert_eq!((status, code.as_str()), (503, "upstream_unavailable"), "{kind:?}");
    }
}

#[tokio::test]
async fn a_throttled_deployment_tells_how_long_to_wait() {
    let rig = Rig::with(|seed| {
        direct(seed);
        deployment(seed).requests_per_minute = Some(1);
    })
    .await;
    assert_eq!(ask(&rig, &prompt()).await.status(), 200);
    let answer = ask(&rig, &prompt()).await;
    assert_eq!(answer.status(), 503);
    let wait: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((11..=60).contains(&wait), "{wait}");
}

#[tokio::test]
async fn a_stream_that_fails_after_its_beginning_ends_with_an_error_and_no_done() {
    let breaks_off = ModelFault { kind: ModelFaultKind::BreaksOff, every: 1 };
    let rig = Rig::with(|seed| {
        direct(seed);
        deployment(seed).fault = Some(breaks_off);
    })
    .await;
    let answer = ask(&rig, &streamed()).await;
    assert_eq!(answer.status(), 200);
    let body = answer.text().await.unwrap();
    assert!(!body.contains("[DONE]"), "{body}");
    let last = events(&body).pop().unwrap();
    assert_eq!(last["error"]["code"], "upstream_unavailable", "{body}");
    rig.until_logged("the answer of the model broke off").await;
}

#[tokio::test]
async fn what_is_no_question_is_refused_and_nothing_is_asked() {
    let rig = Rig::with(direct).await;
    for (body, status) in [
        (r#"{ "prompt": "a", "tools": [] }"#.as_bytes().to_vec(), 400),
        (r#"{ "prompt": "a", "n": 2 }"#.as_bytes().to_vec(), 400),
        (r#"{ "messages": [{ "role": "king", "content": "a" }] }"#.as_bytes().to_vec(), 400),
        (b"{ \"prompt\": \"\xFF\" }".to_vec(), 400),
        (vec![b' '; 1024 * 1024 + 1], 413),
    ] {
        let request = plain_client().post(rig.url("/api/chat")).header("content-type", "application/json");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status(), status);
        let body: Value = answer.json().await.unwrap();
        assert!(body["error"]["message"].is_string(), "{body}");
    }
    assert!(rig.answers().is_empty());
}
