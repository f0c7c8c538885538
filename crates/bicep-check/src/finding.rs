//! A mistake in a template.

use std::fmt;

/// A mistake, its place, and the right form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, from the root of the sources.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule that found it.
    pub rule: &'static str,
    /// The mistake and its right form.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, rule, message } = self;
        write!(f, "{file}:{line}: {rule}: {message}")
    }
}
