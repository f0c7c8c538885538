//! Follows the ways through a program. Checks that a `return` ends each way, and that every variable has a value before
//! it is read. C# derives both from the program alone ("End points and reachability" and "Definite assignment",
//! learn.microsoft.com/dotnet/csharp/language-reference/language-specification/variables).
//!
//! Names stand for variables here: no variable hides another, and the variables of ended scopes are no longer read.

mod expression;
mod state;
mod statement;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use self::state::{Effects, FlowState};
use super::{error, known::SwitchPaths};
use crate::{
    problem::ParseError,
    syntax::{Expr, Pattern, Source},
};

/// The most visits of expressions. Functions inside functions are visited several times.
const VISITS: usize = 1_000_000;

/// The facts about the program that the checker found.
pub(super) struct ProgramFacts<'k> {
    /// Constant conditions, by the address of their expression.
    pub(super) conditions: &'k HashMap<usize, bool>,
    /// The ways into the sections of each `switch`, by the address of the expression after `switch`.
    pub(super) ways: &'k HashMap<usize, SwitchPaths>,
    /// The section that a `goto case` leads to, by its place in the source.
    pub(super) jumps: &'k HashMap<usize, usize>,
}

/// Refuses a program that may read a variable without a value, or that may end without returning a value.
pub(super) fn check(source: &Source, known: ProgramFacts<'_>) -> Result<(), ParseError> {
    let mut flow = Flow {
        known,
        variables: HashMap::new(),
        count: 0,
        reserved: HashMap::new(),
        now: FlowState { reached: true, ..FlowState::default() },
        breaks: Vec::new(),
        continues: Vec::new(),
        sections: Vec::new(),
        labels: HashMap::new(),
        functions: HashMap::new(),
        outside: 0,
        reads: BTreeSet::new(),
        ends: FlowState::default(),
        returns_value: false,
        visits: 0,
    };
    match source {
        Source::Single(expression) => flow.expression(expression),
        Source::Block(statements) => {
            flow.block(statements)?;
            if flow.now.reached { Err(error(0, "not all code paths return a value")) } else { Ok(()) }
        }
    }
}

struct Flow<'k> {
    known: ProgramFacts<'k>,
    variables: HashMap<Arc<str>, usize>,
    count: usize,
    /// The variables that a block will declare. The functions of the block know them before.
    reserved: HashMap<Arc<str>, usize>,
    now: FlowState,
    /// The states that `break` brings to the ends of loops and switches; the innermost last.
    breaks: Vec<FlowState>,
    continues: Vec<FlowState>,
    /// The states that `goto case` brings to the sections of the switches around this place.
    sections: Vec<Vec<FlowState>>,
    /// The states that `goto` brings to labels.
    labels: HashMap<Arc<str>, FlowState>,
    functions: HashMap<Arc<str>, Effects>,
    /// Variables below this number belong to the code around the current function.
    outside: usize,
    /// The variables around the function that it reads before it assigns them.
    reads: BTreeSet<usize>,
    /// The joined state of the function's `return` statements.
    ends: FlowState,
    returns_value: bool,
    visits: usize,
}

impl Flow<'_> {
    fn variable(&mut self, name: &Arc<str>) -> usize {
        if let Some(variable) = self.variables.get(name) {
            return *variable;
        }
        self.begin(name)
    }

    /// Begins a variable, even if another variable of its name has ended.
    fn begin(&mut self, name: &Arc<str>) -> usize {
        let variable = self.reserved.remove(name).unwrap_or_else(|| self.next());
        self.variables.insert(Arc::clone(name), variable);
        variable
    }

    fn next(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }

    fn assign(&mut self, name: &Arc<str>) {
        let variable = self.variable(name);
        self.now.set(variable, false);
    }

    fn forget(&mut self, name: &Arc<str>) {
        let variable = self.variable(name);
        self.now.set(variable, true);
    }

    fn read(&mut self, at: usize, name: &Arc<str>) -> Result<(), ParseError> {
        if let Some(effects) = self.functions.get(name).cloned() {
            return self.called(at, &effects);
        }
        match self.variables.get(name) {
            Some(variable) if self.now.has(*variable) => self.missing(at, *variable),
            _ => Ok(()),
        }
    }

    /// Handles a read of a variable without a value. If a function reads a variable around it, the read counts where
    /// the function is called.
    fn missing(&mut self, at: usize, variable: usize) -> Result<(), ParseError> {
        if variable < self.outside {
            self.reads.insert(variable);
            return Ok(());
        }
        let name = self.variables.iter().find(|(_, known)| **known == variable).map(|(name, _)| Arc::clone(name));
        Err(error(at, format!("Use of unassigned local variable '{}'", name.unwrap_or_default())))
    }

    fn called(&mut self, at: usize, effects: &Effects) -> Result<(), ParseError> {
        for variable in &effects.reads {
            if self.now.has(*variable) {
                self.missing(at, *variable)?;
            }
        }
        for variable in &effects.assigns {
            self.now.set(*variable, false);
        }
        Ok(())
    }

    fn all<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Result<(), ParseError> {
        expressions.into_iter().try_for_each(|expression| self.expression(expression))
    }
}

/// Returns the variable that a pattern declares.
fn declared(pattern: &Pattern) -> Option<&Arc<str>> {
    match pattern {
        Pattern::Type(_, Some(name)) | Pattern::Var(_, name) if &**name != "_" => Some(name),
        _ => None,
    }
}
