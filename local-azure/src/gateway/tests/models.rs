//! Chat through the gateway, with the deployed policy files: each link of the chain, and the refusal when it is broken.

mod streams;

use axum::body::{Body, BodyDataStream};
use futures_util::{StreamExt as _, future::join_all};
use http::{HeaderMap, Request, Response};
use serde_json::{Value, json};

use crate::{
    azure::LocalAzure,
    broken_link::Link,
    journal::{Entry, Service},
    seed::{ModelFault, ModelFaultKind, Seed},
};

const V1: &str = "https://apim-keyless.azure-api.net/openai/v1/chat/completions";
const DEPLOYMENTS: &str =
    "https://apim-keyless.azure-api.net/openai/deployments/chat/chat/completions?api-version=2024-10-21";

/// The whole world; requests enter it from outside.
struct Rig(LocalAzure);

struct AccountAnswer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Rig {
    async fn start(change: impl FnOnce(&mut Seed)) -> Self {
        let mut seed = super::seed();
        change(&mut seed);
        assert_eq!(seed.check(), [""; 0]);
        Self(LocalAzure::start(seed).await.unwrap())
    }

    /// Starts with one policy document changed.
    async fn with_policy(file: &str, from: &str, to: &str, change: impl FnOnce(&mut Seed)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deployed = super::seed().path(&super::seed().apim.policies);
        for part in ["global.xml", "apis/orders.xml", "apis/chat.xml", "apis/chat-deployments.xml"] {
            let text = std::fs::read_to_string(deployed.join(part)).unwrap();
            let changed = if part == file { text.replace(from, to) } else { text.clone() };
            assert!(part != file || changed != text, "{file} has no {from}");
            let path = folder.path().join(part);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, changed).unwrap();
        }
        let rig = Self::start(|seed| {
            seed.apim.policies = folder.path().to_owned();
            change(seed);
        })
        .await;
        assert!(rig.0.policy_findings().iter().all(|finding| !finding.refuses()), "{:?}", rig.0.policy_findings());
        rig
    }

    fn token(&self, identity: &str, resource: &str) -> String {
        self.0.world().token(identity, resource).unwrap()
    }

    fn key(&self) -> String {
        self.0.world().subscription_keys().of("keyless-chat").unwrap().primary
    }

    /// Returns a request of the caller that has access.
    fn request(&self, url: &str) -> http::request::Builder {
        let token = self.token("id-keyless-caller", "api://chat");
        Request::post(url)
            .header("content-type", "application/json")
            .header("api-key", self.key())
            .header("authorization", format!("Bearer {token}"))
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.0.world().network().send(request).await.unwrap()
    }

    async fn answer(&self, request: Request<Body>) -> AccountAnswer {
        let (parts, body) = self.send(request).await.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        AccountAnswer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends a request of the caller that has access.
    async fn post(&self, url: &str, body: &Value) -> AccountAnswer {
        self.answer(self.request(url).body(Body::from(body.to_string())).unwrap()).await
    }

    async fn stream(&self, url: &str, body: &Value) -> BodyDataStream {
        let response = self.send(self.request(url).body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(response.status(), 200);
        response.into_body().into_data_stream()
    }

    fn entries(&self, service: Service) -> Vec<Entry> {
        let mut entries = self.0.journal().entries();
        entries.retain(|entry| entry.service == service);
        entries
    }

    /// Returns the sum of a token metric.
    fn tokens(&self, name: &str) -> f64 {
        self.0.world().metrics().all().iter().filter(|one| one.name == name).map(|one| one.value).sum()
    }
}

impl AccountAnswer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

fn prompt(text: &str) -> Value {
    json!({ "model": "chat", "messages": [{ "role": "user", "content": text }] })
}

fn streamed(text: &str) -> Value {
    let mut body = prompt(text);
    body["stream"] = json!(true);
    body
}

fn fault(kind: ModelFaultKind, every: u32) -> Option<ModelFault> {
    Some(ModelFault { kind, every })
}

#[tokio::test]
async fn the_gateway_asks_the_model_as_itself_on_both_surfaces() {
    let rig = Rig::start(|_| {}).await;
    for url in [V1, DEPLOYMENTS] {
        let answer = rig.post(url, &prompt("hello")).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json()["object"], "chat.completion");
        assert!(answer.headers.contains_key("x-remaining-tokens") && !answer.headers.contains_key("x-ms-region"));
    }
    let gateway = rig.entries(Service::ApiManagement);
    let allowed = "subscription keyless-chat, app role Chat.Complete";
    assert!(gateway.iter().all(|entry| entry.decision.allowed_by.as_deref() == Some(allowed)), "{gateway:#?}");
    let models = rig.entries(Service::ModelAccount);
    assert_eq!(models.len(), 2);
    for entry in &models {
        assert_eq!((entry.from, entry.parent.is_some()), (Some(Service::ApiManagement), true));
        assert_eq!(entry.decision.identity.as_deref(), Some("apim-keyless"));
        assert_eq!(entry.decision.audience.as_deref(), Some("https://cognitiveservices.azure.com"));
        assert!(
            entry.decision.allowed_by.as_ref().unwrap().starts_with("Cognitive Services OpenAI User on oai-keyless-")
        );
    }
    // One fetched token serves both.
    let asked: Vec<_> = rig.entries(Service::IdentityEndpoint);
    assert_eq!(asked.len(), 1, "{asked:#?}");
    for path in ["/openai/v1/models", "/openai/v1/responses", "/openai/v1/embeddings"] {
        let url = format!("https://apim-keyless.azure-api.net{path}");
        let body = match path {
            "/openai/v1/responses" => json!({ "model": "chat", "input": "a" }),
            _ => json!({ "model": "embedding", "input": "a" }),
        };
        let request = rig.request(&url);
        let request = if path.ends_with("models") { request.method("GET") } else { request };
        assert_eq!(rig.answer(request.body(Body::from(body.to_string())).unwrap()).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn without_the_role_the_models_own_401_names_the_gateways_identity() {
    let rig = Rig::start(|seed| Link::ModelRole.spoil(seed)).await;
    let principal = rig.0.world().seed().identity("apim-keyless").unwrap().principal_id;
    for (url, operation) in [
        (V1, "POST /openai/v1/chat/completions"),
        (DEPLOYMENTS, "POST /openai/deployments/{deployment-id}/chat/completions"),
    ] {
        let answer = rig.post(url, &prompt("a")).await;
        let action = "Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action";
        let told = format!(
            "The principal `{principal}` lacks the required data action `{action}` to perform `{operation}` operation."
        );
        assert_eq!((answer.status, answer.json()["error"]["message"].as_str()), (401, Some(told.as_str())));
    }
    let spreads = Rig::start(|seed| seed.model_accounts.iter_mut().for_each(|one| one.role_delay_seconds = 3600)).await;
    let answer = spreads.post(V1, &prompt("a")).await;
    let told = r#"{"error":{"code":"PermissionDenied","message": "Principal does not have access to API/Operation."}}"#;
    assert_eq!((answer.status, answer.body.as_str()), (401, told));
}

#[tokio::test]
async fn a_leaked_key_or_a_token_for_something_else_gets_nothing() {
    let rig = Rig::start(|_| {}).await;
    let send = async |key: Option<String>, token: Option<String>| {
        let mut request = Request::post(V1).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("api-key", key);
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = rig.answer(request.body(Body::from(prompt("a").to_string())).unwrap()).await;
        (answer.status, answer.json()["message"].as_str().unwrap_or_default().to_owned())
    };
    let (key, caller) = (Some(rig.key()), "id-keyless-caller");
    let token = |identity: &str, resource: &str| Some(rig.token(identity, resource));
    assert_eq!(send(key.clone(), None).await, (401, "JWT not present.".to_owned()), "a subscription key alone");
    let missing = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.";
    assert_eq!(send(None, token(caller, "api://chat")).await, (401, missing.to_owned()));
    // The client ID is no credential.
    let client_id = rig.0.world().seed().identity(caller).unwrap().client_id.to_string();
    assert_eq!(send(key.clone(), Some(client_id)).await.0, 401);
    for (identity, resource) in
        [(caller, "https://cognitiveservices.azure.com"), (caller, "api://orders"), ("id-keyless-writer", "api://chat")]
    {
        assert_eq!(send(key.clone(), token(identity, resource)).await.0, 401, "{identity} {resource}");
    }
    assert!(rig.entries(Service::ModelAccount).is_empty(), "the model was asked");
    // The subscription key does not open the model itself either.
    let direct = Request::post("https://oai-keyless-1.openai.azure.com/openai/v1/chat/completions")
        .header("content-type", "application/json")
        .header("api-key", rig.key());
    assert_eq!(rig.answer(direct.body(Body::from("{}")).unwrap()).await.status, 403);
}

#[tokio::test]
async fn attacks_are_refused_by_whom_the_token_or_key_is_shown_to() {
    let rig = Rig::start(|seed| {
        seed.function_app.settings.insert("OPENAI__audience".to_owned(), "api://chat".to_owned());
    })
    .await;
    for (link, status, told) in [
        (Link::ModelKey, 403, "AuthenticationTypeDisabled"),
        (Link::CallerTokenToModel, 401, "Access token is missing, invalid, audience is incorrect"),
        (Link::ModelTokenToApi, 401, "Invalid JWT."),
    ] {
        let answer = rig.answer(link.attack(rig.0.world()).unwrap().unwrap()).await;
        assert_eq!(answer.status, status, "{link}: {}", answer.body);
        assert!(answer.body.contains(told), "{link}: {}", answer.body);
    }
    assert!(Link::ModelRole.attack(rig.0.world()).is_none());
}

#[tokio::test]
async fn what_the_model_refuses_is_passed_on() {
    let rig = Rig::start(|seed| {
        for account in &mut seed.model_accounts {
            account.content_filter = vec![filtered("marked phrase")];
        }
    })
    .await;
    let mut unknown = prompt("a");
    unknown["model"] = json!("none");
    for (url, body, status, code) in [
        (V1, unknown, 404, "DeploymentNotFound"),
        (&*DEPLOYMENTS.replace("deployments/chat", "deployments/none"), prompt("a"), 404, "DeploymentNotFound"),
        (DEPLOYMENTS.split('?').next().unwrap(), prompt("a"), 404, "404"),
        (V1, prompt("a marked phrase"), 400, "content_filter"),
    ] {
        let answer = rig.post(url, &body).await;
        assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (status, Some(code)), "{url}");
    }
}

fn filtered(text: &str) -> crate::seed::FilteredText {
    use crate::seed::{ContentCategory, FilteredText, Severity};
    FilteredText { text: text.to_owned(), category: ContentCategory::Violence, severity: Severity::High }
}

#[tokio::test]
async fn content_safety_refuses_before_the_model_is_asked() {
    let safety = "<llm-content-safety backend-id=\"safety\"><categories><category name=\"Violence\" threshold=\"4\" />\
        </categories></llm-content-safety><set-header name=\"api-key\"";
    let rig = Rig::with_policy("apis/chat.xml", "<set-header name=\"api-key\"", safety, |seed| {
        let mut account = seed.model_accounts[0].clone();
        (account.name, account.kind) = ("cs-keyless".to_owned(), crate::seed::ModelAccountKind::AIServices);
        account.content_filter = vec![filtered("marked phrase")];
        seed.model_accounts.push(account);
        let mut role = seed.role_assignments.last().unwrap().clone();
        role.identity = "apim-keyless".to_owned();
        (role.role, role.scope) = (
            "Cognitive Services User".to_owned(),
            crate::seed::Scope { model_account: Some("cs-keyless".to_owned()), ..crate::seed::Scope::default() },
        );
        seed.role_assignments.push(role);
        let mut backend = seed.apim.backends.iter().find(|one| one.credentials.is_some()).unwrap().clone();
        (backend.id, backend.url) =
            ("safety".to_owned(), Some("https://cs-keyless.cognitiveservices.azure.com".parse().unwrap()));
        seed.apim.backends.push(backend);
    })
    .await;
    assert_eq!(rig.post(V1, &prompt("a phrase")).await.status, 200);
    let answer = rig.post(V1, &prompt("a marked phrase")).await;
    let told = "{ \"statusCode\": 403, \"message\": \"Request failed content safety check.\" }";
    assert_eq!((answer.status, answer.body.as_str()), (403, told));
    let chats = rig.entries(Service::ModelAccount).iter().filter(|entry| entry.path.contains("chat")).count();
    assert_eq!(chats, 1);
}

#[tokio::test]
async fn a_key_that_a_policy_sends_is_refused_where_local_authentication_is_off() {
    let sends = "<set-header name=\"api-key\" exists-action=\"override\"><value>{{model-key}}</value></set-header>\
        <set-header name=\"Authorization\" exists-action=\"delete\" />";
    let own = "<set-header name=\"api-key\" exists-action=\"delete\" />";
    // The backend's own credentials would replace the policy's Authorization header.
    let rig = Rig::with_policy("apis/chat-deployments.xml", own, sends, |seed| {
        seed.apim.named_values.insert("model-key".to_owned(), "k3y".to_owned());
        seed.apim.backends.iter_mut().for_each(|one| one.credentials = None);
    })
    .await;
    let answer = rig.post(DEPLOYMENTS, &prompt("a")).await;
    assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (403, Some("AuthenticationTypeDisabled")));
}

#[tokio::test]
async fn no_caller_sees_one_account_that_fails_half_its_calls() {
    let rig =
        Rig::start(|seed| seed.model_accounts[0].deployments[0].fault = fault(ModelFaultKind::ServerError, 2)).await;
    for _ in 0..6 {
        assert_eq!(rig.post(V1, &prompt("a")).await.status, 200);
    }
    let body = prompt("a");
    let at_once = join_all((0..6).map(|_| rig.post(DEPLOYMENTS, &body))).await;
    assert!(at_once.iter().all(|answer| answer.status == 200));
    let failed = rig.entries(Service::ModelAccount).iter().filter(|entry| entry.status == 500).count();
    assert!(failed > 0, "no call failed");
}

#[tokio::test]
async fn when_both_accounts_fail_the_caller_sees_the_models_error() {
    let both = |kind| {
        move |seed: &mut Seed| {
            for account in &mut seed.model_accounts {
                account.deployments[0].fault = fault(kind, 1);
            }
        }
    };
    let rig = Rig::start(both(ModelFaultKind::ServerError)).await;
    let answer = rig.post(V1, &prompt("a")).await;
    assert_eq!((answer.status, answer.json()["error"]["type"].as_str()), (500, Some("server_error")));
    assert_eq!(rig.entries(Service::ModelAccount).len(), 3, "tried three times");
    let rig = Rig::start(both(ModelFaultKind::Throttled)).await;
    let answer = rig.post(V1, &prompt("a")).await;
    assert_eq!((answer.status, answer.json()["error"]["code"].as_str()), (429, Some("rate_limit_exceeded")));
    assert_eq!(
        (answer.headers["retry-after"].as_bytes(), answer.headers["retry-after-ms"].as_bytes()),
        (&b"1"[..], &b"1000"[..])
    );
    // After enough failures, the gateway calls neither account.
    for _ in 0..3 {
        rig.post(V1, &prompt("a")).await;
    }
    let answer = rig.post(V1, &prompt("a")).await;
    assert!(matches!(answer.status, 429 | 503), "{}", answer.status);
}

#[tokio::test]
async fn accounts_that_cannot_be_reached_are_a_500_of_the_gateway() {
    let rig = Rig::start(|_| {}).await;
    Link::ModelDown.spoil_running(rig.0.world());
    let answer = rig.post(V1, &prompt("a")).await;
    assert_eq!((answer.status, answer.json()["statusCode"].clone()), (500, json!(500)));
    let reason = rig.entries(Service::ApiManagement)[0].decision.reason.clone().unwrap();
    assert!(reason.starts_with("BackendConnectionFailure: "), "{reason}");
}

#[tokio::test]
async fn a_key_may_come_as_bearer_where_the_api_says_so() {
    for (takes, status) in [(true, 200), (false, 401)] {
        let rig = Rig::start(|seed| {
            let folder = tempfile::tempdir().unwrap().keep();
            std::fs::create_dir_all(folder.join("apis")).unwrap();
            let policy = "<policies><inbound><set-backend-service backend-id=\"chat-deployment-models\" /></inbound><backend>\
                <forward-request /></backend><outbound /><on-error /></policies>";
            std::fs::write(folder.join("apis/chat-deployments.xml"), policy).unwrap();
            seed.apim.policies = folder;
            seed.apim.apis.iter_mut().for_each(|api| api.subscription_key_bearer = takes);
        })
        .await;
        let request = Request::post(DEPLOYMENTS)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", rig.key()));
        let answer = rig.answer(request.body(Body::from(prompt("a").to_string())).unwrap()).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let _removed = std::fs::remove_dir_all(&rig.0.world().seed().apim.policies);
    }
}
