//! `set-body`: replaces the body of the request (inbound, backend) or of the response (outbound, on-error), as
//! learn.microsoft.com/azure/api-management/set-body-policy says. The page lists neither on-error, where the policy
//! works too, nor `template="none"`, which deployed files have (Azure-Samples/AI-Gateway,
//! labs/mcp-client-authorization).

mod liquid;

use bytes::Bytes;

use self::liquid::LiquidBody;
use super::prelude::*;
use crate::expression::Value;

#[derive(Debug)]
pub(crate) enum SetBody {
    Text(Setting<Content>),
    Liquid(LiquidBody),
}

/// The bytes of a body.
#[derive(Clone, Debug)]
pub(crate) struct Content(Bytes);

impl Readable for Content {
    const EXPECTED: &'static str = "a body";

    fn read(text: &str) -> Option<Self> {
        Some(Self(Bytes::from(text.to_owned())))
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value.as_bytes() {
            Some(bytes) => Some(Self(bytes.into())),
            None => Self::read(&value.to_text().ok()?),
        }
    }
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SetBody> {
    read(element, problems)
}

/// Reads the element. Other policies hold it, too.
pub(super) fn read(element: &Element<'_>, problems: &mut Problems) -> Option<SetBody> {
    element.only_attributes(&["id", "template", "xsi-nil", "parse-date"], problems);
    let liquid = LiquidBody::options(element, problems);
    // `none` is the same as no attribute.
    match element.attribute("template", problems) {
        Some("liquid") => LiquidBody::load(element, liquid, problems).map(SetBody::Liquid),
        None | Some("none") => element.whole_text_setting(problems).map(SetBody::Text),
        Some(_) => {
            element.bad_value("template", "liquid or none", problems);
            None
        }
    }
}

impl SetBody {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let body = self.body(run).await?;
        run.set_body(body);
        Ok(())
    }

    pub(super) async fn body<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<Bytes, Failure> {
        let message = match self {
            Self::Text(_) => Bytes::new(),
            Self::Liquid(_) => run.body().await?,
        };
        self.body_after(message, run).await
    }

    /// Returns the body like [`Self::body`]. A template sees `message` as the message's body.
    pub(super) async fn body_after<O: Outside>(&self, message: Bytes, run: &mut Run<'_, O>) -> Result<Bytes, Failure> {
        let body = match self {
            Self::Text(text) => run.get(text).await?.0,
            Self::Liquid(template) => template.render(&message, run)?,
        };
        run.trace(|| format!("{} bytes", body.len()));
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use crate::{
        State,
        rig::{World, document, problems_in},
    };

    fn post(body: &'static str) -> Request<Bytes> {
        let length = body.len().to_string();
        Request::post("/orders").header("content-length", length).body(Bytes::from_static(body.as_bytes())).unwrap()
    }

    /// Returns the body that the backend gets, and whether it still has a length in its headers.
    async fn sent(inbound: &str) -> (Bytes, bool) {
        let world = World::new();
        let outcome = world.run(&document(inbound, "<base />", "", ""), post(r#"{"a":1}"#), &State::default()).await;
        assert_eq!(outcome.last_error, None);
        let forwarded = world.forwarded.lock().unwrap();
        (forwarded[0].body().clone(), forwarded[0].headers().contains_key("content-length"))
    }

    #[tokio::test]
    async fn the_request_is_changed_before_the_backend_and_the_response_after() {
        assert_eq!(sent("").await, (r#"{"a":1}"#.into(), true));
        assert_eq!(sent("<set-body> hello &amp; <![CDATA[<b>]]>\n</set-body>").await, (" hello & <b>\n".into(), false));
        let read = r#"<set-body>@{ var j = context.Request.Body.As<JObject>(); j["b"] = 2; return j.ToString(Newtonsoft.Json.Formatting.None); }</set-body>"#;
        assert_eq!(sent(read).await, (r#"{"a":1,"b":2}"#.into(), false));
        assert_eq!(sent("<set-body>@(new byte[] { 1, 2 })</set-body>").await, (Bytes::from_static(&[1, 2]), false));
        assert_eq!(sent("<set-body>@((string)null)</set-body>").await, (Bytes::new(), false));

        let outbound = "<set-body>@(context.Response.Body.As<string>() + \"!\")</set-body>";
        let outcome = World::new().run_sections("", "<base />", outbound, "").await;
        assert_eq!(outcome.response.body(), "backend!");
        let on_error = "<set-body>@(context.LastError.Source)</set-body>";
        let outcome = World::new().run_sections("<validate-jwt header-name=\"x\" />", "", "", on_error).await;
        assert_eq!((outcome.response.status().as_u16(), outcome.response.body()), (401, &Bytes::from("validate-jwt")));
    }

    #[tokio::test]
    async fn a_body_that_an_expression_took_away_is_not_sent() {
        let read = |preserve: &str| {
            format!("<set-variable name=\"x\" value=\"@(context.Request.Body.As<string>({preserve}))\" />")
        };
        assert_eq!(sent(&read("")).await, (Bytes::new(), false));
        assert_eq!(sent(&read("preserveContent: true")).await, (r#"{"a":1}"#.into(), true));
    }

    #[tokio::test]
    async fn bodies_are_read_only_for_expressions_that_ask_for_them() {
        let reads = async |inbound: &str, outbound: &str| {
            let world = World::new();
            world.run(&document(inbound, "<base />", outbound, ""), post("{}"), &State::default()).await;
            *world.reads.lock().unwrap()
        };
        let header = |value: &str| format!("<set-header name=\"x\"><value>{value}</value></set-header>");
        let method = header("@(context.Request.Method)");
        assert_eq!(reads(&method, &header("@(context.Response.StatusCode)")).await, 0);
        assert_eq!(reads(&header("@(context.Request.Body.As<string>(true))"), "").await, 1);
        // The request's body is kept for an expression that runs after the request was sent.
        assert_eq!(reads("", &header("@(context.Request.Body.As<string>(true))")).await, 1);
        assert_eq!(reads("", &header("@(context.Response.Body.As<string>(true).Length)")).await, 1);
        assert_eq!(reads("", "<set-variable name=\"r\" value=\"@(context.Response)\" />").await, 1);
        let skipped = format!(
            "<choose><when condition=\"false\">{}</when></choose>",
            header("@(context.Response.Body.As<string>())")
        );
        assert_eq!(reads("", &skipped).await, 0);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "outbound",
                "<set-body xsi-nil=\"nothing\" parse-date=\"maybe\"><a /></set-body>\n\
                 <set-body template=\"razor\">x</set-body>\n<set-body template=\"liquid\">{% if true %}</set-body>"
            ),
            [
                "2:11: the attribute \"xsi-nil\" of <set-body> must be blank or null",
                "2:29: the attribute \"parse-date\" of <set-body> must be true or false",
                "2:48: <set-body> holds an element or a processing instruction",
                "3:11: the attribute \"template\" of <set-body> must be liquid or none",
                "4:1: the liquid template of <set-body>: if tag was never closed",
            ]
        );
    }
}
