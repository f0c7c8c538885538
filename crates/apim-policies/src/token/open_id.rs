//! Discovery documents and their keys, cached as documented for `validate-jwt`
//! (learn.microsoft.com/azure/api-management/validate-jwt-policy). They are refreshed every hour. After a failed
//! retrieval, or for a key ID that is not in the cache, they are refreshed at most once in five minutes. Keys that
//! cannot be refreshed stay in use.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex as StdMutex, PoisonError},
};

use futures_util::lock::Mutex;
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{SigningKey, published, refusal::DiscoveryError};
use crate::outside::Outside;

const REFRESH: SignedDuration = SignedDuration::from_hours(1);
const RETRY: SignedDuration = SignedDuration::from_mins(5);

/// The number of documents at which unused ones are forgotten. URLs may come from expressions, that is from callers.
const MOST_DOCUMENTS: usize = 1_000;

/// Discovery documents and keys, shared by all requests of a gateway.
#[derive(Debug, Default)]
pub(crate) struct OpenIdCache(StdMutex<BTreeMap<Url, Arc<Mutex<Entry>>>>);

/// The issuer in a discovery document, and its keys.
#[derive(Debug)]
pub(crate) struct Provider {
    /// The issuer. A document without an issuer is not enough to let a token pass.
    pub(crate) issuer: Option<String>,
    pub(crate) keys: Vec<SigningKey>,
}

/// The state of a discovery document. Its lock is held during a fetch, so callers that need the same document wait for
/// one fetch.
#[derive(Debug, Default)]
struct Entry {
    provider: Option<Arc<Provider>>,
    fetched: Option<Timestamp>,
    failed: Option<(Timestamp, String)>,
    /// The time of the last search that did not find a key ID.
    searched: Option<Timestamp>,
}

impl OpenIdCache {
    /// Returns the document at this URL and its keys. It is fetched again if the wanted key ID is not among them.
    pub(crate) async fn provider<O: Outside>(
        &self,
        url: &Url,
        key_id: Option<&str>,
        outside: &O,
    ) -> Result<Arc<Provider>, DiscoveryError> {
        let entry = self.entry(url);
        let mut entry = entry.lock().await;
        let now = outside.now();
        let due = entry.is_due(now);
        if due {
            entry.refresh(url, now, outside).await;
        }
        if let (Some(provider), Some(key_id)) = (&entry.provider, key_id)
            && !provider.holds(key_id)
            && !due
            && entry.may_search(now)
        {
            entry.searched = Some(now);
            entry.refresh(url, now, outside).await;
        }
        match (&entry.provider, &entry.failed) {
            (Some(provider), _) => Ok(Arc::clone(provider)),
            (None, failed) => {
                let cause = failed.as_ref().map(|(_, cause)| cause.clone()).unwrap_or_default();
                Err(DiscoveryError { url: url.clone(), cause })
            }
        }
    }

    fn entry(&self, url: &Url) -> Arc<Mutex<Entry>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MOST_DOCUMENTS && !entries.contains_key(url) {
            let is_waited_for = |entry: &Arc<Mutex<Entry>>| Arc::strong_count(entry) > 1;
            let has_keys = |entry: &Arc<Mutex<Entry>>| entry.try_lock().is_some_and(|entry| entry.provider.is_some());
            entries.retain(|_, entry| is_waited_for(entry) || has_keys(entry));
            if entries.len() >= MOST_DOCUMENTS {
                entries.retain(|_, entry| is_waited_for(entry));
            }
        }
        Arc::clone(entries.entry(url.clone()).or_default())
    }
}

impl Provider {
    pub(crate) fn holds(&self, key_id: &str) -> bool {
        self.keys.iter().any(|key| key.name.is(key_id))
    }
}

impl Entry {
    fn is_due(&self, now: Timestamp) -> bool {
        !self.failed_lately(now) && self.fetched.is_none_or(|fetched| now.duration_since(fetched) >= REFRESH)
    }

    fn may_search(&self, now: Timestamp) -> bool {
        !self.failed_lately(now) && self.searched.is_none_or(|searched| now.duration_since(searched) >= RETRY)
    }

    fn failed_lately(&self, now: Timestamp) -> bool {
        self.failed.as_ref().is_some_and(|(failed, _)| now.duration_since(*failed) < RETRY)
    }

    async fn refresh<O: Outside>(&mut self, url: &Url, now: Timestamp, outside: &O) {
        match fetch(url, outside).await {
            Ok(provider) => {
                self.provider = Some(Arc::new(provider));
                self.fetched = Some(now);
                self.failed = None;
            }
            Err(cause) => self.failed = Some((now, cause)),
        }
    }
}

async fn fetch<O: Outside>(url: &Url, outside: &O) -> Result<Provider, String> {
    let document = outside.fetch(url).await.map_err(|unreachable| unreachable.to_string())?;
    let document = published::discovery(&document)?;
    let keys = outside.fetch(&document.keys_url).await.map_err(|unreachable| unreachable.to_string())?;
    Ok(Provider { issuer: document.issuer, keys: published::key_set(&keys)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::{DISCOVERY_V2, World};

    #[tokio::test]
    async fn documents_that_cannot_be_had_do_not_pile_up() {
        let (cache, world) = (OpenIdCache::default(), World::new());
        let count = || cache.0.lock().unwrap().len();
        let known: Url = DISCOVERY_V2.parse().unwrap();
        cache.provider(&known, None, &world).await.unwrap();
        for tenant in 0..2 * MOST_DOCUMENTS {
            let url = format!("https://login.test/{tenant}/v2.0/.well-known/openid-configuration").parse().unwrap();
            cache.provider(&url, None, &world).await.unwrap_err();
            assert!(count() <= MOST_DOCUMENTS);
        }
        let fetches = world.fetches();
        cache.provider(&known, None, &world).await.unwrap();
        assert_eq!(world.fetches(), fetches);
    }
}
