//! A problem of a policy document, and its place in the file.

use std::fmt;

/// A position in a file, as editors count: `line:column`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1. A byte order mark does not count.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// The effect of a problem on the document, and the party that must act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// API Management refuses the document on upload: its author must act.
    #[default]
    Invalid,
    /// API Management accepts the document, but this crate cannot run it.
    Unsupported,
    /// The document is loaded, although the documentation says otherwise or a part of it has no effect.
    Warning,
}

impl Severity {
    /// Reports whether a document with such a problem is refused.
    #[must_use]
    pub fn refuses(self) -> bool {
        match self {
            Self::Invalid | Self::Unsupported => true,
            Self::Warning => false,
        }
    }
}

/// A reason to refuse a document, or a warning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The position in the file as given.
    pub position: Position,
    /// The severity of the problem.
    pub severity: Severity,
    /// The message, which names the cause.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)
    }
}

/// Collects problems by byte offset in the file. Lines and columns are counted once, at the end.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(usize, String, Severity)>);

impl Problems {
    /// Adds a problem that API Management refuses, too.
    pub(crate) fn push(&mut self, offset: usize, message: impl Into<String>) {
        self.add(offset, Severity::Invalid, message);
    }

    pub(crate) fn add(&mut self, offset: usize, severity: Severity, message: impl Into<String>) {
        self.0.push((offset, message.into(), severity));
    }

    /// Reports whether the document is refused.
    pub(crate) fn refuse(&self) -> bool {
        self.0.iter().any(|(_, _, severity)| severity.refuses())
    }

    /// Returns the problems in the order of the file.
    pub(crate) fn locate(mut self, text: &str) -> Vec<Problem> {
        self.0.sort();
        self.0.dedup();
        let mut counter = Counter::new(text);
        let problems = self.0.into_iter();
        problems
            .map(|(offset, message, severity)| Problem { position: counter.advance_to(offset), severity, message })
            .collect()
    }
}

/// Counts lines and columns. It walks the text once for any number of positions.
struct Counter<'t> {
    text: &'t str,
    offset: usize,
    position: Position,
}

impl<'t> Counter<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, offset: 0, position: Position { line: 1, column: 1 } }
    }

    fn advance_to(&mut self, offset: usize) -> Position {
        for (at, character) in self.text[self.offset..].char_indices() {
            if self.offset + at >= offset {
                self.offset += at;
                return self.position;
            }
            if character == '\n' {
                self.position.line += 1;
                self.position.column = 1;
            } else {
                self.position.column += 1;
            }
        }
        self.offset = self.text.len();
        self.position
    }
}

/// Returns the line and column of one byte offset.
pub(crate) fn position_of(text: &str, offset: usize) -> Position {
    Counter::new(text).advance_to(offset)
}
