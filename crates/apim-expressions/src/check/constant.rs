//! Values that the compiler knows before the program runs (C# specification, "Constant expressions"). It refuses
//! operations that such a value makes impossible, and finds unreachable code.

use super::{Checker, Typed, error, unsupported};
use crate::{
    evaluate,
    problem::ParseError,
    program::{Arithmetic, Code, Operation},
    types::{
        Class, Type,
        convert::{self, Conversion},
    },
    value::{Integer, Value},
};

impl Typed {
    /// A constant.
    pub(super) fn constant(value: Value, class: impl Into<Type>) -> Self {
        Self { code: Code::Constant(value.clone()), class: class.into(), constant: Some(value) }
    }

    /// `default` of a type.
    pub(super) fn default_of(class: Type) -> Self {
        let value = Value::default_of(&class);
        if !has_constants(&class) && class.is_value() {
            return Self::new(Code::Constant(value), class);
        }
        Self::constant(value, class)
    }

    /// A constant whole number or character.
    pub(super) fn whole(&self) -> Option<i128> {
        match self.constant {
            Some(Value::Integer(number)) => Some(number.wide()),
            Some(Value::Char(unit)) => Some(unit.into()),
            _ => None,
        }
    }

    /// Returns the constant as another type, where C# converts a constant but not every value of its type.
    pub(super) fn fitting(&self, to: &Type) -> Option<Value> {
        let inner = to.underlying().unwrap_or(to).class;
        let number = self.whole().filter(|_| !self.class.is(Class::Char))?;
        let fits =
            self.class.is(Class::Int) && inner.is_integer() || self.class.is(Class::Long) && inner == Class::ULong;
        if fits {
            return Integer::fit(inner, number).map(Value::Integer);
        }
        (number == 0 && !inner.enumerators().is_empty()).then(|| Value::enumerator(inner, 0))
    }
}

/// Reports whether constants can have the type.
pub(super) fn has_constants(class: &Type) -> bool {
    class.class.is_number()
        || matches!(class.class, Class::Bool | Class::Char | Class::String | Class::Null)
        || !class.class.enumerators().is_empty()
}

impl Checker {
    /// Converts a constant to another type; `None` if the result is not a constant.
    pub(super) fn converted_constant(constant: &Value, to: &Type, conversion: &Conversion) -> Option<Value> {
        match conversion {
            Conversion::Same if has_constants(to) || constant.is_null() && !to.is_value() => Some(constant.clone()),
            Conversion::Number(_) | Conversion::Checked(_) if has_constants(to) => {
                let code = Code::Convert(Box::new(Code::Constant(constant.clone())), conversion.clone());
                evaluate::constant(&code)
            }
            _ => None,
        }
    }

    /// Computes an operator whose operands are both constants: C# computes it on upload.
    pub(super) fn folded(
        &self,
        at: usize,
        operation: Operation,
        left: &Typed,
        right: &Typed,
    ) -> Result<Option<Value>, ParseError> {
        if let Operation::Arithmetic(Arithmetic::Divide | Arithmetic::Remainder, class, _) = operation {
            let zero = match (&right.constant, class) {
                (Some(_), class) if class.is_integer() => right.whole() == Some(0),
                (Some(Value::Decimal(number)), Class::Decimal) => number.is_zero(),
                (Some(_), Class::Decimal) => right.whole() == Some(0),
                _ => false,
            };
            if zero {
                return Err(error(at, "Division by constant zero"));
            }
        }
        let (Some(one), Some(two)) = (&left.constant, &right.constant) else { return Ok(None) };
        let text = |value: &Value| value.is_null() || value.as_str().is_some();
        let compares = matches!(operation, Operation::Concat | Operation::Equal { .. } | Operation::Same { .. });
        if (one.is_null() || two.is_null()) && !compares {
            return Ok(None);
        }
        match operation {
            Operation::Arithmetic(arithmetic, class, _) if class.is_integer() => {
                let (Some(one), Some(two)) = (left.whole(), right.whole()) else { return Ok(None) };
                return self.whole_number(at, arithmetic, class, one, two).map(Some);
            }
            Operation::Arithmetic(_, Class::Decimal, _) => {}
            Operation::Arithmetic(..)
            | Operation::Compare(_)
            | Operation::Bits(..)
            | Operation::Shift { .. }
            | Operation::Equal { .. } => {}
            Operation::Same { .. } if one.is_null() && two.is_null() => {}
            Operation::Concat if text(one) && text(two) => {}
            _ => return Ok(None),
        }
        let code = Code::Operate(Box::new(Code::Constant(one.clone())), vec![(operation, Code::Constant(two.clone()))]);
        match (evaluate::constant(&code), operation) {
            (None, Operation::Arithmetic(_, Class::Decimal, _)) => {
                Err(error(at, "Evaluation of the decimal constant expression failed"))
            }
            (None, Operation::Concat) => Err(unsupported(at, "a constant text of this length is not supported")),
            (value, _) => Ok(value),
        }
    }

