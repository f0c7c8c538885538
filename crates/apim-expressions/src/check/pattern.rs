//! Patterns after `is` and `case`.

use super::{Checker, Local, Typed, error, variable_type};
use crate::{
    problem::ParseError,
    program::{Code, Pattern},
    syntax::{self, Expr, ExprKind, TypeName},
    types::{Class, Type, convert},
};

impl Checker {
    /// `value is pattern`
    pub(super) fn is_pattern(&mut self, value: &Expr, pattern: &syntax::Pattern) -> Result<Typed, ParseError> {
        let value = self.value(value)?;
        // A plain `is T` may test for a type that is impossible: C# only warns.
        if let syntax::Pattern::Type(written, None) = pattern
            && self.constant_named(written).is_none()
        {
            let class = variable_type(written)?;
            return Ok(Typed::new(Code::Is(Box::new(value.code), Box::new(Pattern::Type(class, None))), Class::Bool));
        }
        let pattern = self.pattern(&value.class, pattern)?;
        Ok(Typed::new(Code::Is(Box::new(value.code), Box::new(pattern)), Class::Bool))
    }

    /// Returns the constant variable that a pattern names.
    fn constant_named(&self, written: &TypeName) -> Option<Expr> {
        let [name] = written.parts.as_slice() else { return None };
        let plain = written.arguments.is_empty() && written.rank == 0 && !written.nullable && !written.grid;
        let known = matches!(self.lookup(name), Some(Local::Variable(..)));
        (plain && known).then(|| Expr { at: written.at, kind: ExprKind::Name(name.clone()) })
    }

    pub(super) fn pattern(&mut self, of: &Type, pattern: &syntax::Pattern) -> Result<Pattern, ParseError> {
        match pattern {
            syntax::Pattern::Constant(value) => self.constant_pattern(of, value),
            syntax::Pattern::Type(written, None) if self.constant_named(written).is_some() => {
                let Some(name) = self.constant_named(written) else { return Ok(Pattern::Any(None)) };
                self.constant_pattern(of, &name)
            }
            syntax::Pattern::Type(written, name) => self.type_pattern(of, written, name.as_ref()),
            syntax::Pattern::Var(at, name) => {
                let slot = if &**name == "_" { None } else { Some(self.declare(*at, name, of.clone())?) };
                Ok(Pattern::Any(slot))
            }
        }
    }

    fn type_pattern(
        &mut self,
        of: &Type,
        written: &TypeName,
        name: Option<&std::sync::Arc<str>>,
    ) -> Result<Pattern, ParseError> {
        let class = variable_type(written)?;
        let possible = of.underlying().unwrap_or(of);
        if !convert::related(possible, class.underlying().unwrap_or(&class)) {
            let message = format!("An expression of type '{of}' cannot be handled by a pattern of type '{class}'");
            return Err(error(written.at, message));
        }
        if class.is(Class::Nullable) {
            let message = format!("It is not legal to use nullable type '{class}' in a pattern");
            return Err(error(written.at, message));
        }
        let name = name.filter(|name| &***name != "_");
        let slot = name.map(|name| self.declare(written.at, name, class.clone())).transpose()?;
        Ok(Pattern::Type(class, slot))
    }

    fn constant_pattern(&mut self, of: &Type, written: &Expr) -> Result<Pattern, ParseError> {
        let value = self.value(written)?;
        let Some(constant) = value.constant.clone() else {
            return Err(error(written.at, "A constant value is expected"));
        };
        let inner = of.underlying().unwrap_or(of);
        if constant.is_null() {
            if of.is_value() && !of.is(Class::Nullable) {
                let message = format!("Cannot convert null to '{of}' because it is a non-nullable value type");
                return Err(error(written.at, message));
            }
            return Ok(Pattern::Constant(constant));
        }
        // Where the value may have the constant's type, the constant stays unchanged.
        let boxed = !inner.is_value() && !inner.is(Class::String);
        if boxed {
            if convert::related(inner, &value.class) {
                return Ok(Pattern::Constant(constant));
            }
            let message =
                format!("An expression of type '{of}' cannot be handled by a pattern of type '{}'", value.class);
            return Err(error(written.at, message));
        }
        match self.convert(value, inner, written.at)? {
            Code::Constant(constant) => Ok(Pattern::Constant(constant)),
            _ => Err(error(written.at, "A constant value is expected")),
        }
    }
}
