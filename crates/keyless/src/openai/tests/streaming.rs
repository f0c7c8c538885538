//! Answers event by event.

use std::{convert::Infallible, time::Duration};

use axum::body::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use super::rig::{PROMPT, Rig, answer, completion, events, flowing, request};
use crate::error::{Error, ModelProblem, Service};

/// Makes a frame of a chat completion that adds this text.
fn chunk(text: &str) -> String {
    format!("data: {}\n\n", json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] }))
}

const FILTER: &str = "data: {\"choices\":[],\"id\":\"\",\"prompt_filter_results\":[]}\n\n";
const FINISH: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// Reads an answer with this body. Returns its text, the bytes that were passed on, and the error, if any.
async fn read(body: &str) -> (String, Vec<u8>, Option<Error>) {
    let rig = Rig::start().await;
    rig.will([events(body)]);
    let (mut text, mut raw) = (String::new(), Vec::new());
    let mut events = match rig.model.chat(&request()).stream().await {
        Ok(events) => events,
        Err(error) => return (text, raw, Some(error)),
    };
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                text.push_str(event.text().unwrap_or_default());
                raw.extend_from_slice(event.raw());
            }
            Err(error) => {
                assert!(events.next().await.is_none(), "nothing follows an error");
                return (text, raw, Some(error));
            }
        }
    }
    (text, raw, None)
}

#[tokio::test]
async fn a_stream_is_asked_for_and_every_byte_of_it_is_handed_on() {
    let rig = Rig::start().await;
    let body = [FILTER, ": keep alive\n\n", &chunk("Hel"), &chunk("lo"), FINISH, USAGE, DONE].concat();
    rig.will([events(body.clone())]);
    let answer = rig.model.chat(&request()).stream().await.unwrap();
    let all: Vec<_> = answer.into_stream().map(Result::unwrap).collect().await;
    let text: String = all.iter().filter_map(|event| event.text()).collect();
    assert_eq!(text, "Hello");
    assert_eq!(all.iter().find_map(|event| event.finish_reason()), Some("stop"));
    assert_eq!(all.iter().find_map(|event| event.usage()).unwrap().total_tokens, 5);
    let raw: Vec<u8> = all.iter().flat_map(|event| event.raw().to_vec()).collect();
    assert_eq!(String::from_utf8(raw).unwrap(), body);
    let seen = rig.seen().remove(0);
    assert_eq!((seen.header("accept"), &seen.body["stream"]), ("text/event-stream", &json!(true)));
}

#[tokio::test]
async fn a_stream_that_says_it_is_finished_needs_no_done() {
    for body in [[&chunk("Hi"), FINISH].concat(), [&chunk("Hi"), FINISH, "data: [DONE]"].concat()] {
        let (text, raw, error) = read(&body).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!((text.as_str(), raw.as_slice()), ("Hi", body.as_bytes()));
    }
}

