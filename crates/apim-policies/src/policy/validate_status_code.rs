//! `validate-status-code`: checks that the operation documents the response's status
//! (learn.microsoft.com/azure/api-management/validate-status-code-policy).

use http::StatusCode;

use super::{
    prelude::*,
    validation::{self, Action, Finding, Findings},
};

#[derive(Debug)]
pub(crate) struct ValidateStatusCode {
    unspecified: Setting<Action>,
    variable: Option<String>,
    codes: Vec<(StatusCode, Setting<Action>)>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ValidateStatusCode> {
    element.only_attributes(&["id", "unspecified-status-code-action", "errors-variable-name"], problems);
    element.once_in_section(problems);
    let unspecified = element.required_setting("unspecified-status-code-action", problems);
    let variable = validation::errors_variable(element, problems);
    let mut codes = Vec::new();
    for child in element.children(&[("status-code", Count::Any)], problems) {
        child.only_attributes(&["code", "action"], problems);
        child.children(&[], problems);
        child.required("code", problems);
        let code = child.attribute("code", problems).map(|text| (StatusCode::read(text), text));
        if matches!(code, Some((None, _))) {
            child.bad_value("code", StatusCode::EXPECTED, problems);
        }
        let action = child.required_setting("action", problems);
        codes.extend(code.and_then(|(code, _)| code).zip(action));
    }
    Some(ValidateStatusCode { unspecified: unspecified?, variable, codes })
}

impl ValidateStatusCode {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let code = run.response().status_code;
        let mut findings = Findings::default();
        if !run.contract.responses.iter().any(|response| response.status == code) {
            let outer = run.get(&self.unspecified).await?;
            let own = self.codes.iter().find(|(one, _)| one.as_u16() == code).map(|(_, action)| action);
            let action = validation::action(own, outer, run).await?;
            let details = format!("Response status code {code} is not allowed.");
            let name = "status code".to_owned();
            findings.add(action, Finding { name, kind: "StatusCode", rule: "Unspecified", details, is_public: false });
        }
        findings.settle(self.variable.as_deref(), run)
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    async fn answered(policy: &str, status: u16) -> (u16, String) {
        let world = World::new();
        world.answer(status, "backend");
        let outcome = world.run_documented("", policy).await;
        let reason = outcome.last_error.map(|error| error.reason.to_owned()).unwrap_or_default();
        (outcome.response.status().as_u16(), reason)
    }

    #[tokio::test]
    async fn a_status_that_is_not_documented_is_ignored_told_or_prevented() {
        let policy = |action: &str| format!("<validate-status-code unspecified-status-code-action=\"{action}\" />");
        assert_eq!(answered(&policy("prevent"), 200).await, (200, String::new()));
        assert_eq!(answered(&policy("prevent"), 418).await, (502, "Response not allowed".to_owned()));
        assert_eq!(answered(&policy("detect"), 418).await, (418, String::new()));
        let own = "<validate-status-code unspecified-status-code-action=\"@(\"prevent\")\">\
            <status-code code=\"418\" action=\"ignore\" /></validate-status-code>";
        assert_eq!(answered(own, 418).await, (418, String::new()));
        assert_eq!(answered(own, 404).await.0, 502);
    }

    #[tokio::test]
    async fn what_is_found_is_in_the_variable() {
        let world = World::new();
        world.answer(418, "backend");
        let policy = "<validate-status-code unspecified-status-code-action=\"detect\" errors-variable-name=\"found\" />\
            <set-header name=\"x\"><value>@{ var found = (IEnumerable<object>)context.Variables[\"found\"]; return \
            found.Count().ToString(); }</value></set-header>";
        let outcome = world.run_documented("", policy).await;
        assert_eq!(outcome.last_error, None);
        assert_eq!(outcome.response.headers()["x"], "1");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "outbound",
                "<validate-status-code><status-code code=\"x\" action=\"stop\" /></validate-status-code>"
            ),
            [
                "2:1: <validate-status-code> needs the attribute \"unspecified-status-code-action\"",
                "2:36: the attribute \"code\" of <status-code> must be a status code from 200 to 599",
                "2:45: the attribute \"action\" of <status-code> must be ignore, prevent or detect",
            ]
        );
    }
}
