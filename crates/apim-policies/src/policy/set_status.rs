//! `set-status`: the status of the response (learn.microsoft.com/azure/api-management/set-status-policy).

use http::StatusCode;

use super::prelude::*;
use crate::expression::Response;

#[derive(Debug)]
pub(crate) struct SetStatus {
    code: Setting<StatusCode>,
    /// The reason; without it, the status has its standard text.
    reason: Option<Setting<String>>,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SetStatus> {
    read(element, problems)
}

/// Reads the element. `return-response` holds it, too.
pub(super) fn read(element: &Element<'_>, problems: &mut Problems) -> Option<SetStatus> {
    element.only_attributes(&["id", "code", "reason"], problems);
    element.children(&[], problems);
    let reason = element.setting("reason", problems);
    Some(SetStatus { code: element.required_setting("code", problems)?, reason })
}

impl SetStatus {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let (code, reason) = self.status(run).await?;
        apply(code, reason, run.response());
        Ok(())
    }

    pub(super) async fn status<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(StatusCode, String), Failure> {
        let code = run.get(&self.code).await?;
        let reason = run.get_any(self.reason.as_ref()).await?;
        run.trace(|| code.to_string());
        Ok((code, reason.unwrap_or_else(|| code.canonical_reason().unwrap_or_default().to_owned())))
    }
}

pub(super) fn apply(code: StatusCode, reason: String, response: &mut Response) {
    response.status_code = code.as_u16();
    response.status_reason = reason;
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    #[tokio::test]
    async fn status_and_reason_are_those_of_the_policy() {
        let run = async |outbound: &str| {
            let outcome = World::new().run_sections("", "<base />", outbound, "").await;
            (outcome.response.status().as_u16(), outcome.reason, outcome.response.body().clone())
        };
        assert_eq!(run("<set-status code=\"418\" reason=\"No\" />").await, (418, "No".to_owned(), "backend".into()));
        let computed = "<set-status code=\"@(context.Response.StatusCode + 3)\" />";
        assert_eq!(run(computed).await, (203, "Non Authoritative Information".to_owned(), "backend".into()));
    }

    #[tokio::test]
    async fn in_on_error_it_changes_the_error_response() {
        let on_error = "<set-status code=\"@(context.Response.StatusCode == 401 ? 403 : 500)\" reason=\"x\" />";
        let outcome =
            World::new().run_sections("<validate-jwt token-value=\"@(&quot;&quot;)\" />", "", "", on_error).await;
        assert_eq!((outcome.response.status().as_u16(), outcome.reason.as_str()), (403, "x"));
        assert_eq!(outcome.response.body(), r#"{ "statusCode": 401, "message": "JWT not present." }"#);
    }

    #[tokio::test]
    async fn a_code_that_is_none_is_an_error() {
        let outcome = World::new().run_sections("", "", "<set-status code=\"@(99)\" />", "").await;
        assert_eq!(outcome.last_error.unwrap().source, "set-status");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "outbound",
                "<set-status code=\"OK\" status=\"1\" /><set-status reason=\"x\" /><set-status code=\"@(true)\" />"
            ),
            [
                "2:13: the attribute \"code\" of <set-status> must be a status code from 200 to 599",
                "2:23: the attribute \"status\" of <set-status> is not declared",
                "2:36: <set-status> needs the attribute \"code\"",
                "2:73: the attribute \"code\" of <set-status> must be a status code from 200 to 599, and its expression \
                 gives `bool`",
            ]
        );
    }
}
