//! `set-variable`: stores a value in `context.Variables`
//! (learn.microsoft.com/azure/api-management/set-variable-policy). A literal is a string; an expression's value keeps
//! its type.

use super::prelude::*;
use crate::expression::{ExpectedValue, Value};

#[derive(Debug)]
pub(crate) struct SetVariable {
    name: String,
    value: Setting<Value>,
}

impl Readable for Value {
    const EXPECTED: &'static str = "a value";

    fn read(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }

    fn from_value(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SetVariable> {
    element.only_attributes(&["id", "name", "value"], problems);
    element.children(&[], problems);
    element.not_empty(&["name"], problems);
    let name = element.required("name", problems).map(str::to_owned);
    let value: Option<Setting<Value>> = element.required_setting("value", problems);
    if let Some(Setting::Expression(written)) = &value
        && let Some(kind) = written.expression.misfit(ExpectedValue::Variable)
    {
        element.warn(
            problems,
            format!("<set-variable> is documented for basic types and JSON; API Management may refuse a `{kind}`"),
        );
    }
    Some(SetVariable { name: name?, value: value? })
}

impl SetVariable {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let value = run.get(&self.value).await?;
        // The value may be a secret.
        run.trace(|| format!("{} is now a value of type {}", self.name, value.type_name()));
        run.context.variables.insert(self.name.clone(), value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        expression::Value,
        rig::{World, problems_in, warnings_in},
    };

    #[tokio::test]
    async fn a_literal_is_a_string_and_an_expression_keeps_its_type() {
        let inbound = "<set-variable name=\"s\" value=\"1\" /><set-variable name=\"i\" value=\"@(1 + 1)\" />\
                       <set-variable name=\"null\" value=\"@((string)null)\" />\
                       <set-variable name=\"s\" value=\"@((string)context.Variables[\"s\"] + \"2\")\" />\
                       <set-variable name=\"j\" value=\"@(new JObject(new JProperty(\"a\", true)))\" />";
        let variables = World::new().run_sections(inbound, "", "", "").await.variables;
        assert_eq!(variables["s"].as_str(), Some("12"));
        assert_eq!(variables["i"].as_integer(), Some(2));
        assert!(matches!(variables["null"], Value::Null));
        assert_eq!(variables["j"].type_name(), "Newtonsoft.Json.Linq.JObject");
    }

    #[tokio::test]
    async fn what_throws_ends_in_on_error() {
        let inbound = "<set-variable name=\"x\" value=\"@(context.Variables[\"none\"])\" />";
        let outcome = World::new().run_sections(inbound, "", "", "").await;
        let error = outcome.last_error.unwrap();
        assert_eq!((error.source, error.reason), ("set-variable", "ExpressionValueEvaluationFailure"));
        assert_eq!(
            error.message,
            "Expression evaluation failed. The given key 'none' was not present in the dictionary."
        );
        assert_eq!(outcome.response.status(), 500);
        assert_eq!(
            outcome.response.body(),
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \
             \"activityId\": \"00000000-0000-0000-0000-000000000001\" }"
        );
    }

    #[test]
    fn a_type_that_the_page_does_not_list_is_a_warning() {
        let warned = |value: &str| warnings_in("inbound", &format!("<set-variable name=\"a\" value=\"@({value})\" />"));
        for value in [
            "\"a,b\".Split(',')",
            "new List<string>()",
            "new Dictionary<string, int>()",
            "new { A = 1 }",
            "new Uri(\"http://a\")",
            "DateTimeOffset.UtcNow",
            "XElement.Parse(\"<a/>\")",
            "context.Response",
            "context.User",
            "\"a\".AsJwt()",
            "\"ab\".Select(c => c)",
            "new[] { 1 }",
        ] {
            let said = warned(value);
            assert!(
                matches!(said.as_slice(), [one] if one.starts_with("2:1: <set-variable> is documented for basic types and JSON; ")),
                "{value}: {said:?}"
            );
        }
        for value in [
            "null",
            "1",
            "1m",
            "1.5",
            "'a'",
            "true",
            "(byte)1",
            "(short?)1",
            "Guid.NewGuid()",
            "DateTime.UtcNow",
            "TimeSpan.Zero",
            "new byte[0]",
            "new JObject()",
            "new JObject()[\"a\"]",
            "new JProperty(\"a\", 1)",
            "context.Variables[\"a\"]",
            "context.RequestId",
        ] {
            assert_eq!(warned(value), Vec::<String>::new(), "{value}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<set-variable name=\"\" type=\"int\"><x /></set-variable><set-variable value=\"@(x)\" name=\"@(1)\" />"
            ),
            [
                "2:1: <set-variable> needs the attribute \"value\"",
                "2:15: the attribute \"name\" of <set-variable> must be no empty text",
                "2:23: the attribute \"type\" of <set-variable> is not declared",
                "2:34: <x> is not declared in <set-variable>",
                "2:77: policy expression: The name 'x' does not exist in the current context",
                "2:81: the attribute \"name\" of <set-variable> does not take a policy expression",
            ]
        );
    }
}
