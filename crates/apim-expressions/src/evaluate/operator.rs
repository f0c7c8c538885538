//! Binary operators.

use std::cmp::Ordering;

use super::{Machine, Outcome, convert};
use crate::{
    members::xml,
    problem::Failure,
    program::{Arithmetic, Bits, Comparison, Operation},
    types::Class,
    value::{DateTime, DateTimeOffset, Integer, Object, TimeSpan, Value, equality},
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
            _ if left.is_null() || right.is_null() => Ok(Value::Null),
            Operation::Arithmetic(operator, Class::Double) => Ok(Value::Double(double(operator, left, right))),
            Operation::Arithmetic(operator, class) => integer(operator, class, left, right),
            Operation::Bits(bits, class) => Ok(bitwise(bits, class, left, right)),
            Operation::Shift { left: leftwards, class } => Ok(shift(leftwards, class, left, right)),
            Operation::Time { subtract } => time(subtract, left, right),
        }
    }
}

fn whole(value: &Value) -> Option<i128> {
    match convert::number(value, Class::Long) {
        Value::Integer(number) => Some(number.value().into()),
        _ => None,
    }
}

fn real(value: &Value) -> f64 {
    match convert::number(value, Class::Double) {
        Value::Double(number) => number,
        _ => f64::NAN,
    }
}

/// Numbers are equal across their types, and times across theirs.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Integer(_) | Value::Char(_), Value::Integer(_) | Value::Char(_)) => whole(left) == whole(right),
        (Value::Double(_), Value::Integer(_) | Value::Char(_) | Value::Double(_)) => real(left) == real(right),
        (Value::Integer(_) | Value::Char(_), Value::Double(_)) => real(left) == real(right),
        (Value::DateTime(time), Value::DateTimeOffset(_)) => {
            equality::equal(&Value::DateTimeOffset((*time).into()), right)
        }
        (Value::DateTimeOffset(_), Value::DateTime(_)) => equal(right, left),
        _ => equality::equal(left, right),
    }
}

fn compare(comparison: Comparison, left: &Value, right: &Value) -> bool {
    let order = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Double(_), _) | (_, Value::Double(_)) => real(left).partial_cmp(&real(right)),
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

fn integer(operator: Arithmetic, class: Class, left: &Value, right: &Value) -> Outcome {
    let (left, right) = (whole(left).unwrap_or_default(), whole(right).unwrap_or_default());
    let result = match operator {
        Arithmetic::Add => left + right,
        Arithmetic::Subtract => left - right,
        // Two 64-bit numbers always have a product in 128 bits.
        Arithmetic::Multiply => left * right,
        Arithmetic::Divide | Arithmetic::Remainder if right == 0 => return Err(Failure::divide_by_zero()),
        Arithmetic::Divide => left / right,
        Arithmetic::Remainder => left % right,
    };
    let number = Integer::wrap(class, result);
    if operator == Arithmetic::Divide && i128::from(number.value()) != result {
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
    convert::number(&Value::Integer(Integer::wrap(Class::Long, result)), class)
}

fn shift(leftwards: bool, class: Class, value: &Value, count: &Value) -> Value {
    let value = whole(value).unwrap_or_default();
    let width = if class == Class::Long { 63 } else { 31 };
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
