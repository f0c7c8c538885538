//! `return-response`: answers the caller at once
//! (learn.microsoft.com/azure/api-management/return-response-policy).
//!
//! By the page, it cancels the execution of the pipeline. So the outbound section does not run here.

use super::prelude::*;
use super::{
    set_body::{self, SetBody},
    set_header::{self, SetHeader},
    set_status::{self, SetStatus},
};
use crate::expression::{Body, Response, Value};
use bytes::Bytes;

#[derive(Debug)]
pub(crate) struct ReturnResponse {
    /// The variable with the response to begin with.
    variable: Option<String>,
    status: Option<SetStatus>,
    headers: Vec<SetHeader>,
    body: Option<SetBody>,
}

/// The children in the documented order.
const CHILDREN: [(&str, Count); 3] =
    [("set-status", Count::AtMostOne), ("set-header", Count::Any), ("set-body", Count::AtMostOne)];

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<ReturnResponse> {
    element.only_attributes(&["id", "response-variable-name"], problems);
    element.not_empty(&["response-variable-name"], problems);
    let variable = element.attribute("response-variable-name", problems).map(str::to_owned);
    let mut policy = ReturnResponse { variable, status: None, headers: Vec::new(), body: None };
    for child in element.children(&CHILDREN, problems) {
        match child.name() {
            "set-status" => policy.status = set_status::read(&child, problems),
            "set-header" => policy.headers.extend(set_header::read(&child, problems)),
            _ => policy.body = set_body::read(&child, problems),
        }
    }
    Some(policy)
}

impl ReturnResponse {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Stop> {
        let mut response = self.first(run)?;
        if let Some(status) = &self.status {
            let (code, reason) = status.status(run).await?;
            set_status::apply(code, reason, &mut response);
        }
        for header in &self.headers {
            header.change(run).await?.apply(&mut response.headers)?;
        }
        if let Some(body) = &self.body {
            // The policy has dropped the message, so a template sees none, as the page says.
            let body = body.body_after(Bytes::new(), run).await?;
            response.body = (!body.is_empty()).then(|| Body::new(body));
            response.headers.remove(http::header::CONTENT_LENGTH);
        }
        run.trace(|| format!("answers {}", response.status_code));
        run.respond(response, None);
        Err(Stop::Returned)
    }

    /// Returns the response in the variable, or an empty 200.
    fn first<O: Outside>(&self, run: &Run<'_, O>) -> Result<Response, Failure> {
        let Some(name) = &self.variable else {
            return Ok(Response { status_code: 200, status_reason: "OK".to_owned(), ..Response::default() });
        };
        let found = run.context.variables.get(name).and_then(Value::as_response);
        found.ok_or_else(|| Failure::expression(&format!("The variable {name} holds no response.")))
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    const TEAPOT: &str = "<return-response><set-status code=\"418\" reason=\"Teapot\" />\
        <set-header name=\"x-a\"><value>@(context.Request.Method)</value></set-header>\
        <set-body>@(\"for \" + context.Request.OriginalUrl.Path)</set-body></return-response>";

    #[tokio::test]
    async fn it_answers_at_once_and_nothing_after_it_runs() {
        let world = World::new();
        let after = "<set-header name=\"x-after\"><value>1</value></set-header>";
        let inbound = format!("<choose><when condition=\"true\">{TEAPOT}{after}</when></choose>{after}");
        let outcome = world.run_sections(&inbound, "<base />", after, after).await;
        assert_eq!((outcome.response.status().as_u16(), outcome.reason.as_str()), (418, "Teapot"));
        assert_eq!(outcome.response.body(), "for /orders/7");
        let headers = outcome.response.headers();
        assert_eq!((headers["x-a"].as_bytes(), headers.len()), (&b"GET"[..], 1));
        assert_eq!(outcome.last_error, None);
        assert!(world.forwarded.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn without_children_the_answer_is_an_empty_200() {
        let outcome = World::new().run_sections("", "<base />", "<return-response />", "").await;
        assert_eq!((outcome.response.status().as_u16(), outcome.response.body().len()), (200, 0));
    }

    #[tokio::test]
    async fn in_on_error_it_replaces_the_error_response() {
        let on_error = "<return-response><set-status code=\"403\" /><set-body>@(context.LastError.Reason + \" \" + \
            context.Response.StatusCode)</set-body></return-response>";
        let outcome = World::new().run_sections("<validate-jwt header-name=\"x\" />", "", "", on_error).await;
        assert_eq!((outcome.response.status().as_u16(), outcome.response.headers().len()), (403, 0));
        assert_eq!(outcome.response.body(), "TokenNotPresent 401");
        assert_eq!(outcome.last_error.unwrap().source, "validate-jwt");
    }

    #[tokio::test]
    async fn a_response_in_a_variable_is_sent_and_may_be_changed() {
        let world = World::new();
        world.answer(404, "gone");
        let outbound = "<set-variable name=\"r\" value=\"@(context.Response)\" /><set-body>changed</set-body>\
            <return-response response-variable-name=\"r\"><set-header name=\"x\"><value>1</value></set-header>\
            </return-response>";
        let outcome = world.run_sections("", "<base />", outbound, "").await;
        assert_eq!((outcome.response.status().as_u16(), outcome.response.headers().len()), (404, 1));
        assert_eq!(outcome.response.body(), "gone");
        let none = "<return-response response-variable-name=\"none\" />";
        let error = World::new().run_sections(none, "", "", "").await.last_error.unwrap();
        assert_eq!(error.message, "Expression evaluation failed. The variable none holds no response.");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<return-response status=\"1\"><set-body /><set-status code=\"1\" /><base /></return-response>"
            ),
            [
                "2:18: the attribute \"status\" of <return-response> is not declared",
                "2:41: <set-status> must stand before <set-body>",
                "2:53: the attribute \"code\" of <set-status> must be a status code from 200 to 599",
                "2:64: <base> is not declared in <return-response>",
            ]
        );
    }
}
