//! `llm-semantic-cache-lookup`, `-store` and the same for `azure-openai`: cached responses for prompts with a similar
//! meaning (learn.microsoft.com/azure/api-management/llm-semantic-cache-lookup-policy).
//!
//! The embeddings backend makes a vector of each prompt. An answer is found if the cosine distance of the vectors is at
//! most `score-threshold`. A problem of the cache never fails a call. Azure does not document whether streams are
//! cached; here they are not.

use std::sync::Arc;

use http::header;
use jiff::SignedDuration;
use serde_json::json;

use super::model_service::{Asker, post};
use super::model_texts;
use super::prelude::*;
use crate::expression::Value;
use crate::service::Backends;
use crate::state::SemanticEntry;

/// The version in a request, if the backend's URL has none.
const VERSION: &str = "?api-version=2024-10-21";

#[derive(Debug)]
pub(crate) enum SemanticCache {
    Lookup(Box<Lookup>),
    /// Keeps answers for this number of seconds.
    Store(Setting<u32>),
}

#[derive(Debug)]
pub(crate) struct Lookup {
    threshold: Setting<String>,
    backend: Setting<String>,
    backends: Arc<Backends>,
    ignores_system: Option<Setting<bool>>,
    most_messages: Option<Setting<u32>>,
    vary_by: Vec<Setting<String>>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SemanticCache> {
    element.once_in_section(problems);
    if element.name().ends_with("-store") {
        element.only_attributes(&["id", "duration"], problems);
        element.children(&[], problems);
        return element.required_setting("duration", problems).map(SemanticCache::Store);
    }
    let attributes = [
        "id",
        "score-threshold",
        "embeddings-backend-id",
        "embeddings-backend-auth",
        "ignore-system-messages",
        "max-message-count",
    ];
    element.only_attributes(&attributes, problems);
    let threshold = element.required_setting::<String>("score-threshold", problems);
    if matches!(&threshold, Some(Setting::Literal(text)) if !text.parse().is_ok_and(|score: f64| (0.0..=1.0).contains(&score)))
    {
        element.bad_value("score-threshold", "from 0.0 to 1.0", problems);
    }
    let backend = element.required_setting::<String>("embeddings-backend-id", problems);
    if let Some(Setting::Literal(id)) = &backend
        && !element.service().backends.contains_key(id)
    {
        element.undefined("embeddings-backend-id", "a backend of the service", problems);
    }
    if !matches!(element.required("embeddings-backend-auth", problems), None | Some("system-assigned")) {
        element.bad_value("embeddings-backend-auth", "system-assigned", problems);
    }
    let ignores_system = element.setting("ignore-system-messages", problems);
    let most_messages = element.setting("max-message-count", problems);
    let mut vary_by = Vec::new();
    for child in element.children(&[("vary-by", Count::Any)], problems) {
        child.only_attributes(&[], problems);
        vary_by.extend(child.text_setting(problems));
    }
    let backends = Arc::new(element.service().backends.clone());
    let lookup = Lookup { threshold: threshold?, backend: backend?, backends, ignores_system, most_messages, vary_by };
    Some(SemanticCache::Lookup(Box::new(lookup)))
}

impl SemanticCache {
    /// Reports whether the policy stores answers.
    pub(crate) fn stores(&self) -> bool {
        matches!(self, Self::Store(_))
    }

    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Stop> {
        match self {
            Self::Lookup(lookup) => lookup.run(run).await,
            Self::Store(duration) => store(duration, run).await.map_err(Stop::from),
        }
    }
}

impl Lookup {
    async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Stop> {
        let vary_by = run.get_all(&self.vary_by).await?;
        let threshold: f64 = run.get(&self.threshold).await?.trim().parse().unwrap_or(0.0);
        let ignores_system = run.get_any(self.ignores_system.as_ref()).await?.unwrap_or(false);
        let most_messages = run.get_any(self.most_messages.as_ref()).await?;
        let backend = run.get(&self.backend).await?;
        run.read_request_body().await?;
        let body = run.context.request.body.as_ref().and_then(|body| body.content()).cloned().unwrap_or_default();
        let prompt = model_texts::of_prompt(&body, ignores_system);
        if prompt.text.is_empty() || most_messages.is_some_and(|most| prompt.messages > most as usize) {
            run.trace(|| "not looked up: no prompt, or too many messages".to_owned());
            return Ok(());
        }
        let asker = Asker::System("https://cognitiveservices.azure.com");
        let input = json!({ "input": prompt.text });
        let found = match post(run, &self.backends, &backend, VERSION, asker, &input).await {
            Ok(found) => found,
            Err(why) => {
                run.trace(|| format!("not looked up: {why}"));
                return Ok(());
            }
        };
        let numbers = found["data"][0]["embedding"].as_array();
        let vector: Vec<f64> = numbers.into_iter().flatten().filter_map(serde_json::Value::as_f64).collect();
        if vector.is_empty() {
            run.trace(|| format!("not looked up: {backend} gave no embedding"));
            return Ok(());
        }
        let place = format!("{} {}", run.context.api.id, run.context.operation.id);
        let vary_by: Vec<_> = [place].into_iter().chain(vary_by).collect();
        let now = run.outside.now();
        for (key, distance) in run.state.semantic.near(&vary_by, &vector, threshold) {
            if let Some(response) = run.state.cache(false).get(&key, now).and_then(|kept| kept.as_response()) {
                run.trace(|| format!("found, at a distance of {distance:.4}"));
                run.is_from_cache = true;
                run.respond(response, None);
                return Err(Stop::Found);
            }
        }
        run.trace(|| "not found".to_owned());
        let key = format!("semantic {}", run.outside.request_id());
        run.semantic_lookup = Some(SemanticEntry { vary_by, vector, key });
        Ok(())
    }
}

async fn store<O: Outside>(duration: &Setting<u32>, run: &mut Run<'_, O>) -> Result<(), Failure> {
    let duration = run.get(duration).await?;
    let Some(entry) = run.semantic_lookup.take() else {
        run.trace(|| "nothing was looked up, so nothing is kept".to_owned());
        return Ok(());
    };
    let response = run.response();
    let kind = response.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if response.status_code != 200 || kind.starts_with("text/event-stream") {
        run.trace(|| "an error or a stream is not kept".to_owned());
        return Ok(());
    }
    run.read_response_body().await?;
    let response = Value::from(run.response().clone());
    let (now, duration) = (run.outside.now(), SignedDuration::from_secs(duration.into()));
    if run.state.cache(false).put(entry.key.clone(), &response, duration, now).is_some() {
        run.state.semantic.keep(entry);
        run.trace(|| format!("keeps the response for {} seconds", duration.as_secs()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};

    use crate::{
        Backend, State,
        rig::{World, document, problems_in},
    };

    /// Sends prompts, with the vectors that the embeddings backend gives them. Returns for each whether the model was
    /// called.
    async fn asked(kind: &str, calls: &[(&str, &str, Option<&str>)]) -> Vec<bool> {
        let (mut world, state) = (World::new(), State::default());
        world.tokens.insert("https://cognitiveservices.azure.com".to_owned(), "t0k3n".to_owned());
        let url = "https://model.test/openai/deployments/e/embeddings".parse().unwrap();
        world.service.backends.insert("e".to_owned(), Backend::Single { url, breaker: None, credentials: None });
        let lookup = format!(
            "<{kind}-semantic-cache-lookup score-threshold=\"0.05\" embeddings-backend-id=\"e\" \
             embeddings-backend-auth=\"system-assigned\" max-message-count=\"2\"><vary-by>\
             @(context.Request.Headers.GetValueOrDefault(\"who\", \"\"))</vary-by></{kind}-semantic-cache-lookup>\
             <llm-token-limit counter-key=\"k\" tokens-per-minute=\"1000\" estimate-prompt-tokens=\"false\" \
             tokens-consumed-header-name=\"x-used\" />"
        );
        let store = format!("<{kind}-semantic-cache-store duration=\"60\" />");
        let document = document(&lookup, "<base />", &store, "");
        let mut asked = Vec::new();
        for (prompt, who, vector) in calls {
            let reply = vector.map(|vector| format!("{{\"data\":[{{\"embedding\":{vector}}}]}}"));
            world.replies.lock().unwrap().extend(reply.map(|reply| Ok(Response::new(Bytes::from(reply)))));
            let request = Request::post("/orders").header("who", *who).body(Bytes::from((*prompt).to_owned())).unwrap();
            let before = world.forwarded.lock().unwrap().len();
            let outcome = world.run(&document, request, &state).await;
            assert_eq!((outcome.last_error, outcome.response.body()), (None, &Bytes::from("backend")));
            asked.push(world.forwarded.lock().unwrap().len() > before);
        }
        let sent = world.sent.lock().unwrap();
        let url = "https://model.test/openai/deployments/e/embeddings?api-version=2024-10-21";
        assert!(
            sent.iter().all(|request| request.uri() == url && request.headers()["authorization"] == "Bearer t0k3n")
        );
        asked
    }

    #[tokio::test]
    async fn an_answer_to_a_prompt_of_like_meaning_is_found_for_the_same_caller() {
        let prompt = "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}";
        let long = "{\"messages\":[{\"content\":\"a\"},{\"content\":\"b\"},{\"content\":\"c\"}]}";
        for kind in ["llm", "azure-openai"] {
            let calls = [
                (prompt, "one", Some("[1.0,0.0]")),
                (prompt, "one", Some("[0.99,0.01]")),
                (prompt, "one", Some("[0.0,1.0]")),
                (prompt, "two", Some("[1.0,0.0]")),
                // A problem with the embeddings never fails a call.
                (prompt, "one", Some("[]")),
                (long, "one", None),
                (prompt, "one", None),
            ];
            assert_eq!(asked(kind, &calls).await, [true, false, true, true, true, true, true]);
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<llm-semantic-cache-lookup score-threshold=\"2\" embeddings-backend-id=\"none\" />"
            ),
            [
                "2:1: <llm-semantic-cache-lookup> needs the attribute \"embeddings-backend-auth\"",
                "2:28: the attribute \"score-threshold\" of <llm-semantic-cache-lookup> must be from 0.0 to 1.0",
                "2:48: the attribute \"embeddings-backend-id\" of <llm-semantic-cache-lookup> must be a backend of the \
                 service",
            ]
        );
    }
}
