//! The steps of a path, and the conditions in them.

use std::{cell::OnceCell, sync::Arc};

use crate::{
    json::Scalar,
    limits::Budget,
    problem::Failure,
    regex::{self, Pattern},
};

/// The deepest nesting of conditions.
pub(super) const NESTING: usize = 16;

#[derive(Debug)]
pub(super) enum Step {
    /// `.name`
    Member(String),
    /// `['a','b']`
    Members(Vec<String>),
    /// `.*`: the values of an object.
    Values,
    /// `[*]`: the elements of an array.
    Elements,
    Index(i64),
    /// `[0,2]`
    Indexes(Vec<i64>),
    /// `[start:end:step]`
    Slice(Option<i64>, Option<i64>, i64),
    /// `..name`: the tokens with this name at any depth; without a name, all tokens.
    Deep(Option<String>),
    /// `[?(…)]`: filters the elements or, with `true`, everything inside.
    Filter(Condition, bool),
}

#[derive(Debug)]
pub(super) enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Exists(Operand),
    Compare(Operand, Operator, Operand),
}

#[derive(Debug)]
pub(super) enum Operand {
    Path { from_root: bool, steps: Vec<Step> },
    Value(Scalar),
    Pattern(Matching),
}

/// `/pattern/options`, which is compiled for the first text.
#[derive(Debug)]
pub(super) struct Matching {
    source: Arc<str>,
    options: i32,
    pattern: OnceCell<Box<Pattern>>,
}

impl Matching {
    pub(super) fn new(source: String, letters: &str) -> Self {
        let options = letters.chars().fold(0, |options, letter| {
            options
                | match letter {
                    'i' => regex::IGNORE_CASE,
                    'm' => regex::MULTILINE,
                    's' => regex::SINGLELINE,
                    'x' => regex::EXPLICIT_CAPTURE,
                    _ => 0,
                }
        });
        Self { source: source.into(), options, pattern: OnceCell::new() }
    }

    pub(super) fn is_in(&self, text: &str, budget: &mut Budget) -> Result<bool, Failure> {
        let pattern = match self.pattern.get() {
            Some(pattern) => pattern,
            None => {
                let compiled = Box::new(Pattern::compile(&self.source, self.options, false, budget)?);
                self.pattern.get_or_init(|| compiled)
            }
        };
        pattern.spend(text, budget)?;
        pattern.is_match(text, budget)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Same,
    NotSame,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
}
