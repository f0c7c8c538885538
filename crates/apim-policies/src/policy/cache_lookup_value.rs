//! `cache-lookup-value`: reads a cached value into a variable
//! (learn.microsoft.com/azure/api-management/cache-lookup-value-policy).
//!
//! If nothing is found and the policy has no default, the variable stays unset.

use super::caching_type;
use super::prelude::*;
use crate::expression::Value;

#[derive(Debug)]
pub(crate) struct CacheLookupValue {
    key: Setting<String>,
    variable: String,
    default: Option<Setting<Value>>,
    is_external: bool,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<CacheLookupValue> {
    element.only_attributes(&["id", "key", "variable-name", "default-value", "caching-type"], problems);
    element.children(&[], problems);
    element.not_empty(&["key", "variable-name"], problems);
    let is_external = caching_type::is_external(element, problems);
    let key = element.required_setting("key", problems);
    let variable = element.required("variable-name", problems).map(str::to_owned);
    let default = element.setting("default-value", problems);
    Some(CacheLookupValue { key: key?, variable: variable?, default, is_external })
}

impl CacheLookupValue {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        let found = run.state.cache(self.is_external).get(&key, run.outside.now());
        run.trace(|| if found.is_some() { "found".to_owned() } else { "not found".to_owned() });
        let value = match found {
            Some(value) => Some(value),
            None => run.get_any(self.default.as_ref()).await?,
        };
        if let Some(value) = value {
            run.context.variables.insert(self.variable.clone(), value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    #[tokio::test]
    async fn without_a_value_the_default_is_taken_or_the_variable_stays_unset() {
        let look = |rest: &str| format!("<cache-lookup-value key=\"none\" variable-name=\"v\" {rest} />");
        let run = async |inbound: &str| World::new().run_sections(inbound, "", "", "").await;
        assert!(run(&look("")).await.variables.is_empty());
        assert_eq!(run(&look("default-value=\"@(1 + 1)\"")).await.variables["v"].as_integer(), Some(2));
        assert_eq!(run(&look("default-value=\"\"")).await.variables["v"].as_str(), Some(""));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in(
                "inbound",
                "<cache-lookup-value variable-name=\"@(1)\" caching-type=\"redis\"><vary-by-header /></cache-lookup-value>"
            ),
            [
                "2:1: <cache-lookup-value> needs the attribute \"key\"",
                "2:21: the attribute \"variable-name\" of <cache-lookup-value> does not take a policy expression",
                "2:42: the attribute \"caching-type\" of <cache-lookup-value> must be internal, external or prefer-external",
                "2:63: <vary-by-header> is not declared in <cache-lookup-value>",
            ]
        );
    }
}
