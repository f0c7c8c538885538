//! The value of a secret.

use std::{fmt, sync::Arc};

use http::{HeaderValue, header::InvalidHeaderValue};
use zeroize::Zeroizing;

/// The value of a secret. Its `Debug` says nothing, and its memory is wiped when the last copy is dropped.
///
/// That holds for the copies of this library. A copy that passed through the SDK and the HTTP client on its way in, and
/// out again in a header, is theirs, and lives as long as a request.
#[derive(Clone)]
pub struct SecretValue(Arc<Zeroizing<String>>);

impl SecretValue {
    pub(super) fn new(value: String) -> Self {
        Self(Arc::new(Zeroizing::new(value)))
    }

    /// The value itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A header that carries it; marked as sensitive.
impl TryFrom<&SecretValue> for HeaderValue {
    type Error = InvalidHeaderValue;

    fn try_from(value: &SecretValue) -> Result<Self, InvalidHeaderValue> {
        let mut header = Self::from_str(value.expose())?;
        header.set_sensitive(true);
        Ok(header)
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_form_of_a_secret_says_nothing() {
        let value = SecretValue::new("S3CRET".to_owned());
        assert_eq!(format!("{value:?}"), "SecretValue");
        assert!(!format!("{:?}", HeaderValue::try_from(&value).unwrap()).contains("S3CRET"));
    }
}
