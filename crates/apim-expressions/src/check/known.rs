//! The checker's records of variables, functions, lambdas and switches.

use std::sync::Arc;

use crate::{syntax::Mode, types::Type, value::Value};

/// Why a variable cannot be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fixed {
    Constant,
    ForEach,
    Using,
    /// A range variable of a query.
    Range,
}

/// A parameter of a function that the program declares.
#[derive(Clone)]
pub(super) struct Parameter {
    pub(super) name: Arc<str>,
    pub(super) class: Type,
    pub(super) mode: Mode,
    pub(super) default: Option<Value>,
}

/// A value that a statement of a lambda returns.
pub(super) struct Returned {
    pub(super) at: usize,
    pub(super) class: Type,
    pub(super) constant: Option<Value>,
}

impl Returned {
    pub(super) fn new(at: usize, class: Type, constant: Option<Value>) -> Self {
        Self { at, class, constant }
    }
}

/// A `switch` while its sections are checked.
pub(super) struct Switch {
    pub(super) class: Type,
    /// Each constant, and the section that it leads to.
    pub(super) constants: Vec<(Value, usize)>,
    pub(super) default: Option<usize>,
}

/// The ways from the value of a `switch` into its sections.
#[derive(Debug)]
pub(super) struct SwitchPaths {
    /// Whether each section can be reached.
    pub(super) reached: Vec<bool>,
    /// Whether a value may match no label.
    pub(super) passes: bool,
}
