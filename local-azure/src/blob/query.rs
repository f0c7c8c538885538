//! The parameters of a request, decoded.

use http::Uri;
use url::form_urlencoded;

use super::error::BlobError;

/// Parameters that mean the same everywhere, and nothing for what is done.
const COMMON: &[&str] = &["timeout"];

/// Names and values in the order of the URL.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(uri: &Uri) -> Self {
        let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// The first value with this name. An empty one counts as absent, because clients send those.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Refuses parameters that are not known, or stand twice.
    pub(super) fn check(&self, known: &[&str]) -> Result<(), BlobError> {
        for (index, (name, _)) in self.0.iter().enumerate() {
            let repeated = self.0.iter().take(index).any(|(earlier, _)| earlier == name);
            if repeated || !(known.contains(&name.as_str()) || COMMON.contains(&name.as_str())) {
                return Err(BlobError::UnsupportedQueryParameter(name.clone()));
            }
        }
        Ok(())
    }
}
