//! Filters of numbers. Fractions are decimals of 28 digits; two whole numbers stay whole.

use std::sync::Arc;

use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::call::AppliedFilter;
use crate::{convert, fault::Fault, print, value::Value};

/// The largest number of repetitions of one text.
const MOST_REPEATED: usize = 100_000;

#[derive(Clone, Copy)]
enum Operation {
    Plus,
    Minus,
    Times,
    DividedBy,
    Modulo,
}

/// Adds numbers, or appends the operand to a text.
pub(super) fn plus(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let operand = call.required(0, "operand")?;
    match &call.input {
        Value::Text(text) => Ok(format!("{text}{}", print::dotnet(operand)).into()),
        input => calculate(Operation::Plus, input, operand),
    }
}

pub(super) fn minus(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    calculate(Operation::Minus, &call.input, call.required(0, "operand")?)
}

/// Multiplies numbers, or repeats a text a whole number of times.
pub(super) fn times(call: &mut AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let operand = call.required(0, "operand")?;
    let (Value::Text(text), Value::Int(_) | Value::Long(_)) = (&call.input, operand) else {
        return calculate(Operation::Times, &call.input, operand);
    };
    let Ok(count) = usize::try_from(convert::to_int(operand)?) else {
        return Err(Fault::error("Specified argument was out of the range of valid values. (Parameter 'count')"));
    };
    if count > MOST_REPEATED || text.len().saturating_mul(count) > call.scope.room() {
        return Err(Fault::limit("a repeated text"));
    }
    Ok(Value::list(vec![Value::Text(Arc::clone(text)); count]))
}

pub(super) fn divided_by(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    calculate(Operation::DividedBy, &call.input, call.required(0, "operand")?)
}

pub(super) fn modulo(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    calculate(Operation::Modulo, &call.input, call.required(0, "operand")?)
}

fn calculate(operation: Operation, left: &Value, right: &Value) -> Result<Value, Fault> {
    let is_fraction = |value: &Value| matches!(value, Value::Decimal(_) | Value::Double(_));
    if left.is_nil() || right.is_nil() {
        return Ok(Value::Nil);
    }
    if is_fraction(left) || is_fraction(right) {
        return fractions(operation, left, right);
    }
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => {
            let whole = wholes(operation, i64::from(*left), i64::from(*right))?;
            i32::try_from(whole).map(Value::Int).map_err(|_| overflow())
        }
        (Value::Int(left), Value::Long(right)) => wholes(operation, i64::from(*left), *right).map(Value::Long),
        (Value::Long(left), Value::Int(right)) => wholes(operation, *left, i64::from(*right)).map(Value::Long),
        (Value::Long(left), Value::Long(right)) => wholes(operation, *left, *right).map(Value::Long),
        (
            Value::Nil
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Long(_)
            | Value::Double(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Date(_)
            | Value::List(_)
            | Value::Object(_)
            | Value::Pair(_)
            | Value::Empty,
            _,
        ) => Err(Fault::error("Parameter count mismatch.")),
    }
}

fn overflow() -> Fault {
    Fault::error("Arithmetic operation resulted in an overflow.")
}

fn wholes(operation: Operation, left: i64, right: i64) -> Result<i64, Fault> {
    if right == 0 && matches!(operation, Operation::DividedBy | Operation::Modulo) {
        return Err(Fault::error("Attempted to divide by zero."));
    }
    let result = match operation {
        Operation::Plus => left.checked_add(right),
        Operation::Minus => left.checked_sub(right),
        Operation::Times => left.checked_mul(right),
        Operation::DividedBy => left.checked_div(right),
        Operation::Modulo => left.checked_rem(right),
    };
    result.ok_or_else(overflow)
}

/// Calculates in decimals, or in doubles outside the range of decimals.
fn fractions(operation: Operation, left: &Value, right: &Value) -> Result<Value, Fault> {
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    match (convert::to_decimal(left), convert::to_decimal(right)) {
        (Ok(left_number), Ok(right_number)) => {
            let result = match operation {
                Operation::Plus => left_number.checked_add(right_number),
                Operation::Minus => left_number.checked_sub(right_number),
                Operation::Times => left_number.checked_mul(right_number),
                Operation::DividedBy => left_number.checked_div(right_number),
                Operation::Modulo => left_number.checked_rem(right_number),
            };
            if let Some(result) = result {
                return Ok(Value::Decimal(result));
            }
        }
        (Err(fault), _) if is_text(left) || matches!(left, Value::Date(_)) => return Err(fault),
        (_, Err(fault)) if is_text(right) || matches!(right, Value::Date(_)) => return Err(fault),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => {}
    }
    let (left, right) = (convert::to_double(left)?, convert::to_double(right)?);
    Ok(Value::Double(match operation {
        Operation::Plus => left + right,
        Operation::Minus => left - right,
        Operation::Times => left * right,
        Operation::DividedBy => left / right,
        Operation::Modulo => left % right,
    }))
}

/// Rounds to a number of decimals, and halves to the even neighbour. Returns nil if the input is not a number.
pub(super) fn round(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    let places = call.int_or(0, 0).ok().and_then(|places| u32::try_from(places).ok()).filter(|places| *places <= 28);
    let rounded = places.zip(convert::to_decimal(&call.input).ok());
    Ok(rounded.map_or(Value::Nil, |(places, number)| Value::Decimal(convert::rounded(number, places))))
}

pub(super) fn abs(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    Ok(Value::Double(number(&call.input)?.unwrap_or(0.0).abs()))
}

pub(super) fn at_least(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    bound(call, "atLeast", |input, bound| input < bound)
}

pub(super) fn at_most(call: &AppliedFilter<'_, '_>) -> Result<Value, Fault> {
    bound(call, "atMost", |input, bound| input > bound)
}

fn bound(call: &AppliedFilter<'_, '_>, parameter: &str, passes: fn(f64, f64) -> bool) -> Result<Value, Fault> {
    let limit = number(call.required(0, parameter)?)?;
    Ok(match (number(&call.input)?, limit) {
        (Some(input), Some(limit)) => Value::Double(if passes(input, limit) { limit } else { input }),
        _ => call.input.clone(),
    })
}

/// Reads the text of a value as a number without an exponent.
fn number(value: &Value) -> Result<Option<f64>, Fault> {
    match value {
        Value::Nil => Err(Fault::null_reference()),
        Value::Decimal(number) => Ok(Decimal::to_f64(number)),
        value => Ok(convert::double_of_text(&print::dotnet(value))),
    }
}
