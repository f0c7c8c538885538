//! Binary operators.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::{Machine, Outcome, convert};
use crate::{
    members::{time::span, xml},
    problem::Failure,
    program::{Arithmetic, Bits, Comparison, Operation},
    types::Class,
    value::{DateTime, DateTimeOffset, Integer, Object, TimeSpan, Value, decimal as decimals, equality},
    xml::Name,
};

impl Machine<'_> {
    pub(super) fn apply(&mut self, operation: Operation, left: &Value, right: &Value) -> Outcome {
        self.budget.steps(1)?;
        match operation {
            Operation::Concat => self.text_of_all(&[left.clone(), right.clone()]),
            Operation::Equal { negated } => {
                if let (Value::String(text), Value::String(_)) = (left, right) {
                    self.budget.work(text.len())?;
                }
                Ok(Value::Bool(equal(left, right) != negated))
            }
            Operation::Same { negated } => Ok(Value::Bool(equality::same(left, right) != negated)),
            Operation::XmlName => match (left.as_object(), right) {
                (Some(Object::XmlNamespace(namespace)), Value::String(local)) => {
                    self.budget.work(local.len())?;
                    Name::new(namespace, local).map(xml::name)
                }
                (None, _) => Err(Failure::argument_null("ns")),
                _ => Err(Failure::argument_null("localName")),
            },
            Operation::Compare(comparison) => Ok(Value::Bool(compare(comparison, left, right))),
            // With `bool?`, one operand alone can decide the result.
            Operation::Bits(Bits::And, Class::Bool) if [left, right].iter().any(|one| one.as_bool() == Some(false)) => {
                Ok(Value::Bool(false))
            }
            Operation::Bits(Bits::Or, Class::Bool) if [left, right].iter().any(|one| one.as_bool() == Some(true)) => {
                Ok(Value::Bool(true))
            }
            _ if left.is_null() || right.is_null() => Ok(Value::Null),
            Operation::Arithmetic(operator, class, checked) => match class {
                Class::Double => Ok(Value::Double(double(operator, left, right))),
                Class::Single => Ok(Value::Single(double(operator, left, right) as f32)),
                Class::Decimal => exact(operator, decimal(left), decimal(right)),
                _ => integer(operator, class, checked, left, right),
            },
            Operation::Bits(bits, class) => Ok(bitwise(bits, class, left, right)),
            Operation::Shift { left: leftwards, class } => Ok(shift(leftwards, class, left, right)),
            Operation::Time { subtract } => time(subtract, left, right),
            Operation::Scale { divide } => {
                let (span, number) = if let Value::TimeSpan(span) = left {
                    (span, right)
                } else {
                    match right {
                        Value::TimeSpan(span) => (span, left),
                        _ => return Ok(Value::Null),
                    }
                };
                let (ticks, number) = (span.0 as f64, real(number));
                span::times(if divide { ticks / number } else { ticks * number })
            }
            Operation::Ratio => match (left, right) {
                (Value::TimeSpan(one), Value::TimeSpan(two)) => Ok(Value::Double(one.0 as f64 / two.0 as f64)),
                _ => Ok(Value::Null),
            },
        }
    }
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(number) => Some(number.wide()),
        Value::Char(unit) => Some((*unit).into()),
        other => match other.as_object() {
            Some(Object::Enum(_, number)) => Some((*number).into()),
            _ => None,
        },
    }
}

fn real(value: &Value) -> f64 {
    match convert::number(value, Class::Double, false) {
        Ok(Value::Double(number)) => number,
        _ => f64::NAN,
    }
}

fn decimal(value: &Value) -> Decimal {
    match convert::number(value, Class::Decimal, false) {
        Ok(Value::Decimal(number)) => number,
        _ => Decimal::ZERO,
    }
}

/// Compares two values. Numbers of different types can be equal, and so can times of different types.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Integer(_) | Value::Char(_), Value::Integer(_) | Value::Char(_)) => whole(left) == whole(right),
        (Value::Decimal(_), Value::Integer(_) | Value::Char(_) | Value::Decimal(_))
        | (Value::Integer(_) | Value::Char(_), Value::Decimal(_)) => decimal(left) == decimal(right),
        (
            Value::Single(_) | Value::Double(_),
            Value::Integer(_) | Value::Char(_) | Value::Single(_) | Value::Double(_),
        )
        | (Value::Integer(_) | Value::Char(_), Value::Single(_) | Value::Double(_)) => real(left) == real(right),
        (Value::DateTime(time), Value::DateTimeOffset(_)) => {
            equality::equal(&Value::DateTimeOffset((*time).into()), right)
        }
        (Value::DateTimeOffset(_), Value::DateTime(_)) => equal(right, left),
        (Value::Object(_), Value::String(text)) | (Value::String(text), Value::Object(_)) => {
            let name = if left.is_null() || left.as_str().is_some() { right } else { left };
            match name.as_object() {
                Some(Object::XmlName(name)) => name.to_string() == **text,
                Some(Object::XmlNamespace(namespace)) => **namespace == **text,
                _ => false,
            }
        }
        (Value::Object(_), Value::Integer(_)) | (Value::Integer(_), Value::Object(_)) => whole(left) == whole(right),
        _ => equality::equal(left, right),
    }
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> bool {
    let order = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Decimal(_), _) | (_, Value::Decimal(_)) => Some(decimal(left).cmp(&decimal(right))),
        (Value::Single(_) | Value::Double(_), _) | (_, Value::Single(_) | Value::Double(_)) => {
            real(left).partial_cmp(&real(right))
        }
        (Value::DateTime(time), Value::DateTimeOffset(_)) => {
            equality::compare(&Value::DateTimeOffset((*time).into()), right)
        }
        (Value::DateTimeOffset(_), Value::DateTime(time)) => {
            equality::compare(left, &Value::DateTimeOffset((*time).into()))
        }
        _ => match (whole(left), whole(right)) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => equality::compare(left, right),
        },
    };
    order.is_some_and(|order| match comparison {
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    })
}

