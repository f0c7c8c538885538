//! Header names as written. HTTP libraries use lower case, but Blob Storage preserves the letter case of metadata
//! names.

use std::collections::BTreeMap;

/// Header names by their lower-case form: an extension of a received request, or of an answer to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderNames(BTreeMap<String, String>);

impl HeaderNames {
    /// Returns a name as it was written, or in lower case if its written form is unknown.
    pub(crate) fn written<'n>(&'n self, lower_case: &'n str) -> &'n str {
        self.0.get(lower_case).map_or(lower_case, String::as_str)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<String> for HeaderNames {
    fn from_iter<T: IntoIterator<Item = String>>(names: T) -> Self {
        let has_capital = |name: &String| name.bytes().any(|byte| byte.is_ascii_uppercase());
        Self(names.into_iter().filter(has_capital).map(|name| (name.to_ascii_lowercase(), name)).collect())
    }
}
