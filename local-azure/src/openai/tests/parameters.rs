//! The parameters of requests, besides their messages.

use serde_json::json;

use super::{Rig, V1, prompt};

#[tokio::test]
async fn parameters_that_change_nothing_here_are_held_to_their_types_and_models() {
    let rig = Rig::new();
    let reasoning = Rig::chat_deployment(|chat| chat.reasoning = true);
    let responses = "/openai/v1/responses";
    let (long, longer) = ("k".repeat(65), "k".repeat(513));
    let tools = "is only allowed when 'tools' are specified.";
    for (rig, path, name, value, param, told) in [
        (&rig, V1, "user", json!(7), "user", "Invalid type for 'user': expected a string, but got an integer instead."),
        (
            &rig,
            V1,
            "seed",
            json!(1.5),
            "seed",
            "Invalid type for 'seed': expected an integer, but got a decimal instead.",
        ),
        (
            &rig,
            V1,
            "logit_bias",
            json!("a"),
            "logit_bias",
            "Invalid type for 'logit_bias': expected an object, but got a string instead.",
        ),
        (
            &rig,
            V1,
            "metadata",
            json!({ "a": 1 }),
            "metadata.a",
            "Invalid type for 'metadata.a': expected a string, but got an integer instead.",
        ),
        (
            &rig,
            responses,
            "metadata",
            json!({ "a": longer }),
            "metadata.a",
            "Invalid 'metadata.a': string too long. Expected a string with maximum length 512, but got a string with length \
             513 instead.",
        ),
        (
            &rig,
            responses,
            "prompt_cache_key",
            json!(long),
            "prompt_cache_key",
            "Invalid 'prompt_cache_key': string too long. Expected a string with maximum length 64, but got a string with \
             length 65 instead.",
        ),
        (
            &rig,
            V1,
            "verbosity",
            json!("low"),
            "verbosity",
            "Unsupported value: 'verbosity' does not support 'low' with this model. Supported values are: 'medium'.",
        ),
        (
            &rig,
            responses,
            "text",
            json!({ "verbosity": "low" }),
            "text.verbosity",
            "Unsupported value: 'low' is not supported with the 'gpt-4.1-mini-2025-04-14' model. Supported values are: \
             'medium'.",
        ),
        (
            &rig,
            V1,
            "tool_choice",
            json!("none"),
            "tool_choice",
            &format!("Invalid value for 'tool_choice': 'tool_choice' {tools}"),
        ),
        (
            &rig,
            V1,
            "parallel_tool_calls",
            json!(true),
            "parallel_tool_calls",
            &format!("Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' {tools}"),
        ),
        (&rig, V1, "reasoning_effort", json!("low"), "", "Unrecognized request argument supplied: reasoning_effort"),
        (
            &reasoning,
            V1,
            "reasoning_effort",
            json!("huge"),
            "reasoning_effort",
            "Invalid value: 'huge'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
        ),
        (
            &rig,
            responses,
            "reasoning",
            json!({ "effort": "low" }),
            "reasoning.effort",
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
        ),
        (
            &reasoning,
            responses,
            "temperature",
            json!(0.5),
            "temperature",
            "Unsupported parameter: 'temperature' is not supported with this model.",
        ),
        (
            &rig,
            responses,
            "truncation",
            json!("middle"),
            "truncation",
            "Invalid value: 'middle'. Supported values are: 'auto' and 'disabled'.",
        ),
        (
            &rig,
            responses,
            "store",
            json!("no"),
            "store",
            "Invalid type for 'store': expected a boolean, but got a string instead.",
        ),
    ] {
        let mut body = if path == V1 { prompt("a") } else { json!({ "model": "chat", "input": "a" }) };
        body[name] = value;
        let answer = rig.post(path, &body).await;
        let error = answer.error();
        assert_eq!((answer.status, error["message"].as_str()), (400, Some(told)));
        assert_eq!(error["param"].as_str().unwrap_or_default(), param);
    }
    let mut body = prompt("a");
    for (name, value) in [("reasoning_effort", "low"), ("verbosity", "low"), ("user", "u"), ("service_tier", "auto")] {
        body[name] = json!(value);
    }
    assert_eq!(reasoning.post(V1, &body).await.status, 200);
}

#[tokio::test]
async fn embeddings_are_of_so_many_texts_and_none_without_end() {
    let rig = Rig::new();
    let run = async |input: serde_json::Value| {
        let answer = rig.post("/openai/v1/embeddings", &json!({ "model": "embedding", "input": input })).await;
        (answer.status, answer.error()["message"].as_str().unwrap_or_default().to_owned())
    };
    let told = "Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length \
                2049 instead.";
    assert_eq!(run(json!(vec!["a"; 2049])).await, (400, told.to_owned()));
    assert_eq!(run(json!(vec!["a"; 2048])).await, (200, String::new()));
    let told = "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.";
    for empty in [json!(""), json!(["a", ""])] {
        assert_eq!(run(empty).await, (400, told.to_owned()));
    }
    let told = "This model's maximum context length is 8192 tokens, however you requested 8193 tokens (8193 in your prompt; 0 \
                for the completion). Please reduce your prompt; or completion length.";
    assert_eq!(run(json!(" a".repeat(8193))).await, (400, told.to_owned()));
}
