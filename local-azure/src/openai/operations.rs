//! The operations of a model: it answers a conversation, or creates embeddings.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{
    account::{Account, Models},
    ask::Surface,
    body::Object,
    chat::{self, ChatRequest},
    content_filter,
    deployment::Turn,
    embeddings::EmbeddingsRequest,
    headers,
    kept_responses::KeptResponse,
    message::{self, Message},
    refusal::{self, FilterShape, ModelRefusal},
    reply::Reply,
    responses::{self, ResponsesRequest},
};
use crate::{seed::ModelFaultKind, tokenizer::Tokenizer};

/// One account, which serves its host names.
pub(super) struct Service {
    pub(super) models: Arc<Models>,
    pub(super) account: Arc<Account>,
}

impl Service {
    pub(super) fn chat(&self, turn: &Turn<'_>, body: &Object) -> Result<Response, ModelRefusal> {
        let Turn { deployment, .. } = turn;
        turn.works_for(false, "chatCompletion")?;
        let tokenizer = Tokenizer::for_model(&deployment.seed.model);
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
            return Err(ModelRefusal::Filtered { found, results, shape: FilterShape::Chat });
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
            let mut events = head.events(&request, &reply).map_err(|_| ModelRefusal::ServerError)?;
            if fault == Some(ModelFaultKind::BreaksOff) {
                events.truncate(3);
                let error = json!({ "error": {
                    "message": refusal::NO_CAPACITY, "type": "too_many_requests", "param": null, "code": "no_capacity"
                } });
                events.push(format!("data: {error}\n\n"));
            }
            self.stream(events)
        } else {
            json(head.completion(&reply).map_err(|_| ModelRefusal::ServerError)?)
        };
        headers::of_deployment(response.headers_mut(), &deployment.seed.name, "d20260330170902-0e618f323d34");
        headers::levels(response.headers_mut(), &levels);
        Ok(response)
    }

    pub(super) fn embed(&self, turn: &Turn<'_>, body: &Object) -> Result<Response, ModelRefusal> {
        let Turn { deployment, .. } = turn;
        turn.works_for(true, "embeddings")?;
        let tokenizer = Tokenizer::for_model(&deployment.seed.model);
        let request = EmbeddingsRequest::read(body, &deployment.seed)?;
        let tokens = request.tokens(&tokenizer)?;
        let levels = turn.charge(tokens, "Embeddings_Create", deployment.fault(), self.region())?;
        let found = content_filter::look_for(&self.account.seed.content_filter, &request.joined());
        if found.blocks() {
            let (found, results) = (found.describe(), found.of_prompt());
            return Err(ModelRefusal::Filtered { found, results, shape: FilterShape::Chat });
        }
        let mut response = json(request.answer(&deployment.seed, tokens));
        headers::of_deployment(response.headers_mut(), &deployment.seed.name, "d20260330170902-0e618f323d34");
        headers::levels(response.headers_mut(), &levels);
        Ok(response)
    }

    pub(super) fn respond_to(&self, turn: &Turn<'_>, body: &Object) -> Result<Response, ModelRefusal> {
        let Turn { deployment, .. } = turn;
        turn.works_for(false, "responses")?;
        let tokenizer = Tokenizer::for_model(&deployment.seed.model);
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
            return Err(ModelRefusal::Filtered { found: found.describe(), results: prompt_filter, shape });
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
            prompt_filter: &prompt_filter,
            prompt_end,
            prompt_tokens: prompt,
        };
        let whole = head.whole(&request, &reply).map_err(|_| ModelRefusal::ServerError)?;
        if request.stores {
            texts.push((false, responses::shown(&reply)));
            self.account.kept.keep(head.id.clone(), KeptResponse { body: whole.clone(), texts, own });
        }
        let mut response = match request.streams {
            true if fault == Some(ModelFaultKind::BreaksOff) => {
                self.stream(head.broken_off(&request, refusal::NO_CAPACITY).map_err(|_| ModelRefusal::ServerError)?)
            }
            true => self.stream(head.events(&request, &reply).map_err(|_| ModelRefusal::ServerError)?),
            false => json(whole),
        };
        headers::levels(response.headers_mut(), &levels);
        if let Ok(key) = HeaderValue::from_str(&deployment.seed.name) {
            response.headers_mut().insert("x-ratelimit-key", key);
        }
        Ok(response)
    }

    pub(super) fn kept(&self, id: &str) -> Result<KeptResponse, ModelRefusal> {
        self.account.kept.get(id).ok_or_else(|| ModelRefusal::ResponseNotFound(id.to_owned()))
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

/// Returns an answer with one JSON document.
pub(super) fn json(body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns an ID of letters and digits.
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