fn double(operator: Arithmetic, left: &Value, right: &Value) -> f64 {
    let (left, right) = (real(left), real(right));
    match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    }
}

fn exact(operator: Arithmetic, left: Decimal, right: Decimal) -> Outcome {
    let result = match operator {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide | Arithmetic::Remainder if right.is_zero() => return Err(Failure::divide_by_zero()),
        Arithmetic::Divide => decimals::divide(left, right),
        Arithmetic::Remainder => decimals::remainder(left, right),
    };
    let overflow = || Failure::overflow("Value was either too large or too small for a Decimal.");
    result.map(Value::Decimal).ok_or_else(overflow)
}

fn integer(operator: Arithmetic, class: Class, checked: bool, left: &Value, right: &Value) -> Outcome {
    let (left, right) = (whole(left).unwrap_or_default(), whole(right).unwrap_or_default());
    let result = match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        // The low 64 bits are right for every product of two `ulong`.
        Arithmetic::Multiply => left.wrapping_mul(right),
        Arithmetic::Divide | Arithmetic::Remainder if right == 0 => return Err(Failure::divide_by_zero()),
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    };
    if !class.is_integer() {
        return convert::number(&Value::Integer(Integer::wrap(Class::Int, result)), class, false);
    }
    let number = Integer::wrap(class, result);
    if (checked || operator == Arithmetic::Divide) && number.wide() != result {
        return Err(Failure::overflow("Arithmetic operation resulted in an overflow."));
    }
    Ok(Value::Integer(number))
}

fn bitwise(bits: Bits, class: Class, left: &Value, right: &Value) -> Value {
    if let (Value::Bool(left), Value::Bool(right)) = (left, right) {
        return Value::Bool(match bits {
            Bits::And => *left & *right,
            Bits::Or => *left | *right,
            Bits::Xor => *left ^ *right,
        });
    }
    let (left, right) = (whole(left).unwrap_or_default(), whole(right).unwrap_or_default());
    let result = match bits {
        Bits::And => left & right,
        Bits::Or => left | right,
        Bits::Xor => left ^ right,
    };
    if class.is_integer() {
        return Value::Integer(Integer::wrap(class, result));
    }
    convert::number(&Value::Integer(Integer::wrap(Class::Long, result)), class, false).unwrap_or(Value::Null)
}

fn shift(leftwards: bool, class: Class, value: &Value, count: &Value) -> Value {
    let value = whole(value).unwrap_or_default();
    let width = if matches!(class, Class::Long | Class::ULong) { 63 } else { 31 };
    let count = whole(count).unwrap_or_default() & width;
    let shifted = if leftwards { value << count } else { value >> count };
    Value::Integer(Integer::wrap(class, shifted))
}

fn time(subtract: bool, left: &Value, right: &Value) -> Outcome {
    let unrepresentable =
        || Failure::out_of_range("The added or subtracted value results in an un-representable DateTime.", "value");
    let span_overflow = || Failure::overflow("TimeSpan overflowed because the duration is too long.");
    let offset = |value: &Value| match value {
        Value::DateTimeOffset(time) => Some(*time),
        Value::DateTime(time) => Some(DateTimeOffset::from(*time)),
        _ => None,
    };
    if let Value::TimeSpan(TimeSpan(right)) = right {
        let ticks = if subtract { right.checked_neg().ok_or_else(span_overflow)? } else { *right };
        return match left {
            Value::DateTime(time) => time.plus(ticks).map(Value::DateTime).ok_or_else(unrepresentable),
            Value::DateTimeOffset(time) => {
                let moved = time.clock().plus(ticks).ok_or_else(unrepresentable)?;
                Ok(Value::DateTimeOffset(DateTimeOffset { ticks: moved.ticks, ..*time }))
            }
            Value::TimeSpan(TimeSpan(left)) => {
                left.checked_add(ticks).map(|ticks| Value::TimeSpan(TimeSpan(ticks))).ok_or_else(span_overflow)
            }
            _ => Ok(Value::Null),
        };
    }
    if let (Value::DateTime(DateTime { ticks: left, .. }), Value::DateTime(DateTime { ticks: right, .. })) =
        (left, right)
    {
        return Ok(Value::TimeSpan(TimeSpan(left - right)));
    }
    match (offset(left), offset(right)) {
        (Some(left), Some(right)) => Ok(Value::TimeSpan(TimeSpan(left.utc().ticks - right.utc().ticks))),
        _ => Ok(Value::Null),
    }
}
