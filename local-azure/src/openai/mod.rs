//! Azure OpenAI and Foundry: the data plane of the seed's model accounts, with the service's checks and words of refusal.
//!
//! There is no language model here. What is asked passes in this order, and the first refusal ends it: path, credential,
//! role, deployment, rates, body, length, content filter. Prompts and answers enter no journal.

mod ask;
mod body;
mod catalogue;
mod chat;
mod content_filter;
mod content_safety;
mod credential;
mod embeddings;
mod events;
mod headers;
mod kept_responses;
mod message;
mod rates;
mod refusal;
mod reply;
mod responses;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

pub use self::events::{HeldStreams, ModelStreams};
use self::{
    ask::{Ask, Surface, Task},
    body::Object,
    chat::ChatRequest,
    credential::Credentials,
    embeddings::EmbeddingsRequest,
    kept_responses::{Kept, KeptResponses},
    message::Message,
    rates::{Levels, Rates},
    refusal::{FilterShape, Refusal, Throttled},
    reply::Reply,
    responses::ResponsesRequest,
};
use crate::{
    issuer::Entra,
    journal::{Decision, Journal},
    seed::{self, ModelDeployment, ModelFaultKind, Seed},
    tokenizer::Tokenizer,
};

/// The model accounts of a run, and the tenant whose tokens open them.
pub(crate) struct Models {
    entra: Arc<Entra>,
    journal: Journal,
    accounts: Vec<Arc<Account>>,
    pub(crate) streams: ModelStreams,
}

/// An account, and what it holds at this moment.
struct Account {
    seed: seed::ModelAccount,
    credentials: Credentials,
    deployments: BTreeMap<String, Deployment>,
    kept: KeptResponses,
}

struct Deployment {
    seed: ModelDeployment,
    rates: Rates,
    /// Requests so far, for faults that hit some of them.
    requests: AtomicU32,
}

impl Models {
    pub(crate) fn new(seed: &Seed, entra: Arc<Entra>, journal: Journal) -> Self {
        let accounts = seed.model_accounts.iter().map(|account| Arc::new(Account::new(account))).collect();
        Self { entra, journal, accounts, streams: ModelStreams::default() }
    }

    /// The keys of an account of the seed.
    pub(crate) fn keys(&self, account: &str) -> Option<&[String; 2]> {
        self.accounts.iter().find(|one| one.seed.name == account).map(|account| account.credentials.keys())
    }

