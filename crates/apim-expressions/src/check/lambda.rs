//! Lambdas, and delegates in variables.

use std::sync::Arc;

use super::{
    Checker, Local, Returns, Typed, arguments::infer, convert_code, error, fixed::Fixed, statement::variable_type,
};
use crate::{
    problem::ParseError,
    program::{Body, Code, Lambda, Step},
    syntax::{self, Argument, ArgumentValue, Expr, ExprKind, LambdaBody, Link, LinkKind},
    types::{
        Class, Type,
        convert::{self, Conversion},
    },
    value::Value,
};

/// A value that a statement of a lambda returns.
pub(super) struct Returned {
    at: usize,
    class: Type,
    constant: Option<Value>,
}

impl Returned {
    pub(super) fn new(at: usize, class: Type, constant: Option<Value>) -> Self {
        Self { at, class, constant }
    }
}

impl Checker {
    /// A lambda, a function's name or a method's name where a delegate is wanted; `None` for any other expression.
    pub(super) fn delegate(&mut self, expression: &Expr, class: &Type) -> Result<Option<Code>, ParseError> {
        let mut bindings = Vec::new();
        let outer = self.slots;
        let code = match &expression.kind {
            ExprKind::Lambda(lambda) => self.lambda(expression.at, lambda, class, &mut bindings)?,
            _ if self.is_group(expression) => self.group(expression, class, &mut bindings)?,
            _ => return Ok(None),
        };
        self.warn(expression.at, format!("`{class}` is not on API Management's list of types"));
        // It may be called while it runs, so that each call has variables of its own.
        Ok(Some(match code {
            Code::Lambda(lambda) => {
                let Lambda { parameters, opened, body, .. } =
                    Arc::try_unwrap(lambda).map_err(|_| error(expression.at, "the lambda is used twice"))?;
                Code::Lambda(Arc::new(Lambda { parameters, opened, body, own: outer..self.slots }))
            }
            code => code,
        }))
    }

