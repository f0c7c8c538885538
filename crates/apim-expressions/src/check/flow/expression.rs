//! Expressions. A condition has two ways out.

use std::sync::Arc;

use super::{Flow, VISITS, declared, state::FlowState};
use crate::{
    check::{error, unsupported},
    problem::ParseError,
    syntax::{
        Argument, ArgumentValue, Binary, Expr, ExprKind, Item, Lambda, LambdaBody, Link, LinkKind, Pattern, Segment,
        Unary,
    },
};

impl Flow<'_> {
    /// Returns the states after a condition: where it is true, and where it is false.
    pub(super) fn condition(&mut self, condition: &Expr) -> Result<(FlowState, FlowState), ParseError> {
        self.visits += 1;
        if self.visits > VISITS {
            return Err(unsupported(condition.at, "the expression is too complex"));
        }
        match self.known.conditions.get(&std::ptr::from_ref(condition).addr()) {
            Some(true) => return Ok((self.now.clone(), FlowState::default())),
            Some(false) => return Ok((FlowState::default(), self.now.clone())),
            None => {}
        }
        match &condition.kind {
            ExprKind::Unary(Unary::Not, inner) => self.condition(inner).map(|(yes, no)| (no, yes)),
            ExprKind::Binary(first, rest) => match rest.first() {
                Some((_, operator @ (Binary::And | Binary::Or), _)) => self.logical(first, *operator, rest),
                _ => self.plain(condition),
            },
            ExprKind::Is(value, pattern) => {
                self.expression(value)?;
                let Some(name) = declared(pattern) else { return Ok((self.now.clone(), self.now.clone())) };
                self.begin(name);
                self.assign(name);
                let yes = self.now.clone();
                if matches!(**pattern, Pattern::Type(..)) {
                    self.forget(name);
                }
                Ok((yes, self.now.clone()))
            }
            _ => self.plain(condition),
        }
    }

    fn plain(&mut self, condition: &Expr) -> Result<(FlowState, FlowState), ParseError> {
        self.operands(condition)?;
        Ok((self.now.clone(), self.now.clone()))
    }

    /// Follows `&&` and `||`: the next operand runs only where those before it are true (or false).
    fn logical(
        &mut self,
        first: &Expr,
        operator: Binary,
        rest: &[(usize, Binary, Expr)],
    ) -> Result<(FlowState, FlowState), ParseError> {
        let mut left = FlowState::default();
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

    pub(super) fn expression(&mut self, expression: &Expr) -> Result<(), ParseError> {
        let (mut yes, no) = self.condition(expression)?;
        yes.join(&no);
        self.now = yes;
        Ok(())
    }

    /// Follows the operands of any expression other than a condition whose parts may be skipped.
    fn operands(&mut self, expression: &Expr) -> Result<(), ParseError> {
        match &expression.kind {
            ExprKind::Name(name) => self.read(expression.at, name),
            ExprKind::Chain(base, links) => self.chain(base, links),
            ExprKind::Binary(first, rest) => {
                self.expression(first)?;
                self.all(rest.iter().map(|(_, _, operand)| operand))
            }
            ExprKind::Checked(_, inner)
            | ExprKind::Unary(_, inner)
            | ExprKind::Cast(_, inner)
            | ExprKind::As(inner, _) => self.expression(inner),
            ExprKind::Step { place, .. } => self.expression(place),
            ExprKind::Assign(target, operator, value) => self.assignment(target, *operator, value),
            ExprKind::Conditional(parts) => self.choice(parts),
            ExprKind::Coalesce(values) => self.coalesce(values),
            ExprKind::Is(inner, _) => self.expression(inner),
            ExprKind::Lambda(lambda) => self.lambda(expression.at, lambda),
            ExprKind::Throw(thrown) => {
                self.expression(thrown)?;
                self.now = FlowState::default();
                Ok(())
            }
            ExprKind::Tuple(elements) => self.all(elements.iter().map(|(_, value)| value)),
            ExprKind::Deconstruct(variables) => {
                for (_, name) in variables {
                    self.begin(name);
                    self.assign(name);
                }
                Ok(())
            }
            ExprKind::NewGrid { sizes, rows, .. } => {
                self.all(sizes.iter().flat_map(|sizes| sizes.iter()).chain(rows.iter().flatten()))
            }
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
            | ExprKind::TypeOf(_)
            | ExprKind::SizeOf(_)
            | ExprKind::DefaultLiteral
            | ExprKind::Default(_) => Ok(()),
        }
    }

    /// Follows code that may run or not: its assignments do not count.
    fn aside(&mut self, run: impl FnOnce(&mut Self) -> Result<(), ParseError>) -> Result<(), ParseError> {
        let before = self.now.clone();
        run(self)?;
        self.now.join(&before);
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
            match &argument.value {
                ArgumentValue::Plain(value) => self.expression(value)?,
                ArgumentValue::Ref(at, name) => self.read(*at, name)?,
                ArgumentValue::Out { .. } => {}
            }
        }
        for argument in arguments {
            if let ArgumentValue::Out { name, declares, .. } = &argument.value {
                if declares.is_some() {
                    self.begin(name);
                }
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
        let name = match &target.kind {
            ExprKind::Name(name) => name,
            // In a tuple on the left, only the variables are not read.
            ExprKind::Tuple(elements) => {
                for (_, element) in elements {
                    if !matches!(element.kind, ExprKind::Name(_)) {
                        self.expression(element)?;
                    }
                }
                self.expression(value)?;
                for (_, element) in elements {
                    if let ExprKind::Name(name) = &element.kind {
                        self.assign(name);
                    }
                }
                return Ok(());
            }
            ExprKind::Deconstruct(_) => return self.all([value, target]),
            _ => return self.all([target, value]),
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

    /// Follows a lambda. It may run later or never, so its assignments do not count.
    fn lambda(&mut self, at: usize, lambda: &Lambda) -> Result<(), ParseError> {
        let before = self.now.clone();
        // An earlier variable of the same name may have ended without a value.
        for (_, name) in &lambda.parameters {
            let names = name
                .strip_prefix('*')
                .map_or_else(|| vec![Arc::clone(name)], |names| names.split(',').map(Arc::from).collect());
            for name in names {
                self.begin(&name);
                self.assign(&name);
            }
        }
        match &lambda.body {
            LambdaBody::Value(value) => self.expression(value)?,
            LambdaBody::Block(body) => {
                // The ways through the lambda count even where the lambda itself is not reached.
                self.now.reached = true;
                let (returns, _) = self.apart(body)?;
                if returns && self.now.reached {
                    return Err(error(at, "Not all code paths return a value in lambda expression"));
                }
            }
        }
        self.now = before;
        Ok(())
    }
}
