//! The parameters of a request, decoded.

use http::Uri;
use url::form_urlencoded;

use super::{error::BlobError, sas_fields::Fields};

/// Seconds after which the service gives up. Every operation accepts it; no operation takes that long here.
const TIMEOUT: &str = "timeout";

/// A request's names and values in the order of the URL, and its signature apart.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
    pub(super) signature: Fields,
}

impl Query {
    pub(super) fn read(uri: &Uri) -> Self {
        Self::parse(uri.query().unwrap_or_default())
    }

    pub(super) fn parse(query: &str) -> Self {
        let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let signature = Fields::take(&mut pairs);
        Self { pairs, signature }
    }

    /// Returns the first value with this name. An empty value counts as absent, because clients send empty values.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// Refuses unknown or repeated parameters, and a time limit that is no number.
    pub(super) fn check(&self, known: &[&str]) -> Result<(), BlobError> {
        for (index, (name, value)) in self.pairs.iter().enumerate() {
            // Clients that build every query in the same way send these without a value.
            if value.is_empty() && ["restype", "comp"].contains(&name.as_str()) {
                continue;
            }
            let repeated = self.pairs.iter().take(index).any(|(earlier, _)| earlier == name);
            if repeated || !(known.contains(&name.as_str()) || name == TIMEOUT) {
                return Err(BlobError::UnsupportedQueryParameter(name.clone()));
            }
            if name == TIMEOUT && !value.is_empty() && value.parse::<u32>().is_err() {
                return Err(BlobError::query_value(TIMEOUT, value));
            }
        }
        Ok(())
    }
}
