//! Whether every variable has a value before it is read, which C# wants to see from the program alone (its "definite
//! assignment", learn.microsoft.com/dotnet/csharp/language-reference/language-specification/variables).
//!
//! Names stand for variables here: none hides another, and those of scopes that have ended are not read any more.

mod statement;

use std::{collections::HashMap, sync::Arc};

use super::error;
use crate::{
    problem::ParseError,
    syntax::{Argument, ArgumentValue, Binary, Expr, ExprKind, Item, Link, LinkKind, Segment, Source, Unary},
};

/// Refuses a program that may read a variable that has no value.
pub(super) fn check(source: &Source) -> Result<(), ParseError> {
    let mut flow = Flow::default();
    match source {
        Source::Single(expression) => flow.expression(expression),
        Source::Block(statements) => flow.block(statements),
    }
}

/// The variables that may have no value at a place; none where the place is never reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Unassigned(Vec<u64>);

impl Unassigned {
    fn has(&self, variable: usize) -> bool {
        self.0.get(variable / 64).is_some_and(|bits| bits & 1 << (variable % 64) != 0)
    }

    fn set(&mut self, variable: usize, unassigned: bool) {
        let word = variable / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let bit = 1 << (variable % 64);
        self.0[word] = if unassigned { self.0[word] | bit } else { self.0[word] & !bit };
    }

    /// Where two ways meet.
    fn join(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len()), 0);
        for (bits, others) in self.0.iter_mut().zip(&other.0) {
            *bits |= others;
        }
    }
}

#[derive(Default)]
struct Flow {
    variables: HashMap<Arc<str>, usize>,
    now: Unassigned,
    /// Where `break` leads, and with what; the innermost last.
    breaks: Vec<Unassigned>,
    continues: Vec<Unassigned>,
}

impl Flow {
    fn variable(&mut self, name: &Arc<str>) -> usize {
        let next = self.variables.len();
        *self.variables.entry(Arc::clone(name)).or_insert(next)
    }

    fn assign(&mut self, name: &Arc<str>) {
        let variable = self.variable(name);
        self.now.set(variable, false);
    }

    fn forget(&mut self, name: &Arc<str>) {
        let variable = self.variable(name);
        self.now.set(variable, true);
    }

    fn read(&self, at: usize, name: &Arc<str>) -> Result<(), ParseError> {
        let unassigned = self.variables.get(name).is_some_and(|variable| self.now.has(*variable));
        if unassigned { Err(error(at, format!("Use of unassigned local variable '{name}'"))) } else { Ok(()) }
    }

    fn all<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Result<(), ParseError> {
        expressions.into_iter().try_for_each(|expression| self.expression(expression))
    }

    /// What is known after a condition, where it is true and where it is false.
    fn condition(&mut self, condition: &Expr) -> Result<(Unassigned, Unassigned), ParseError> {
        match &condition.kind {
            ExprKind::Bool(true) => Ok((self.now.clone(), Unassigned::default())),
            ExprKind::Bool(false) => Ok((Unassigned::default(), self.now.clone())),
            ExprKind::Unary(Unary::Not, inner) => self.condition(inner).map(|(yes, no)| (no, yes)),
            ExprKind::Binary(first, rest) => match rest.first() {
                Some((_, operator @ (Binary::And | Binary::Or), _)) => self.logical(first, *operator, rest),
                _ => self.plain(condition),
            },
            ExprKind::Is(value, _, Some(name)) => {
                self.expression(value)?;
                self.assign(name);
                let yes = self.now.clone();
                self.forget(name);
                Ok((yes, self.now.clone()))
            }
            _ => self.plain(condition),
        }
    }

    fn plain(&mut self, condition: &Expr) -> Result<(Unassigned, Unassigned), ParseError> {
        self.operands(condition)?;
        Ok((self.now.clone(), self.now.clone()))
    }

    /// `&&` and `||`: the next operand is looked at only where those before are true (or false).
    fn logical(
        &mut self,
        first: &Expr,
        operator: Binary,
        rest: &[(usize, Binary, Expr)],
    ) -> Result<(Unassigned, Unassigned), ParseError> {
        let mut left = Unassigned::default();
        let mut going = self.now.clone();
        for operand in std::iter::once(first).chain(rest.iter().map(|(_, _, operand)| operand)) {
            self.now = going;
            let (yes, no) = self.condition(operand)?;
            let (on, off) = if operator == Binary::And { (yes, no) } else { (no, yes) };
            left.join(&off);
            going = on;
        }
        Ok(if operator == Binary::And { (going, left) } else { (left, going) })
    }

    fn expression(&mut self, expression: &Expr) -> Result<(), ParseError> {
        let (mut yes, no) = self.condition(expression)?;
        yes.join(&no);
        self.now = yes;
        Ok(())
    }

