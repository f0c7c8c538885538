//! The steps of a path, and the conditions in them.

use crate::json::Scalar;

/// How deep conditions may nest.
pub(super) const NESTING: usize = 16;

#[derive(Debug)]
pub(super) enum Step {
    /// `.name`
    Member(String),
    /// `['a','b']`
    Members(Vec<String>),
    /// `.*`, of objects.
    Values,
    /// `[*]`, of arrays.
    Elements,
    Index(i64),
    /// `[0,2]`
    Indexes(Vec<i64>),
    /// `[start:end:step]`
    Slice(Option<i64>, Option<i64>, i64),
    /// `..name`, or everything.
    Deep(Option<String>),
    /// `[?(…)]`, of the elements, or of everything inside.
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
    Path {
        from_root: bool,
        steps: Vec<Step>,
    },
    Value(Scalar),
    /// `/pattern/options`
    Pattern(String, String),
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
