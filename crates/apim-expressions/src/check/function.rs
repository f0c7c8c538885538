//! Functions that are declared among the statements, and their calls.

use std::sync::Arc;

use super::{Checker, FunctionType, Local, Returns, Typed, error, known::Parameter, variable_type};
use crate::{
    problem::ParseError,
    program::{Argument as ArgumentCode, Code, Function},
    syntax::{self, Argument, ArgumentValue, Expr, Mode},
    types::{Class, convert, names},
};

impl Checker {
    pub(super) fn declare_function(&mut self, at: usize, function: &syntax::Function) -> Result<(), ParseError> {
        let returns = names::resolve(&function.returns)?;
        let mut parameters = Vec::new();
        for written in &function.parameters {
            let class = variable_type(&written.class)?;
            if written.mode == Mode::Params && !class.is(Class::Array) {
                return Err(error(written.class.at, "The params parameter must be a single dimensional array"));
            }
            let default = match &written.default {
                None => None,
                Some(value) => match self.expect(value, &class)? {
                    Code::Constant(value) => Some(value),
                    _ => {
                        let message =
                            format!("Default parameter value for '{}' must be a compile-time constant", written.name);
                        return Err(error(value.at, message));
                    }
                },
            };
            let name = Arc::clone(&written.name);
            parameters.push(Parameter { name, class, mode: written.mode, default });
        }
        let optional = parameters.iter().position(|parameter| parameter.default.is_some());
        if let Some(first) = optional
            && parameters[first..].iter().any(|one| one.default.is_none() && one.mode != Mode::Params)
        {
            return Err(error(at, "Optional parameters must appear after all required parameters"));
        }
        self.introduce(at, &function.name, Local::Function(self.function_types.len()))?;
        self.function_types.push(FunctionType { returns, parameters });
        self.functions.push(Function { slots: 0..0, parameters: Vec::new(), body: Vec::new() });
        Ok(())
    }

    pub(super) fn function(&mut self, function: &syntax::Function) -> Result<(), ParseError> {
        let Some(Local::Function(index)) = self.lookup(&function.name).cloned() else { return Ok(()) };
        let Some(FunctionType { returns, parameters }) = self.function_types.get(index) else { return Ok(()) };
        let (returns, types) = (returns.clone(), parameters.clone());
        let start = self.slots;
        let checked = self.apart(Returns::Type(returns), |checker| {
            let mut slots = Vec::new();
            for (written, parameter) in function.parameters.iter().zip(types) {
                slots.push(checker.declare(written.class.at, &written.name, parameter.class)?);
            }
            Ok((slots, checker.block(&function.body)?))
        });
        let (parameters, body) = checked?;
        if let Some(place) = self.functions.get_mut(index) {
            *place = Function { slots: start..self.slots, parameters, body };
        }
        Ok(())
    }

    /// Checks the body of a function or lambda. No jump leaves the body.
    pub(super) fn apart<T>(
        &mut self,
        returns: Returns,
        check: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        let returns = std::mem::replace(&mut self.returns, returns);
        let outer = (self.loops, self.breakable, self.catches, self.finally);
        (self.loops, self.breakable, self.catches, self.finally) = (0, 0, 0, false);
        let (switches, labels) = (std::mem::take(&mut self.switches), std::mem::take(&mut self.labels));
        let checked = self.scoped(check);
        (self.switches, self.labels) = (switches, labels);
        (self.loops, self.breakable, self.catches, self.finally) = outer;
        self.returns = returns;
        checked
    }