    /// Every host name, with the service behind it.
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

impl Account {
    fn new(account: &seed::ModelAccount) -> Self {
        let now = Timestamp::now();
        let deployment = |one: &ModelDeployment| {
            let deployment = Deployment { seed: one.clone(), rates: Rates::new(one, now), requests: AtomicU32::new(0) };
            (one.name.clone(), deployment)
        };
        Self {
            seed: account.clone(),
            credentials: Credentials::generate(),
            deployments: account.deployments.iter().map(deployment).collect(),
            kept: KeptResponses::default(),
        }
    }
}

struct Service {
    models: Arc<Models>,
    account: Arc<Account>,
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
    async fn respond(&self, request: Request, decision: &mut Decision) -> Result<Response, Refusal> {
        let (parts, body) = request.into_parts();
        let account = &self.account;
        let ask = Ask::of(&parts.method, parts.uri.path(), parts.uri.query())?;
        if ask.surface == Surface::ContentSafety && account.seed.kind != seed::ModelAccountKind::AIServices {
            return Err(Refusal::ResourceNotFound);
        }
        account.credentials.check(&self.models.entra, &account.seed, &ask, &parts.headers, decision)?;
        match ask.task {
            Task::ListModels => Ok(json(catalogue::list(&account.seed))),
            Task::ReadModel(id) => catalogue::one(&account.seed, id).map(json),
            Task::ReadResponse(id) => self.kept(id).map(|kept| json(kept.body)),
            Task::ReadResponseInput(id) => self.kept(id).map(|kept| json(input_items(id, &kept))),
            Task::DeleteResponse(id) => match account.kept.forget(id) {
                true => Ok(json(json!({ "id": id, "object": "response", "deleted": true }).to_string())),
                false => Err(Refusal::ResponseNotFound(id.to_owned())),
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

    async fn read(&self, headers: &HeaderMap, body: Body) -> Result<Object, Refusal> {
        Object::read(headers, body).await
    }

    /// The deployment that the path names, or the body's `model`; with the body.
    async fn deployment(
        &self,
        named: Option<&str>,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(&Deployment, Object), Refusal> {
        let find = |name: &str| {
            let found = self.account.deployments.get(name);
            found.ok_or(Refusal::DeploymentNotFound { is_v1: named.is_none() })
        };
        if let Some(name) = named {
            let deployment = find(name)?;
            return Ok((deployment, self.read(headers, body).await?));
        }
        let body = self.read(headers, body).await?;
        let no_model =
            Refusal::Invalid { message: "you must provide a model parameter".to_owned(), param: None, code: None };
        let deployment = find(body.text("model")?.ok_or(no_model)?)?;
        Ok((deployment, body))
    }

    fn chat(&self, turn: &Turn<'_>, body: &Object) -> Result<Response, Refusal> {
        let Turn { deployment, .. } = turn;
        turn.works_for(false, "chatCompletion")?;
        let tokenizer = Tokenizer::of_model(&deployment.seed.model);
        let fault = deployment.fault();
        let request = match ChatRequest::read(body, &deployment.seed) {
            Ok(request) => request,
            Err(refusal) => {
                turn.charge(0, "ChatCompletions_Create", fault, self.region())?;
                return Err(refusal);
            }
        };
        let prompt = message::count(&request.messages, &tokenizer);
        let estimate = prompt + request.limits.tokens.unwrap_or(0);
        let levels = turn.charge(estimate, "ChatCompletions_Create", fault, self.region())?;
        turn.fits(prompt, request.limits.tokens)?;
        let found = content_filter::look_for(&self.account.seed.content_filter, &message::joined(&request.messages));
        let prompt_filter = found.of_prompt();
        if found.blocks() {
            let (found, results) = (found.describe(), prompt_filter);
            return Err(Refusal::Filtered { found, results, shape: FilterShape::Chat });
        }
        let filter = &self.account.seed.content_filter;
        let reply = Reply::new(&deployment.seed, filter, &request.messages, &request.limits, &tokenizer);
        let head = chat::Head {
            id: format!("chatcmpl-{}", random_id(29)),
            created: Timestamp::now().as_second(),
            model: deployment.seed.full_model(),
            fingerprint: (!deployment.seed.model.starts_with("gpt-5")).then(|| "fp_b6f445fc1c".to_owned()),
            has_service_tier: match turn.ask.surface {
                Surface::Dated(version) => version >= "2025",
                Surface::V1 | Surface::ContentSafety => true,
            },
            prompt_filter: &prompt_filter,
            prompt_tokens: prompt,
        };
        let mut response = if request.streams {
            let mut events = head.events(&request, &reply).map_err(|_| Refusal::ServerError)?;
            if fault == Some(ModelFaultKind::BreaksOff) {
                events.truncate(3);
                let error = json!({ "error": {
                    "message": refusal::NO_CAPACITY, "type": "too_many_requests", "param": null, "code": "no_capacity"
                } });
                events.push(format!("data: {error}\n\n"));
            }
            self.stream(events)
        } else {
            json(head.completion(&reply).map_err(|_| Refusal::ServerError)?)
        };
        headers::of_deployment(response.headers_mut(), &deployment.seed.name, "d20260330170902-0e618f323d34");
        headers::levels(response.headers_mut(), &levels);
        Ok(response)
    }

    fn embed(&self, turn: &Turn<'_>, body: &Object) -> Result<Response, Refusal> {
        let Turn { deployment, .. } = turn;
        turn.works_for(true, "embeddings")?;
        let tokenizer = Tokenizer::of_model(&deployment.seed.model);
        let request = EmbeddingsRequest::read(body, &deployment.seed)?;
        let tokens = request.tokens(&tokenizer);
        let levels = turn.charge(tokens, "Embeddings_Create", deployment.fault(), self.region())?;
        let found = content_filter::look_for(&self.account.seed.content_filter, &request.joined());
        if found.blocks() {
            let (found, results) = (found.describe(), found.of_prompt());
            return Err(Refusal::Filtered { found, results, shape: FilterShape::Chat });
        }
        let mut response = json(request.answer(&deployment.seed, tokens));
        headers::of_deployment(response.headers_mut(), &deployment.seed.name, "d20260330170902-0e618f323d34");
        headers::levels(response.headers_mut(), &levels);
        Ok(response)
    }

    fn respond_to(&self, turn: &Turn<'_>, body: &Object) -> Result<Response, Refusal> {
        let Turn { deployment, .. } = turn;
        turn.works_for(false, "responses")?;
        let tokenizer = Tokenizer::of_model(&deployment.seed.model);
        let fault = deployment.fault();
        let mut request = ResponsesRequest::read(body, &deployment.seed)?;
        let own = request.messages.len();
        let mut texts = match &request.previous {
            None => Vec::new(),
            Some(id) => self.kept(id)?.texts,
        };
        texts.extend(request.messages.iter().map(|message| (message.is_users(), message.text.clone())));
        let before = texts.len() - own;
        let message = |(is_users, text): &(bool, String)| match is_users {
            true => Message::user(text),
            false => Message::assistant(text),
        };
        let mut messages: Vec<_> = request.instructions.iter().map(|text| Message::developer(text)).collect();
        messages.extend(texts[..before].iter().map(message));
        messages.append(&mut request.messages);
        let prompt = message::count(&messages, &tokenizer);
        let estimate = prompt + request.limits.tokens.unwrap_or(0);
        let levels = turn.charge(estimate, "Responses_Create", fault, self.region())?;
        turn.fits(prompt, request.limits.tokens)?;
        let joined = message::joined(&messages);
        let found = content_filter::look_for(&self.account.seed.content_filter, &joined);
        let (prompt_filter, prompt_end) = (found.of_prompt(), joined.chars().count());
        if found.blocks() {
            let shape = FilterShape::Responses { end: prompt_end };
            return Err(Refusal::Filtered { found: found.describe(), results: prompt_filter, shape });
        }
        let reply =
            Reply::new(&deployment.seed, &self.account.seed.content_filter, &messages, &request.limits, &tokenizer);
        let now = Timestamp::now().as_second();
        let head = responses::Head {
            id: format!("resp_{}", random_hex(50)),
            item: format!("msg_{}", random_hex(50)),
            created: now,
            completed: now,
            deployment: &deployment.seed.name,
            reasoning: deployment.seed.reasoning,
            prompt_filter: &prompt_filter,
            prompt_end,
            prompt_tokens: prompt,
        };
        let whole = head.whole(&request, &reply).map_err(|_| Refusal::ServerError)?;
        if request.stores {
            texts.push((false, reply.text()));
            self.account.kept.keep(head.id.clone(), Kept { body: whole.clone(), texts, own });
        }
        let mut response = match request.streams {
            true if fault == Some(ModelFaultKind::BreaksOff) => {
                self.stream(head.broken_off(&request, refusal::NO_CAPACITY).map_err(|_| Refusal::ServerError)?)
            }
            true => self.stream(head.events(&request, &reply).map_err(|_| Refusal::ServerError)?),
            false => json(whole),
        };
        headers::levels(response.headers_mut(), &levels);
        if let Ok(key) = HeaderValue::from_str(&deployment.seed.name) {
            response.headers_mut().insert("x-ratelimit-key", key);
        }
        Ok(response)
    }

    fn kept(&self, id: &str) -> Result<Kept, Refusal> {
        self.account.kept.get(id).ok_or_else(|| Refusal::ResponseNotFound(id.to_owned()))
    }

    fn stream(&self, events: Vec<String>) -> Response {
        let mut response = Response::new(self.models.streams.body(events, &self.models.journal));
        let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }

    fn region(&self) -> &str {
        &self.models.entra.seed.subscription.location
    }
}

/// A request to a deployment.
struct Turn<'r> {
    ask: Ask<'r>,
    deployment: &'r Deployment,
}

impl Turn<'_> {
    fn works_for(&self, embeds: bool, operation: &'static str) -> Result<(), Refusal> {
        let seed = &self.deployment.seed;
        match seed.embeds() == embeds {
            true => Ok(()),
            false => Err(Refusal::OperationNotSupported { operation, model: seed.model.clone() }),
        }
    }

    /// Charges the estimate, or refuses as the rates or the seed's fault say.
    fn charge(
        &self,
        tokens: u64,
        operation: &'static str,
        fault: Option<ModelFaultKind>,
        region: &str,
    ) -> Result<Levels, Refusal> {
        let Deployment { seed, rates, .. } = self.deployment;
        let charged = match fault {
            Some(ModelFaultKind::ServerError) => return Err(Refusal::ServerError),
            Some(ModelFaultKind::NoCapacity) => return Err(Refusal::NoCapacity),
            Some(ModelFaultKind::Throttled) => Err(rates.exhausted()),
            Some(ModelFaultKind::BreaksOff) | None => rates.take(tokens, Timestamp::now()),
        };
        charged.map_err(|over| {
            let api_version = match self.ask.surface {
                Surface::Dated(version) => Some(version.to_owned()),
                Surface::V1 | Surface::ContentSafety => None,
            };
            Refusal::Throttled(Box::new(Throttled {
                over,
                deployment: seed.name.clone(),
                model: seed.model.clone(),
                region: region.to_owned(),
                operation,
                api_version,
            }))
        })
    }

    /// Refuses a prompt that is longer than the model's window.
    fn fits(&self, prompt: u64, output: Option<u64>) -> Result<(), Refusal> {
        let window = u64::from(self.deployment.seed.context_window);
        let message = if prompt > window {
            format!(
                "This model's maximum context length is {window} tokens. However, your messages resulted in {prompt} tokens. \
                 Please reduce the length of the messages."
            )
        } else if let Some(output) = output.filter(|output| prompt.saturating_add(*output) > window) {
            format!(
                "This model's maximum context length is {window} tokens. However, you requested {} tokens ({prompt} in the \
                 messages, {output} in the completion). Please reduce the length of the messages or completion.",
                prompt.saturating_add(output)
            )
        } else {
            return Ok(());
        };
        Err(Refusal::invalid(message, "messages", "context_length_exceeded"))
    }
}

impl Deployment {
    /// The seed's fault, when it is this request's turn to fail.
    fn fault(&self) -> Option<ModelFaultKind> {
        let fault = self.seed.fault?;
        let before = self.requests.fetch_add(1, Ordering::Relaxed);
        before.is_multiple_of(fault.every.max(1)).then_some(fault.kind)
    }
}

fn input_items(id: &str, kept: &Kept) -> String {
    let own = kept.texts.len().saturating_sub(kept.own + 1);
    // The latest first.
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

fn json(body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Letters and digits.
fn random_id(length: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bytes = [(); 2].map(|()| Uuid::new_v4().into_bytes()).concat();
    bytes.iter().take(length).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

fn random_hex(length: usize) -> String {
    let mut text = [(); 2].map(|()| Uuid::new_v4().simple().to_string()).concat();
    text.truncate(length);
    text
}
