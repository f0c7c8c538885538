//! What is wrong with a policy document, and where in the file.

use std::fmt;

/// A place in a file, as editors count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1. A byte order mark does not count.
    pub column: usize,
}

/// One reason why a document is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where, in the file as it was given.
    pub position: Position,
    /// What, naming it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.position.line, self.position.column, self.message)
    }
}

/// Collects problems by byte offset in the file; lines and columns are counted once, at the end.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<(usize, String)>);

impl Problems {
    pub(crate) fn push(&mut self, offset: usize, message: impl Into<String>) {
        self.0.push((offset, message.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order of the file.
    pub(crate) fn locate(mut self, text: &str) -> Vec<Problem> {
        self.0.sort();
        self.0.dedup();
        let mut counter = Counter::new(text);
        self.0.into_iter().map(|(offset, message)| Problem { position: counter.advance_to(offset), message }).collect()
    }
}

/// Walks a text once, however many positions are asked for.
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

/// The line and column of one byte offset.
pub(crate) fn position_of(text: &str, offset: usize) -> Position {
    Counter::new(text).advance_to(offset)
}
