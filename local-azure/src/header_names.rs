//! Header names as written. HTTP libraries use lower case, but Blob Storage preserves the letter case of metadata
//! names.

use std::collections::BTreeMap;

/// Names by what they are in lower case: an extension of a request that came, or of an answer that is to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderNames(BTreeMap<String, String>);

impl HeaderNames {
    /// A name as it was written; in lower case where nothing else is known.
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