    /// An expression other than a condition with parts that may be skipped.
    fn operands(&mut self, expression: &Expr) -> Result<(), ParseError> {
        match &expression.kind {
            ExprKind::Name(name) => self.read(expression.at, name),
            ExprKind::Chain(base, links) => self.chain(base, links),
            ExprKind::Binary(first, rest) => {
                self.expression(first)?;
                self.all(rest.iter().map(|(_, _, operand)| operand))
            }
            ExprKind::Checked(_, inner)
            | ExprKind::IsNull(inner)
            | ExprKind::Unary(_, inner)
            | ExprKind::Cast(_, inner)
            | ExprKind::Is(inner, ..)
            | ExprKind::As(inner, _) => self.expression(inner),
            ExprKind::Step { place, .. } => self.expression(place),
            ExprKind::Assign(target, operator, value) => self.assignment(target, *operator, value),
            ExprKind::Conditional(parts) => self.choice(parts),
            ExprKind::Coalesce(values) => self.coalesce(values),
            ExprKind::Lambda(parameters, body) => self.aside(|flow| {
                // A variable of the same name may have ended without a value before.
                for name in parameters {
                    match name.strip_prefix('*') {
                        Some(names) => names.split(',').for_each(|name| flow.assign(&name.into())),
                        None => flow.assign(name),
                    }
                }
                flow.expression(body)
            }),
            ExprKind::New { arguments, initializer, .. } => {
                self.arguments(arguments)?;
                initializer.iter().try_for_each(|item| self.item(item))
            }
            ExprKind::NewArray { size, items, .. } => self.all(size.as_deref().into_iter().chain(items)),
            ExprKind::Anonymous(members) => self.all(members.iter().map(|(_, value)| value)),
            ExprKind::Interpolated(segments) => self.all(segments.iter().filter_map(|segment| match segment {
                Segment::Hole { value, .. } => Some(value),
                Segment::Text(_) => None,
            })),
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Integer(..)
            | ExprKind::Real(_)
            | ExprKind::Text(_)
            | ExprKind::Char(_)
            | ExprKind::Type(_)
            | ExprKind::Single(_)
            | ExprKind::Decimal(_)
            | ExprKind::NameOf(_)
            | ExprKind::DefaultLiteral
            | ExprKind::Default(_) => Ok(()),
        }
    }

    /// Something that may run or not, so that what it assigns does not count.
    fn aside(&mut self, run: impl FnOnce(&mut Self) -> Result<(), ParseError>) -> Result<(), ParseError> {
        let before = self.now.clone();
        run(self)?;
        self.now = before;
        Ok(())
    }

    fn chain(&mut self, base: &Expr, links: &[Link]) -> Result<(), ParseError> {
        self.expression(base)?;
        let certain = links.iter().position(|link| link.conditional).unwrap_or(links.len());
        let (always, perhaps) = links.split_at(certain);
        self.links(always)?;
        if perhaps.is_empty() { Ok(()) } else { self.aside(|flow| flow.links(perhaps)) }
    }

    fn links(&mut self, links: &[Link]) -> Result<(), ParseError> {
        links.iter().try_for_each(|link| match &link.kind {
            LinkKind::Member(..) => Ok(()),
            LinkKind::Invoke(arguments) | LinkKind::Index(arguments) => self.arguments(arguments),
        })
    }

    fn arguments(&mut self, arguments: &[Argument]) -> Result<(), ParseError> {
        for argument in arguments {
            if let ArgumentValue::Plain(value) = &argument.value {
                self.expression(value)?;
            }
        }
        for argument in arguments {
            if let ArgumentValue::Out { name, .. } = &argument.value {
                self.assign(name);
            }
        }
        Ok(())
    }

    fn item(&mut self, item: &Item) -> Result<(), ParseError> {
        match item {
            Item::Add(_, values) => self.all(values),
            Item::Index(_, key, value) => self.all([key, value]),
            Item::Property(_, _, value) => self.expression(value),
        }
    }

    fn assignment(&mut self, target: &Expr, operator: Option<Binary>, value: &Expr) -> Result<(), ParseError> {
        let ExprKind::Name(name) = &target.kind else {
            return self.all([target, value]);
        };
        if operator.is_some() {
            self.read(target.at, name)?;
        }
        self.expression(value)?;
        self.assign(name);
        Ok(())
    }

    fn choice(&mut self, parts: &[Expr; 3]) -> Result<(), ParseError> {
        let [condition, yes, no] = parts;
        let (when_true, when_false) = self.condition(condition)?;
        self.now = when_true;
        self.expression(yes)?;
        let after = std::mem::replace(&mut self.now, when_false);
        self.expression(no)?;
        self.now.join(&after);
        Ok(())
    }

    fn coalesce(&mut self, values: &[Expr]) -> Result<(), ParseError> {
        let Some((first, rest)) = values.split_first() else { return Ok(()) };
        self.expression(first)?;
        self.aside(|flow| flow.all(rest))
    }
}
