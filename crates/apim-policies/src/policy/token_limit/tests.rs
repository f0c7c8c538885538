//! Tests the counting and the refusals.

use bytes::Bytes;
use http::{Request, Response};
use jiff::SignedDuration;

use crate::{
    Outcome, State,
    rig::{World, document, problems_in},
};

/// A prompt of sixteen bytes: four tokens, roughly.
const PROMPT: &str = r#"{"messages":[{"role":"user","content":"sixteen bytes..."}]}"#;

/// Sends the prompt. The model reports the number of used tokens.
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
    // Thirty tokens are left, so the prompt is sent, even if it uses more.
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
    let attributes = "tokens-per-minute=\"12\" estimate-prompt-tokens=\"true\" retry-after-header-name=\"x-again\" tokens-consumed-variable-name=\"used\"";
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
async fn of_a_stream_headers_show_the_estimate_and_of_an_error_nothing() {
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
    // The gateway reads the request's body, but never the stream.
    assert_eq!(run(200, "text/event-stream; charset=utf-8").await, (Some(11), 1));
    assert_eq!(run(429, "application/json").await, (Some(0), 1));
}

/// Returns an answer of a hundred words, each a token, plain or as events.
fn long_answer(streams: bool, with_usage: bool) -> Response<Bytes> {
    let words: Vec<_> = (0..100).map(|_| "four").collect();
    let (kind, body) = if streams {
        let event = |word: &&str| format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{word}\"}}}}]}}\n\n");
        let mut events = words.iter().map(event).collect::<String>();
        if with_usage {
            events += "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":100,\"total_tokens\":111}}\n\n";
        }
        ("text/event-stream", events + "data: [DONE]\n\n")
    } else {
        ("application/json", r#"{"usage":{"prompt_tokens":11,"completion_tokens":100,"total_tokens":111}}"#.to_owned())
    };
    Response::builder().header("content-type", kind).body(Bytes::from(body)).unwrap()
}

#[tokio::test]
async fn the_same_long_answer_counts_the_same_plain_and_streamed_and_the_next_call_is_refused() {
    for (streams, with_usage) in [(false, true), (true, false), (true, true)] {
        let (world, state) = (World::new(), State::default());
        let policy = "<llm-token-limit counter-key=\"k\" tokens-per-minute=\"100\" estimate-prompt-tokens=\"false\" \
            remaining-tokens-variable-name=\"left\" /><llm-token-limit counter-key=\"wide\" tokens-per-minute=\"1000\" \
            estimate-prompt-tokens=\"false\" remaining-tokens-variable-name=\"wide\" />";
        let send = async || {
            world.answers.lock().unwrap().push_back(Ok(long_answer(streams, with_usage)));
            let request = Request::post("/orders").body(Bytes::from_static(PROMPT.as_bytes())).unwrap();
            world.run(&document(policy, "<base />", "", ""), request, &state).await
        };
        assert_eq!(send().await.response.status(), 200);
        let refused = send().await;
        assert_eq!(refused.response.status(), 429, "streams: {streams}");
        world.answers.lock().unwrap().clear();
        let count = "<llm-token-limit counter-key=\"wide\" tokens-per-minute=\"1000\" estimate-prompt-tokens=\"false\" \
            remaining-tokens-variable-name=\"wide\" />";
        let request = Request::post("/orders").body(Bytes::from_static(PROMPT.as_bytes())).unwrap();
        let look = world.run(&document(count, "<base />", "", ""), request, &state).await;
        assert_eq!(look.variables["wide"].as_integer(), Some(1000 - 111), "streams: {streams}");
    }
}

#[tokio::test]
async fn outbound_sees_what_was_used() {
    let (world, state) = (World::new(), State::default());
    world.answers.lock().unwrap().push_back(Ok(long_answer(false, true)));
    let policy = "<llm-token-limit counter-key=\"k\" tokens-per-minute=\"1000\" estimate-prompt-tokens=\"false\" \
        tokens-consumed-variable-name=\"used\" />";
    let outbound = "<set-header name=\"x-used\"><value>@(context.Variables[\"used\"].ToString())</value></set-header>";
    let request = Request::post("/orders").body(Bytes::from_static(PROMPT.as_bytes())).unwrap();
    let outcome = world.run(&document(policy, "<base />", outbound, ""), request, &state).await;
    assert_eq!(outcome.response.headers()["x-used"], "111");
}

#[tokio::test]
async fn a_quota_is_refused_past_it_with_its_own_reason_and_the_time_in_words() {
    let attributes =
        "token-quota=\"@(10L)\" token-quota-period=\"@(&quot;Daily&quot;)\" estimate-prompt-tokens=\"false\"";
    let (world, state) = (World::new(), State::default());
    // When the use equals the quota, the next call still passes.
    assert_eq!(send(&world, &state, attributes, 10).await.response.status(), 200);
    assert_eq!(send(&world, &state, attributes, 1).await.response.status(), 200);
    let refused = send(&world, &state, attributes, 1).await;
    assert_eq!(
        refused.response.body(),
        "{ \"statusCode\": 403, \"message\": \"Token quota is exceeded. Try again in 17 hours and 46 minutes.\" }"
    );
    let error = refused.last_error.unwrap();
    assert_eq!((error.source, error.reason), ("azure-openai-token-limit", "OpenAITokenQuotaExceeded"));
    let odd = "token-quota=\"10\" token-quota-period=\"@(&quot;Minutely&quot;)\" estimate-prompt-tokens=\"false\"";
    assert_eq!(send(&world, &state, odd, 1).await.response.status(), 500);
}

#[test]
fn waiting_times_are_told_in_their_two_largest_units() {
    for (seconds, words) in [
        (0, "0 seconds"),
        (1, "1 second"),
        (1293, "21 minutes and 33 seconds"),
        (82_800, "23 hours"),
        (82_805, "23 hours"),
        (3660, "1 hour and 1 minute"),
        (26 * 86_400 + 3600, "26 days and 1 hour"),
    ] {
        assert_eq!(super::in_words(seconds), words);
    }
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
            "2:18: the attribute \"tokens-per-minute\" of <llm-token-limit> must be a whole number from 0 to 2147483647",
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

/// As measured on deployment: the rate takes no expression, and the quota takes only `long`.
#[test]
fn expressions_of_another_type_than_long_are_refused() {
    let quota = |expression: &str| {
        format!(
            "<llm-token-limit counter-key=\"a\" token-quota=\"@({expression})\" token-quota-period=\"Daily\" \
             estimate-prompt-tokens=\"false\" />"
        )
    };
    for (expression, given) in [("1000", "int"), ("&quot;1000&quot;", "string")] {
        let expected = format!(
            "2:34: the attribute \"token-quota\" of <llm-token-limit> must be a whole number of type long, not negative, and \
             its expression gives `{given}`"
        );
        assert_eq!(problems_in("inbound", &quota(expression)), [expected]);
    }
    let rate = "<llm-token-limit counter-key=\"a\" tokens-per-minute=\"@(5)\" estimate-prompt-tokens=\"false\" />";
    let expected = "2:34: the attribute \"tokens-per-minute\" of <llm-token-limit> does not take a policy expression";
    assert_eq!(problems_in("inbound", rate), [expected]);
}
