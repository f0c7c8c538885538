//! The secret of this run, by which its callers authenticate.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

/// The identity header of a run. It is compared in constant time only, so it has no `PartialEq`. It also has no
/// `Debug`.
#[derive(Clone)]
pub(crate) struct RunSecret(String);

impl RunSecret {
    pub(crate) fn generate() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// Makes a secret of 256 random bits, in characters that a URL and a cookie may have.
    pub(crate) fn with_256_bits() -> Result<Self, aws_lc_rs::error::Unspecified> {
        let mut bytes = [0; 32];
        aws_lc_rs::rand::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    #[cfg(test)]
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns the text, for the process under test and for files that only this user reads.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Reports whether the shown value is the secret.
    pub(crate) fn is(&self, shown: &[u8]) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), shown).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_value_is_the_secret() {
        let secret = RunSecret::generate();
        let text = secret.reveal().to_owned();
        assert!(secret.is(text.as_bytes()));
        for other in [&text[..35], &format!("{text}0"), "", &text.to_uppercase().replace('-', "+")] {
            assert!(!secret.is(other.as_bytes()), "{other}");
        }
        assert!(!RunSecret::generate().is(text.as_bytes()));
    }
}
