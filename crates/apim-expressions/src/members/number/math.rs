//! `Math`

use rust_decimal::{Decimal, RoundingStrategy};

use super::super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{Integer, Object, Value, equality},
};

macro_rules! for_numbers {
    ($($class:literal)*) => {
        &[$(
            row("Max", concat!("static (", $class, " val1, ", $class, " val2) -> ", $class), |call| Ok(extreme(call, true))),
            row("Min", concat!("static (", $class, " val1, ", $class, " val2) -> ", $class), |call| Ok(extreme(call, false))),
        )*]
    };
}

macro_rules! for_signed {
    ($($class:literal)*) => {
        &[$(
            row("Abs", concat!("static (", $class, " value) -> ", $class), abs),
            row("Sign", concat!("static (", $class, " value) -> int"), sign),
        )*]
    };
}

/// The members of the real types. .NET names the parameters after their type: `double a` or `value`, `decimal d`.
macro_rules! for_reals {
    ($($class:literal $floor:literal $round:literal $one:literal $digits:literal)*) => {
        &[$(
            row("Floor", concat!("static (", $class, " d) -> ", $class), |call| real(call, f64::floor, |n| n.floor())),
            row("Ceiling", concat!("static (", $class, $floor, ") -> ", $class), |call| real(call, f64::ceil, |n| n.ceil())),
            row("Truncate", concat!("static (", $class, " d) -> ", $class), |call| real(call, f64::trunc, |n| n.trunc())),
            row("Round", concat!("static (", $class, $one, ") -> ", $class), round),
            row("Round", concat!("static (", $class, $round, ", int", $digits, ") -> ", $class), round),
            row("Round", concat!("static (", $class, $round, ", MidpointRounding mode) -> ", $class), round),
            row("Round", concat!("static (", $class, $round, ", int", $digits, ", MidpointRounding mode) -> ", $class), round),
        )*]
    };
}

/// Members with an overload for each number. These make calls as ambiguous as they are in C#.
pub(crate) const EXTREMES: &[Member] =
    for_numbers!("sbyte" "byte" "short" "ushort" "int" "uint" "long" "ulong" "float" "double" "decimal");
pub(crate) const SIGNED: &[Member] = for_signed!("sbyte" "short" "int" "long" "float" "double" "decimal");
pub(crate) const REALS: &[Member] =
    for_reals!("double" " a" " value" " a" " digits" "decimal" " d" " d" " d" " decimals");

pub(crate) const MATH: &[Member] = &[
    row("PI", "static double", |_| Ok(std::f64::consts::PI.into())),
    row("E", "static double", |_| Ok(std::f64::consts::E.into())),
    row("Sqrt", "static (double d) -> double", |call| one(call, f64::sqrt)),
    row("Cbrt", "static (double d) -> double", |call| one(call, f64::cbrt)),
    row("Exp", "static (double d) -> double", |call| one(call, f64::exp)),
    row("Log", "static (double d) -> double", |call| one(call, f64::ln)),
    row("Log", "static (double a, double newBase) -> double", |call| two(call, f64::log)),
    row("Log10", "static (double d) -> double", |call| one(call, f64::log10)),
    row("Log2", "static (double x) -> double", |call| one(call, f64::log2)),
    row("Pow", "static (double x, double y) -> double", |call| two(call, f64::powf)),
    row("Sin", "static (double a) -> double", |call| one(call, f64::sin)),
    row("Cos", "static (double d) -> double", |call| one(call, f64::cos)),
    row("Tan", "static (double a) -> double", |call| one(call, f64::tan)),
    row("Asin", "static (double d) -> double", |call| one(call, f64::asin)),
    row("Acos", "static (double d) -> double", |call| one(call, f64::acos)),
    row("Atan", "static (double d) -> double", |call| one(call, f64::atan)),
    row("Atan2", "static (double y, double x) -> double", |call| two(call, f64::atan2)),
    row("Sinh", "static (double value) -> double", |call| one(call, f64::sinh)),
    row("Cosh", "static (double value) -> double", |call| one(call, f64::cosh)),
    row("Tanh", "static (double value) -> double", |call| one(call, f64::tanh)),
    row("IEEERemainder", "static (double x, double y) -> double", |call| {
        two(call, |value, by| value - by * (value / by).round_ties_even())
    }),
    row("BigMul", "static (int a, int b) -> long", |call| Ok((call.int(0) * call.int(1)).into())),
    row("DivRem", "static (int a, int b, out int result) -> int", |call| divided(call, Class::Int)),
    row("DivRem", "static (long a, long b, out long result) -> long", |call| divided(call, Class::Long)),
];

