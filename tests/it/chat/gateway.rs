//! Chat through API Management. The app's identity opens the gateway, and the gateway's identity opens the models.

use local_azure::{
    journal::Service,
    seed::{ModelFault, ModelFaultKind, Seed},
};
use reqwest::{Certificate, Client, Proxy};
use serde_json::Value;

use super::{ask, direct, leaving, prompt, streamed};
use crate::rig::Rig;

/// Sets the fault of the deployment `chat` in each of the two accounts.
fn faulty(seed: &mut Seed, faults: [Option<ModelFault>; 2]) {
    for (account, fault) in seed.model_accounts.iter_mut().zip(faults) {
        for deployment in account.deployments.iter_mut().filter(|deployment| deployment.name == "chat") {
            deployment.fault = fault;
        }
    }
}

fn long(seed: &mut Seed) {
    for account in &mut seed.model_accounts {
        for deployment in account.deployments.iter_mut().filter(|deployment| deployment.name == "chat") {
            deployment.answer = Some(vec!["word"; 50].join(" "));
        }
    }
}

#[tokio::test]
async fn the_gateway_asks_the_model_as_itself() {
    let rig = Rig::start().await;
    let answer: Value = ask(&rig, &prompt()).await.json().await.unwrap();
    assert_eq!(answer["object"], "chat.completion", "{answer}");
    assert!(ask(&rig, &streamed()).await.text().await.unwrap().ends_with("data: [DONE]\n\n"));
    let entries = rig.azure.journal().entries();
    let models: Vec<_> = entries.iter().filter(|entry| entry.service == Service::ModelAccount).collect();
    assert_eq!(models.len(), 2);
    for entry in models {
        assert_eq!(entry.decision.identity.as_deref(), Some("apim-keyless"));
        assert_eq!(entry.from, Some(Service::ApiManagement));
    }
    let gateway = rig.answers().into_iter().rfind(|entry| entry.service == Service::ApiManagement).unwrap();
    assert_eq!(gateway.decision.identity.as_deref(), Some("id-keyless-caller"));
}

#[tokio::test]
async fn events_arrive_one_by_one() {
    let rig = Rig::with(long).await;
    leaving::events_arrive_one_by_one(&rig).await;
}

#[tokio::test]
async fn a_caller_that_leaves_ends_the_models_work() {
    let rig = Rig::with(long).await;
    leaving::a_caller_that_leaves_ends_the_models_work(&rig).await;
}

#[tokio::test]
async fn one_account_that_fails_half_its_calls_is_seen_by_no_caller() {
    for kind in [ModelFaultKind::Throttled, ModelFaultKind::ServerError, ModelFaultKind::NoCapacity] {
        let rig = Rig::with(|seed| faulty(seed, [Some(ModelFault { kind, every: 2 }), None])).await;
        for number in 0..12 {
            let body = if number % 2 == 0 { prompt() } else { streamed() };
            let answer = ask(&rig, &body).await;
            assert_eq!(answer.status(), 200, "{kind:?} {number}");
            assert!(
                answer.text().await.unwrap().contains("There is no language model here") || number % 2 == 1,
                "{kind:?} {number}"
            );
        }
    }
}

#[tokio::test]
async fn two_accounts_that_fail_show_the_real_error() {
    let always = |kind| Some(ModelFault { kind, every: 1 });
    let rig =
        Rig::with(|seed| faulty(seed, [always(ModelFaultKind::ServerError), always(ModelFaultKind::ServerError)]))
            .await;
    for body in [prompt(), streamed()] {
        let answer = ask(&rig, &body).await;
        assert_eq!(answer.status(), 503);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], "upstream_unavailable", "{body}");
    }
    rig.until_logged("Azure OpenAI is unavailable (500)").await;
}

#[tokio::test]
async fn a_missing_role_of_the_gateway_is_an_operators() {
    let rig = Rig::with(|seed| seed.role_assignments.retain(|one| one.identity != "apim-keyless")).await;
    let answer = ask(&rig, &prompt()).await;
    assert_eq!(answer.status(), 502);
    rig.until_logged(
        "lacks the data action Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action",
    )
    .await;
}

#[tokio::test]
async fn a_caller_without_the_app_role_is_refused_by_the_gateway() {
    let rig = Rig::with(|seed| seed.app_role_assignments.retain(|one| one.app != "chat-api")).await;
    let answer = ask(&rig, &prompt()).await;
    assert_eq!(answer.status(), 502);
    let body: Value = answer.json().await.unwrap();
    assert!(body["error"]["message"].as_str().unwrap().contains("API Management refused this app (401)"), "{body}");
    rig.until_logged("the role does not fit").await;
}

