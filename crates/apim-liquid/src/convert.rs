//! Converts values to other .NET types, like `Convert.ChangeType`, and compares them.

use std::{cmp::Ordering, sync::Arc};

use apim_expressions::DateTime;
use rust_decimal::{
    Decimal, RoundingStrategy,
    prelude::{FromPrimitive as _, ToPrimitive as _},
};

use crate::{culture, enumerable::Enumerable, fault::Fault, print, value::Value};

/// `Convert.ToInt32`: rounds halves to the even neighbour.
pub(crate) fn to_int(value: &Value) -> Result<i32, Fault> {
    let too_large = || Fault::error("Value was either too large or too small for an Int32.");
    i32::try_from(whole(value, "Int32")?).map_err(|_| too_large())
}

fn to_long(value: &Value) -> Result<i64, Fault> {
    let too_large = || Fault::error("Value was either too large or too small for an Int64.");
    i64::try_from(whole(value, "Int64")?).map_err(|_| too_large())
}

fn whole(value: &Value, target: &str) -> Result<i128, Fault> {
    let too_large = || Fault::error(format!("Value was either too large or too small for an {target}."));
    Ok(match value {
        Value::Nil => 0,
        Value::Bool(value) => i128::from(*value),
        Value::Int(number) => i128::from(*number),
        Value::Long(number) => i128::from(*number),
        Value::Double(number) => i128::from_f64(number.round_ties_even()).ok_or_else(too_large)?,
        Value::Decimal(number) => number.round().to_i128().ok_or_else(too_large)?,
        Value::Text(text) => text.trim().parse().map_err(|_| bad_format(text))?,
        other => return Err(invalid_cast(other, target)),
    })
}

/// `Convert.ToDecimal`: takes the 15 significant digits of a double.
pub(crate) fn to_decimal(value: &Value) -> Result<Decimal, Fault> {
    match value {
        Value::Nil => Ok(Decimal::ZERO),
        Value::Bool(value) => Ok(Decimal::from(i32::from(*value))),
        Value::Int(number) => Ok(Decimal::from(*number)),
        Value::Long(number) => Ok(Decimal::from(*number)),
        Value::Decimal(number) => Ok(*number),
        Value::Double(number) => {
            of_double(*number).ok_or_else(|| Fault::error("Value was either too large or too small for a Decimal."))
        }
        Value::Text(text) => of_text(text).ok_or_else(|| bad_format(text)),
        other => Err(invalid_cast(other, "Decimal")),
    }
}

fn of_double(number: f64) -> Option<Decimal> {
    let digits = Decimal::from_scientific(&format!("{number:.14e}")).ok();
    // The number is far below the smallest decimal.
    let digits = digits.or_else(|| (number.abs() < 1e-28).then_some(Decimal::ZERO));
    digits.map(|digits| digits.normalize())
}

/// Reads a number as .NET does: a sign, commas for thousands, a point.
pub(crate) fn of_text(text: &str) -> Option<Decimal> {
    let plain = plain_number(text)?;
    plain.parse().ok()
}

/// Reads the same text as a double.
pub(crate) fn double_of_text(text: &str) -> Option<f64> {
    plain_number(text)?.parse().ok()
}

fn plain_number(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        && digits.bytes().any(|byte| byte.is_ascii_digit());
    is_number.then(|| text.replace(',', ""))
}

/// `Convert.ToDouble`
pub(crate) fn to_double(value: &Value) -> Result<f64, Fault> {
    match value {
        Value::Double(number) => Ok(*number),
        Value::Text(text) => double_of_text(text)
            .or_else(|| text.trim().parse().ok().filter(|number: &f64| number.is_finite()))
            .ok_or_else(|| bad_format(text)),
        other => Ok(to_decimal(other)?.to_f64().unwrap_or(f64::NAN)),
    }
}

fn to_bool(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Bool(value) => Ok(*value),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Fault::error(format!("String '{text}' was not recognized as a valid Boolean."))),
        },
        Value::Date(_) => Err(invalid_cast(value, "Boolean")),
        other => Ok(!to_decimal(other)?.is_zero()),
    }
}

