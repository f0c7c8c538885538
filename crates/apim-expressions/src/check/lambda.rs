//! Lambdas, and delegates in variables.

use std::sync::Arc;

use super::{
    Checker, Returns, Typed, convert_code, error,
    infer::infer,
    known::{Fixed, Returned},
    variable_type,
};
use crate::{
    problem::ParseError,
    program::{Code, CodeBody, Lambda, Step},
    syntax::{self, Argument, ArgumentValue, Expr, ExprKind, LambdaBody},
    types::{
        Class, Type,
        convert::{self, Conversion},
    },
    value::Value,
};

impl Checker {
    /// Checks a lambda, a function's name or a method's name where a delegate is wanted. Returns `None` for any other
    /// expression.
    pub(super) fn delegate(&mut self, expression: &Expr, class: &Type) -> Result<Option<Code>, ParseError> {
        let mut bindings = Vec::new();
        let outer = self.slots;
        let code = match &expression.kind {
            ExprKind::Lambda(lambda) => self.lambda(expression.at, lambda, class, &mut bindings)?,
            _ if self.is_group(expression) => self.group(expression, class, &mut bindings)?,
            _ => return Ok(None),
        };
        self.warn(expression.at, format!("`{class}` is not on API Management's list of types"));
        // A lambda may be called while it runs, so each call has its own variables.
        Ok(Some(match code {
            Code::Lambda(lambda) => {
                let Lambda { parameters, opened, body, .. } =
                    Arc::try_unwrap(lambda).map_err(|_| error(expression.at, "the lambda is used twice"))?;
                Code::Lambda(Arc::new(Lambda { parameters, opened, body, own: outer..self.slots }))
            }
            code => code,
        }))
    }

    /// Checks a lambda for a delegate of this type. The type may have open letters: the lambda's value decides them.
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
                // The parameter is a record of several range variables of a query: its members become variables.
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
                LambdaBody::Value(value) => checker.lambda_value(value, &returns, bindings, lambda.is_method)?,
                LambdaBody::Block(statements) => {
                    let mut steps = checker.block(statements)?;
                    if steps.is_empty() && !open && !returns.is(Class::Void) {
                        return Err(error(at, "Not all code paths return a value in lambda expression"));
                    }
                    if open {
                        let returned = std::mem::take(&mut checker.returned);
                        checker.unify(at, &mut steps, &returned, &returns, bindings)?;
                    }
                    CodeBody::Block(steps)
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
        is_method: bool,
    ) -> Result<CodeBody, ParseError> {
        if returns.is(Class::Void) {
            return Ok(CodeBody::Block(vec![Step::Evaluate(self.statement_expression(value)?)]));
        }
        if !is_method && !returns.has_letters(bindings) {
            return Ok(CodeBody::Single(self.expect(value, &returns.with(bindings))?));
        }
        let at = value.at;
        let value = self.value(value)?;
        infer(returns, &value.class, bindings);
        let wanted = returns.with(bindings);
        // A delegate returns its method's result unchanged: no number becomes another number, and no value becomes an
        // object.
        let passes = value.class == wanted
            || !value.class.is_value()
                && convert::implicit(&value.class, &wanted).is_some_and(|(_, how)| how == Conversion::Same);
        if is_method && !passes {
            return Err(error(at, format!("the method has the wrong return type: '{}', not '{wanted}'", value.class)));
        }
        Ok(CodeBody::Single(self.convert(value, &wanted, at)?))
    }

    /// Gives all returned values the best of their types. The lambda's type is inferred from it.
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

    /// Checks a call of a delegate in a variable.
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