fn one(call: &Call<'_, '_>, compute: fn(f64) -> f64) -> Outcome {
    Ok(Value::Double(compute(call.double(0))))
}

fn two(call: &Call<'_, '_>, compute: fn(f64, f64) -> f64) -> Outcome {
    Ok(Value::Double(compute(call.double(0), call.double(1))))
}

fn real(call: &Call<'_, '_>, double: fn(f64) -> f64, decimal: fn(&Decimal) -> Decimal) -> Outcome {
    Ok(match call.argument(0) {
        Value::Decimal(number) => Value::Decimal(decimal(number)),
        _ => Value::Double(double(call.double(0))),
    })
}

fn divided(call: &mut Call<'_, '_>, class: Class) -> Outcome {
    let (value, by) = (i128::from(call.int(0)), i128::from(call.int(1)));
    if by == 0 {
        return Err(Failure::divide_by_zero());
    }
    call.set_out(2, Value::Integer(Integer::wrap(class, value % by)));
    Ok(Value::Integer(Integer::wrap(class, value / by)))
}

fn sign(call: &mut Call<'_, '_>) -> Outcome {
    let order = match call.argument(0) {
        Value::Double(number) if number.is_nan() => None,
        Value::Single(number) if number.is_nan() => None,
        Value::Double(number) => number.partial_cmp(&0.0),
        Value::Single(number) => number.partial_cmp(&0.0),
        Value::Decimal(number) => Some(number.cmp(&Decimal::ZERO)),
        _ => Some(call.int(0).cmp(&0)),
    };
    let order =
        order.ok_or_else(|| Failure::arithmetic("Function does not accept floating point Not-a-Number values."));
    Ok(Value::from(order? as i32))
}

fn extreme(call: &Call<'_, '_>, largest: bool) -> Value {
    let (one, two) = (call.argument(0), call.argument(1));
    let nan = |value: &Value| match value {
        Value::Double(number) => number.is_nan(),
        Value::Single(number) => number.is_nan(),
        _ => false,
    };
    if nan(one) || nan(two) {
        return if nan(one) { one.clone() } else { two.clone() };
    }
    let first = equality::compare(one, two).is_some_and(|order| order.is_gt() == largest || order.is_eq());
    if first { one.clone() } else { two.clone() }
}

fn abs(call: &mut Call<'_, '_>) -> Outcome {
    let negative = || Failure::overflow("Negating the minimum value of a twos complement number is invalid.");
    match call.argument(0) {
        Value::Double(number) => Ok(Value::Double(number.abs())),
        Value::Single(number) => Ok(Value::Single(number.abs())),
        Value::Decimal(number) => Ok(Value::Decimal(number.abs())),
        Value::Integer(number) => {
            Integer::fit(number.class(), number.wide().abs()).map(Value::Integer).ok_or_else(negative)
        }
        other => Ok(other.clone()),
    }
}

/// Rounds a number. Halves go to the even neighbour unless an argument says otherwise.
pub(super) fn round(call: &mut Call<'_, '_>) -> Outcome {
    if let Value::Decimal(number) = call.argument(0) {
        return round_decimal(call, *number);
    }
    let value = call.double(0);
    let digits = call.argument(1).as_integer().unwrap_or_default();
    let away = matches!(call.arguments.last().and_then(Value::as_object), Some(Object::Enum(_, 1)));
    let Some(digits) = i32::try_from(digits).ok().filter(|digits| (0..=15).contains(digits)) else {
        return Err(Failure::out_of_range("Rounding digits must be between 0 and 15, inclusive.", "digits"));
    };
    let scale = 10_f64.powi(digits);
    let scaled = value * scale;
    if !scaled.is_finite() {
        return Ok(Value::Double(value));
    }
    let rounded = if away { scaled.round() } else { scaled.round_ties_even() };
    Ok(Value::Double(rounded / scale))
}

fn round_decimal(call: &Call<'_, '_>, number: Decimal) -> Outcome {
    let digits = call.argument(1).as_integer().unwrap_or_default();
    let digits = u32::try_from(digits).ok().filter(|digits| *digits <= 28).ok_or_else(|| {
        Failure::out_of_range("Decimal can only round to between 0 and 28 digits of precision.", "decimals")
    })?;
    let away = matches!(call.arguments.last().and_then(Value::as_object), Some(Object::Enum(_, 1)));
    let how = if away { RoundingStrategy::MidpointAwayFromZero } else { RoundingStrategy::MidpointNearestEven };
    Ok(Value::Decimal(number.round_dp_with_strategy(digits, how)))
}
