//! The name of a blob.

use super::error::BlobError;

/// A blob's name.
#[derive(Clone, Copy)]
pub(super) struct BlobName<'a>(pub(super) &'a str);

impl<'a> BlobName<'a> {
    /// Checks a name: it has up to 1,024 characters. Control characters, which XML cannot carry, are refused here but
    /// not by Azure.
    pub(super) fn checked(name: &'a str) -> Result<Self, BlobError> {
        if name.chars().count() > 1_024 {
            return Err(BlobError::OutOfRangeInput(name.chars().take(100).collect()));
        }
        if name.chars().any(|character| character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}')) {
            return Err(BlobError::InvalidResourceName(name.escape_debug().to_string()));
        }
        Ok(Self(name))
    }
}