    fn whole_number(
        &self,
        at: usize,
        arithmetic: Arithmetic,
        class: Class,
        one: i128,
        two: i128,
    ) -> Result<Value, ParseError> {
        let value = match arithmetic {
            Arithmetic::Add => one + two,
            Arithmetic::Subtract => one - two,
            Arithmetic::Multiply => one.saturating_mul(two),
            Arithmetic::Divide => one.checked_div(two).unwrap_or_default(),
            Arithmetic::Remainder => one.checked_rem(two).unwrap_or_default(),
        };
        match Integer::fit(class, value) {
            Some(number) => Ok(Value::Integer(number)),
            None if self.checked == Some(false) => Ok(Value::Integer(Integer::wrap(class, value))),
            None => Err(error(at, "The operation overflows at compile time in checked mode")),
        }
    }

    /// Checks a cast of a constant. Outside of `unchecked`, the constant must fit.
    pub(super) fn cast_constant(
        &self,
        at: usize,
        value: &Typed,
        class: &Type,
        conversion: &Conversion,
    ) -> Result<Option<Value>, ParseError> {
        let Some(constant) = &value.constant else { return Ok(None) };
        if let Some(inner) = class.underlying() {
            // A `T?` is not a constant, but a constant that becomes one must fit.
            let plain = convert::explicit(&value.class, inner);
            if let Some(plain) = plain.filter(|_| value.whole().is_some()) {
                self.cast_constant(at, value, inner, &plain)?;
            }
            return Ok(None);
        }
        if !has_constants(class)
            || convert::implicit(&value.class, class).is_none()
                && !class.class.is_number()
                && !class.is(Class::Char)
                && class.class.enumerators().is_empty()
        {
            return Ok(None);
        }
        let is_enum = !class.class.enumerators().is_empty();
        let narrow = class.class.is_integer() || class.is(Class::Char) || is_enum;
        let wanted = match class.class {
            Class::Char => Class::UShort,
            _ if is_enum => Class::Int,
            own => own,
        };
        let fits = match constant {
            Value::Double(number) => whole_part(*number, wanted),
            Value::Single(number) => whole_part((*number).into(), wanted),
            Value::Decimal(number) => {
                use rust_decimal::prelude::ToPrimitive as _;
                number.trunc().to_i128().is_some_and(|number| Integer::fit(wanted, number).is_some())
            }
            _ => value.whole().is_none_or(|number| Integer::fit(wanted, number).is_some()),
        };
        let decimal = matches!(constant, Value::Decimal(_)) || class.is(Class::Decimal);
        if narrow && !fits && (self.checked != Some(false) || decimal) {
            let shown = constant.to_text().unwrap_or_default();
            let message = format!(
                "Constant value '{shown}' cannot be converted to a '{class}' (use 'unchecked' syntax to override)"
            );
            return Err(error(at, message));
        }
        let code = Code::Convert(Box::new(Code::Constant(constant.clone())), conversion.clone());
        let folded = evaluate::constant(&code);
        if folded.is_none() && class.is(Class::Decimal) {
            let shown = constant.to_text().unwrap_or_default();
            return Err(error(at, format!("Constant value '{shown}' cannot be converted to a '{class}'")));
        }
        Ok(folded)
    }
}

/// Reports whether the class can hold the whole part of a number.
fn whole_part(number: f64, class: Class) -> bool {
    number.is_finite() && number.abs() < 1e30 && Integer::fit(class, number.trunc() as i128).is_some()
}
