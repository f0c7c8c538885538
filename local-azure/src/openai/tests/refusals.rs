//! Each refusal with its status and its body.

use serde_json::{Value, json};

use super::{AI, COGNITIVE_SERVICES, DEPLOYMENTS, Rig, V1, prompt};
use crate::{
    default_world::{bearer, identity},
    seed::{ContentCategory, FilteredText, ModelDeployment, ModelFault, ModelFaultKind, Severity},
};

const NO_KEY: &str = r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource."}}"#;
const BAD_TOKEN: &str = r#"{ "statusCode": 401, "message": "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired." }"#;
const KEYS_OFF: &str = r#"{"error":{"code":"AuthenticationTypeDisabled","message": "Key based authentication is disabled for this resource."}}"#;

fn body() -> Vec<u8> {
    prompt("a").to_string().into_bytes()
}

#[tokio::test]
async fn without_a_credential_nothing_is_answered() {
    let rig = Rig::new();
    for path in [V1, DEPLOYMENTS] {
        let answer = rig.send("POST", path, &[], &body()).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, NO_KEY));
        assert!(!answer.headers.contains_key("www-authenticate") && answer.headers.contains_key("apim-request-id"));
    }
}

#[tokio::test]
async fn both_audiences_open_v1_and_one_opens_deployments() {
    let rig = Rig::new();
    for (path, resource, status) in [
        (V1, AI, 200),
        (V1, COGNITIVE_SERVICES, 200),
        (V1, "https://ai.azure.com/", 200),
        (V1, "https://vault.azure.net", 401),
        (V1, "https://management.azure.com", 401),
        (V1, "api://orders", 401),
        (DEPLOYMENTS, COGNITIVE_SERVICES, 200),
        (DEPLOYMENTS, "https://cognitiveservices.azure.com/", 200),
        (DEPLOYMENTS, AI, 401),
    ] {
        let answer = rig.send("POST", path, &[rig.token(resource)], &body()).await;
        assert_eq!(answer.status, status, "{path} {resource}");
        if path == DEPLOYMENTS && status == 401 {
            assert_eq!(answer.body, BAD_TOKEN);
        }
    }
}

