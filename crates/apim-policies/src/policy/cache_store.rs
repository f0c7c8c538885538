//! `cache-store`: caches the response for requests like this one
//! (learn.microsoft.com/azure/api-management/cache-store-policy).
//!
//! It stores the response if the `cache-lookup` of the same request found none: responses to GET, and only 200 unless
//! the policy says otherwise. It reads the body into memory, with the changes of the policies before it.

use jiff::SignedDuration;

use super::caching_type;
use super::prelude::*;
use crate::{
    expression::{Response, Value},
    run::Lookup,
};

/// The most bytes of a body, by Azure's limits
/// (learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits).
const LARGEST_CACHED_BODY: usize = 2 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct CacheStore {
    /// In seconds.
    duration: Setting<u32>,
    /// Caches responses of any status.
    always: Option<Setting<bool>>,
    is_external: bool,
}

pub(super) fn load(element: &Element<'_>, problems: &mut Problems) -> Option<CacheStore> {
    element.only_attributes(&["id", "duration", "cache-response", "caching-type"], problems);
    element.children(&[], problems);
    if element.is_repeated() {
        element.problem(problems, "<cache-store> may stand in a section once");
    }
    let is_external = caching_type::is_external(element, problems);
    let duration = element.required_setting("duration", problems);
    let always = element.setting("cache-response", problems);
    Some(CacheStore { duration: duration?, always, is_external })
}

impl CacheStore {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let Some(Lookup { key, cache_control }) = run.lookup.take() else {
            run.trace(|| "nothing was looked up, so nothing is kept".to_owned());
            return Ok(());
        };
        let duration = run.get(&self.duration).await?;
        let wanted = run.get_any(self.always.as_ref()).await?;
        let status = run.response().status_code;
        if !wanted.unwrap_or(status == 200) {
            run.trace(|| format!("{status} is not kept"));
            return Ok(());
        }
        run.read_response_body().await?;
        let response: Response = run.response().clone();
        if response.body.as_ref().is_some_and(|body| body.content().is_none()) {
            run.trace(|| "an expression took the body away".to_owned());
            return Ok(());
        }
        let length = response.body.as_ref().and_then(|body| body.content()).map_or(0, |content| content.len());
        if length > LARGEST_CACHED_BODY {
            run.trace(|| format!("a body of {length} bytes is not kept: {LARGEST_CACHED_BODY} is the most"));
            return Ok(());
        }
        run.trace(|| format!("keeps the response for {duration} seconds"));
        let (now, duration) = (run.outside.now(), SignedDuration::from_secs(duration.into()));
        // A response always has a type that can be kept.
        let _kept = run.state.cache(self.is_external).put(key, &Value::from(response), duration, now);
        if let Some(cache_control) = cache_control {
            cache_control.apply(duration, &mut run.response().headers);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::rig::{World, problems_in};

    #[tokio::test]
    async fn without_a_lookup_nothing_is_kept() {
        let world = World::new();
        let outcome = world.run_sections("", "<base />", "<cache-store duration=\"9\" />", "").await;
        assert_eq!((outcome.last_error, outcome.response.body()), (None, &bytes::Bytes::from("backend")));
        assert_eq!(*world.reads.lock().unwrap(), 0);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert_eq!(
            problems_in(
                "outbound",
                "<cache-store cache-response=\"1\" caching-type=\"redis\" />\n<cache-store duration=\"9\" />"
            ),
            [
                "2:1: <cache-store> needs the attribute \"duration\"",
                "2:14: the attribute \"cache-response\" of <cache-store> must be true or false",
                "2:33: the attribute \"caching-type\" of <cache-store> must be internal, external or prefer-external",
                "3:1: <cache-store> may stand in a section once",
            ]
        );
        assert_eq!(
            problems_in("inbound", "<cache-store duration=\"9\" />"),
            ["2:1: the policy <cache-store> is not allowed in <inbound>"]
        );
    }
}
