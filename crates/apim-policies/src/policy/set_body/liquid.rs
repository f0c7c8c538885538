//! Liquid templates. Their values come from the message and from `context`
//! (learn.microsoft.com/azure/api-management/set-body-policy, "Using Liquid templates with set-body").
//!
//! `body` is the message's body if its content type is JSON or XML, and empty otherwise. The members of `context` have
//! their C# names.

use apim_liquid::{Environment, NilElement, Template, Value};
use bytes::Bytes;
use http::{HeaderMap, header};

use super::super::{media_type, prelude::*};
use crate::expression::{self, Context};

#[derive(Debug)]
pub(crate) struct LiquidBody {
    template: Template,
    options: LiquidOptions,
}

/// The conversion of bodies to values.
#[derive(Clone, Copy, Debug)]
pub(super) struct LiquidOptions {
    nil: NilElement,
    parse_dates: bool,
}

impl LiquidBody {
    /// Reads the attributes, which are allowed without a template, too.
    pub(super) fn options(element: &Element<'_>, problems: &mut Problems) -> LiquidOptions {
        let nil = match element.attribute("xsi-nil", problems) {
            None | Some("blank") => NilElement::Blank,
            Some("null") => NilElement::Null,
            Some(_) => {
                element.bad_value("xsi-nil", "blank or null", problems);
                NilElement::Blank
            }
        };
        LiquidOptions { nil, parse_dates: element.flag("parse-date", problems).unwrap_or(true) }
    }

    pub(super) fn load(element: &Element<'_>, options: LiquidOptions, problems: &mut Problems) -> Option<Self> {
        match Template::parse(&element.template()) {
            Ok(template) => Some(Self { template, options }),
            Err(error) => {
                element.problem(problems, format!("the liquid template of <{}>: {error}", element.name()));
                None
            }
        }
    }

    pub(super) fn render<O: Outside>(&self, message: &[u8], run: &mut Run<'_, O>) -> Result<Bytes, Failure> {
        let content_type = run.headers().get(header::CONTENT_TYPE).cloned();
        let body = self.body(media_type::of(content_type.as_ref()).as_deref(), message)?;
        let context = context(&run.context, run.original_method.as_str());
        let environment = Environment::new([("body", body), ("context", context)]);
        let environment = environment.with_now(run.outside.now().into());
        let text = self.template.render(&environment).map_err(|error| Failure::internal("", "", error.to_string()))?;
        Ok(text.into())
    }

    fn body(&self, media_type: Option<&str>, body: &[u8]) -> Result<Value, Failure> {
        let text = String::from_utf8_lossy(body);
        let is = |fits: fn(&str) -> bool| !text.trim().is_empty() && media_type.is_some_and(fits);
        let failed = |error: String| Failure::internal("", "", format!("the liquid template's body: {error}"));
        if is(media_type::is_json) {
            Value::from_json(&text, self.options.parse_dates).map_err(|error| failed(error.to_string()))
        } else if is(media_type::is_xml) {
            Value::from_xml(&text, self.options.nil).map_err(|error| failed(error.to_string()))
        } else {
            Ok(Value::Nil)
        }
    }
}

fn text(text: &str) -> Value {
    text.into()
}

fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Nil, Value::from)
}

fn number(number: impl Into<i32>) -> Value {
    Value::Int(number.into())
}

fn context(context: &Context, original_method: &str) -> Value {
    let (api, operation, deployment) = (&context.api, &context.operation, &context.deployment);
    Value::object([
        ("Request", request(&context.request, original_method)),
        ("Response", context.response.as_ref().map_or(Value::Nil, |answer| response(answer, &context.request.method))),
        ("Variables", Value::object(context.variables.iter().map(|(name, value)| (name.as_str(), variable(value))))),
        (
            "Api",
            Value::object([
                ("Id", text(&api.id)),
                ("Name", text(&api.name)),
                ("Path", text(&api.path)),
                ("Revision", text(&api.revision)),
                ("Version", optional(api.version.as_deref())),
                ("IsCurrentRevision", Value::Bool(api.is_current_revision)),
                ("ServiceUrl", api.service_url.as_ref().map_or(Value::Nil, url)),
            ]),
        ),
        (
            "Operation",
            Value::object([
                ("Id", text(&operation.id)),
                ("Method", text(&operation.method)),
                ("Name", text(&operation.name)),
                ("UrlTemplate", text(&operation.url_template)),
            ]),
        ),
        ("Product", context.product.as_ref().map_or(Value::Nil, product)),
        ("Subscription", context.subscription.as_ref().map_or(Value::Nil, subscription)),
        ("User", context.user.as_ref().map_or(Value::Nil, user)),
        ("LastError", context.last_error.as_ref().map_or(Value::Nil, last_error)),
        (
            "Deployment",
            Value::object([
                ("GatewayId", text(&deployment.gateway_id)),
                ("Region", text(&deployment.region)),
                ("ServiceId", text(&deployment.service_id)),
                ("ServiceName", text(&deployment.service_name)),
            ]),
        ),
        ("RequestId", text(&context.request_id.to_string())),
        ("Timestamp", Value::Date(context.timestamp.into())),
        ("Tracing", Value::Bool(context.tracing)),
    ])
}

