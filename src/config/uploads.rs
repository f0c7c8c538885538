//! What may be uploaded.

use std::num::{NonZeroU64, NonZeroUsize};

use super::{reader::Reader, values::ContainerName, values::Setting};

pub(super) const CONTAINER: &str = "UPLOAD_CONTAINER";
pub(super) const MAX_BYTES: &str = "UPLOAD_MAX_BYTES";
pub(super) const NAMES: &str = "UPLOAD_NAMES";
pub(super) const CONTENT_TYPES: &str = "UPLOAD_CONTENT_TYPES";
pub(super) const AT_ONCE: &str = "UPLOAD_MAX_CONCURRENT";

const DEFAULT_MAX_BYTES: NonZeroU64 = NonZeroU64::new(1024 * 1024 * 1024).unwrap();

/// Each takes 12 MiB, and the smallest instance has 512.
const DEFAULT_AT_ONCE: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// The limits of uploads.
#[derive(Clone, Debug)]
pub(crate) struct Uploads {
    pub(crate) container: ContainerName,
    pub(crate) max_bytes: NonZeroU64,
    pub(crate) names: Patterns,
    pub(crate) content_types: Patterns,
    /// How many run at a time in one process.
    pub(crate) at_once: NonZeroUsize,
}

impl Uploads {
    /// Each setting may be absent.
    pub(super) fn read<L: Fn(&str) -> Option<String>>(settings: &mut Reader<L>) -> Self {
        Self {
            container: settings.optional(CONTAINER).unwrap_or_else(ContainerName::for_uploads),
            max_bytes: settings.optional(MAX_BYTES).unwrap_or(DEFAULT_MAX_BYTES),
            names: settings.optional(NAMES).unwrap_or_else(Patterns::any),
            content_types: settings.optional(CONTENT_TYPES).unwrap_or_else(Patterns::any),
            at_once: settings.optional(AT_ONCE).unwrap_or(DEFAULT_AT_ONCE),
        }
    }
}

/// 50,000 blocks of 4 MiB are the longest blob that this app writes.
impl Setting for NonZeroU64 {
    const EXPECTED: &'static str = "a number of bytes from 1 to 209715200000";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number: &Self| number.get() <= 50_000 * 4 * 1024 * 1024)
    }
}

/// Texts that are let through: upper and lower case are one, and `*` is any text, slashes too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Patterns(Vec<String>);

impl Patterns {
    fn any() -> Self {
        Self(vec!["*".to_owned()])
    }

    pub(crate) fn let_through(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.0.iter().any(|pattern| matches(pattern, &text))
    }
}

impl Setting for Patterns {
    const EXPECTED: &'static str = "patterns separated by commas, in which * is any text";

    fn parse(text: &str) -> Option<Self> {
        let patterns: Vec<_> = text.split(',').map(|pattern| pattern.trim().to_ascii_lowercase()).collect();
        patterns.iter().all(|pattern| !pattern.is_empty()).then_some(Self(patterns))
    }
}

/// The parts between the stars stand in `text` one after the other; the first begins it, and the last ends it.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, others)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let (middle, last) = others.rsplit_once('*').unwrap_or(("", others));
    for part in middle.split('*') {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn let_through(patterns: &str, text: &str) -> bool {
        <Patterns as Setting>::parse(patterns).unwrap().let_through(text)
    }

    #[test]
    fn a_star_is_any_text() {
        for (patterns, text) in [
            ("*", ""),
            ("*.csv", "a/b/.CSV"),
            ("image/*, application/json", "application/json"),
            ("image/*, application/json", "image/png"),
            ("a*b*c", "aXbYbc"),
            ("a*a", "aa"),
            ("*a*b*", "xxaxxbxx"),
            ("exact", "Exact"),
        ] {
            assert!(let_through(patterns, text), "{patterns} {text}");
        }
        for (patterns, text) in [
            ("*.csv", "a.csv.exe"),
            ("image/*", "text/image/png"),
            ("a*a", "a"),
            ("a*b*c", "acb"),
            ("ab*bc", "abc"),
            ("exact", "exactly"),
        ] {
            assert!(!let_through(patterns, text), "{patterns} {text}");
        }
    }

    #[test]
    fn a_pattern_that_is_missing_between_commas_is_wrong() {
        for wrong in [",", "a,", ",a", "a,,b"] {
            assert_eq!(<Patterns as Setting>::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_what_a_blob_can_hold() {
        assert_eq!(<NonZeroU64 as Setting>::parse("1").map(NonZeroU64::get), Some(1));
        for wrong in ["0", "-1", "209715200001", "1 GiB"] {
            assert_eq!(<NonZeroU64 as Setting>::parse(wrong), None, "{wrong}");
        }
    }
}
