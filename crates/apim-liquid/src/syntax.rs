//! The syntax tree of a template.

use crate::expression::{Comparison, Output};

#[derive(Debug)]
pub(crate) enum Node {
    Text(String),
    Output(Output),
    Assign {
        name: String,
        value: Output,
    },
    Capture {
        name: String,
        body: Vec<Node>,
    },
    /// Renders the first branch whose condition holds. `unless` negates the first condition.
    If {
        branches: Vec<Branch>,
        is_unless: bool,
    },
    Case {
        branches: Vec<When>,
    },
    For(Loop),
    TableRow(Loop),
    Cycle {
        group: String,
        values: Vec<Option<String>>,
    },
    IfChanged(Vec<Node>),
    Group(Vec<Node>),
    Break,
    Continue,
    /// A tag that names another template.
    Include,
}

/// A branch of `if`; without a condition it is `else`.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) condition: Option<Condition>,
    pub(crate) body: Vec<Node>,
}

/// Comparisons from left to right, each with the word that joins it to the rest.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) comparison: Comparison,
    pub(crate) rest: Option<(Join, Box<Condition>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    And,
    Or,
}

/// A branch of `case`; without comparisons it is `else`.
#[derive(Debug)]
pub(crate) struct When {
    pub(crate) comparisons: Vec<Comparison>,
    pub(crate) is_else: bool,
    pub(crate) body: Vec<Node>,
}

#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) variable: String,
    pub(crate) list: String,
    pub(crate) is_reversed: bool,
    /// `JSONArrayFor` puts commas between the items.
    pub(crate) separator: &'static str,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) body: Vec<Node>,
}

impl Loop {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
