//! The result of `cache-lookup` that `cache-store` needs.

use http::{HeaderMap, HeaderValue, header};
use jiff::SignedDuration;

/// A lookup that found nothing.
pub(crate) struct Lookup {
    /// The key under which the response is kept.
    pub(crate) key: String,
    pub(crate) cache_control: Option<CacheControl>,
}

/// The instructions for caches behind the gateway.
#[derive(Clone, Copy)]
pub(crate) struct CacheControl {
    pub(crate) is_public: bool,
    pub(crate) must_revalidate: bool,
}

impl CacheControl {
    /// Writes `Cache-Control`. The response may be kept for the remaining time.
    pub(crate) fn apply(self, left: SignedDuration, headers: &mut HeaderMap) {
        let who = if self.is_public { "public" } else { "private" };
        let revalidate = if self.must_revalidate { ", must-revalidate" } else { "" };
        let text = format!("{who}{revalidate}, max-age={}", left.as_secs().max(0));
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(header::CACHE_CONTROL, value);
        }
    }
}
