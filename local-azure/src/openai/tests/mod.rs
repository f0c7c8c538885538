//! The data plane, called through its router.

mod chat;
mod content_safety;
mod parameters;
mod refusals;
mod responses;
mod streams;

use std::sync::Arc;

use axum::{Router, body::Body};
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{
    default_world::{bearer, world_where},
    journal::{Entry, Service, observe},
    seed::{ModelDeployment, RoleAssignment, Scope, Seed},
    world::World,
};

const COGNITIVE_SERVICES: &str = "https://cognitiveservices.azure.com";
const AI: &str = "https://ai.azure.com";
const V1: &str = "/openai/v1/chat/completions";
const DEPLOYMENTS: &str = "/openai/deployments/chat/chat/completions?api-version=2024-10-21";

/// The first account of the seed; `id-keyless-caller` may use its models.
struct Rig {
    world: Arc<World>,
    account: Router,
}

struct AccountAnswer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Rig {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Seed)) -> Self {
        let world = world_where(|seed| {
            seed.role_assignments.push(RoleAssignment {
                identity: "id-keyless-caller".to_owned(),
                role: "Cognitive Services OpenAI User".to_owned(),
                scope: Scope { model_account: Some("oai-keyless-1".to_owned()), ..Scope::default() },
            });
            let chat = &mut seed.model_accounts[0].deployments[0];
            (chat.reasoning, chat.model, chat.version) =
                (false, "gpt-4.1-mini".to_owned(), Some("2025-04-14".to_owned()));
            change(seed);
        });
        let (host, routes) = world.models.hosts().swap_remove(0);
        assert_eq!(host, "oai-keyless-1.openai.azure.com");
        Self { account: observe(routes, &world.journal, Service::ModelAccount), world }
    }

    fn chat_deployment(change: impl FnOnce(&mut ModelDeployment)) -> Self {
        Self::with(|seed| change(&mut seed.model_accounts[0].deployments[0]))
    }

    fn token(&self, resource: &str) -> (&'static str, String) {
        ("authorization", bearer(&self.world, "id-keyless-caller", resource))
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> AccountAnswer {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let response = self.account.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let (status, headers) = (parts.status.as_u16(), parts.headers);
        AccountAnswer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// Sends a request as an identity that has access.
    async fn post(&self, path: &str, body: &Value) -> AccountAnswer {
        self.send("POST", path, &[self.token(COGNITIVE_SERVICES)], body.to_string().as_bytes()).await
    }

    async fn get(&self, path: &str) -> AccountAnswer {
        self.send("GET", path, &[self.token(AI)], b"").await
    }

    fn entries(&self) -> Vec<Entry> {
        self.world.journal.entries()
    }
}

impl AccountAnswer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn error(&self) -> Value {
        self.json()["error"].clone()
    }

    /// Returns the data of the answer's events.
    fn events(&self) -> Vec<Value> {
        let data = |event: &str| event.lines().find_map(|line| line.strip_prefix("data: ")).map(str::to_owned);
        let data = self.body.split("\n\n").filter_map(data);
        data.filter(|data| *data != "[DONE]").map(|data| serde_json::from_str(&data).unwrap()).collect()
    }
}

fn prompt(text: &str) -> Value {
    json!({ "model": "chat", "messages": [{ "role": "user", "content": text }] })
}
