//! Streamed answers: the tokens that they count, and the side that ends them.

use super::*;

#[tokio::test]
async fn the_call_that_crosses_the_token_limit_passes_also_as_a_stream_and_the_next_is_429() {
    for streams in [false, true] {
        let rig = Rig::start(|seed| {
            seed.apim.named_values.insert("chat-tokens-per-minute".to_owned(), "20".to_owned());
        })
        .await;
        let body = if streams { streamed("one two three four five") } else { prompt("one two three four five") };
        let answer = rig.post(V1, &body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body.ends_with("data: [DONE]\n\n"), streams);
        let refused = rig.post(V1, &body).await;
        assert_eq!(refused.status, 429, "streams: {streams}");
        let message = refused.json()["message"].as_str().unwrap().to_owned();
        let seconds = refused.headers["retry-after"].to_str().unwrap().to_owned();
        assert_eq!(message, format!("Token limit is exceeded. Try again in {seconds} seconds."));
        let reason = rig.entries(Service::ApiManagement)[1].decision.reason.clone().unwrap();
        assert!(reason.starts_with("OpenAITokenLimitExceeded: "), "{reason}");
    }
    let none = Rig::start(|seed| Link::TokenLimit.spoil(seed)).await;
    assert_eq!(none.post(V1, &prompt("a")).await.status, 429);
}

#[tokio::test]
async fn the_same_long_answer_counts_the_same_plain_and_streamed() {
    let rig = Rig::start(|seed| {
        for account in &mut seed.model_accounts {
            account.deployments[0].answer =
                Some("The quick brown fox jumps over the lazy dog, and naïve 你好. ".repeat(25));
        }
    })
    .await;
    assert_eq!(rig.post(V1, &prompt("tell me")).await.status, 200);
    let plain = rig.tokens("Total Tokens");
    assert!(plain > 300.0, "{plain}");
    for body in [streamed("tell me"), {
        let mut body = streamed("tell me");
        body["stream_options"] = json!({ "include_usage": true });
        body
    }] {
        let before = rig.tokens("Total Tokens");
        assert_eq!(rig.post(V1, &body).await.status, 200);
        let counted = rig.tokens("Total Tokens") - before;
        assert!((counted - plain).abs() <= plain * 0.1, "{counted} streamed and {plain} plain");
    }
    let metric = rig.0.world().metrics().all().remove(0);
    let principal = rig.0.world().seed().identity("id-keyless-caller").unwrap().principal_id.to_string();
    assert_eq!((metric.namespace.as_str(), &metric.dimensions["API ID"]), ("keyless", &"chat".to_owned()));
    assert_eq!((&metric.dimensions["Caller"], &metric.dimensions["Product ID"]), (&principal, &"models".to_owned()));
    assert!(metric.dimensions["Backend ID"].starts_with("chat-"));
}

/// The model sends the next event only after this one has arrived.
#[tokio::test]
async fn fifty_events_pass_one_by_one() {
    let rig = Rig::start(|_| {}).await;
    let held = rig.0.world().model_streams().hold();
    for url in [V1, DEPLOYMENTS] {
        let words = (0..50).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
        let mut events = rig.stream(url, &streamed(&words)).await;
        let mut count = 0;
        for _ in 0..50 {
            held.release(1);
            let event = events.next().await.unwrap().unwrap();
            assert_eq!(event.iter().filter(|byte| **byte == b'\n').count(), 2, "{event:?}");
            count += 1;
        }
        assert_eq!(count, 50);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_ends_the_models_work_and_pays_for_what_it_got() {
    let rig = Rig::start(|_| {}).await;
    let mut held = rig.0.world().model_streams().hold();
    let mut events = rig.stream(V1, &streamed("one two three four five six seven eight nine ten")).await;
    held.release(6);
    for _ in 0..6 {
        events.next().await.unwrap().unwrap();
    }
    drop(events);
    let end = held.next_end().await.unwrap();
    assert_eq!((end.events, end.caller_left), (6, true));
    assert_eq!(rig.entries(Service::ModelAccount)[0].decision.stream, Some(end));
    // The events of the filter and the role come first. The prompt and four tokens count.
    assert_eq!(rig.tokens("Completion Tokens"), 4.0);
    assert!(rig.tokens("Prompt Tokens") >= 10.0);
}