#[tokio::test]
async fn an_identity_without_a_role_is_401_and_the_data_action_is_named() {
    let rig = Rig::new();
    let principal = identity(&rig.world, "id-keyless-reader").principal_id;
    let token = ("authorization", bearer(&rig.world, "id-keyless-reader", COGNITIVE_SERVICES));
    let chat = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
    let responses = "Microsoft.CognitiveServices/accounts/OpenAI/responses/write";
    for (path, action, operation) in [
        (V1, chat, "POST /openai/v1/chat/completions"),
        (DEPLOYMENTS, chat, "POST /openai/deployments/{deployment-id}/chat/completions"),
        ("/openai/v1/responses", responses, "POST /openai/v1/responses"),
        ("/openai/responses?api-version=2025-03-01-preview", responses, "POST /openai/responses"),
    ] {
        let answer = rig.send("POST", path, std::slice::from_ref(&token), b"{}").await;
        let message = format!(
            "The principal `{principal}` lacks the required data action `{action}` to perform `{operation}` operation."
        );
        let body = format!(r#"{{"error":{{"code":"PermissionDenied","message":"{message}"}}}}"#);
        assert_eq!((answer.status, answer.body), (401, body));
    }
    let entries = rig.entries();
    assert_eq!(entries[0].decision.identity.as_deref(), Some("id-keyless-reader"));
    assert!(entries[0].decision.claims.contains_key("oid"));
}

#[tokio::test]
async fn a_role_that_still_spreads_is_told_in_general_words() {
    let rig = Rig::with(|seed| seed.model_accounts[0].role_delay_seconds = 3600);
    let answer = rig.post(V1, &prompt("a")).await;
    let told = r#"{"error":{"code":"PermissionDenied","message": "Principal does not have access to API/Operation."}}"#;
    assert_eq!((answer.status, answer.body.as_str(), answer.body.len()), (401, told, 99));
}

#[tokio::test]
async fn keys_open_the_account_unless_local_authentication_is_off() {
    let rig = Rig::with(|seed| seed.model_accounts[0].disable_local_auth = false);
    let [first, second] = rig.world.model_account_keys("oai-keyless-1").unwrap().clone();
    for (path, header, value, status) in [
        (V1, "api-key", first.clone(), 200),
        (DEPLOYMENTS, "api-key", second, 200),
        (V1, "authorization", format!("Bearer {first}"), 200),
        (V1, "authorization", "Bearer wrong".to_owned(), 401),
        (V1, "api-key", "wrong".to_owned(), 401),
        (DEPLOYMENTS, "api-key", "wrong".to_owned(), 401),
        (DEPLOYMENTS, "authorization", format!("Bearer {first}"), 401),
    ] {
        let answer = rig.send("POST", path, &[(header, value)], &body()).await;
        assert_eq!(answer.status, status, "{path} {header}");
        if status == 401 {
            let expected = if path == DEPLOYMENTS && header == "authorization" { BAD_TOKEN } else { NO_KEY };
            assert_eq!(answer.body, expected, "{path} {header}");
        }
    }
    let journal = serde_json::to_string(&rig.entries()).unwrap();
    assert!(!journal.contains(&first) && journal.contains("a key of oai-keyless-1"), "{journal}");

    let closed = Rig::new();
    let key = closed.world.model_account_keys("oai-keyless-1").unwrap()[0].clone();
    for (path, header, value) in [
        (V1, "api-key", key.clone()),
        (DEPLOYMENTS, "api-key", "wrong".to_owned()),
        (V1, "authorization", format!("Bearer {key}")),
    ] {
        let answer = closed.send("POST", path, &[(header, value)], &body()).await;
        assert_eq!((answer.status, answer.body.as_str()), (403, KEYS_OFF), "{path} {header}");
    }
    assert_eq!(closed.send("POST", V1, &[closed.token(AI), ("api-key", key)], &body()).await.status, 400);
}

#[tokio::test]
async fn what_does_not_exist_is_404() {
    const TOLD: &str = "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.";
    let rig = Rig::new();
    let mut unknown = prompt("a");
    unknown["model"] = json!("gpt-4.1-mini");
    let answer = rig.post(V1, &unknown).await;
    let body =
        format!(r#"{{"error":{{"type":"invalid_request_error","code":"DeploymentNotFound","message":"{TOLD}"}}}}"#);
    assert_eq!((answer.status, answer.body), (404, body));
    let answer = rig.post("/openai/deployments/none/chat/completions?api-version=2024-10-21", &prompt("a")).await;
    let body = format!(r#"{{"error":{{"code":"DeploymentNotFound","message":"{TOLD}"}}}}"#);
    assert_eq!((answer.status, answer.body), (404, body));
    for path in ["/openai/deployments/chat/chat/completions", "/openai/deployments", "/"] {
        let answer = rig.post(path, &prompt("a")).await;
        let body = r#"{"error":{"code":"404","message": "Resource not found"}}"#;
        assert_eq!((answer.status, answer.body.as_str()), (404, body));
    }
    let answer = rig.post("/openai/v1/chat/completions?api-version=2024-10-21", &prompt("a")).await;
    let body = r#"{"error":{"code":"BadRequest","message":"API version not supported"}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (400, body));
}

#[tokio::test]
async fn a_prompt_that_is_filtered_is_400_in_the_shape_of_its_surface() {
    let rig = Rig::with(|seed| {
        let (text, category) = ("marked phrase".to_owned(), ContentCategory::Violence);
        seed.model_accounts[0].content_filter = vec![FilteredText { text, category, severity: Severity::High }];
    });
    let told = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766";
    let answer = rig.post(DEPLOYMENTS, &prompt("a Marked Phrase")).await;
    let error = answer.error();
    assert_eq!((answer.status, &error["message"], &error["code"]), (400, &json!(told), &json!("content_filter")));
    assert_eq!((&error["param"], &error["type"], &error["status"]), (&json!("prompt"), &Value::Null, &json!(400)));
    assert_eq!(error["innererror"]["code"], "ResponsibleAIPolicyViolation");
    assert_eq!(
        error["innererror"]["content_filter_result"]["violence"],
        json!({ "filtered": true, "severity": "high" })
    );
    let error = rig.post("/openai/v1/responses", &json!({ "model": "chat", "input": "a marked phrase" })).await.error();
    assert_eq!((&error["type"], &error["code"]), (&json!("invalid_request_error"), &json!("content_filter")));
    let filter = &error["content_filters"][0];
    assert_eq!((&filter["blocked"], &filter["source_type"]), (&json!(true), &json!("prompt")));
    assert_eq!(filter["content_filter_offsets"]["end_offset"], 15);
    let journal = serde_json::to_string(&rig.entries()).unwrap().to_lowercase();
    assert!(journal.contains("the prompt was filtered: violence high") && !journal.contains("marked"), "{journal}");
}

#[tokio::test]
async fn a_prompt_longer_than_the_window_is_told_by_its_tokens() {
    let rig = Rig::chat_deployment(|chat| chat.context_window = 20);
    let answer = rig.post(V1, &prompt(&"word ".repeat(30))).await;
    let message = "This model's maximum context length is 20 tokens. However, your messages resulted in 38 tokens. Please reduce the length of the messages.";
    let body = format!(
        r#"{{"error":{{"message":"{message}","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}}}"#
    );
    assert_eq!((answer.status, answer.body), (400, body));
}

#[tokio::test]
async fn a_request_over_the_rate_is_429_with_the_time_to_wait() {
    let rig = Rig::chat_deployment(|chat| chat.requests_per_minute = Some(1));
    assert_eq!(rig.post(V1, &prompt("a")).await.status, 200);
    let answer = rig.post(V1, &prompt("a")).await;
    let body = r#"{"error":{"message":"Your requests to chat for gpt-4.1-mini in westeurope have exceeded rate limit.","type":"too_many_requests","param":null,"code":"rate_limit_exceeded"}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (429, body));
    assert_eq!(answer.headers["x-ratelimit-remaining-requests"], "0");
    let milliseconds: u64 = answer.headers["retry-after-ms"].to_str().unwrap().parse().unwrap();
    assert!((1..=60_000).contains(&milliseconds), "{milliseconds}");
    assert_eq!(answer.headers["retry-after"].to_str().unwrap(), milliseconds.div_ceil(1000).to_string());
    let answer = rig.post(DEPLOYMENTS, &prompt("a")).await;
    let error = answer.error();
    assert_eq!((answer.status, &error["code"]), (429, &json!("RateLimitReached")));
    let told = "have exceeded the call rate limit for your current AIServices S0 pricing tier. This request was for ChatCompletions_Create under Azure OpenAI API version 2024-10-21. Please retry after ";
    assert!(error["message"].as_str().unwrap().contains(told), "{error}");
}

#[tokio::test]
async fn the_estimate_of_the_answer_counts_against_the_rate_of_tokens() {
    let rig = Rig::chat_deployment(|chat| chat.tokens_per_minute = Some(1000));
    let mut body = prompt("a");
    body["max_tokens"] = json!(2000);
    assert_eq!(rig.post(V1, &body).await.status, 429);
}

#[tokio::test]
async fn faults_of_the_seed_hit_as_often_as_it_says() {
    let rig = |kind, every| {
        Rig::chat_deployment(move |chat: &mut ModelDeployment| chat.fault = Some(ModelFault { kind, every }))
    };
    let half = rig(ModelFaultKind::ServerError, 2);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(half.post(V1, &prompt("a")).await.status);
    }
    assert_eq!(statuses, [500, 200, 500, 200]);
    assert_eq!(half.post(V1, &prompt("a")).await.error()["type"], "server_error");
    let answer = rig(ModelFaultKind::NoCapacity, 1).post(V1, &prompt("a")).await;
    assert_eq!((answer.status, answer.error()["code"].as_str()), (429, Some("no_capacity")));
    let answer = rig(ModelFaultKind::Throttled, 1).post(V1, &prompt("a")).await;
    assert_eq!((answer.status, answer.headers["retry-after-ms"].to_str().unwrap()), (429, "1000"));
}

#[tokio::test]
async fn what_is_not_played_or_not_understood_is_named() {
    let rig = Rig::new();
    let reasoning = Rig::chat_deployment(|chat| chat.reasoning = true);
    let roles = "Supported values are: 'system', 'assistant', 'user', 'developer'.";
    let said = |role: &str| json!([{ "role": role, "content": "a" }]);
    let image = json!([{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "data:" } }] }]);
    for (rig, name, value, code, told) in [
        (&rig, "n", json!(2), "unsupported_parameter", "local-azure does not play n greater than 1"),
        (
            &rig,
            "n",
            json!(0),
            "integer_below_min_value",
            "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (&rig, "tools", json!([{}]), "unsupported_parameter", "local-azure does not play tools"),
        (
            &rig,
            "response_format",
            json!({ "type": "json_schema" }),
            "unsupported_parameter",
            "local-azure does not play response_format of type json_schema",
        ),
        (&rig, "prompt", json!("a"), "unknown_parameter", "Unknown parameter: 'prompt'."),
        (
            &rig,
            "messages",
            json!([]),
            "empty_array",
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ),
        (&rig, "messages", json!(null), "missing_required_parameter", "Missing required parameter: 'messages'."),
        (&rig, "messages", said(""), "invalid_value", &format!("Invalid value: ''. {roles}")),
        (&rig, "messages", said("king"), "invalid_value", &format!("Invalid value: 'king'. {roles}")),
        (
            &rig,
            "messages",
            said("tool"),
            "unsupported_parameter",
            "local-azure does not play messages of the role tool",
        ),
        (
            &rig,
            "messages",
            json!([{ "content": "a" }]),
            "missing_required_parameter",
            "Missing required parameter: 'messages[0].role'.",
        ),
        (
            &rig,
            "messages",
            json!([{ "role": "user", "content": 7 }]),
            "invalid_type",
            "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer instead.",
        ),
        (&rig, "messages", image, "unsupported_parameter", "local-azure does not play parts of type image_url"),
        (
            &rig,
            "temperature",
            json!(3),
            "decimal_above_max_value",
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
        ),
        (
            &rig,
            "stream",
            json!("yes"),
            "invalid_type",
            "Invalid type for 'stream': expected a boolean, but got a string instead.",
        ),
        (
            &rig,
            "stream_options",
            json!({ "include_usage": true }),
            "invalid_value",
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        ),
        (
            &reasoning,
            "max_tokens",
            json!(100),
            "unsupported_parameter",
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        ),
        (
            &reasoning,
            "temperature",
            json!(0.5),
            "unsupported_value",
            "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
        ),
        (
            &reasoning,
            "max_completion_tokens",
            json!(15),
            "integer_below_min_value",
            "Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.",
        ),
    ] {
        let mut body = prompt("a");
        body[name] = value;
        let answer = rig.post(V1, &body).await;
        let error = answer.error();
        assert_eq!((answer.status, error["code"].as_str(), error["message"].as_str()), (400, Some(code), Some(told)));
        assert_eq!(error["type"], "invalid_request_error");
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_objects_are_refused() {
    let rig = Rig::new();
    let told = r#"{"error":{"message":"We could not parse the JSON body of your request.","type":"invalid_request_error","param":null,"code":null}}"#;
    for body in [&b""[..], b"{", b"[]", b"\"text\"", b"{\"model\":\"chat\",\"messages\":\"\xff\"}"] {
        let answer = rig.send("POST", V1, &[rig.token(AI)], body).await;
        assert_eq!((answer.status, answer.body.as_str()), (400, told));
    }
    let answer = rig.send("POST", V1, &[rig.token(AI)], b"{\"messages\":[]}").await;
    assert_eq!(answer.error()["message"], "you must provide a model parameter");
    let text = ("content-type", "text/plain".to_owned());
    assert_eq!(rig.send("POST", V1, &[rig.token(AI), text], b"{}").await.status, 415);
}

#[tokio::test]
async fn a_model_that_embeds_does_not_chat() {
    let rig = Rig::new();
    let mut body = prompt("a");
    body["model"] = json!("embedding");
    let error = rig.post(V1, &body).await.error();
    assert_eq!(error["code"], "OperationNotSupported");
    let told = "The chatCompletion operation does not work with the specified model, text-embedding-3-small.";
    assert!(error["message"].as_str().unwrap().starts_with(told), "{error}");
    let error = rig.post("/openai/v1/embeddings", &json!({ "model": "chat", "input": "a" })).await.error();
    assert_eq!(error["code"], "OperationNotSupported");
}
