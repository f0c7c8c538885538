//! `cache-remove-value`: removes a cached value
//! (learn.microsoft.com/azure/api-management/cache-remove-value-policy).

use super::caching_type;
use super::prelude::*;

#[derive(Debug)]
pub(crate) struct CacheRemoveValue {
    key: Setting<String>,
    is_external: bool,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<CacheRemoveValue> {
    element.only_attributes(&["id", "key", "caching-type"], problems);
    element.children(&[], problems);
    element.not_empty(&["key"], problems);
    let is_external = caching_type::is_external(element, problems);
    let key = element.required_setting("key", problems)?;
    Some(CacheRemoveValue { key, is_external })
}

impl CacheRemoveValue {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        run.state.cache(self.is_external).remove(&key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    #[tokio::test]
    async fn a_value_is_gone_and_others_stay() {
        let inbound = "<cache-store-value key=\"a\" value=\"1\" duration=\"9\" /><cache-store-value key=\"b\" value=\"2\" duration=\"9\" />\
            <cache-remove-value key=\"@(\"A\".ToLower())\" /><cache-remove-value key=\"none\" />\
            <cache-lookup-value key=\"a\" variable-name=\"a\" /><cache-lookup-value key=\"b\" variable-name=\"b\" />";
        let outcome = World::new().run_sections(inbound, "", "", "").await;
        assert_eq!((outcome.variables.len(), outcome.variables["b"].as_str()), (1, Some("2")));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in("on-error", "<cache-remove-value caching-type=\"redis\" duration=\"1\" />"),
            [
                "2:1: <cache-remove-value> needs the attribute \"key\"",
                "2:21: the attribute \"caching-type\" of <cache-remove-value> must be internal, external or prefer-external",
                "2:42: the attribute \"duration\" of <cache-remove-value> is not declared",
            ]
        );
    }
}
