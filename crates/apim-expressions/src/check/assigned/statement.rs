//! Statements: where ways part and meet.

use std::sync::Arc;

use super::{Flow, Unassigned};
use crate::{
    problem::ParseError,
    syntax::{Block, Catch, Expr, Section, Statement, StatementKind},
};

impl Flow {
    pub(super) fn block(&mut self, statements: &[Statement]) -> Result<(), ParseError> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), ParseError> {
        match &statement.kind {
            StatementKind::Declare { names, .. } | StatementKind::Constant { names, .. } => self.declare(names),
            StatementKind::Function(function) => self.function(&function.body),
            StatementKind::Evaluate(expression) => self.expression(expression),
            StatementKind::If { branches, otherwise } => self.branches(branches, otherwise.as_deref()),
            StatementKind::For { first, condition, after, body } => {
                self.block(first)?;
                let (going, end) = match condition {
                    Some(condition) => self.condition(condition)?,
                    None => (self.now.clone(), Unassigned::default()),
                };
                self.now = going;
                self.repeated(end, |flow| flow.block(body), |flow| flow.all(after))
            }
            StatementKind::ForEach { name, source, body, .. } => {
                self.expression(source)?;
                let end = self.now.clone();
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
            StatementKind::Return(value) | StatementKind::Throw(value) => {
                self.all(value)?;
                self.now = Unassigned::default();
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
            if value.is_some() { self.assign(name) } else { self.forget(name) }
        }
        Ok(())
    }

    /// What a function reads of its surroundings must have a value where it is called, which is not looked into.
    fn function(&mut self, body: &Block) -> Result<(), ParseError> {
        let now = std::mem::take(&mut self.now);
        let outer = (std::mem::take(&mut self.breaks), std::mem::take(&mut self.continues));
        self.block(body)?;
        (self.breaks, self.continues) = outer;
        self.now = now;
        Ok(())
    }

    fn branches(&mut self, branches: &[(Expr, Block)], otherwise: Option<&[Statement]>) -> Result<(), ParseError> {
        let mut after = Unassigned::default();
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

    /// A loop's body and what follows each round. `end` is what is known where the loop ends by itself.
    fn repeated(
        &mut self,
        mut end: Unassigned,
        body: impl FnOnce(&mut Self) -> Result<(), ParseError>,
        after: impl FnOnce(&mut Self) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        self.breaks.push(Unassigned::default());
        self.continues.push(Unassigned::default());
        body(self)?;
        self.now.join(&self.continues.pop().unwrap_or_default());
        after(self)?;
        end.join(&self.breaks.pop().unwrap_or_default());
        self.now = end;
        Ok(())
    }

    fn do_while(&mut self, body: &Block, condition: &Expr) -> Result<(), ParseError> {
        self.breaks.push(Unassigned::default());
        self.continues.push(Unassigned::default());
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
        let default = sections.iter().any(|section| section.labels.iter().any(Option::is_none));
        let mut after = if default { Unassigned::default() } else { before.clone() };
        self.breaks.push(Unassigned::default());
        for section in sections {
            self.now = before.clone();
            self.block(&section.body)?;
            after.join(&self.now);
        }
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
                self.assign(name);
            }
            self.all(&catch.when)?;
            self.block(&catch.body)?;
            after.join(&self.now);
        }
        self.now = before.clone();
        self.block(finally.unwrap_or_default())?;
        let assigned = (0..self.variables.len()).filter(|one| before.has(*one) && !self.now.has(*one));
        assigned.for_each(|one| after.set(one, false));
        self.now = after;
        Ok(())
    }
}

/// `break` and `continue`: what is known goes where they lead, and nothing follows.
fn leave(now: &mut Unassigned, target: Option<&mut Unassigned>) -> Result<(), ParseError> {
    let now = std::mem::take(now);
    if let Some(target) = target {
        target.join(&now);
    }
    Ok(())
}