#[tokio::test]
async fn over_the_token_limit_the_caller_is_told_how_long_to_wait() {
    let rig = Rig::with(|seed| {
        seed.apim.named_values.insert("chat-tokens-per-minute".to_owned(), "1".to_owned());
    })
    .await;
    // The call that crosses the limit passes.
    assert_eq!(ask(&rig, &prompt()).await.status(), 200);
    let answer = ask(&rig, &prompt()).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"), "{:?}", answer.headers());
    rig.until_logged("OpenAITokenLimitExceeded").await;
}

/// Copies the policies of the sample, with one text replaced.
fn policies(replaced: &str, by: &str) -> tempfile::TempDir {
    fn copy(from: &std::path::Path, to: &std::path::Path, change: &impl Fn(String) -> String) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            match from.is_dir() {
                true => copy(&from, &to, change),
                false => std::fs::write(to, change(std::fs::read_to_string(from).unwrap())).unwrap(),
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&crate::rig::project().join("apim"), folder.path(), &|text| text.replace(replaced, by));
    folder
}

#[tokio::test]
async fn over_the_token_quota_the_gateway_answers_403_and_the_caller_is_told_to_wait() {
    let quota = "token-quota=\"1\" token-quota-period=\"Hourly\"";
    let folder = policies("tokens-per-minute=\"{{chat-tokens-per-minute}}\"", quota);
    let rig = Rig::with(|seed| seed.apim.policies = folder.path().to_owned()).await;
    // The call that crosses the quota passes.
    assert_eq!(ask(&rig, &prompt()).await.status(), 200);
    for body in [prompt(), streamed()] {
        let answer = ask(&rig, &body).await;
        assert_eq!(answer.status(), 503);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], "upstream_unavailable", "{body}");
    }
    let refused = rig.answers().into_iter().rfind(|entry| entry.service == Service::ApiManagement).unwrap();
    assert_eq!((refused.status, refused.decision.reason.is_some()), (403, true), "{refused:?}");
    rig.until_logged("OpenAITokenQuotaExceeded").await;
}

/// Returns the status that the model or the gateway answers to a stranger with these headers.
async fn status(rig: &Rig, url: &str, headers: &[(&str, &str)]) -> u16 {
    let environment = rig.azure.environment();
    let of = |wanted: &str| environment.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
    let ca = Certificate::from_pem(&std::fs::read(of("SSL_CERT_FILE")).unwrap()).unwrap();
    let client =
        Client::builder().proxy(Proxy::https(of("HTTPS_PROXY")).unwrap()).tls_certs_only([ca]).build().unwrap();
    let body = serde_json::json!({ "model": "chat", "messages": [{ "role": "user", "content": "Hi" }] });
    let request =
        headers.iter().fold(client.post(url).json(&body), |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap().status().as_u16()
}

/// The argument of the article "Benefits of a managed identity": a leaked part alone is worth nothing.
#[tokio::test]
async fn a_leaked_client_id_or_subscription_key_alone_gets_nothing() {
    const MODEL: &str = "https://oai-keyless-1.openai.azure.com/openai/v1/chat/completions";
    const GATEWAY: &str = "https://apim-keyless.azure-api.net/openai/v1/chat/completions";
    let rig = Rig::with(direct).await;
    let client_id = rig.azure.world().seed().function_app.settings["OPENAI__clientId"].clone();
    let key = rig.azure.world().subscription_keys().of("keyless-chat").unwrap().primary;
    let (as_bearer, key_as_bearer) = (format!("Bearer {client_id}"), format!("Bearer {key}"));
    for url in [MODEL, GATEWAY] {
        for headers in [
            &[][..],
            &[("api-key", client_id.as_str())],
            &[("authorization", as_bearer.as_str())],
            &[("api-key", key.as_str())],
            &[("authorization", key_as_bearer.as_str())],
            &[("api-key", key.as_str()), ("authorization", as_bearer.as_str())],
        ] {
            let status = status(&rig, url, headers).await;
            // Azure's answer to a key together with a bearer token is not known, so local-azure refuses to guess: 400.
            let refused = [401, 403].contains(&status) || (headers.len() == 2 && status == 400);
            assert!(refused, "{url} {headers:?}: {status}");
        }
    }
    // A caller's token for the API opens the gateway only together with the key, and never opens the model.
    let token = rig.azure.world().token("id-keyless-caller", "api://chat").unwrap();
    let bearer = format!("Bearer {token}");
    assert_eq!(status(&rig, GATEWAY, &[("authorization", &bearer)]).await, 401);
    assert_eq!(status(&rig, MODEL, &[("authorization", &bearer)]).await, 401);
    assert_eq!(status(&rig, GATEWAY, &[("authorization", &bearer), ("api-key", &key)]).await, 200);
}
