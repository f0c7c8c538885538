//! Checks a whole expression.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Checker, Returns, Touches, flow};
use crate::{
    Reads,
    problem::{ParseError, ParseWarning},
    program::{CodeBody, Program},
    syntax::Source,
    types::Type,
};

/// A program, and the facts about it that are known before it runs.
pub(crate) struct CheckedProgram {
    pub(crate) program: Program,
    /// The type of its value, once for each `return`.
    pub(crate) gives: Vec<Type>,
    pub(crate) reads: Reads,
    pub(crate) warnings: Vec<ParseWarning>,
}

/// Checks a whole expression.
pub(crate) fn program(source: &Source) -> Result<CheckedProgram, ParseError> {
    let mut checker = Checker {
        scopes: vec![Vec::new()],
        ended: vec![HashSet::new()],
        checked: None,
        slots: 0,
        function_types: Vec::new(),
        functions: Vec::new(),
        returns: Returns::Main,
        returned: Vec::new(),
        gives: Vec::new(),
        touches: Touches::default(),
        loops: 0,
        loop_slots: Vec::new(),
        breakable: 0,
        catches: 0,
        finally: false,
        fixed: BTreeMap::new(),
        constants: BTreeMap::new(),
        conditions: HashMap::new(),
        ways: HashMap::new(),
        jumps: HashMap::new(),
        switches: Vec::new(),
        labels: Vec::new(),
        label_count: 0,
        warnings: Vec::new(),
    };
    let body = match source {
        Source::Single(expression) => {
            let value = checker.value(expression)?;
            checker.gives.push(value.class);
            CodeBody::Single(value.code)
        }
        Source::Block(statements) => CodeBody::Block(checker.block(statements)?),
    };
    let known = flow::ProgramFacts { conditions: &checker.conditions, ways: &checker.ways, jumps: &checker.jumps };
    flow::check(source, known)?;
    let reads = checker.reads();
    let program = Program { body, slots: checker.slots, functions: checker.functions };
    Ok(CheckedProgram { program, gives: checker.gives, reads, warnings: checker.warnings })
}
