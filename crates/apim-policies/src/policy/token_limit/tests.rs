//! What is counted, and who is refused.

use bytes::Bytes;
use http::{Request, Response};
use jiff::SignedDuration;

use crate::{
    Outcome, State,
    rig::{World, document, problems_in},
};

/// A prompt of sixteen bytes: four tokens, roughly.
const PROMPT: &str = r#"{"messages":[{"role":"user","content":"sixteen bytes..."}]}"#;

/// Sends the prompt; the model says how many tokens that took.
async fn send(world: &World, state: &State, attributes: &str, used: u64) -> Outcome<Bytes> {
    let body = format!(r#"{{"usage":{{"prompt_tokens":1,"total_tokens":{used}}}}}"#);
    let answer = Response::builder().header("content-type", "application/json").body(Bytes::from(body));
    world.answers.lock().unwrap().push_back(Ok(answer.unwrap()));
    let policy = format!("<azure-openai-token-limit counter-key=\"@(context.Request.Method)\" {attributes} />");
    let request = Request::post("/orders").body(Bytes::from_static(PROMPT.as_bytes())).unwrap();
    world.run(&document(&policy, "<base />", "", ""), request, state).await
}

const PER_MINUTE: &str = "tokens-per-minute=\"100\" estimate-prompt-tokens=\"false\" remaining-tokens-header-name=\"x-left\" \
    remaining-tokens-variable-name=\"left\" tokens-consumed-header-name=\"x-used\" tokens-consumed-variable-name=\"used\"";

#[tokio::test]
async fn what_responses_report_is_counted_for_a_minute() {
    let (world, state) = (World::new(), State::default());
    let first = send(&world, &state, PER_MINUTE, 70).await;
    let headers = first.response.headers();
    assert_eq!((headers["x-left"].as_bytes(), headers["x-used"].as_bytes()), (&b"30"[..], &b"70"[..]));
    assert_eq!((first.variables["left"].as_integer(), first.variables["used"].as_integer()), (Some(30), Some(70)));
    world.advance(SignedDuration::from_secs(20));
    // Thirty are left, so the prompt is sent, whatever it takes.
    assert_eq!(send(&world, &state, PER_MINUTE, 50).await.response.headers()["x-left"], "0");
    let refused = send(&world, &state, PER_MINUTE, 1).await;
    assert_eq!(refused.response.status(), 429);
    assert_eq!(
        refused.response.body(),
        "{ \"statusCode\": 429, \"message\": \"Token limit is exceeded. Try again in 40 seconds.\" }"
    );
    assert_eq!(refused.response.headers()["retry-after"], "40");
    let error = refused.last_error.unwrap();
    assert_eq!((error.source, error.reason), ("azure-openai-token-limit", "OpenAITokenLimitExceeded"));
    assert_eq!(world.forwarded.lock().unwrap().len(), 2);
    world.advance(SignedDuration::from_secs(40));
    world.answers.lock().unwrap().clear();
    assert_eq!(send(&world, &state, PER_MINUTE, 1).await.response.status(), 200);
}

#[tokio::test]
async fn an_estimated_prompt_that_does_not_fit_is_not_sent() {
    let attributes = "tokens-per-minute=\"5\" estimate-prompt-tokens=\"true\" retry-after-header-name=\"x-again\" tokens-consumed-variable-name=\"used\"";
    let (world, state) = (World::new(), State::default());
    assert_eq!(send(&world, &state, attributes, 2).await.response.status(), 200);
    let refused = send(&world, &state, attributes, 2).await;
    assert_eq!(refused.response.status(), 429);
    assert_eq!(
        refused.response.body(),
        "{ \"statusCode\": 429, \"message\": \"Token limit will exceed. Try again in 60 seconds.\" }"
    );
    assert_eq!(refused.response.headers()["x-again"], "60");
    assert_eq!(refused.last_error.unwrap().reason, "TokenLimitExceededAfterPrompt");
    assert_eq!(world.forwarded.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_quota_is_refused_with_403_until_its_period_ends() {
    // The time of the tests is 2026-02-25T06:13:20Z, a Wednesday.
    let (hour, day) = (3600, 86_400);
    let into_the_hour = 13 * 60 + 20;
    for (period, seconds) in [
        ("Hourly", hour - into_the_hour),
        ("Daily", 18 * hour - into_the_hour),
        ("Weekly", 4 * day + 18 * hour - into_the_hour),
        ("Monthly", 3 * day + 18 * hour - into_the_hour),
        ("Yearly", 309 * day + 18 * hour - into_the_hour),
    ] {
        let attributes = format!(
            "token-quota=\"10\" token-quota-period=\"{period}\" estimate-prompt-tokens=\"false\" remaining-quota-tokens-variable-name=\"left\""
        );
        let (world, state) = (World::new(), State::default());
        assert_eq!(send(&world, &state, &attributes, 11).await.variables["left"].as_integer(), Some(0));
        let refused = send(&world, &state, &attributes, 1).await;
        assert_eq!(
            (refused.response.status().as_u16(), refused.response.headers()["retry-after"].to_str().unwrap()),
            (403, seconds.to_string().as_str()),
            "{period}"
        );
        world.advance(SignedDuration::from_secs(seconds));
        assert_eq!(send(&world, &state, &attributes, 1).await.response.status(), 200, "{period}");
    }
}

#[tokio::test]
async fn of_a_stream_the_estimate_counts_and_of_an_error_nothing() {
    let (world, state) = (World::new(), State::default());
    let run = async |status: u16, kind: &str| {
        let answer =
            Response::builder().status(status).header("content-type", kind).body(Bytes::from_static(b"data: {}\n\n"));
        world.answers.lock().unwrap().push_back(Ok(answer.unwrap()));
        let policy = format!("<llm-token-limit counter-key=\"k\" {PER_MINUTE} />");
        let request = Request::post("/orders").body(Bytes::from_static(PROMPT.as_bytes())).unwrap();
        let reads = *world.reads.lock().unwrap();
        let outcome = world.run(&document(&policy, "<base />", "", ""), request, &state).await;
        assert_eq!(outcome.response.body(), "data: {}\n\n");
        (outcome.variables["used"].as_integer(), *world.reads.lock().unwrap() - reads)
    };
    // The request's body is read, the stream never.
    assert_eq!(run(200, "text/event-stream; charset=utf-8").await, (Some(4), 1));
    assert_eq!(run(429, "application/json").await, (Some(0), 1));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let text = "<llm-token-limit tokens-per-minute=\"many\" token-quota=\"1\" estimate-prompt-tokens=\"@(true)\" x=\"\" />\n\
        <azure-openai-token-limit counter-key=\"a\" estimate-prompt-tokens=\"yes\" />\n\
        <llm-token-limit counter-key=\"a\" token-quota-period=\"Minutely\" estimate-prompt-tokens=\"false\" />";
    assert_eq!(
        problems_in("inbound", text),
        [
            "2:1: <llm-token-limit> needs the attribute \"counter-key\"",
            "2:1: <llm-token-limit> needs the attribute \"token-quota-period\"",
            "2:18: the attribute \"tokens-per-minute\" of <llm-token-limit> must be a whole number, not negative",
            "2:59: the attribute \"estimate-prompt-tokens\" of <llm-token-limit> does not take a policy expression",
            "2:92: the attribute \"x\" of <llm-token-limit> is not declared",
            "3:1: <azure-openai-token-limit> needs tokens-per-minute, or token-quota and token-quota-period",
            "3:43: the attribute \"estimate-prompt-tokens\" of <azure-openai-token-limit> must be true or false",
            "4:1: <llm-token-limit> needs the attribute \"token-quota\"",
            "4:1: <llm-token-limit> needs tokens-per-minute, or token-quota and token-quota-period",
            "4:34: the attribute \"token-quota-period\" of <llm-token-limit> must be Hourly, Daily, Weekly, Monthly or Yearly",
        ]
    );
}
