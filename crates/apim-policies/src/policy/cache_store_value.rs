//! `cache-store-value`: caches a value for later requests
//! (learn.microsoft.com/azure/api-management/cache-store-value-policy).
//!
//! A live gateway stores in the background; here the value is stored at once.

use jiff::SignedDuration;

use super::caching_type;
use super::prelude::*;
use crate::expression::Value;

#[derive(Debug)]
pub(crate) struct CacheStoreValue {
    key: Setting<String>,
    value: Setting<Value>,
    /// In seconds.
    duration: Setting<u32>,
    is_external: bool,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<CacheStoreValue> {
    element.only_attributes(&["id", "key", "value", "duration", "caching-type"], problems);
    element.children(&[], problems);
    element.not_empty(&["key"], problems);
    let is_external = caching_type::is_external(element, problems);
    let key = element.required_setting("key", problems);
    let value = element.required_setting("value", problems);
    let duration = element.required_setting("duration", problems);
    Some(CacheStoreValue { key: key?, value: value?, duration: duration?, is_external })
}

impl CacheStoreValue {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let key = run.get(&self.key).await?;
        let value = run.get(&self.value).await?;
        let duration = run.get(&self.duration).await?;
        // The trace shows neither key nor value: both may hold a secret.
        run.trace(|| format!("keeps a value of type {} for {duration} seconds", value.type_name()));
        let duration = SignedDuration::from_secs(duration.into());
        let kept = run.state.cache(self.is_external).put(key, &value, duration, run.outside.now());
        kept.ok_or_else(|| {
            Failure::expression(&format!("A value of type {} cannot be cached here.", value.type_name()))
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use jiff::SignedDuration;

    use crate::{
        Outcome, State,
        rig::{World, document, problems_in},
    };

    async fn run(world: &World, state: &State, inbound: &str) -> Outcome<Bytes> {
        let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
        world.run(&document(inbound, "", "", ""), request, state).await
    }

    fn store(value: &str) -> String {
        format!("<cache-store-value key=\"@(\"k\" + 1)\" value=\"{value}\" duration=\"@(30 * 2)\" />")
    }

    const LOOK: &str =
        "<cache-lookup-value key=\"k1\" variable-name=\"v\" default-value=\"none\" caching-type=\"internal\" />";

    #[tokio::test]
    async fn a_value_is_there_for_other_requests_until_its_time_is_over() {
        let (world, state) = (World::new(), State::default());
        run(&world, &state, &store("@(40 + 2)")).await;
        world.advance(SignedDuration::from_secs(59));
        assert_eq!(run(&world, &state, LOOK).await.variables["v"].as_integer(), Some(42));
        world.advance(SignedDuration::from_secs(1));
        assert_eq!(run(&world, &state, LOOK).await.variables["v"].as_str(), Some("none"));
        run(&world, &state, &store("text")).await;
        assert_eq!(run(&world, &state, LOOK).await.variables["v"].as_str(), Some("text"));
        assert_eq!(run(&world, &State::default(), LOOK).await.variables["v"].as_str(), Some("none"));
    }

    #[tokio::test]
    async fn what_is_kept_does_not_change_with_what_it_was_made_of() {
        let (world, state) = (World::new(), State::default());
        let change =
            "<set-variable name=\"x\" value=\"@{ ((JObject)context.Variables[\"j\"])[\"a\"] = 2; return 1; }\" />";
        let make = "<set-variable name=\"j\" value=\"@(new JObject(new JProperty(\"a\", 1)))\" />";
        let keep = store("@((JObject)context.Variables[\"j\"])");
        assert_eq!(run(&world, &state, &format!("{make}{keep}{change}")).await.last_error, None);
        let look = LOOK.replace("\"v\"", "\"j\"");
        let read = "<set-variable name=\"a\" value=\"@((int)((JObject)context.Variables[\"j\"])[\"a\"])\" />";
        for _ in 0..2 {
            let outcome = run(&world, &state, &format!("{look}{read}{change}")).await;
            assert_eq!((outcome.last_error, outcome.variables["a"].as_integer()), (None, Some(1)));
        }
    }

    #[tokio::test]
    async fn the_external_cache_and_the_built_in_one_share_nothing() {
        for (has_external, default_is) in [(false, "internal"), (true, "external")] {
            let (mut world, state) = (World::new(), State::default());
            world.service.has_external_cache = has_external;
            for kind in ["internal", "external"] {
                run(&world, &state, &store(kind).replace(" />", &format!(" caching-type=\"{kind}\" />"))).await;
            }
            for (kind, expected) in
                [("internal", "internal"), ("external", "external"), ("prefer-external", default_is)]
            {
                let found = run(&world, &state, &LOOK.replace("internal", kind)).await;
                assert_eq!(found.variables["v"].as_str(), Some(expected), "{kind} {has_external}");
            }
            let remove = "<cache-remove-value key=\"k1\" caching-type=\"external\" />";
            run(&world, &state, remove).await;
            assert_eq!(run(&world, &state, LOOK).await.variables["v"].as_str(), Some("internal"));
            let gone = run(&world, &state, &LOOK.replace("internal", "external")).await;
            assert_eq!(gone.variables["v"].as_str(), Some("none"));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_kept_fails() {
        let value = "@(new Dictionary<string, string>())";
        let outcome = run(&World::new(), &State::default(), &store(value)).await;
        let error = outcome.last_error.unwrap();
        assert_eq!(error.source, "cache-store-value");
        assert!(error.message.ends_with("cannot be cached here."), "{error}");
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in("outbound", "<cache-store-value key=\"a\" duration=\"long\" caching-type=\"redis\" x=\"\" />"),
            [
                "2:1: <cache-store-value> needs the attribute \"value\"",
                "2:28: the attribute \"duration\" of <cache-store-value> must be a whole number from 0 to 2147483647",
                "2:44: the attribute \"caching-type\" of <cache-store-value> must be internal, external or prefer-external",
                "2:65: the attribute \"x\" of <cache-store-value> is not declared",
            ]
        );
    }
}