fn to_date(value: &Value) -> Result<DateTime, Fault> {
    match value {
        Value::Date(time) => Ok(*time),
        Value::Text(text) => DateTime::parse(text)
            .ok_or_else(|| Fault::error(format!("String '{text}' was not recognized as a valid DateTime."))),
        other => Err(invalid_cast(other, "DateTime")),
    }
}

/// Converts a value to the type of another one.
fn to_type_of(value: &Value, target: &Value) -> Result<Value, Fault> {
    Ok(match target {
        Value::Bool(_) => Value::Bool(to_bool(value)?),
        Value::Int(_) => Value::Int(to_int(value)?),
        Value::Long(_) => Value::Long(to_long(value)?),
        Value::Double(_) => Value::Double(to_double(value)?),
        Value::Decimal(_) => Value::Decimal(to_decimal(value)?),
        Value::Text(_) => match value {
            Value::List(_) | Value::Object(_) | Value::Pair(_) | Value::Empty => {
                return Err(Fault::error("Object must implement IConvertible."));
            }
            value => Value::from(print::dotnet(value)),
        },
        Value::Date(_) => Value::Date(to_date(value)?),
        Value::Nil | Value::List(_) | Value::Object(_) | Value::Pair(_) | Value::Empty => {
            if target.type_name() != value.type_name() {
                return Err(Fault::error("Object must implement IConvertible."));
            }
            value.clone()
        }
    })
}

/// `==`: compares values of one type by value. For two types, it converts the right value to the left type, or else the
/// left value to the right type.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    if let (Value::Empty, other) | (other, Value::Empty) = (left, right) {
        return Enumerable::from_value(other).is_some_and(Enumerable::is_empty);
    }
    if let (Value::Nil, other) | (other, Value::Nil) = (left, right) {
        return other.is_nil();
    }
    if left.type_name() == right.type_name() {
        return same(left, right);
    }
    match to_type_of(right, left) {
        Ok(right) => same(left, &right),
        Err(_) => to_type_of(left, right).is_ok_and(|left| same(&left, right)),
    }
}

/// Compares two values of one type. A list or dictionary equals only itself.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(left), Value::List(right)) => Arc::ptr_eq(left, right),
        (Value::Object(left), Value::Object(right)) => Arc::ptr_eq(left, right),
        (Value::Pair(left), Value::Pair(right)) => left.0 == right.0 && same(&left.1, &right.1),
        (Value::Text(left), Value::Text(right)) => left == right,
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
        ) => order(left, right) == Some(Ordering::Equal),
    }
}

/// Compares the left value with the right one, in the type of the left one.
pub(crate) fn compare(left: &Value, right: &Value) -> Result<Ordering, Fault> {
    let right = to_type_of(right, left)?;
    order(left, &right).ok_or_else(|| Fault::error("At least one object must implement IComparable."))
}

/// Orders two values of one type. The order of texts is that of the culture.
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Long(left), Value::Long(right)) => Some(left.cmp(right)),
        (Value::Double(left), Value::Double(right)) => Some(left.total_cmp(right)),
        (Value::Decimal(left), Value::Decimal(right)) => Some(left.cmp(right)),
        (Value::Text(left), Value::Text(right)) => Some(culture::compare(left, right)),
        (Value::Date(left), Value::Date(right)) => Some(left.order(*right)),
        (Value::Nil, Value::Nil) => Some(Ordering::Equal),
        (Value::Nil, _) => Some(Ordering::Less),
        (_, Value::Nil) => Some(Ordering::Greater),
        (
            Value::Bool(_)
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
        ) => None,
    }
}

/// Rounds to a number of decimals, and halves to the even neighbour.
pub(crate) fn rounded(number: Decimal, places: u32) -> Decimal {
    number.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

pub(crate) fn bad_format(text: &str) -> Fault {
    Fault::error(format!("The input string '{text}' was not in a correct format."))
}

fn invalid_cast(value: &Value, target: &str) -> Fault {
    match value {
        Value::List(_) | Value::Object(_) | Value::Pair(_) | Value::Empty => {
            Fault::error("Object must implement IConvertible.")
        }
        value => {
            let source = value.type_name().trim_start_matches("System.");
            Fault::error(format!("Invalid cast from '{source}' to '{target}'."))
        }
    }
}
