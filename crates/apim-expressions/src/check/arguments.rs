//! Arguments: their types, and their final form.

use std::sync::Arc;

use super::{
    Checker, Local,
    candidate::Candidate,
    error,
    fit::{CheckedArgument, CheckedKind, Fit},
    group::group_fits,
    variable_type,
};
use crate::{
    problem::ParseError,
    program::{Argument as ArgumentCode, Code},
    syntax::{Argument, ArgumentValue, Expr, ExprKind},
    types::{Class, Type},
};

/// The arguments in the order of the parameters, and the types that the letters of the signature stand for.
pub(super) struct Finished {
    pub(super) arguments: Vec<ArgumentCode>,
    pub(super) bindings: Vec<(char, Type)>,
}

impl Checker {
    pub(super) fn arguments<'e>(&mut self, written: &'e [Argument]) -> Result<Vec<CheckedArgument<'e>>, ParseError> {
        written
            .iter()
            .map(|argument| {
                let (at, kind) = match &argument.value {
                    ArgumentValue::Plain(Expr { at, kind: ExprKind::Lambda(lambda) }) => {
                        (*at, CheckedKind::Lambda(lambda))
                    }
                    ArgumentValue::Plain(value) if self.is_group(value) => (value.at, CheckedKind::Group(value)),
                    ArgumentValue::Ref(at, _) => {
                        return Err(error(*at, "The argument may not be passed with the 'ref' keyword"));
                    }
                    ArgumentValue::Out { at, declares: None, name }
                        if &**name == "_" && self.lookup(name).is_none() =>
                    {
                        (*at, CheckedKind::Out(self.discard(), None, name))
                    }
                    ArgumentValue::Plain(value) => (value.at, CheckedKind::Value(self.value(value)?)),
                    ArgumentValue::Out { at, declares: None, name } => match self.lookup(name) {
                        Some(Local::Variable(slot, class)) => {
                            self.assignable(*at, name, *slot)?;
                            (*at, CheckedKind::Out(*slot, Some(class.clone()), name))
                        }
                        _ => {
                            return Err(error(*at, format!("The name '{name}' does not exist in the current context")));
                        }
                    },
                    ArgumentValue::Out { at, declares: Some(class), name } => {
                        let class = if class.is_var() { None } else { Some(variable_type(class)?) };
                        if &**name == "_" {
                            let kind = CheckedKind::Out(self.discard(), class, name);
                            return Ok(CheckedArgument { name: argument.name.clone(), at: *at, kind });
                        }
                        let slot = self.declare(*at, name, class.clone().unwrap_or_else(|| Class::Object.into()))?;
                        (*at, CheckedKind::Out(slot, class, name))
                    }
                };
                Ok(CheckedArgument { name: argument.name.clone(), at, kind })
            })
            .collect()
    }

    /// Returns the arguments in the order of the parameters, converted to the parameters' types.
    pub(super) fn finish(
        &mut self,
        at: usize,
        name: &str,
        candidate: &Candidate,
        fit: Fit,
        arguments: Vec<CheckedArgument<'_>>,
    ) -> Result<Finished, ParseError> {
        let Fit { mut bindings, places, expanded, .. } = fit;
        let parameters = candidate.signature.parameters.as_deref().unwrap_or_default();
        let mut codes: Vec<Option<ArgumentCode>> = parameters.iter().map(|_| None).collect();
        let mut rest = Vec::new();
        for (argument, place) in arguments.into_iter().zip(places) {
            let Some(parameter) = parameters.get(place) else { continue };
            let wanted = parameter.class.with(&bindings);
            let code = match argument.kind {
                CheckedKind::Value(value) if expanded && parameter.rest => {
                    rest.push(self.convert(value, &wanted.argument(0), argument.at)?);
                    continue;
                }
                CheckedKind::Value(value) => ArgumentCode::Value(self.convert(value, &wanted, argument.at)?),
                CheckedKind::Lambda(_) | CheckedKind::Group(_)
                    if wanted.delegate_parameters().iter().any(|one| one.has_letters(&[])) =>
                {
                    return Err(not_inferred(at, name));
                }
                CheckedKind::Group(expression) if !group_fits(expression, &wanted.delegate_parameters(), true) => {
                    let message = format!("No overload of the method matches delegate '{wanted}'");
                    return Err(error(argument.at, message));
                }
                CheckedKind::Lambda(lambda) => {
                    ArgumentCode::Value(self.lambda(argument.at, lambda, &wanted, &mut bindings)?)
                }
                CheckedKind::Group(expression) => {
                    ArgumentCode::Value(self.group(expression, &wanted, &mut bindings)?)
                }
                CheckedKind::Out(slot, _, name) => {
                    self.retype(name, &wanted);
                    ArgumentCode::Out(slot)
                }
            };
            codes[place] = Some(code);
        }
        if let (true, Some(last)) = (expanded, parameters.last()) {
            let element = last.class.with(&bindings).argument(0);
            *codes.last_mut().unwrap_or(&mut None) = Some(ArgumentCode::Value(Code::Array(element, rest)));
        }
        if candidate.signature.letters.iter().any(|letter| !bindings.iter().any(|(bound, _)| bound == letter)) {
            return Err(not_inferred(at, name));
        }
        Ok(Finished { arguments: codes.into_iter().flatten().collect(), bindings })
    }

    /// Sets the type of a variable that `out var` declared.
    fn retype(&mut self, name: &Arc<str>, class: &Type) {
        let all = self.scopes.iter_mut().rev().flat_map(|scope| scope.iter_mut().rev());
        for (known, local) in all {
            if known == name {
                if let Local::Variable(_, own) = local {
                    *own = class.clone();
                }
                return;
            }
        }
    }
}

fn not_inferred(at: usize, name: &str) -> ParseError {
    let message = format!(
        "The type arguments for method '{name}' cannot be inferred from the usage. Try specifying the type arguments \
         explicitly."
    );
    error(at, message)
}
