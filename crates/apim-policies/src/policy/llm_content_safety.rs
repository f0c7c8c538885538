//! `llm-content-safety`: lets Azure AI Content Safety judge prompts and answers
//! (learn.microsoft.com/azure/api-management/llm-content-safety-policy).
//!
//! It fails closed: the answer is also 403 if the service cannot be reached, refuses, or the text is too long. Policies
//! never see the verdict. A stream is judged before any part of it is passed on; a blocked stream ends without a text.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use http::{StatusCode, header};
use serde_json::json;

use super::model_service::{Asker, post};
use super::model_texts;
use super::prelude::*;
use crate::run::{After, Counted, Finish};
use crate::service::Backends;

#[derive(Debug)]
pub(crate) struct LlmContentSafety {
    backend: Setting<String>,
    backends: Arc<Backends>,
    shields: Option<Setting<bool>>,
    enforces_on_answers: Option<Setting<bool>>,
    /// The number of characters of an answer that are judged at once.
    window: Option<Setting<u32>>,
    output_type: Option<Setting<String>>,
    /// The name and threshold of each category.
    categories: Vec<(Setting<String>, Setting<u32>)>,
    blocklists: Vec<Setting<String>>,
}

/// The version of the service. The version that a live gateway uses is not documented.
const VERSION: &str = "api-version=2024-09-01";
/// The most characters of a text, for both operations of the service.
const LONGEST_TEXT: usize = 10_000;

const SETTINGS: [&str; 4] = ["shield-prompt", "enforce-on-completions", "window-size", "window-overlap-size"];
const OUTPUT_TYPES: [&str; 2] = ["FourSeverityLevels", "EightSeverityLevels"];
const CATEGORIES: [&str; 4] = ["Hate", "SelfHarm", "Sexual", "Violence"];

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<LlmContentSafety> {
    element.only_attributes(&[&["id", "backend-id"][..], &SETTINGS].concat(), problems);
    if element.scope() == Scope::Operation {
        element.problem(problems, "<llm-content-safety> is not allowed in the document of an operation");
    }
    let backend = element.required_setting::<String>("backend-id", problems);
    if let Some(Setting::Literal(id)) = &backend
        && !element.service().backends.contains_key(id)
    {
        element.undefined("backend-id", "a backend of the service", problems);
    }
    let _overlap: Option<Setting<u32>> = element.setting("window-overlap-size", problems);
    let (mut output_type, mut categories, mut blocklists) = (None, Vec::new(), Vec::new());
    for child in element.children(&[("categories", Count::AtMostOne), ("blocklists", Count::AtMostOne)], problems) {
        match child.name() {
            "categories" => {
                child.only_attributes(&["output-type"], problems);
                output_type = child.setting::<String>("output-type", problems);
                if matches!(&output_type, Some(Setting::Literal(kind)) if !OUTPUT_TYPES.contains(&kind.as_str())) {
                    child.bad_value("output-type", OUTPUT_TYPES.join(" or "), problems);
                }
                categories.extend(
                    child
                        .children(&[("category", Count::Any)], problems)
                        .iter()
                        .filter_map(|one| category(one, problems)),
                );
            }
            _ => {
                child.only_attributes(&[], problems);
                for id in child.children(&[("id", Count::Any)], problems) {
                    id.only_attributes(&[], problems);
                    blocklists.extend(id.text_setting(problems));
                }
            }
        }
    }
    Some(LlmContentSafety {
        backend: backend?,
        backends: Arc::new(element.service().backends.clone()),
        shields: element.setting("shield-prompt", problems),
        enforces_on_answers: element.setting("enforce-on-completions", problems),
        window: element.setting("window-size", problems),
        output_type,
        categories,
        blocklists,
    })
}

fn category(element: &Element<'_>, problems: &mut Problems) -> Option<(Setting<String>, Setting<u32>)> {
    element.only_attributes(&["name", "threshold"], problems);
    element.children(&[], problems);
    let name = element.required_setting::<String>("name", problems);
    if matches!(&name, Some(Setting::Literal(name)) if !CATEGORIES.contains(&name.as_str())) {
        element.bad_value("name", CATEGORIES.join(", "), problems);
    }
    let threshold = element.required_setting::<u32>("threshold", problems);
    if matches!(threshold, Some(Setting::Literal(8..))) {
        element.bad_value("threshold", "from 0 to 7", problems);
    }
    Some((name?, threshold?))
}

