//! The value of a secret.

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

/// The value of a secret. Its `Debug` says nothing, and its memory is wiped when the last copy is dropped.
///
/// That holds for what this app keeps. What passed through the SDK and the HTTP client on its way in, and out again in a
/// header, is theirs, and lives as long as a request.
#[derive(Clone)]
pub(crate) struct SecretValue(Arc<Zeroizing<String>>);

impl SecretValue {
    pub(super) fn new(value: String) -> Self {
        Self(Arc::new(Zeroizing::new(value)))
    }

    /// The value itself, for the one place that sends it.
    pub(in crate::azure) fn expose(&self) -> &str {
        &self.0
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
        assert_eq!(format!("{:?}", SecretValue::new("S3CRET".to_owned())), "SecretValue");
    }
}
