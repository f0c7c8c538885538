//! Variables that nothing may assign: constants, and those that `foreach` and `using` declare.

use std::sync::Arc;

use super::{Checker, error, statement::variable_type};
use crate::{
    problem::ParseError,
    program::{Code, Step},
    syntax::{Expr, TypeName},
    types::Class,
};

/// Why a variable cannot be assigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fixed {
    Constant,
    ForEach,
    Using,
}

impl Checker {
    /// `const int a = 1, b = 2;`
    pub(super) fn constants(
        &mut self,
        written: &TypeName,
        names: &[(usize, Arc<str>, Option<Expr>)],
        steps: &mut Vec<Step>,
    ) -> Result<(), ParseError> {
        if written.is_var() {
            return Err(error(written.at, "Implicitly-typed variables cannot be constant"));
        }
        let class = variable_type(written)?;
        let plain = class.class.is_number() || matches!(class.class, Class::Bool | Class::Char | Class::String);
        if !plain {
            return Err(error(written.at, format!("a constant of type '{class}' is not supported")));
        }
        for (at, name, value) in names {
            let Some(value) = value else { return Err(error(*at, "A const field requires a value to be provided")) };
            let code = self.expect(value, &class)?;
            if !self.is_constant(&code) {
                return Err(error(value.at, format!("The expression being assigned to '{name}' must be constant")));
            }
            let slot = self.declare(*at, name, class.clone())?;
            self.fixed.insert(slot, Fixed::Constant);
            steps.push(Step::Set(slot, code));
        }
        Ok(())
    }

    /// Whether the compiler knows the value.
    fn is_constant(&self, code: &Code) -> bool {
        match code {
            Code::Constant(_) => true,
            Code::Local(slot) => self.fixed.get(slot) == Some(&Fixed::Constant),
            Code::Operate(first, rest) => {
                self.is_constant(first) && rest.iter().all(|(_, operand)| self.is_constant(operand))
            }
            Code::Negate(inner, _) | Code::Complement(inner, _) | Code::Not(inner) | Code::Convert(inner, _) => {
                self.is_constant(inner)
            }
            _ => false,
        }
    }

    /// Refuses an assignment to a variable that takes none.
    pub(super) fn assignable(&self, at: usize, name: &str, slot: usize) -> Result<(), ParseError> {
        let kind = match self.fixed.get(&slot) {
            None => return Ok(()),
            Some(Fixed::Constant) => {
                let message = "The left-hand side of an assignment must be a variable, property or indexer";
                return Err(error(at, message));
            }
            Some(Fixed::ForEach) => "foreach iteration variable",
            Some(Fixed::Using) => "using variable",
        };
        Err(error(at, format!("Cannot assign to '{name}' because it is a '{kind}'")))
    }
}
