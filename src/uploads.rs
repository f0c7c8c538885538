//! The limits of uploads, their container, and their memory.

use std::sync::Arc;

use keyless::{
    Container, ContainerName,
    settings::{Reader, Setting, SettingType},
};

use crate::memory::MemoryBudget;

const CONTAINER: Setting<ContainerName> =
    Setting::with_default("UPLOAD_CONTAINER", "uploads", "The blob container of uploads.");
const MAX_BYTES: Setting<MaxBytes> =
    Setting::with_default("UPLOAD_MAX_BYTES", "1073741824", "The largest upload, in bytes.");
const NAMES: Setting<Patterns> =
    Setting::with_default("UPLOAD_NAMES", "*", "Names that may be uploaded, such as `*.csv,in/*`.");
const CONTENT_TYPES: Setting<Patterns> = Setting::with_default(
    "UPLOAD_CONTENT_TYPES",
    "*",
    "Types that may be uploaded, such as `text/*,application/json`.",
);

/// The limits of uploads, and their container.
#[derive(Clone, Debug)]
pub(crate) struct Uploads {
    pub(crate) container: Container,
    pub(crate) limits: UploadLimits,
    pub(crate) memory: Arc<MemoryBudget>,
}

/// The limits of an upload.
#[derive(Clone, Debug)]
pub(crate) struct UploadLimits {
    pub(crate) max_bytes: MaxBytes,
    pub(crate) names: Patterns,
    pub(crate) content_types: Patterns,
}

impl Uploads {
    pub(crate) fn read(env: &mut Reader, memory: &Arc<MemoryBudget>) -> Option<Self> {
        let name = env.read(&CONTAINER);
        let container = env.container_named("STORAGE", name.as_ref());
        let limits = UploadLimits::read(env);
        Some(Self { container: container?, limits: limits?, memory: memory.clone() })
    }
}

impl UploadLimits {
    pub(crate) fn read(env: &mut Reader) -> Option<Self> {
        let (max_bytes, names, content_types) = (env.read(&MAX_BYTES), env.read(&NAMES), env.read(&CONTENT_TYPES));
        Some(Self { max_bytes: max_bytes?, names: names?, content_types: content_types? })
    }
}

/// The largest size of an upload. This app writes at most 50,000 blocks of 4 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaxBytes(u64);

impl MaxBytes {
    pub(crate) fn get(self) -> u64 {
        self.0
    }
}

impl SettingType for MaxBytes {
    const EXPECTED: &'static str = "a number of bytes from 1 to 209715200000";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number| (1..=50_000 * 4 * 1024 * 1024).contains(number)).map(Self)
    }
}

/// Patterns of allowed texts. Upper and lower case are the same, and `*` is any text, including slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Patterns(Vec<String>);

impl Patterns {
    pub(crate) fn let_through(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        self.0.iter().any(|pattern| matches(pattern, &text))
    }
}

impl SettingType for Patterns {
    const EXPECTED: &'static str = "patterns separated by commas, in which * is any text";

    fn parse(text: &str) -> Option<Self> {
        let patterns: Vec<_> = text.split(',').map(|pattern| pattern.trim().to_ascii_lowercase()).collect();
        patterns.iter().all(|pattern| !pattern.is_empty()).then_some(Self(patterns))
    }
}

/// Reports whether the pattern matches `text`: the parts between the stars follow each other in `text`, the first at
/// its beginning and the last at its end.
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
        <Patterns as SettingType>::parse(patterns).unwrap().let_through(text)
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
            assert_eq!(<Patterns as SettingType>::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_limit_is_what_a_blob_can_hold() {
        assert_eq!(MaxBytes::parse("1").map(MaxBytes::get), Some(1));
        for wrong in ["0", "-1", "209715200001", "1 GiB"] {
            assert_eq!(MaxBytes::parse(wrong), None, "{wrong}");
        }
    }
}
