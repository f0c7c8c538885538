//! `llm-content-safety`: prompts that Azure AI Content Safety looks at
//! (learn.microsoft.com/azure/api-management/llm-content-safety-policy).
//!
//! No content is judged here. A request fails as it does in Azure when the content safety service cannot be reached: 403.

use http::StatusCode;

use super::prelude::*;

#[derive(Debug)]
pub(crate) struct LlmContentSafety {
    backend: Setting<String>,
}

const SETTINGS: [&str; 4] = ["shield-prompt", "enforce-on-completions", "window-size", "window-overlap-size"];
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
    for name in SETTINGS {
        if name.starts_with("window") {
            let _size: Option<Setting<u32>> = element.setting(name, problems);
        } else {
            let _flag: Option<Setting<bool>> = element.setting(name, problems);
        }
    }
    for child in element.children(&[("categories", Count::AtMostOne), ("blocklists", Count::AtMostOne)], problems) {
        match child.name() {
            "categories" => categories(&child, problems),
            _ => {
                child.only_attributes(&[], problems);
                for id in child.children(&[("id", Count::Any)], problems) {
                    id.only_attributes(&[], problems);
                    let _id: Option<Setting<String>> = id.text_setting(problems);
                }
            }
        }
    }
    Some(LlmContentSafety { backend: backend? })
}

fn categories(element: &Element<'_>, problems: &mut Problems) {
    element.only_attributes(&["output-type"], problems);
    let _kind: Option<Setting<String>> = element.setting("output-type", problems);
    for category in element.children(&[("category", Count::Any)], problems) {
        category.only_attributes(&["name", "threshold"], problems);
        category.children(&[], problems);
        let name = category.required_setting::<String>("name", problems);
        if matches!(&name, Some(Setting::Literal(name)) if !CATEGORIES.contains(&name.as_str())) {
            category.bad_value("name", CATEGORIES.join(", "), problems);
        }
        let threshold = category.required_setting::<u32>("threshold", problems);
        if matches!(threshold, Some(Setting::Literal(8..))) {
            category.bad_value("threshold", "from 0 to 7", problems);
        }
    }
}

impl LlmContentSafety {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let backend = run.get(&self.backend).await?;
        run.trace(|| format!("no content is judged here: fails as when {backend} cannot be reached"));
        let told = "Request failed content safety check.".to_owned();
        let reason = "ContentSafetyPolicyViolated";
        Err(Failure::new("", reason, told.clone(), StatusCode::FORBIDDEN, told))
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        Backend,
        rig::{World, problems_in},
    };

    #[tokio::test]
    async fn a_prompt_is_never_let_through_unjudged() {
        let mut world = World::new();
        let backend = Backend::Single { url: "https://safety.test".parse().unwrap(), breaker: None };
        world.service.backends.insert("safety".to_owned(), backend);
        let policy = "<llm-content-safety backend-id=\"safety\" shield-prompt=\"true\"><categories \
            output-type=\"EightSeverityLevels\"><category name=\"Hate\" threshold=\"4\" /></categories><blocklists>\
            <id>one</id></blocklists></llm-content-safety>";
        let outcome = world.run_sections(policy, "<base />", "", "").await;
        assert_eq!(outcome.response.status(), 403);
        assert_eq!(
            outcome.response.body(),
            "{ \"statusCode\": 403, \"message\": \"Request failed content safety check.\" }"
        );
        assert!(world.forwarded.lock().unwrap().is_empty());
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