impl LlmContentSafety {
    pub(super) async fn run<'r, O: Outside>(&'r self, run: &mut Run<'r, O>) -> Result<(), Failure> {
        if run.section == Section::Outbound {
            return self.judge_answer(run).await;
        }
        run.read_request_body().await?;
        let body = run.context.request.body.as_ref().and_then(|body| body.content()).cloned().unwrap_or_default();
        // Embeddings are not judged.
        let embeds = run.context.request.url.path.ends_with("/embeddings");
        let prompt = model_texts::of_prompt(&body, false);
        if !embeds && !prompt.text.is_empty() {
            let shields = run.get_any(self.shields.as_ref()).await?.unwrap_or(false);
            self.judge(&prompt.text, shields, run).await?;
        }
        if run.get_any(self.enforces_on_answers.as_ref()).await?.unwrap_or(false) {
            run.after.push(After::Tokens(self, Counted::default(), run.running()));
        }
        Ok(())
    }

    async fn judge_answer<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let Some(response) = run.context.response.as_ref().filter(|one| (200..300).contains(&one.status_code)) else {
            return Ok(());
        };
        let kind = response.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_stream = kind.starts_with("text/event-stream");
        run.read_response_body().await?;
        let body = run.response().body.as_ref().and_then(|body| body.content()).cloned().unwrap_or_default();
        let text: Vec<char> = model_texts::of_answer(&body, is_stream).chars().collect();
        let window = run.get_any(self.window.as_ref()).await?.and_then(|size| usize::try_from(size).ok());
        let window = window.unwrap_or(LONGEST_TEXT).clamp(1, LONGEST_TEXT);
        for part in text.chunks(window) {
            match self.judge(&part.iter().collect::<String>(), false, run).await {
                Err(_) if is_stream => {
                    run.response().body = None;
                    return Ok(());
                }
                judged => judged?,
            }
        }
        Ok(())
    }

    /// Asks the service to judge a text.
    async fn judge<O: Outside>(&self, text: &str, shields: bool, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let id = run.get(&self.backend).await?;
        if text.chars().count() > LONGEST_TEXT {
            return Err(refuse(run, "the text is longer than 10,000 characters"));
        }
        if shields {
            let body = json!({ "userPrompt": text, "documents": [] });
            let path = format!("/contentsafety/text:shieldPrompt?{VERSION}");
            match post(run, &self.backends, &id, &path, Asker::Backend, &body).await {
                Err(why) => return Err(refuse(run, &why)),
                Ok(found) if found["userPromptAnalysis"]["attackDetected"] != json!(false) => {
                    return Err(refuse(run, "an attack on the prompt"));
                }
                Ok(_) => {}
            }
        }
        if self.categories.is_empty() && self.blocklists.is_empty() {
            return Ok(());
        }
        let mut thresholds = Vec::new();
        for (name, threshold) in &self.categories {
            thresholds.push((run.get(name).await?, run.get(threshold).await?));
        }
        let blocklists = run.get_all(&self.blocklists).await?;
        let output_type = run.get_any(self.output_type.as_ref()).await?;
        let names: Vec<_> = thresholds.iter().map(|(name, _)| name).collect();
        let body = json!({
            "text": text, "categories": names, "blocklistNames": blocklists,
            "outputType": output_type.unwrap_or_else(|| "FourSeverityLevels".to_owned()),
        });
        let path = format!("/contentsafety/text:analyze?{VERSION}");
        let found = match post(run, &self.backends, &id, &path, Asker::Backend, &body).await {
            Ok(found) => found,
            Err(why) => return Err(refuse(run, &why)),
        };
        if found["blocklistsMatch"].as_array().is_some_and(|matches| !matches.is_empty()) {
            return Err(refuse(run, "a blocklist"));
        }
        for (name, threshold) in thresholds {
            let list = found["categoriesAnalysis"].as_array();
            let one = list.and_then(|list| list.iter().find(|one| one["category"] == name.as_str()));
            match one.and_then(|one| one["severity"].as_u64()) {
                None => return Err(refuse(run, &format!("{name} was not judged"))),
                Some(severity) if severity >= u64::from(threshold) && severity > 0 => {
                    return Err(refuse(run, &format!("{name} {severity}, where {threshold} is blocked")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

/// Refuses the request. The caller gets the same answer for every reason.
fn refuse<O: Outside>(run: &mut Run<'_, O>, why: &str) -> Failure {
    run.trace(|| format!("refused: {why}"));
    let told = "Request failed content safety check.".to_owned();
    Failure::new("", "ContentSafetyPolicyViolated", told.clone(), StatusCode::FORBIDDEN, told)
}

impl<O: Outside> Finish<O> for LlmContentSafety {
    fn finish<'f, 'r: 'f>(&'r self, _known: Counted, run: &'f mut Run<'r, O>) -> BoxFuture<'f, Result<(), Failure>> {
        Box::pin(self.judge_answer(run))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};

    use crate::{
        Backend, ManagedIdentityCredentials, Outcome, State,
        rig::{World, document, problems_in},
    };

    const POLICY: &str = "<llm-content-safety backend-id=\"safety\" shield-prompt=\"true\"><categories \
        output-type=\"FourSeverityLevels\"><category name=\"Hate\" threshold=\"4\" /></categories></llm-content-safety>";
    const SHIELDED: &str = r#"{"userPromptAnalysis":{"attackDetected":false},"documentsAnalysis":[]}"#;

    fn severity(severity: u8) -> String {
        format!(r#"{{"blocklistsMatch":[],"categoriesAnalysis":[{{"category":"Hate","severity":{severity}}}]}}"#)
    }

    /// Returns a world with a service that gives these answers.
    fn world(replies: &[&str], has_credentials: bool) -> World {
        let mut world = World::new();
        let resource = "https://cognitiveservices.azure.com".to_owned();
        world.tokens.insert(resource.clone(), "t0k3n".to_owned());
        let credentials = has_credentials.then_some(ManagedIdentityCredentials { resource, client_id: None });
        let backend = Backend::Single { url: "https://safety.test".parse().unwrap(), breaker: None, credentials };
        world.service.backends.insert("safety".to_owned(), backend);
        let replies = replies.iter().map(|reply| Ok(Response::new(Bytes::from((*reply).to_owned()))));
        world.replies.lock().unwrap().extend(replies);
        world
    }

    async fn run(world: &World, inbound: &str, outbound: &str, prompt: &str) -> Outcome<Bytes> {
        let body = serde_json::json!({ "messages": [{ "role": "user", "content": prompt }] });
        let request = Request::post("/orders").body(Bytes::from(body.to_string())).unwrap();
        world.run(&document(inbound, "<base />", outbound, ""), request, &State::default()).await
    }

    #[tokio::test]
    async fn a_prompt_passes_below_the_threshold_and_is_refused_from_it_on() {
        for (grade, status) in [(0, 200), (2, 200), (4, 403), (6, 403)] {
            let world = world(&[SHIELDED, &severity(grade)], true);
            let outcome = run(&world, POLICY, "", "a text").await;
            assert_eq!(outcome.response.status(), status, "{grade}");
            let sent = world.sent.lock().unwrap();
            assert_eq!(sent[0].uri(), "https://safety.test/contentsafety/text:shieldPrompt?api-version=2024-09-01");
            assert_eq!(sent[1].headers()["authorization"], "Bearer t0k3n");
            if status == 403 {
                let told = "{ \"statusCode\": 403, \"message\": \"Request failed content safety check.\" }";
                assert_eq!(outcome.response.body(), told);
                assert_eq!(outcome.last_error.unwrap().reason, "ContentSafetyPolicyViolated");
                assert!(world.forwarded.lock().unwrap().is_empty());
            }
        }
        let attacked = world(&[r#"{"userPromptAnalysis":{"attackDetected":true}}"#], true);
        assert_eq!(run(&attacked, POLICY, "", "a text").await.response.status(), 403);
    }

    #[tokio::test]
    async fn it_fails_closed() {
        let unanswered = world(&[], true);
        assert_eq!(run(&unanswered, POLICY, "", "a text").await.response.status(), 403);
        let odd = world(&["{}"], true);
        assert_eq!(run(&odd, POLICY, "", "a text").await.response.status(), 403);
        let long = world(&[SHIELDED, &severity(0)], true);
        assert_eq!(run(&long, POLICY, "", &"x".repeat(10_001)).await.response.status(), 403);
        assert!(long.sent.lock().unwrap().is_empty());
        // Without credentials, the service gets the caller's own Authorization header.
        let own = world(&[SHIELDED, &severity(0)], false);
        let caller = "<set-header name=\"Authorization\"><value>the caller's</value></set-header>";
        run(&own, &format!("{caller}{POLICY}"), "", "a text").await;
        assert_eq!(own.sent.lock().unwrap()[0].headers()["authorization"], "the caller's");
    }

    #[tokio::test]
    async fn answers_are_judged_and_a_blocked_stream_ends_without_a_word() {
        let whole = (r#"{"choices":[{"message":{"content":"a text"}}]}"#, "application/json");
        let events = ("data: {\"choices\":[{\"delta\":{\"content\":\"a text\"}}]}\n\n", "text/event-stream");
        let outbound = POLICY.replace(" shield-prompt=\"true\"", "");
        let enforced = outbound.replace("<llm-content-safety", "<llm-content-safety enforce-on-completions=\"true\"");
        for ((body, kind), grade, status, told) in [
            (whole, 0, 200, whole.0),
            (whole, 4, 403, "{ \"statusCode\": 403, \"message\": \"Request failed content safety check.\" }"),
            (events, 0, 200, events.0),
            (events, 4, 200, ""),
        ] {
            for (inbound, outbound, replies) in [
                ("", outbound.as_str(), vec![severity(grade)]),
                (enforced.as_str(), "", vec![severity(0), severity(grade)]),
            ] {
                let replies: Vec<_> = replies.iter().map(String::as_str).collect();
                let world = world(&replies, true);
                let answer = Response::builder().header("content-type", kind).body(Bytes::from_static(body.as_bytes()));
                world.answers.lock().unwrap().push_back(Ok(answer.unwrap()));
                let outcome = run(&world, inbound, outbound, "a text").await;
                assert_eq!((outcome.response.status().as_u16(), outcome.response.body()), (status, &Bytes::from(told)));
            }
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<llm-content-safety backend-id=\"none\"><categories><category name=\"Odd\" threshold=\"9\" /></categories>\
                 </llm-content-safety>"
            ),
            [
                "2:21: the attribute \"backend-id\" of <llm-content-safety> must be a backend of the service",
                "2:61: the attribute \"name\" of <category> must be Hate, SelfHarm, Sexual, Violence",
                "2:72: the attribute \"threshold\" of <category> must be from 0 to 7",
            ]
        );
    }
}
