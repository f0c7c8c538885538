//! Limits that no policy can exceed, so no policy can hang the gateway or fill its memory.
//!
//! Two things are counted: steps (one for each node of the program, and one for every 32 bytes that a member reads or
//! writes), and the bytes of all strings, elements and JSON nodes made since the evaluation began.

use super::problem::{Failure, ParseError};

/// The longest source of one expression. API Management refuses whole policy documents above this size.
pub(crate) const SOURCE_BYTES: usize = 256 * 1024;
/// The deepest nesting of expressions and statements in a source.
pub(crate) const SOURCE_NESTING: usize = 64;
/// The most pairs of brackets after the name of a type.
pub(crate) const ARRAY_RANK: usize = 32;
/// The most parts in the dotted name of a type.
pub(crate) const NAME_PARTS: usize = 8;
/// The most variables and functions of one expression.
pub(crate) const VARIABLES: usize = 2000;
/// The most parts that the type of one value may have.
pub(crate) const TYPE_PARTS: usize = 256;
/// The deepest nesting of JSON, and of lists in lists: the default of the JSON library that API Management uses.
pub(crate) const VALUE_NESTING: usize = 64;
const STEPS: u64 = 1_000_000;
const BYTES: usize = 32 * 1024 * 1024;
pub(crate) const LONGEST_STRING: usize = 8 * 1024 * 1024;
const DEPTH: usize = 160;
const BYTES_PER_STEP: usize = 32;

/// The remaining budget of all evaluations with one context. A policy that runs again and again cannot do more than
/// this budget allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    steps: u64,
    bytes: usize,
}

impl Allowance {
    pub(crate) fn new() -> Self {
        Self { steps: 10 * STEPS, bytes: 4 * BYTES }
    }

    /// Allows this number of steps, and the memory of one evaluation.
    pub(crate) fn from_steps(steps: u64) -> Self {
        Self { steps, bytes: BYTES }
    }

    pub(crate) fn steps(self) -> u64 {
        self.steps
    }
}

/// The remaining budget of an evaluation.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: u64,
    bytes: usize,
    depth: usize,
    /// The budget at the start.
    given: Allowance,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self::within(Allowance::new())
    }

    /// Returns one evaluation's share of the remaining allowance.
    pub(crate) fn within(allowance: Allowance) -> Self {
        let given = Allowance { steps: allowance.steps.min(STEPS), bytes: allowance.bytes.min(BYTES) };
        Self { steps: given.steps, bytes: given.bytes, depth: 0, given }
    }

    /// Returns the rest of an allowance after this evaluation.
    pub(crate) fn rest_of(&self, allowance: Allowance) -> Allowance {
        Allowance {
            steps: allowance.steps - (self.given.steps - self.steps),
            bytes: allowance.bytes - (self.given.bytes - self.bytes),
        }
    }

    /// Counts `steps` of work.
    pub(crate) fn steps(&mut self, steps: u64) -> Result<(), Failure> {
        match self.steps.checked_sub(steps) {
            Some(left) => self.steps = left,
            None => {
                self.steps = 0;
                let most = self.given.steps;
                return Err(Failure::Stopped(format!("The expression took more than {most} steps.")));
            }
        }
        Ok(())
    }

    /// Counts the reading or writing of `bytes`.
    pub(crate) fn work(&mut self, bytes: usize) -> Result<(), Failure> {
        self.steps(1 + (bytes / BYTES_PER_STEP) as u64)
    }

    /// Counts `bytes` of new memory, and the work of filling it.
    pub(crate) fn memory(&mut self, bytes: usize) -> Result<(), Failure> {
        self.work(bytes)?;
        match self.bytes.checked_sub(bytes) {
            Some(left) => self.bytes = left,
            None => {
                let most = self.given.bytes;
                return Err(Failure::Stopped(format!("The expression made more than {most} bytes of values.")));
            }
        }
        Ok(())
    }

    /// Counts a new string before it is made.
    pub(crate) fn string(&mut self, bytes: usize) -> Result<(), Failure> {
        if bytes > LONGEST_STRING {
            return Err(Failure::Stopped(format!("The expression made a string of more than {LONGEST_STRING} bytes.")));
        }
        self.memory(bytes)
    }

    /// Goes one level deeper. A [`Budget::leave`] follows every `enter` that succeeds.
    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        if self.depth == DEPTH {
            return Err(Failure::Stopped(format!("The expression nests more than {DEPTH} calls and operations.")));
        }
        self.depth += 1;
        self.steps(1).inspect_err(|_| self.depth -= 1)
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }
}

/// Returns the error for a source that nests too deeply.
pub(crate) fn too_deep(offset: usize) -> ParseError {
    ParseError::unsupported(offset, format!("the expression nests more than {SOURCE_NESTING} levels deep"))
}

/// A string that is being made. Its bytes are counted as it grows.
pub(crate) struct Writer<'b> {
    text: String,
    pub(crate) budget: &'b mut Budget,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(budget: &'b mut Budget) -> Self {
        Self { text: String::new(), budget }
    }

    pub(crate) fn push(&mut self, text: &str) -> Result<(), Failure> {
        if self.text.len() + text.len() > LONGEST_STRING {
            return self.budget.string(LONGEST_STRING + 1);
        }
        self.budget.memory(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    pub(crate) fn finish(self) -> std::sync::Arc<str> {
        self.text.into()
    }
}
