//! `caching-type` of the five cache policies: the built-in cache, or the external one of the service
//! (learn.microsoft.com/azure/api-management/api-management-howto-cache-external).
//!
//! The two caches share no entry. `prefer-external`, the default, means the external cache if the service has one.

use super::prelude::*;
/// Reads the attribute, and reports whether the policy uses the external cache.
pub(super) fn is_external(element: &Element<'_>, problems: &mut Problems) -> bool {
    let has_external = element.service().has_external_cache;
    match element.attribute("caching-type", problems) {
        None | Some("prefer-external") => has_external,
        Some("internal") => false,
        Some("external") => {
            if !has_external && !element.service().is_partial {
                element.warn(problems, "the service has no external cache; a cache of this gateway stands for it");
            }
            true
        }
        Some(_) => {
            element.bad_value("caching-type", "internal, external or prefer-external", problems);
            false
        }
    }
}
