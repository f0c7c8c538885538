//! The keys of API Management's subscriptions: made at start, and made anew when a person or a test asks.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{PoisonError, RwLock, RwLockReadGuard},
};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use uuid::Uuid;

use crate::seed::Seed;

/// The keys of every subscription at this moment.
pub struct SubscriptionKeys(RwLock<BTreeMap<String, KeyPair>>);

/// The two keys of a subscription; either opens it, so that one can be replaced while the other is in use.
#[derive(Clone, Default)]
pub struct KeyPair {
    /// First key.
    pub primary: String,
    /// Second key.
    pub secondary: String,
}

/// One key of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The first.
    Primary,
    /// The second.
    Secondary,
}

impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        })
    }
}

/// API Management has no subscription of this name.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no subscription \"{0}\" is in the seed")]
pub struct NoSuchSubscription(pub String);

impl SubscriptionKeys {
    /// Fresh keys for every subscription of the seed.
    pub(crate) fn generate(seed: &Seed) -> Self {
        let pair = || KeyPair { primary: random_key(), secondary: random_key() };
        Self(RwLock::new(seed.apim.subscriptions.iter().map(|one| (one.name.clone(), pair())).collect()))
    }

    /// The keys of a subscription.
    #[must_use]
    pub fn of(&self, subscription: &str) -> Option<KeyPair> {
        self.read().get(subscription).cloned()
    }

    /// The subscription that a key belongs to. Every key is compared, in constant time.
    pub(crate) fn owner(&self, key: &[u8]) -> Option<String> {
        let is_key = |own: &String| verify_slices_are_equal(own.as_bytes(), key).is_ok();
        let mut owner = None;
        for (name, pair) in self.read().iter() {
            if [&pair.primary, &pair.secondary].map(is_key).contains(&true) {
                owner = Some(name.clone());
            }
        }
        owner
    }

    /// Every key, of whatever subscription.
    pub(crate) fn all(&self) -> Vec<String> {
        self.read().values().flat_map(|pair| [pair.primary.clone(), pair.secondary.clone()]).collect()
    }

    /// Replaces a key: the old one opens nothing from now on
    /// (<https://learn.microsoft.com/rest/api/apimanagement/subscription/regenerate-primary-key>).
    pub(crate) fn regenerate(&self, subscription: &str, which: Which) -> Result<String, NoSuchSubscription> {
        let mut pairs = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let pair = pairs.get_mut(subscription).ok_or_else(|| NoSuchSubscription(subscription.to_owned()))?;
        let key = match which {
            Which::Primary => &mut pair.primary,
            Which::Secondary => &mut pair.secondary,
        };
        *key = random_key();
        Ok(key.clone())
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, KeyPair>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 32 hexadecimal digits, as API Management makes its keys.
fn random_key() -> String {
    Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_takes_the_place_of_one_and_leaves_the_other() {
        let keys = SubscriptionKeys::generate(&crate::default_world::world().seed);
        let owner = |key: &str| keys.owner(key.as_bytes());
        let name = "keyless-functions";
        let before = keys.of(name).unwrap();
        let primary = keys.regenerate(name, Which::Primary).unwrap();
        assert_eq!((owner(&before.primary), owner(&primary).as_deref()), (None, Some(name)));
        assert_eq!(owner(&before.secondary).as_deref(), Some(name));
        keys.regenerate(name, Which::Secondary).unwrap();
        assert_eq!((owner(&before.secondary), owner(&primary).as_deref()), (None, Some(name)));
        assert_eq!(keys.regenerate("none", Which::Primary), Err(NoSuchSubscription("none".to_owned())));
    }
}