    /// Whether an expression names a method or function without calling it.
    pub(super) fn is_group(&self, expression: &Expr) -> bool {
        match &expression.kind {
            ExprKind::Name(name) => matches!(self.lookup(name), Some(Local::Function(_))),
            ExprKind::Chain(base, links) => match links.split_last() {
                Some((Link { kind: LinkKind::Member(..), conditional: false, .. }, before)) => {
                    let calls = before.iter().any(|link| !matches!(link.kind, LinkKind::Member(..)));
                    // A method of a type; one of a value is called on what the value is now.
                    !calls
                        && match &base.kind {
                            ExprKind::Type(written) => match written.parts.as_slice() {
                                [name] => self.names_method(name, links),
                                _ => false,
                            },
                            ExprKind::Name(name) => {
                                self.lookup(name).is_none() && &**name != "context" && self.names_method(name, links)
                            }
                            _ => false,
                        }
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether `Type.Name` is no property, constant or enumerator.
    fn names_method(&self, first: &Arc<str>, links: &[Link]) -> bool {
        let mut parts = vec![Arc::clone(first)];
        parts.extend(links.iter().filter_map(|link| match &link.kind {
            LinkKind::Member(name, _) => Some(Arc::clone(name)),
            _ => None,
        }));
        let Some((member, class)) = parts.split_last() else { return false };
        let Some(description) = crate::types::names::class(&class.join(".")) else { return false };
        let found = super::call::candidates(&description.class.into(), member, true);
        !found.is_empty() && found.iter().all(|candidate| candidate.signature.parameters.is_some())
    }

    /// A method's name is short for a lambda that calls it.
    pub(super) fn group(
        &mut self,
        expression: &Expr,
        class: &Type,
        bindings: &mut Vec<(char, Type)>,
    ) -> Result<Code, ParseError> {
        let at = expression.at;
        let count = class.delegate_parameters().len();
        let names: Vec<Arc<str>> = (0..count).map(|index| Arc::from(format!("*{}*{index}", self.slots))).collect();
        let argument = |name: &Arc<str>| Argument {
            name: None,
            value: ArgumentValue::Plain(Expr { at, kind: ExprKind::Name(Arc::clone(name)) }),
        };
        let invoke = Link { at, conditional: false, kind: LinkKind::Invoke(names.iter().map(argument).collect()) };
        let (base, mut links) = match &expression.kind {
            ExprKind::Name(name) => (Expr { at, kind: ExprKind::Name(Arc::clone(name)) }, Vec::new()),
            ExprKind::Chain(base, links) => {
                let base = match &base.kind {
                    ExprKind::Name(name) => ExprKind::Name(Arc::clone(name)),
                    ExprKind::Type(written) => ExprKind::Type(written.clone()),
                    _ => return Err(error(at, "Method name expected")),
                };
                let member = |link: &Link| match &link.kind {
                    LinkKind::Member(name, types) => Link {
                        at: link.at,
                        conditional: false,
                        kind: LinkKind::Member(Arc::clone(name), types.clone()),
                    },
                    _ => Link { at: link.at, conditional: false, kind: LinkKind::Invoke(Vec::new()) },
                };
                (Expr { at, kind: base }, links.iter().map(member).collect())
            }
            _ => return Err(error(at, "Method name expected")),
        };
        links.push(invoke);
        let body = LambdaBody::Value(Box::new(Expr { at, kind: ExprKind::Chain(Box::new(base), links) }));
        let parameters = names.into_iter().map(|name| (None, name)).collect();
        let lambda = syntax::Lambda { parameters, body, is_clause: false };
        self.lambda(at, &lambda, class, bindings)
    }

    /// A lambda for a delegate of this type, in which letters may still be open: its value decides them.
    pub(super) fn lambda(
        &mut self,
        at: usize,
        lambda: &syntax::Lambda,
        function: &Type,
        bindings: &mut Vec<(char, Type)>,
    ) -> Result<Code, ParseError> {
        if !function.is_delegate() {
            return Err(error(at, "a lambda is not expected"));
        }
        let (takes, returns) = (function.delegate_parameters(), function.delegate_returns());
        if takes.len() != lambda.parameters.len() {
            let message = format!("Delegate '{function}' does not take {} arguments", lambda.parameters.len());
            return Err(error(at, message));
        }
        if returns.is_delegate() {
            // The inner lambda would need the outer one's variables after it has returned.
            return Err(super::unsupported(at, "a lambda that gives another delegate is not supported"));
        }
        let start = self.slots;
        let open = returns.has_letters(bindings);
        let wanted = if open { Returns::Infer } else { Returns::Type(returns.with(bindings)) };
        let outer = std::mem::take(&mut self.returned);
        let checked = self.apart(wanted, |checker| {
            let (mut slots, mut opened) = (Vec::new(), Vec::new());
            for ((written, name), class) in lambda.parameters.iter().zip(takes) {
                if let Some(written) = written
                    && variable_type(written)? != class
                {
                    let message = format!("Parameter '{name}' is declared as another type than '{class}'");
                    return Err(error(written.at, message));
                }
                let slot = checker.declare(at, name, class.clone())?;
                slots.push(slot);
                // The members of a record that stands for several range variables of a query.
                if name.starts_with('*') && class.is(Class::Anonymous) {
                    for (index, member) in class.names.iter().enumerate() {
                        opened.push((slot, index, checker.declare(at, member, class.argument(index))?));
                    }
                }
                if lambda.is_clause {
                    let variables = opened.iter().map(|(_, _, variable)| *variable).chain([slot]);
                    checker.fixed.extend(variables.map(|variable| (variable, Fixed::Range)));
                }
            }
            let body = match &lambda.body {
                LambdaBody::Value(value) => checker.lambda_value(value, &returns, bindings)?,
                LambdaBody::Block(statements) => {
                    let mut steps = checker.block(statements)?;
                    if steps.is_empty() && !open && !returns.is(Class::Void) {
                        return Err(error(at, "Not all code paths return a value in lambda expression"));
                    }
                    if open {
                        let returned = std::mem::take(&mut checker.returned);
                        checker.unify(at, &mut steps, &returned, &returns, bindings)?;
                    }
                    Body::Block(steps)
                }
            };
            Ok((slots, opened, body))
        });
        self.returned = outer;
        let (parameters, opened, body) = checked?;
        Ok(Code::Lambda(Arc::new(Lambda { parameters, opened, body, own: start..start })))
    }

    fn lambda_value(
        &mut self,
        value: &Expr,
        returns: &Type,
        bindings: &mut Vec<(char, Type)>,
    ) -> Result<Body, ParseError> {
        if returns.is(Class::Void) {
            return Ok(Body::Block(vec![Step::Evaluate(self.statement_expression(value)?)]));
        }
        if !returns.has_letters(bindings) {
            return Ok(Body::Single(self.expect(value, &returns.with(bindings))?));
        }
        let at = value.at;
        let value = self.value(value)?;
        infer(returns, &value.class, bindings);
        Ok(Body::Single(self.convert(value, &returns.with(bindings), at)?))
    }

    /// Gives all returned values the best type among theirs, which the lambda's type learns from.
    fn unify(
        &mut self,
        at: usize,
        steps: &mut [Step],
        returned: &[Returned],
        returns: &Type,
        bindings: &mut Vec<(char, Type)>,
    ) -> Result<(), ParseError> {
        let stand_in = |one: &Returned| Typed {
            code: Code::Constant(Value::Null),
            class: one.class.clone(),
            constant: one.constant.clone(),
        };
        let takes = |class: &Type, one: &Returned| {
            convert::implicit(&one.class, class).is_some() || stand_in(one).fitting(class).is_some()
        };
        let best = returned
            .iter()
            .map(|one| &one.class)
            .find(|class| !class.is(Class::Null) && returned.iter().all(|one| takes(class, one)));
        let Some(best) = best.cloned() else {
            return Err(error(at, "The type arguments for method cannot be inferred from the usage."));
        };
        infer(returns, &best, bindings);
        let wanted = returns.with(bindings);
        let mut conversions = Vec::new();
        for one in returned {
            match convert::implicit(&one.class, &wanted) {
                Some((_, conversion)) => conversions.push(conversion),
                None => conversions.push(Conversion::Number(wanted.class)),
            }
            let _ = one.at;
        }
        let mut conversions = conversions.into_iter();
        convert_returns(steps, &mut conversions);
        Ok(())
    }

    /// A call of a delegate in a variable.
    pub(super) fn invoke_delegate(
        &mut self,
        at: usize,
        delegate: Typed,
        arguments: &[Argument],
    ) -> Result<Typed, ParseError> {
        let parameters = delegate.class.delegate_parameters();
        if parameters.len() != arguments.len() {
            let message = format!("Delegate '{}' does not take {} arguments", delegate.class, arguments.len());
            return Err(error(at, message));
        }
        let mut codes = Vec::new();
        for (argument, class) in arguments.iter().zip(&parameters) {
            match (&argument.name, &argument.value) {
                (None, ArgumentValue::Plain(value)) => codes.push(self.expect(value, class)?),
                _ => return Err(super::unsupported(at, "named arguments of delegates are not supported")),
            }
        }
        let returns = delegate.class.delegate_returns();
        Ok(Typed::new(Code::Invoke(Box::new(delegate.code), codes), returns))
    }
}

/// Whether a method of the name takes values of these types as they are: a value type becomes no object there.
pub(super) fn group_fits(expression: &Expr, takes: &[Type]) -> bool {
    let ExprKind::Chain(base, links) = &expression.kind else { return true };
    let mut parts: Vec<Arc<str>> = match &base.kind {
        ExprKind::Name(name) => vec![Arc::clone(name)],
        ExprKind::Type(written) => written.parts.clone(),
        _ => return true,
    };
    parts.extend(links.iter().filter_map(|link| match &link.kind {
        LinkKind::Member(name, _) => Some(Arc::clone(name)),
        LinkKind::Invoke(_) | LinkKind::Index(_) => None,
    }));
    let Some((member, class)) = parts.split_last() else { return true };
    let Some(description) = crate::types::names::class(&class.join(".")) else { return true };
    super::call::candidates(&description.class.into(), member, true).iter().any(|candidate| {
        let parameters = candidate.signature.parameters.as_deref().unwrap_or_default();
        let bindings = super::call::bindings(&candidate.owner);
        parameters.len() == takes.len()
            && parameters.iter().zip(takes).all(|(parameter, given)| {
                let wanted = parameter.class.with(&bindings);
                let reference = || {
                    let known = convert::implicit(given, &wanted);
                    !given.is_value() && known.is_some_and(|(_, conversion)| conversion == Conversion::Same)
                };
                wanted == *given || wanted.has_letters(&bindings) || given.has_letters(&[]) || reference()
            })
    })
}

/// Writes the conversions into the `return` statements, in the order of the source.
fn convert_returns(steps: &mut [Step], conversions: &mut impl Iterator<Item = Conversion>) {
    for step in steps {
        match step {
            Step::Return(Some(code)) => {
                let value = std::mem::replace(code, Code::Constant(Value::Null));
                *code = convert_code(value, conversions.next().unwrap_or(Conversion::Same));
            }
            Step::If { branches, otherwise } => {
                branches.iter_mut().for_each(|(_, body)| convert_returns(body, conversions));
                convert_returns(otherwise, conversions);
            }
            Step::Loop { body, .. } | Step::ForEach { body, .. } | Step::Block(body) => {
                convert_returns(body, conversions);
            }
            Step::Switch { sections, .. } => {
                sections.iter_mut().for_each(|section| convert_returns(&mut section.body, conversions));
            }
            Step::Try { body, catches, finally } => {
                convert_returns(body, conversions);
                catches.iter_mut().for_each(|catch| convert_returns(&mut catch.body, conversions));
                convert_returns(finally, conversions);
            }
            Step::Return(None)
            | Step::Evaluate(_)
            | Step::Set(..)
            | Step::Throw(_)
            | Step::Break
            | Step::Continue
            | Step::Label(_)
            | Step::Goto(_)
            | Step::GotoSection(_) => {}
        }
    }
}
