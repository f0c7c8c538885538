//! Replaces the subscription key without the feature `api-management`: there is no key.

use http::{HeaderName, HeaderValue};

use crate::error::Error;

/// A type without values.
pub(crate) enum SubscriptionKey {}

/// A type without values.
pub(super) enum KeyValue {}

impl SubscriptionKey {
    pub(super) fn header(&self) -> &HeaderName {
        match *self {}
    }

    pub(super) fn secret(&self) -> &str {
        match *self {}
    }

    pub(super) async fn value(&self) -> Result<KeyValue, Error> {
        match *self {}
    }

    pub(super) async fn renew(&self, _refused: &KeyValue) -> bool {
        match *self {}
    }
}

impl KeyValue {
    pub(super) fn expose(&self) -> &str {
        match *self {}
    }

    pub(super) fn to_header(&self) -> Option<HeaderValue> {
        match *self {}
    }
}
