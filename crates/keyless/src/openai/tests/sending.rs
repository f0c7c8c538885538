//! Requests to the model, its answers, and retries.

use std::time::Duration;

use serde_json::json;

use super::rig::{PROMPT, Rig, answer, completion, json_answer, request};
use crate::error::{Cause, Error, Service};

#[tokio::test]
async fn a_call_names_the_deployment_and_carries_a_token() {
    let rig = Rig::start().await;
    rig.will([completion("Hello")]);
    let answer = rig.model.chat(&request()).send().await.unwrap();
    assert_eq!((answer.text().as_str(), answer.finish_reason()), ("Hello", Some("stop")));
    assert_eq!(answer.usage().unwrap().total_tokens, 4);
    let seen = rig.seen().remove(0);
    assert_eq!(seen.target, "/openai/v1/chat/completions");
    assert_eq!((seen.header("authorization"), seen.header("api-key")), ("Bearer t1", ""));
    assert_eq!((seen.header("accept"), seen.header("content-type")), ("application/json", "application/json"));
    assert_eq!(seen.body, json!({ "model": "chat", "messages": [{ "role": "user", "content": PROMPT }] }));
}

#[tokio::test]
async fn responses_are_asked_for_and_read_likewise() {
    let rig = Rig::start().await;
    let output = json!([{ "type": "message", "content": [{ "type": "output_text", "text": "Hello" }] }]);
    rig.will([json_answer(200, &json!({ "status": "completed", "error": null, "output": output }))]);
    let answer = rig.model.responses(&json!({ "input": "Hi" })).send().await.unwrap();
    assert_eq!(answer.text(), "Hello");
    assert_eq!(rig.seen().remove(0).target, "/openai/v1/responses");
}

#[tokio::test]
async fn a_post_is_tried_three_times() {
    for status in [408, 429, 500, 503] {
        let rig = Rig::start().await;
        rig.will([0, 1, 2].map(|_| answer(status, &[("retry-after-ms", "1")], "")));
        let error = rig.model.chat(&request()).send().await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { service: Service::OpenAi, .. }), "{status} {error:?}");
        assert_eq!(rig.seen().len(), 3, "{status}");
    }
}

#[tokio::test]
async fn what_was_refused_once_is_answered_at_the_second_try() {
    let rig = Rig::start().await;
    rig.will([answer(429, &[("retry-after-ms", "1"), ("retry-after", "9")], ""), completion("Hello")]);
    assert_eq!(rig.model.chat(&request()).send().await.unwrap().text(), "Hello");
    let seen = rig.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].body, seen[1].body);
}

#[tokio::test]
async fn a_long_wait_is_the_callers() {
    let rig = Rig::start().await;
    rig.will([answer(
        429,
        &[("retry-after", "41")],
        r#"{"error":{"code":"RateLimitReached","message":"Slow down."}}"#,
    )]);
    let error = rig.model.chat(&request()).send().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(41)));
    assert_eq!(rig.seen().len(), 1);
}

#[tokio::test]
async fn a_200_that_holds_an_error_is_an_error_and_is_tried_again_if_time_may_mend_it() {
    let rig = Rig::start().await;
    let busy = || json_answer(200, &json!({ "error": { "code": "no_capacity", "message": "x" } }));
    rig.will([busy(), completion("Hello")]);
    assert_eq!(rig.model.chat(&request()).send().await.unwrap().text(), "Hello");
    rig.will([json_answer(200, &json!({ "error": { "code": "context_length_exceeded" } }))]);
    let error = rig.model.chat(&request()).send().await.unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error:?}");
    assert_eq!(rig.seen().len(), 3);
}

#[tokio::test]
async fn a_page_in_place_of_the_model_is_for_an_operator() {
    let rig = Rig::start().await;
    rig.will([0, 1].map(|_| answer(200, &[("content-type", "text/html")], "<p>Log in</p>")));
    for error in
        [rig.model.chat(&request()).send().await.unwrap_err(), rig.model.chat(&request()).stream().await.unwrap_err()]
    {
        let Error::Refused { source, .. } = &error else { panic!("{error:?}") };
        assert!(matches!(**source, Cause::NotTheService { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once_and_a_missing_role_is_not_asked_again() {
    let rig = Rig::start().await;
    rig.will([answer(401, &[], ""), completion("Hello")]);
    assert_eq!(rig.model.chat(&request()).send().await.unwrap().text(), "Hello");
    let tokens: Vec<_> = rig.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect();
    assert_eq!(tokens, ["Bearer t1", "Bearer t2"]);
    rig.will([json_answer(401, &json!({ "error": { "code": "PermissionDenied", "message": "No." } }))]);
    rig.model.chat(&request()).send().await.unwrap_err();
    assert_eq!(rig.seen().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_gets_no_place_ends_at_the_limit_of_a_whole_call_and_says_so() {
    let rig = Rig::start().await;
    let _all = rig.model.api().in_flight().all();
    let start = tokio::time::Instant::now();
    for error in [
        rig.model.chat(&request()).send().await.unwrap_err(),
        rig.model.chat(&request()).stream().await.unwrap_err(),
        rig.model.responses(&request()).send().await.unwrap_err(),
    ] {
        let Error::Unavailable { service: Service::OpenAi, source, .. } = &error else { panic!("{error:?}") };
        assert!(matches!(**source, Cause::NoPlace(512)), "{source}");
    }
    assert_eq!(start.elapsed(), 3 * Duration::from_secs(200));
    assert!(rig.seen().is_empty());
}

#[tokio::test]
async fn deployment_and_stream_are_no_parts_of_a_request() {
    let rig = Rig::start().await;
    for wrong in [json!({ "model": "other" }), json!({ "stream": true }), json!([]), json!("text")] {
        let error = rig.model.chat(&wrong).send().await.unwrap_err();
        assert!(matches!(error, Error::Internal(_)), "{wrong} {error:?}");
    }
    assert!(rig.seen().is_empty());
}

#[tokio::test]
async fn no_debug_output_holds_the_prompt_or_the_answer() {
    let rig = Rig::start().await;
    rig.will([completion("S3CRET answer")]);
    let call = rig.model.chat(&request());
    assert!(!format!("{call:?}").contains(PROMPT));
    assert!(!format!("{:?}", call.send().await.unwrap()).contains("S3CRET"));
}

#[tokio::test]
async fn check_asks_for_the_models() {
    let rig = Rig::start().await;
    rig.will([json_answer(200, &json!({ "object": "list", "data": [] }))]);
    assert!(rig.model.check().await.is_ready());
    assert_eq!(rig.seen().remove(0).target, "/openai/v1/models");
    rig.will([json_answer(401, &json!({ "error": { "code": "PermissionDenied", "message": "No." } }))]);
    assert!(!rig.model.check().await.is_ready());
}
