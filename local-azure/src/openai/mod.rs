//! Azure OpenAI and Foundry: the data plane of the seed's model accounts, with the service's checks and refusal texts.
//!
//! There is no language model here. A request passes these checks in order, and the first refusal ends it: path,
//! credential, role, deployment, rates, body, length, content filter. Prompts and answers never enter the journal.

mod account;
mod ask;
mod body;
mod catalogue;
mod chat;
mod content_filter;
mod content_safety;
mod credential;
mod deployment;
mod embeddings;
mod events;
mod headers;
mod kept_responses;
mod message;
mod operations;
mod parameters;
mod rates;
mod refusal;
mod reply;
mod responses;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::HeaderMap;
use serde_json::json;

pub(crate) use self::account::Models;
pub use self::events::{HeldStreams, ModelStreams};
use self::{
    account::Account,
    ask::{ModelRequest, Surface, Task},
    body::Object,
    deployment::{Deployment, Turn},
    kept_responses::KeptResponse,
    operations::{Service, json},
    refusal::ModelRefusal,
};
use crate::{journal::Decision, seed};

impl Models {
    /// Returns every host name with its service.
    pub(crate) fn hosts(self: &Arc<Self>) -> Vec<(String, Router)> {
        let routes = |account: &Arc<Account>| {
            let service = Arc::new(Service { models: self.clone(), account: account.clone() });
            Router::new().fallback(answer).with_state(service)
        };
        let hosts = |account: &Arc<Account>| {
            let routes = routes(account);
            account.seed.hosts().map(move |host| (host, routes.clone())).collect::<Vec<_>>()
        };
        self.accounts.iter().flat_map(hosts).collect()
    }
}

async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let mut decision = Decision::default();
    let client_request_id = headers::client_request_id(request.headers());
    let mut response = match service.respond(request, &mut decision).await {
        Ok(response) => response,
        Err(refusal) => {
            decision.reason = Some(refusal.to_string());
            refusal.into_response()
        }
    };
    headers::add(&mut response, client_request_id, &service.models.entra.seed.subscription.location);
    response.extensions_mut().insert(decision);
    response
}

impl Service {
    async fn respond(&self, request: Request, decision: &mut Decision) -> Result<Response, ModelRefusal> {
        let (parts, body) = request.into_parts();
        let account = &self.account;
        let ask = ModelRequest::from_path(&parts.method, parts.uri.path(), parts.uri.query())?;
        if ask.surface == Surface::ContentSafety && account.seed.kind != seed::ModelAccountKind::AIServices {
            return Err(ModelRefusal::ResourceNotFound);
        }
        account.credentials.check(&self.models.entra, &account.seed, &ask, &parts.headers, decision)?;
        match ask.task {
            Task::ListModels => Ok(json(catalogue::list(&account.seed))),
            Task::ReadModel(id) => catalogue::one(&account.seed, id).map(json),
            Task::ReadResponse(id) => self.kept(id).map(|kept| json(kept.body)),
            Task::ReadResponseInput(id) => self.kept(id).map(|kept| json(input_items(id, &kept))),
            Task::DeleteResponse(id) => match account.kept.forget(id) {
                true => Ok(json(json!({ "id": id, "object": "response", "deleted": true }).to_string())),
                false => Err(ModelRefusal::ResponseNotFound(id.to_owned())),
            },
            Task::AnalyzeText => {
                content_safety::analyze(&account.seed, &self.read(&parts.headers, body).await?).map(json)
            }
            Task::ShieldPrompt => {
                content_safety::shield(&account.seed, &self.read(&parts.headers, body).await?).map(json)
            }
            Task::Chat(named) => {
                let (deployment, body) = self.deployment(named, &parts.headers, body).await?;
                self.chat(&Turn { ask, deployment }, &body)
            }
            Task::Embeddings(named) => {
                let (deployment, body) = self.deployment(named, &parts.headers, body).await?;
                self.embed(&Turn { ask, deployment }, &body)
            }
            Task::Respond => {
                let (deployment, body) = self.deployment(None, &parts.headers, body).await?;
                self.respond_to(&Turn { ask, deployment }, &body)
            }
        }
    }

    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Object, ModelRefusal> {
        Object::read(headers, body).await
    }

    /// Returns the deployment that the path or the body's `model` names, and the body.
    async fn deployment(
        &self,
        named: Option<&str>,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(&Deployment, Object), ModelRefusal> {
        let find = |name: &str| {
            let found = self.account.deployments.get(name);
            found.ok_or(ModelRefusal::DeploymentNotFound { is_v1: named.is_none() })
        };
        if let Some(name) = named {
            let deployment = find(name)?;
            return Ok((deployment, self.read(headers, body).await?));
        }
        let body = self.read(headers, body).await?;
        let no_model =
            ModelRefusal::Invalid { message: "you must provide a model parameter".to_owned(), param: None, code: None };
        let deployment = find(body.text("model")?.ok_or(no_model)?)?;
        Ok((deployment, body))
    }
}

fn input_items(id: &str, kept: &KeptResponse) -> String {
    let own = kept.texts.len().saturating_sub(kept.own + 1);
    // The latest text comes first.
    let asked = kept.texts.iter().skip(own).take(kept.own).rev().enumerate();
    let items: Vec<_> = asked
        .map(|(number, (is_users, text))| {
            json!({
                "id": format!("msg_{}{number}", id.trim_start_matches("resp_")),
                "type": "message",
                "status": "completed",
                "role": if *is_users { "user" } else { "assistant" },
                "content": [{ "type": "input_text", "text": text }],
            })
        })
        .collect();
    json!({ "object": "list", "data": items, "has_more": false }).to_string()
}
