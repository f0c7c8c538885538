//! The value of a secret.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, header::InvalidHeaderValue};
use zeroize::Zeroizing;

/// The value of a secret. Its `Debug` shows nothing. Its memory is wiped when the last clone of the value, and the last
/// header made from it, is dropped.
///
/// This is true only for this library's memory. The SDK and the HTTP client make copies when they receive and send the
/// value. Those copies live as long as a request and are not wiped.
#[derive(Clone)]
pub struct SecretValue {
    text: Arc<Zeroizing<String>>,
    /// The header, made once. It shares the memory of `text`.
    header: Option<HeaderValue>,
}

/// The memory that a header keeps alive.
struct Shared(Arc<Zeroizing<String>>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl SecretValue {
    pub(super) fn new(value: String) -> Self {
        let text = Arc::new(Zeroizing::new(value));
        let header = HeaderValue::from_maybe_shared(Bytes::from_owner(Shared(text.clone()))).ok();
        let header = header.map(|mut header| {
            header.set_sensitive(true);
            header
        });
        Self { text, header }
    }

    /// The value itself, for the code that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }
}

/// A header that carries the value and is marked as sensitive. It shares the secret's memory.
impl TryFrom<&SecretValue> for HeaderValue {
    type Error = InvalidHeaderValue;

    fn try_from(value: &SecretValue) -> Result<Self, InvalidHeaderValue> {
        match &value.header {
            Some(header) => Ok(header.clone()),
            // This call only makes the error.
            None => Self::from_str(value.expose()),
        }
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

    #[test]
    fn a_header_shares_the_memory_of_the_secret() {
        let value = SecretValue::new("S3CRET".to_owned());
        let header = HeaderValue::try_from(&value).unwrap();
        assert_eq!(header.as_bytes().as_ptr(), value.expose().as_ptr());
        drop(value);
        assert_eq!(header, "S3CRET");
        assert!(HeaderValue::try_from(&SecretValue::new("two\nlines".to_owned())).is_err());
    }
}
