//! `set-variable`: keeps a value in `context.Variables` (learn.microsoft.com/azure/api-management/set-variable-policy).
//! A literal is a string; an expression's value keeps its type.

use super::prelude::*;
use crate::expression::Value;

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

    fn of(value: &Value) -> Option<Self> {
        Some(value.clone())
    }
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<SetVariable> {
    element.only_attributes(&["id", "name", "value"], problems);
    element.children(&[], problems);
    let name = element.required("name", problems).map(str::to_owned);
    if name.as_deref() == Some("") {
        element.bad_value("name", "the name of a variable", problems);
    }
    let value = element.required_setting("value", problems);
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
        rig::{World, problems_in},
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
    fn what_is_not_understood_is_refused() {
        assert_eq!(
            problems_in(
                "inbound",
                "<set-variable name=\"\" type=\"int\"><x /></set-variable><set-variable value=\"@(x)\" name=\"@(1)\" />"
            ),
            [
                "2:1: <set-variable> needs the attribute \"value\"",
                "2:15: the attribute \"name\" of <set-variable> must be the name of a variable",
                "2:23: the attribute \"type\" of <set-variable> is not declared",
                "2:34: <x> is not declared in <set-variable>",
                "2:77: policy expression: The name 'x' does not exist in the current context",
                "2:81: the attribute \"name\" of <set-variable> does not take a policy expression",
            ]
        );
    }
}