fn request(request: &expression::Request, original_method: &str) -> Value {
    let matched = request.matched_parameters.iter();
    Value::object([
        ("Method", text(&request.method)),
        ("OriginalMethod", text(original_method)),
        ("Url", url(&request.url)),
        ("OriginalUrl", url(&request.original_url)),
        ("IpAddress", optional(request.ip_address.as_deref())),
        ("Headers", headers(&request.headers)),
        ("MatchedParameters", Value::object(matched.map(|(name, value)| (name.as_str(), text(value))))),
        ("HasBody", Value::Bool(request.body.is_some())),
    ])
}

fn response(response: &expression::Response, method: &str) -> Value {
    Value::object([
        ("Method", text(method)),
        ("StatusCode", number(response.status_code)),
        ("StatusReason", text(&response.status_reason)),
        ("Headers", headers(&response.headers)),
    ])
}

fn url(url: &expression::Url) -> Value {
    let written = url.to_string();
    let query = if url.query.is_empty() { String::new() } else { format!("?{}", url.query) };
    let mut pairs: Vec<(String, Vec<Value>)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(url.query.as_bytes()) {
        match pairs.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(text(&value)),
            None => pairs.push((name.into_owned(), vec![text(&value)])),
        }
    }
    let pairs = pairs.iter().map(|(name, values)| (name.as_str(), Value::from(values.clone())));
    Value::object([
        ("Scheme", text(&url.scheme)),
        ("Host", text(&url.host)),
        ("Port", number(url.port)),
        ("Path", text(&url.path)),
        ("Query", Value::object(pairs)),
        ("QueryString", query.into()),
        ("ToUri", text(&written)),
        ("ToString", text(&written)),
    ])
}

/// Returns each header with the list of its values. Names match in any letter case.
fn headers(headers: &HeaderMap) -> Value {
    let values = |name| headers.get_all(name).iter().map(|value| text(&String::from_utf8_lossy(value.as_bytes())));
    let pairs = headers.keys().map(|name| (name.as_str(), Value::from(values(name).collect::<Vec<_>>())));
    Value::object_of_any_case(pairs)
}

fn product(product: &expression::Product) -> Value {
    Value::object([("Id", text(&product.id)), ("Name", text(&product.name))])
}

fn subscription(subscription: &expression::Subscription) -> Value {
    Value::object([
        ("Id", text(&subscription.id)),
        ("Name", text(&subscription.name)),
        ("Key", text(&subscription.key)),
        ("PrimaryKey", text(&subscription.primary_key)),
        ("SecondaryKey", text(&subscription.secondary_key)),
    ])
}

fn user(user: &expression::User) -> Value {
    Value::object([
        ("Id", text(&user.id)),
        ("Email", text(&user.email)),
        ("FirstName", text(&user.first_name)),
        ("LastName", text(&user.last_name)),
        ("Note", text(&user.note)),
    ])
}

fn last_error(error: &expression::LastError) -> Value {
    Value::object([
        ("Source", text(&error.source)),
        ("Reason", text(&error.reason)),
        ("Message", text(&error.message)),
        ("Scope", text(&error.scope)),
        ("Section", text(&error.section)),
        ("Path", text(&error.path)),
        ("PolicyId", text(&error.policy_id)),
    ])
}

