//! `llm-semantic-cache-lookup`, `-store` and their twins for `azure-openai`: responses to prompts of like meaning
//! (learn.microsoft.com/azure/api-management/llm-semantic-cache-lookup-policy).
//!
//! There are no embeddings here, so a lookup never finds anything. In Azure, too, trouble with the cache never fails a
//! call.

use super::prelude::*;

#[derive(Debug)]
pub(crate) struct SemanticCache {
    settings: Vec<Setting<String>>,
    is_store: bool,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SemanticCache> {
    element.once_in_section(problems);
    if element.name().ends_with("-store") {
        element.only_attributes(&["id", "duration"], problems);
        element.children(&[], problems);
        let duration: Option<Setting<u32>> = element.required_setting("duration", problems);
        return duration.map(|_| SemanticCache { settings: Vec::new(), is_store: true });
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
    let _flag: Option<Setting<bool>> = element.setting("ignore-system-messages", problems);
    let _count: Option<Setting<u32>> = element.setting("max-message-count", problems);
    let mut settings: Vec<_> = threshold.into_iter().collect();
    for child in element.children(&[("vary-by", Count::Any)], problems) {
        child.only_attributes(&[], problems);
        settings.extend(child.text_setting(problems));
    }
    Some(SemanticCache { settings, is_store: false })
}

impl SemanticCache {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        run.get_all(&self.settings).await?;
        run.trace(|| match self.is_store {
            true => "keeps nothing: there are no embeddings here".to_owned(),
            false => "not found: there are no embeddings here".to_owned(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Backend,
        rig::{World, problems_in},
    };

    #[tokio::test]
    async fn a_lookup_finds_nothing_and_the_backend_is_asked() {
        for kind in ["llm", "azure-openai"] {
            let mut world = World::new();
            let backend = Backend::Single { url: "https://embeddings.test".parse().unwrap(), breaker: None };
            world.service.backends.insert("e".to_owned(), backend);
            let lookup = format!(
                "<{kind}-semantic-cache-lookup score-threshold=\"0.05\" embeddings-backend-id=\"e\" \
                 embeddings-backend-auth=\"system-assigned\"><vary-by>@(context.Request.Method)</vary-by>\
                 </{kind}-semantic-cache-lookup>"
            );
            let store = format!("<{kind}-semantic-cache-store duration=\"60\" />");
            let outcome = world.run_sections(&lookup, "<base />", &store, "").await;
            assert_eq!((outcome.last_error, outcome.response.status().as_u16()), (None, 200));
            assert_eq!(world.forwarded.lock().unwrap().len(), 1);
            let traces = world.traces.lock().unwrap();
            assert!(traces.iter().any(|line| line.ends_with("not found: there are no embeddings here")));
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
