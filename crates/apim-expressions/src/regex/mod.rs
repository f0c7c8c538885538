//! .NET's regular expressions, on a backtracking engine like .NET's, within limits.

mod pattern;
mod replace;
mod text_replacer;
mod translate;

use std::sync::Arc;

pub use self::text_replacer::{RegexError, Replaced, TextReplacer};
pub(crate) use self::translate::{EXPLICIT_CAPTURE, IGNORE_CASE, MULTILINE, SINGLELINE, unescape};
pub(crate) use self::{
    pattern::{Pattern, Patterns, Start},
    replace::{Searches, expand, replace},
};

/// A match, or none.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) text: Arc<str>,
    /// The place of each group, in .NET's order: numbered groups before named groups.
    pub(crate) groups: Vec<Option<(usize, usize)>>,
    pub(crate) names: Vec<Option<String>>,
}

/// One group of a match.
#[derive(Clone)]
pub(crate) struct Group {
    pub(crate) text: Arc<str>,
    pub(crate) place: Option<(usize, usize)>,
}

impl Match {
    pub(crate) fn group(&self, index: usize) -> Group {
        Group { text: Arc::clone(&self.text), place: self.groups.get(index).copied().flatten() }
    }

    /// Returns the place of the whole match, in bytes; `None` without success.
    pub(crate) fn place(&self) -> Option<(usize, usize)> {
        self.groups.first().copied().flatten()
    }

    pub(crate) fn value(&self) -> &str {
        self.place().map_or("", |(start, end)| &self.text[start..end])
    }

    /// Returns every group, in .NET's order.
    pub(crate) fn groups(&self) -> impl Iterator<Item = Group> {
        (0..self.groups.len()).map(|index| self.group(index))
    }
}

impl Group {
    pub(crate) fn value(&self) -> &str {
        self.place.map_or("", |(start, end)| &self.text[start..end])
    }
}