/// Converts JSON to a value. A value without members becomes its text.
fn variable(value: &expression::Value) -> Value {
    let written = || value.to_text().unwrap_or_default();
    match value {
        expression::Value::Null => Value::Nil,
        expression::Value::Bool(value) => Value::Bool(*value),
        expression::Value::Integer(number) => match i32::try_from(number.value()) {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Long(number.value()),
        },
        expression::Value::Double(number) => Value::Double(*number),
        expression::Value::DateTime(time) => Value::Date(*time),
        expression::Value::Json(_) => Value::from_json(&written(), true).unwrap_or_else(|_| text(&written())),
        _ => text(&written()),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use crate::{
        State,
        rig::{World, document},
    };

    /// Returns the body that the backend gets for this body.
    async fn sent_in(world: World, policies: &str, content_type: &str, body: &'static str) -> String {
        let request = Request::post("/orders/7?x=1&y=2").header("content-type", content_type).header("X-C", "hv");
        let request = request.body(Bytes::from_static(body.as_bytes())).unwrap();
        let outcome = world.run(&document(policies, "<base />", "", ""), request, &State::default()).await;
        match outcome.last_error {
            None => String::from_utf8(world.forwarded.lock().unwrap()[0].body().to_vec()).unwrap(),
            Some(error) => error.message,
        }
    }

    async fn sent(template: &str, content_type: &str, body: &'static str) -> String {
        let policy = format!("<set-body template=\"liquid\">{template}</set-body>");
        sent_in(World::new(), &policy, content_type, body).await
    }

    #[tokio::test]
    async fn a_template_is_rendered_over_a_json_or_xml_body() {
        let json = r#"{"s":"hello","l":[3,1],"d":"2021-03-04T05:06:07Z"}"#;
        assert_eq!(sent("{{ body.s | Upcase }}{{ body.l }}", "application/json; charset=utf-8", json).await, "HELLO31");
        assert_eq!(sent("{{ body.s }}", "application/problem+json", json).await, "hello");
        assert_eq!(sent("[{{ body.s }}]", "text/plain", json).await, "[]");
        assert_eq!(sent("[{{ body.s }}]", "application/json", "").await, "[]");
        let xml =
            "<o xmlns:x='http://www.w3.org/2001/XMLSchema-instance'><id>7</id><l>a</l><l>b</l><n x:nil='true'/></o>";
        assert_eq!(sent("{{ body.o.id }}{{ body.o.l[1] }}{{ body.O.ID }}", "text/xml", xml).await, "7b7");
        assert_eq!(sent("{{ body.s }}", "application/soap+xml", "<s>1</s>").await, "1");
        assert_eq!(
            sent("{{ body.s }}", "application/json", "{").await,
            "the liquid template's body: the body is not JSON: a name is missing, at character 1"
        );
        let with = |attributes: &str, template: &str| {
            format!("<set-body template=\"liquid\" {attributes}>{template}</set-body>")
        };
        let nil = "{% if body.o.n == nil %}nil{% else %}text{% endif %}";
        assert_eq!(sent_in(World::new(), &with("", nil), "text/xml", xml).await, "text");
        assert_eq!(sent_in(World::new(), &with("xsi-nil=\"null\"", nil), "text/xml", xml).await, "nil");
        let date = with("parse-date=\"false\"", "{{ body.d }}");
        assert_eq!(sent_in(World::new(), &date, "application/json", json).await, "2021-03-04T05:06:07Z");
    }

    #[tokio::test]
    async fn a_template_knows_the_context() {
        for (template, expected) in [
            ("{{context.Variables[\"x\"]}}{{ context.Variables.o.a[1] }}", "v2"),
            ("{{ context.Request.Method }} {{ context.Request.Url.Path }}", "PUT /base/7"),
            ("{{ context.Request.OriginalMethod }}{{ context.Request.ClientCertificates }}", "POST"),
            ("{{ context.Request.OriginalUrl.ToString }}", "https://gateway.test/orders/7?x=1&y=2"),
            ("{{ context.Request.Url.ToUri }}", "https://backend.test/base/7?x=1&y=2"),
            ("[{{ context.request.Method }}{{ context.Request.method }}]", "[]"),
            ("{{ context.Request.OriginalUrl.QueryString }}{{ context.Request.Url.Query.y }}", "?x=1&y=22"),
            ("{{ context.Request.Headers[\"X-C\"] }}{{ context.Request.Headers.x-c | First }}", "hvhv"),
            (
                "{% for h in context.Request.Headers %}{{ h.Key }}={{ h.Value }};{% endfor %}",
                "content-type=a/b;x-c=hv;",
            ),
            ("{{ context.Api.Id }}[{{ context.Product.Id }}{{ context.Response.StatusCode }}]", "orders[]"),
            ("{{ 'now' | Date: 'yyyy-MM-dd' }} {{ context.Timestamp | Date: 'yyyy' }}", "2026-02-25 2026"),
        ] {
            let policies = format!(
                "<set-method>PUT</set-method><set-variable name=\"x\" value=\"v\" />\
                 <set-variable name=\"o\" value='@(JObject.Parse(\"{{\\\"a\\\":[1,2]}}\"))' />\
                 <set-body template=\"liquid\">{template}</set-body>"
            );
            assert_eq!(sent_in(World::new(), &policies, "a/b", "").await, expected, "{template}");
        }
    }

    #[tokio::test]
    async fn elements_comments_and_cdata_belong_to_the_template() {
        let body = r#"{"n":5}"#;
        for (template, expected) in [
            ("<a x=\"{{ body.n }}\"><!-- {{ body.n }} --></a>", "<a x=\"5\"><!-- 5 --></a>"),
            ("<!-- c --><a>{{ body.n }}</a>\n", "<!-- c --><a>5</a>\n"),
            ("<a>&amp;<![CDATA[<b>&amp;]]></a>", "<a>&amp;<b>&amp;</a>"),
            ("{% if body.n &gt; 3 %}&lt;{% endif %}", "<"),
            ("<![CDATA[{% if 3 < body.n %}<x>{% endif %}]]>", "<x>"),
            ("mail@(home) {{ body.n }} @{x}", "mail@(home) 5 @{x}"),
        ] {
            assert_eq!(sent(template, "application/json", body).await, expected, "{template}");
        }
    }

    #[tokio::test]
    async fn a_named_value_in_a_template_is_replaced_and_any_other_name_is_an_output() {
        let mut world = World::new();
        world.service.named_values.insert("city".to_owned(), "Ulm".to_owned());
        let policies = "<set-body template=\"liquid\">{{city}} {{body.n}} {{ '{{city}}' | Upcase }}</set-body>";
        assert_eq!(sent_in(world, policies, "application/json", r#"{"n":5}"#).await, "Ulm 5 ULM");
    }

    #[tokio::test]
    async fn a_rendering_past_a_limit_fails_the_request() {
        let endless = "{% for a in (1..9999) %}{% for b in (1..9999) %}x{% endfor %}{% endfor %}";
        assert_eq!(sent(endless, "a/b", "").await, "the liquid template passed a limit: steps (1,000,000)");
    }

    #[tokio::test]
    async fn a_response_and_an_answer_of_the_gateway_are_rendered_too() {
        let world = World::new();
        let answer = http::Response::builder().header("content-type", "application/json");
        let answer = answer.body(Bytes::from_static(br#"{"a":"b"}"#)).unwrap();
        world.answers.lock().unwrap().push_back(Ok(answer));
        let outbound = "<set-body template=\"liquid\">{{ body.a }}{{ context.Response.StatusCode }}</set-body>";
        assert_eq!(world.run_sections("", "<base />", outbound, "").await.response.body(), "b200");
        let inbound =
            "<return-response><set-body template=\"liquid\">{{ context.Request.Method }}</set-body></return-response>";
        assert_eq!(World::new().run_sections(inbound, "<base />", "", "").await.response.body(), "GET");
        let outbound = "<set-body template=\"liquid\">{{ context.Response.Method }}</set-body>";
        assert_eq!(World::new().run_sections("", "<base />", outbound, "").await.response.body(), "GET");
    }

    #[tokio::test]
    async fn an_answer_of_the_gateway_sees_no_message() {
        let policy = "<return-response><set-body template=\"liquid\">[{{ body.a }}{{ context.Request.HasBody }}]</set-body>\
                      </return-response>";
        let request = Request::post("/orders").header("content-type", "application/json");
        let request = request.body(Bytes::from_static(br#"{"a":"b"}"#)).unwrap();
        let outcome = World::new().run(&document(policy, "<base />", "", ""), request, &State::default()).await;
        assert_eq!(outcome.response.body(), "[false]");
    }
}
