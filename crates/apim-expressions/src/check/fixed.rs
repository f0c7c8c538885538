//! Variables that cannot be assigned: constants, and the variables that `foreach`, `using` and queries declare.

use std::sync::Arc;

use super::{Checker, error, known::Fixed, variable_type};
use crate::{
    problem::ParseError,
    program::{Code, Step},
    syntax::{Expr, TypeName},
};

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
        // The only constant of any other class is null.
        if !super::constant::has_constants(&class) && class.is_value() {
            let message = format!("The type '{class}' cannot be declared const");
            return Err(error(written.at, message));
        }
        for (at, name, value) in names {
            let Some(value) = value else { return Err(error(*at, "A const field requires a value to be provided")) };
            let typed = self.value(value)?;
            let constant = typed.constant.is_some();
            let code = self.convert(typed, &class, value.at)?;
            let Code::Constant(known) = code else {
                return Err(error(value.at, format!("The expression being assigned to '{name}' must be constant")));
            };
            if !constant {
                return Err(error(value.at, format!("The expression being assigned to '{name}' must be constant")));
            }
            let slot = self.declare(*at, name, class.clone())?;
            self.fixed.insert(slot, Fixed::Constant);
            self.constants.insert(slot, known.clone());
            steps.push(Step::Set(slot, Code::Constant(known)));
        }
        Ok(())
    }

    /// Refuses an assignment to a variable that cannot be assigned.
    pub(super) fn assignable(&self, at: usize, name: &str, slot: usize) -> Result<(), ParseError> {
        let kind = match self.fixed.get(&slot) {
            None => return Ok(()),
            Some(Fixed::Constant) => {
                let message = "The left-hand side of an assignment must be a variable, property or indexer";
                return Err(error(at, message));
            }
            Some(Fixed::Range) => {
                let message = format!("Range variable '{name}' cannot be assigned to -- it is read only");
                return Err(error(at, message));
            }
            Some(Fixed::ForEach) => "foreach iteration variable",
            Some(Fixed::Using) => "using variable",
        };
        Err(error(at, format!("Cannot assign to '{name}' because it is a '{kind}'")))
    }
}