#[tokio::test]
async fn a_stream_that_ends_too_early_is_an_error() {
    for body in [chunk("Hi"), [FILTER, &chunk("Hi"), "data: {\"choices\":[{\"del"].concat()] {
        let (text, _, error) = read(&body).await;
        let error = error.unwrap();
        assert_eq!((text.as_str(), error.model_refusal().unwrap().problem()), ("Hi", &ModelProblem::BrokenOff));
        assert!(matches!(error, Error::Unavailable { service: Service::OpenAi, .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_error_within_a_stream_is_typed() {
    let busy = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"too_many_requests\",\"code\":\"no_capacity\",\
        \"message\":\"my-secret-prompt\",\"headers\":{\"retry-after\":\"41\"}},\"sequence_number\":2}\n\n";
    let flat = "data: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"x\"}\n\n";
    let chat = "data: {\"error\":{\"code\":\"429\",\"message\":\"x\"}}\n\n";
    let failed = "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"rate_limit_exceeded\"}}}\n\n";
    for event in [busy, flat, chat, failed] {
        let (text, _, error) = read(&[&chunk("Hi"), event].concat()).await;
        let error = error.unwrap();
        assert_eq!((text.as_str(), error.model_refusal().unwrap().problem()), ("Hi", &ModelProblem::RateLimited));
        assert!(!format!("{error:?}").contains(PROMPT), "{error:?}");
        assert_eq!(error.retry_after(), (event == busy).then_some(Duration::from_secs(41)));
    }
    let filtered = "data: {\"error\":{\"code\":\"content_filter\",\"message\":\"x\"}}\n\n";
    let (.., error) = read(&[&chunk("Hi"), filtered].concat()).await;
    assert!(matches!(error, Some(Error::Invalid(_))), "{error:?}");
    let (.., error) = read(&[&chunk("Hi"), "data: oops\n\n"].concat()).await;
    assert!(matches!(error, Some(Error::Refused { .. })), "{error:?}");
}

#[tokio::test]
async fn a_stream_that_fails_before_its_first_event_is_asked_for_again_and_later_never() {
    let rig = Rig::start().await;
    let busy = "data: {\"error\":{\"code\":\"429\",\"message\":\"x\"}}\n\n";
    rig.will([
        events(busy),
        answer(429, &[("retry-after-ms", "1")], ""),
        events([&chunk("Hi"), FINISH, DONE].concat()),
    ]);
    let mut answer = rig.model.chat(&request()).stream().await.unwrap();
    assert_eq!(answer.next().await.unwrap().unwrap().text(), Some("Hi"));
    assert_eq!(rig.seen().len(), 3);

    rig.will([events([&chunk("Hi"), busy].concat()), completion("never asked for")]);
    let mut answer = rig.model.chat(&request()).stream().await.unwrap();
    assert_eq!(answer.next().await.unwrap().unwrap().text(), Some("Hi"));
    assert!(answer.next().await.unwrap().is_err());
    assert_eq!(rig.seen().len(), 1);
}

#[tokio::test]
async fn tries_are_counted_over_status_and_stream() {
    let rig = Rig::start().await;
    let busy = || events("data: {\"error\":{\"code\":\"no_capacity\"}}\n\n");
    rig.will([busy(), answer(503, &[], ""), busy(), busy()]);
    let error = rig.model.chat(&request()).stream().await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert_eq!(rig.seen().len(), 3);
}

#[tokio::test]
async fn a_response_ends_with_the_event_that_says_so() {
    let delta = json!({ "type": "response.output_text.delta", "delta": "Hello" });
    let end = json!({ "type": "response.completed", "response": { "status": "completed", "error": null,
        "usage": { "input_tokens": 3, "output_tokens": 2, "total_tokens": 5 } } });
    let rig = Rig::start().await;
    rig.will([events(format!("event: {}\ndata: {delta}\n\nevent: {}\ndata: {end}\n\n", delta["type"], end["type"]))]);
    let mut answer = rig.model.responses(&json!({ "input": "Hi" })).stream().await.unwrap();
    assert_eq!(answer.next().await.unwrap().unwrap().text(), Some("Hello"));
    let last = answer.next().await.unwrap().unwrap();
    assert_eq!((last.finish_reason(), last.usage().unwrap().completion_tokens), (Some("completed"), 2));
    assert!(answer.next().await.is_none());
}

/// This test needs no clock: the model holds each event back until the previous one was read.
#[tokio::test]
async fn events_are_handed_on_one_by_one() {
    let rig = Rig::start().await;
    let (read, acknowledged) = mpsc::channel::<()>(1);
    let pieces = stream::unfold((0, acknowledged), |(number, mut acknowledged)| async move {
        if number > 0 {
            acknowledged.recv().await?;
        }
        let last = [FINISH, DONE].concat();
        let piece = if number < 50 { chunk("x") } else { last };
        (number <= 50).then(|| (Bytes::from(piece), (number + 1, acknowledged)))
    });
    rig.will([flowing(pieces)]);
    let mut answer = rig.model.chat(&request()).stream().await.unwrap();
    for _ in 0..50 {
        assert_eq!(answer.next().await.unwrap().unwrap().text(), Some("x"));
        read.send(()).await.unwrap();
    }
    assert_eq!(answer.next().await.unwrap().unwrap().finish_reason(), Some("stop"));
}

/// Ends its channel when it is dropped. A drop means that the service noticed the caller's leaving.
struct Noticed(Option<oneshot::Sender<Infallible>>);

impl Drop for Noticed {
    fn drop(&mut self) {
        drop(self.0.take());
    }
}

#[tokio::test]
async fn dropping_the_stream_or_the_future_ends_the_call() {
    let rig = Rig::start().await;
    let endless = |first: Option<Bytes>| {
        let (noticed, left) = oneshot::channel();
        let noticed = Noticed(Some(noticed));
        let pieces = stream::iter(first).chain(stream::once(async move {
            let _noticed = noticed;
            std::future::pending().await
        }));
        (flowing(pieces), left)
    };
    let (answer, left) = endless(Some(chunk("Hi").into()));
    rig.will([answer]);
    let mut answer = rig.model.chat(&request()).stream().await.unwrap();
    answer.next().await.unwrap().unwrap();
    drop(answer);
    left.await.unwrap_err();

    // The same holds before the first event.
    let (answer, left) = endless(None);
    rig.will([answer]);
    let call = tokio::spawn(rig.model.chat(&request()).stream());
    rig.until_asked(2).await;
    call.abort();
    left.await.unwrap_err();
}