    pub(super) fn function_call(
        &mut self,
        at: usize,
        name: &str,
        index: usize,
        arguments: &[Argument],
    ) -> Result<Typed, ParseError> {
        let Some(function) = self.function_types.get(index) else { return Err(error(at, "no such function")) };
        let (returns, parameters) = (function.returns.clone(), function.parameters.clone());
        let wrong = || error(at, format!("No overload for method '{name}' takes {} arguments", arguments.len()));
        let mut codes: Vec<Option<ArgumentCode>> = parameters.iter().map(|_| None).collect();
        let mut rest = Vec::new();
        let list = parameters.iter().position(|parameter| parameter.mode == Mode::Params);
        for (position, argument) in arguments.iter().enumerate() {
            let place = match &argument.name {
                Some(wanted) => parameters.iter().position(|parameter| parameter.name == *wanted),
                None => Some(list.map_or(position, |list| position.min(list))),
            };
            let place = place.filter(|place| *place < parameters.len()).ok_or_else(wrong)?;
            let parameter = &parameters[place];
            if list == Some(place) && argument.name.is_none() {
                let ArgumentValue::Plain(value) = &argument.value else { return Err(wrong()) };
                // If an array is the only value for the list, the array is the list.
                let typed = self.value(value)?;
                if arguments.len() == parameters.len() && convert::implicit(&typed.class, &parameter.class).is_some() {
                    codes[place] = Some(ArgumentCode::Value(self.convert(typed, &parameter.class, value.at)?));
                } else {
                    rest.push(self.convert(typed, &parameter.class.argument(0), value.at)?);
                }
                continue;
            }
            if codes[place].is_some() {
                return Err(wrong());
            }
            codes[place] = Some(self.function_argument(&argument.value, parameter, place + 1)?);
        }
        let mut finished = Vec::new();
        for (parameter, code) in parameters.iter().zip(codes) {
            finished.push(match (code, &parameter.default) {
                (Some(code), _) => code,
                (None, Some(default)) => ArgumentCode::Value(Code::Constant(default.clone())),
                (None, None) if parameter.mode == Mode::Params => {
                    ArgumentCode::Value(Code::Array(parameter.class.argument(0), std::mem::take(&mut rest)))
                }
                (None, None) => return Err(wrong()),
            });
        }
        Ok(Typed::new(Code::Function(index, finished), returns))
    }

    fn function_argument(
        &mut self,
        value: &ArgumentValue,
        parameter: &Parameter,
        place: usize,
    ) -> Result<ArgumentCode, ParseError> {
        let refused = |at: usize| {
            let word = match parameter.mode {
                Mode::Out => "must be passed with the 'out' keyword",
                Mode::Ref => "must be passed with the 'ref' keyword",
                Mode::Value | Mode::Params => "may not be passed with the 'out' or 'ref' keyword",
            };
            error(at, format!("Argument {place} {word}"))
        };
        match (value, parameter.mode) {
            (ArgumentValue::Plain(value), Mode::Value | Mode::Params) => {
                Ok(ArgumentCode::Value(self.expect(value, &parameter.class)?))
            }
            (ArgumentValue::Plain(Expr { at, .. }), _) => Err(refused(*at)),
            (ArgumentValue::Ref(at, name), Mode::Ref)
            | (ArgumentValue::Out { at, declares: None, name }, Mode::Out) => {
                if parameter.mode == Mode::Out && &**name == "_" && self.lookup(name).is_none() {
                    return Ok(ArgumentCode::Out(self.discard()));
                }
                let Some(Local::Variable(slot, class)) = self.lookup(name).cloned() else {
                    return Err(error(*at, format!("The name '{name}' does not exist in the current context")));
                };
                self.assignable(*at, name, slot)?;
                if class != parameter.class {
                    let message = format!("Argument {place}: cannot convert from '{class}' to '{}'", parameter.class);
                    return Err(error(*at, message));
                }
                Ok(ArgumentCode::Out(slot))
            }
            (ArgumentValue::Out { at, declares: Some(written), name }, Mode::Out) => {
                if !written.is_var() && variable_type(written)? != parameter.class {
                    return Err(error(*at, format!("Argument {place}: cannot convert to '{}'", parameter.class)));
                }
                if &**name == "_" {
                    return Ok(ArgumentCode::Out(self.discard()));
                }
                Ok(ArgumentCode::Out(self.declare(*at, name, parameter.class.clone())?))
            }
            (ArgumentValue::Ref(at, _) | ArgumentValue::Out { at, .. }, _) => Err(refused(*at)),
        }
    }

    /// Returns a slot for a value that the program discards.
    pub(super) fn discard(&mut self) -> usize {
        self.slots += 1;
        self.slots - 1
    }
}
