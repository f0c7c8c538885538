//! Statements, where ways divide and join.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    Flow, declared,
    state::{Effects, FlowState},
};
use crate::{
    check::error,
    problem::ParseError,
    syntax::{Block, Catch, Expr, Function, Mode, Section, Statement, StatementKind},
};

impl Flow<'_> {
    pub(super) fn block(&mut self, statements: &[Statement]) -> Result<(), ParseError> {
        let functions = statements.iter().filter_map(|statement| match &statement.kind {
            StatementKind::Function(function) => Some((statement.at, function)),
            _ => None,
        });
        let functions: Vec<(usize, &Function)> = functions.collect();
        if !functions.is_empty() {
            for statement in statements {
                if let StatementKind::Declare { names, .. } = &statement.kind {
                    for (_, name, _) in names {
                        let variable = self.next();
                        self.reserved.insert(Arc::clone(name), variable);
                        self.variables.insert(Arc::clone(name), variable);
                    }
                }
            }
        }
        // A function may call functions after it, so the functions are followed twice.
        let rounds = functions.len().min(2);
        for _ in 0..rounds {
            for (at, function) in &functions {
                self.function(*at, function)?;
            }
        }
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    /// Follows the body of a function or lambda, which has its own jumps. Returns whether the body returns a value, and
    /// the joined state of its `return` statements. The current state is then that of the body's end.
    pub(super) fn apart(&mut self, body: &Block) -> Result<(bool, FlowState), ParseError> {
        let outer = (
            std::mem::take(&mut self.breaks),
            std::mem::take(&mut self.continues),
            std::mem::take(&mut self.sections),
            std::mem::take(&mut self.labels),
            std::mem::take(&mut self.ends),
            std::mem::replace(&mut self.returns_value, false),
        );
        let done = self.block(body);
        let returns = self.returns_value;
        let ends = std::mem::take(&mut self.ends);
        (self.breaks, self.continues, self.sections, self.labels, self.ends, self.returns_value) = outer;
        done?;
        Ok((returns, ends))
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), ParseError> {
        match &statement.kind {
            StatementKind::Declare { names, .. } | StatementKind::Constant { names, .. } => self.declare(names),
            StatementKind::Function(_) => Ok(()),
            StatementKind::Evaluate(expression) => self.expression(expression),
            StatementKind::If { branches, otherwise } => self.branches(branches, otherwise.as_deref()),
            StatementKind::For { first, condition, after, body } => {
                self.block(first)?;
                let (going, end) = match condition {
                    Some(condition) => self.condition(condition)?,
                    None => (self.now.clone(), FlowState::default()),
                };
                self.now = going;
                self.repeated(end, |flow| flow.block(body), |flow| flow.all(after))
            }
            StatementKind::ForEach { name, source, body, .. } => {
                self.expression(source)?;
                let end = self.now.clone();
                self.begin(name);
                self.assign(name);
                self.repeated(end, |flow| flow.block(body), |_| Ok(()))
            }
            StatementKind::While { condition, body } => {
                let (going, end) = self.condition(condition)?;
                self.now = going;
                self.repeated(end, |flow| flow.block(body), |_| Ok(()))
            }
            StatementKind::DoWhile { body, condition } => self.do_while(body, condition),
            StatementKind::Switch { subject, sections } => self.switch(subject, sections),
            StatementKind::Try { body, catches, finally } => self.guarded(body, catches, finally.as_deref()),
            StatementKind::Using { resource, body } => {
                self.statement(resource)?;
                self.block(body)
            }
            StatementKind::Lock { object, body } => {
                self.expression(object)?;
                self.block(body)
            }
            StatementKind::Return(value) => {
                self.all(value)?;
                self.returns_value |= value.is_some();
                let now = std::mem::take(&mut self.now);
                self.ends.join(&now);
                Ok(())
            }
            StatementKind::Throw(value) => {
                self.all(value)?;
                self.now = FlowState::default();
                Ok(())
            }
            StatementKind::Label(name) => {
                // A jump back to this label starts after it, so its state knows no less.
                let jumps = self.labels.remove(name).unwrap_or_default();
                self.now.join(&jumps);
                Ok(())
            }
            StatementKind::Goto(name) => {
                let now = std::mem::take(&mut self.now);
                self.labels.entry(Arc::clone(name)).or_default().join(&now);
                Ok(())
            }
            StatementKind::GotoCase(_) | StatementKind::GotoDefault => {
                let now = std::mem::take(&mut self.now);
                let section = self.known.jumps.get(&statement.at).copied().unwrap_or_default();
                if let Some(state) = self.sections.last_mut().and_then(|sections| sections.get_mut(section)) {
                    state.join(&now);
                }
                Ok(())
            }
            StatementKind::Break => leave(&mut self.now, self.breaks.last_mut()),
            StatementKind::Continue => leave(&mut self.now, self.continues.last_mut()),
            StatementKind::Block(body) | StatementKind::Checked(_, body) => self.block(body),
        }
    }

    fn declare(&mut self, names: &[(usize, Arc<str>, Option<Expr>)]) -> Result<(), ParseError> {
        for (_, name, value) in names {
            self.all(value)?;
            self.begin(name);
            if value.is_some() { self.assign(name) } else { self.forget(name) }
        }
        Ok(())
    }

    /// Follows a function. Its reads and assignments of variables around it count where it is called.
    fn function(&mut self, at: usize, function: &Function) -> Result<(), ParseError> {
        let mut start = FlowState { reached: true, ..FlowState::default() };
        let known = self.count;
        (0..known).for_each(|variable| start.set(variable, true));
        let now = std::mem::replace(&mut self.now, start);
        let outside = std::mem::replace(&mut self.outside, known);
        let reads = std::mem::take(&mut self.reads);
        for parameter in &function.parameters {
            self.begin(&parameter.name);
            if parameter.mode == Mode::Out { self.forget(&parameter.name) } else { self.assign(&parameter.name) }
        }
        let done = self.apart(&function.body);
        let end = std::mem::replace(&mut self.now, now);
        self.outside = outside;
        let reads = std::mem::replace(&mut self.reads, reads);
        let (_, mut ends) = done?;
        let void = function.returns.parts.first().is_some_and(|part| &**part == "void");
        if end.reached && !void {
            let message = format!("'{}': not all code paths return a value", function.name);
            return Err(error(at, message));
        }
        ends.join(&end);
        for parameter in function.parameters.iter().filter(|parameter| parameter.mode == Mode::Out) {
            let variable = self.variable(&parameter.name);
            if ends.has(variable) {
                let message = format!(
                    "The out parameter '{}' must be assigned to before control leaves the current method",
                    parameter.name
                );
                return Err(error(parameter.class.at, message));
            }
        }
        let assigns: BTreeSet<usize> = (0..known).filter(|variable| !ends.has(*variable)).collect();
        self.functions.insert(Arc::clone(&function.name), Effects { reads, assigns });
        Ok(())
    }

    fn branches(&mut self, branches: &[(Expr, Block)], otherwise: Option<&[Statement]>) -> Result<(), ParseError> {
        let mut after = FlowState::default();
        for (condition, body) in branches {
            let (yes, no) = self.condition(condition)?;
            self.now = yes;
            self.block(body)?;
            after.join(&self.now);
            self.now = no;
        }
        self.block(otherwise.unwrap_or_default())?;
        self.now.join(&after);
        Ok(())
    }

    /// Follows a loop's body and the code after each round. `end` is the state where the loop ends by itself.
    fn repeated(
        &mut self,
        mut end: FlowState,
        body: impl FnOnce(&mut Self) -> Result<(), ParseError>,
        after: impl FnOnce(&mut Self) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        self.breaks.push(FlowState::default());
        self.continues.push(FlowState::default());
        body(self)?;
        self.now.join(&self.continues.pop().unwrap_or_default());
        after(self)?;
        end.join(&self.breaks.pop().unwrap_or_default());
        self.now = end;
        Ok(())
    }

    fn do_while(&mut self, body: &Block, condition: &Expr) -> Result<(), ParseError> {
        self.breaks.push(FlowState::default());
        self.continues.push(FlowState::default());
        self.block(body)?;
        self.now.join(&self.continues.pop().unwrap_or_default());
        let (_, mut end) = self.condition(condition)?;
        end.join(&self.breaks.pop().unwrap_or_default());
        self.now = end;
        Ok(())
    }

    fn switch(&mut self, subject: &Expr, sections: &[Section]) -> Result<(), ParseError> {
        self.expression(subject)?;
        let before = self.now.clone();
        let ways = self.known.ways.get(&std::ptr::from_ref(subject).addr());
        let reached: Vec<bool> = ways.map(|ways| ways.reached.clone()).unwrap_or_default();
        let passes = ways.is_none_or(|ways| ways.passes);
        self.breaks.push(FlowState::default());
        self.sections.push(vec![FlowState::default(); sections.len()]);
        let mut starts = Vec::new();
        for (at, section) in sections.iter().enumerate() {
            let mut start = FlowState::default();
            for label in &section.labels {
                self.now = if reached.get(at).copied().unwrap_or(true) { before.clone() } else { FlowState::default() };
                let name = label.pattern.as_ref().and_then(declared);
                if let Some(name) = name {
                    self.begin(name);
                    self.assign(name);
                }
                if let Some(when) = &label.when {
                    let (yes, _) = self.condition(when)?;
                    self.now = yes;
                }
                start.join(&self.now);
            }
            starts.push(start);
        }
        // Some sections may be reached only from a later section.
        let last = usize::from(!self.known.jumps.is_empty());
        for round in 0..=last {
            for (at, (section, start)) in sections.iter().zip(&starts).enumerate() {
                self.now = start.clone();
                let jumps = self.sections.last().and_then(|sections| sections.get(at)).cloned().unwrap_or_default();
                self.now.join(&jumps);
                self.block(&section.body)?;
                if self.now.reached && round == last {
                    let label = section.labels.last().map_or(subject.at, |label| label.at);
                    return Err(error(label, "Control cannot fall through from one case label to another"));
                }
            }
        }
        self.sections.pop();
        let mut after = if passes { before } else { FlowState::default() };
        after.join(&self.breaks.pop().unwrap_or_default());
        self.now = after;
        Ok(())
    }

    /// A `catch` may begin before anything of the `try` ran; a `finally` runs in any case.
    fn guarded(&mut self, body: &Block, catches: &[Catch], finally: Option<&[Statement]>) -> Result<(), ParseError> {
        let before = self.now.clone();
        self.block(body)?;
        let mut after = std::mem::take(&mut self.now);
        for catch in catches {
            self.now = before.clone();
            if let Some(name) = &catch.name {
                self.begin(name);
                self.assign(name);
            }
            self.all(&catch.when)?;
            self.block(&catch.body)?;
            after.join(&self.now);
        }
        self.now = before.clone();
        self.block(finally.unwrap_or_default())?;
        if !self.now.reached {
            after = FlowState::default();
        }
        let assigned = (0..self.count).filter(|one| before.has(*one) && !self.now.has(*one));
        assigned.for_each(|one| after.set(one, false));
        self.now = after;
        Ok(())
    }
}

/// Follows `break` and `continue`: the state joins that of the target, and no way leads on from here.
fn leave(now: &mut FlowState, target: Option<&mut FlowState>) -> Result<(), ParseError> {
    let now = std::mem::take(now);
    if let Some(target) = target {
        target.join(&now);
    }
    Ok(())
}
