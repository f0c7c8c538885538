//! Numbers, `bool`, `Math`, `Convert` and `BitConverter`.

mod convert;
mod decimals;
mod math;

use rust_decimal::Decimal;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{
        Integer, Value,
        change::{parse_bool, parse_decimal, parse_double, parse_integer, parse_single},
        equality,
        number::bounds,
    },
};

pub(super) use convert::{BIT_CONVERTER, CONVERT, CONVERT_WITH_PROVIDER};
pub(super) use decimals::{ARITHMETIC, CLAMPS, MORE_BIT_CONVERTER, MORE_CONVERT, MORE_MATH, REAL_TESTS, SINGLE_TESTS};
pub(super) use math::{EXTREMES, MATH, REALS, SIGNED};

/// Members of every class of whole numbers; `S` is the class.
pub(super) const INTEGER: &[Member] = &[
    row("MaxValue", "static S", |call| Ok(bound(call, |(_, most)| most))),
    row("MinValue", "static S", |call| Ok(bound(call, |(least, _)| least))),
    row("Parse", "static (string s) -> S", |call| parse_integer(&call.text(0)?, call.owner())),
    row("TryParse", "static (string s, out S result) -> bool", |call| {
        let class = call.owner();
        try_parse(call, |text| parse_integer(text, class), Value::Integer(Integer::wrap(class, 0)))
    }),
    row("CompareTo", "(S value) -> int", compare),
    row("CompareTo", "(object value) -> int", compare_object),
    row("Equals", "(S obj) -> bool", same),
    row("Max", "static (S x, S y) -> S", |call| Ok(chosen(call, true))),
    row("Min", "static (S x, S y) -> S", |call| Ok(chosen(call, false))),
];

/// Returns the larger or smaller of two arguments.
fn chosen(call: &Call<'_, '_>, larger: bool) -> Value {
    let (one, two) = (call.argument(0), call.argument(1));
    let first = equality::compare(one, two).is_none_or(|order| order.is_ge() == larger);
    if first { one.clone() } else { two.clone() }
}

fn compare_object(call: &mut Call<'_, '_>) -> Outcome {
    let other = call.argument(0);
    if other.is_null() {
        return Ok(1.into());
    }
    if other.type_of() != call.receiver.type_of() {
        let name = call.receiver.type_of().class.description().name;
        return Err(Failure::argument(format!("Object must be of type {name}.")));
    }
    compare(call)
}

pub(super) const DOUBLE: &[Member] = &[
    row("MaxValue", "static double", |_| Ok(Value::Double(f64::MAX))),
    row("MinValue", "static double", |_| Ok(Value::Double(f64::MIN))),
    row("NaN", "static double", |_| Ok(Value::Double(f64::NAN))),
    row("PositiveInfinity", "static double", |_| Ok(Value::Double(f64::INFINITY))),
    row("IsNaN", "static (double d) -> bool", |call| Ok(Value::Bool(call.double(0).is_nan()))),
    row("Parse", "static (string s) -> double", |call| parse_double(&call.text(0)?)),
    row("TryParse", "static (string s, out double result) -> bool", |call| {
        try_parse(call, parse_double, Value::Double(0.0))
    }),
    row("CompareTo", "(double value) -> int", compare),
    row("CompareTo", "(object value) -> int", compare_object),
    row("Equals", "(double obj) -> bool", same),
    row("NegativeInfinity", "static double", |_| Ok(Value::Double(f64::NEG_INFINITY))),
    row("Epsilon", "static double", |_| Ok(Value::Double(f64::from_bits(1)))),
    row("IsInfinity", "static (double d) -> bool", |call| Ok(Value::Bool(call.double(0).is_infinite()))),
    row("IsPositiveInfinity", "static (double d) -> bool", |call| Ok(Value::Bool(call.double(0) == f64::INFINITY))),
    row("IsNegativeInfinity", "static (double d) -> bool", |call| Ok(Value::Bool(call.double(0) == f64::NEG_INFINITY))),
];

pub(super) const SINGLE: &[Member] = &[
    row("MaxValue", "static float", |_| Ok(Value::Single(f32::MAX))),
    row("MinValue", "static float", |_| Ok(Value::Single(f32::MIN))),
    row("Epsilon", "static float", |_| Ok(Value::Single(f32::from_bits(1)))),
    row("NaN", "static float", |_| Ok(Value::Single(f32::NAN))),
    row("PositiveInfinity", "static float", |_| Ok(Value::Single(f32::INFINITY))),
    row("NegativeInfinity", "static float", |_| Ok(Value::Single(f32::NEG_INFINITY))),
    row("IsNaN", "static (float f) -> bool", |call| Ok(Value::Bool(call.single(0).is_nan()))),
    row("IsInfinity", "static (float f) -> bool", |call| Ok(Value::Bool(call.single(0).is_infinite()))),
    row("Parse", "static (string s) -> float", |call| parse_single(&call.text(0)?)),
    row("TryParse", "static (string s, out float result) -> bool", |call| {
        try_parse(call, parse_single, Value::Single(0.0))
    }),
    row("CompareTo", "(float value) -> int", compare),
    row("CompareTo", "(object value) -> int", compare_object),
    row("Equals", "(float obj) -> bool", same),
];

pub(super) const DECIMAL: &[Member] = &[
    row("MaxValue", "static decimal", |_| Ok(Value::Decimal(Decimal::MAX))),
    row("MinValue", "static decimal", |_| Ok(Value::Decimal(Decimal::MIN))),
    row("Zero", "static decimal", |_| Ok(Value::Decimal(Decimal::ZERO))),
    row("One", "static decimal", |_| Ok(Value::Decimal(Decimal::ONE))),
    row("MinusOne", "static decimal", |_| Ok(Value::Decimal(Decimal::NEGATIVE_ONE))),
    row("Parse", "static (string s) -> decimal", |call| parse_decimal(&call.text(0)?)),
    row("TryParse", "static (string s, out decimal result) -> bool", |call| {
        try_parse(call, parse_decimal, Value::Decimal(Decimal::ZERO))
    }),
    row("Floor", "static (decimal d) -> decimal", |call| Ok(Value::Decimal(call.decimal(0).floor()))),
    row("Ceiling", "static (decimal d) -> decimal", |call| Ok(Value::Decimal(call.decimal(0).ceil()))),
    row("Truncate", "static (decimal d) -> decimal", |call| Ok(Value::Decimal(call.decimal(0).trunc()))),
    row("Negate", "static (decimal d) -> decimal", |call| Ok(Value::Decimal(-call.decimal(0)))),
    row("Round", "static (decimal d) -> decimal", math::round),
    row("Round", "static (decimal d, int decimals) -> decimal", math::round),
    row("Round", "static (decimal d, MidpointRounding mode) -> decimal", math::round),
    row("Round", "static (decimal d, int decimals, MidpointRounding mode) -> decimal", math::round),
    row("Compare", "static (decimal d1, decimal d2) -> int", |call| {
        Ok(Value::from(call.decimal(0).cmp(&call.decimal(1)) as i32))
    }),
    row("CompareTo", "(decimal value) -> int", compare),
    row("CompareTo", "(object value) -> int", compare_object),
    row("Equals", "(decimal value) -> bool", same),
];

/// `Equals` with an argument of the same type: C# converts the argument to it.
fn same(call: &mut Call<'_, '_>) -> Outcome {
    Ok(Value::Bool(equality::equal(&call.receiver, call.argument(0))))
}

pub(super) const BOOL: &[Member] = &[
    row("Parse", "static (string value) -> bool", |call| parse_bool(&call.text(0)?)),
    row("TryParse", "static (string value, out bool result) -> bool", |call| {
        try_parse(call, parse_bool, Value::Bool(false))
    }),
    row("CompareTo", "(bool value) -> int", compare),
    row("CompareTo", "(object obj) -> int", compare_object),
    row("Equals", "(bool obj) -> bool", same),
    row("TrueString", "static string", |_| Ok("True".into())),
    row("FalseString", "static string", |_| Ok("False".into())),
];

fn bound(call: &Call<'_, '_>, choose: impl FnOnce((i128, i128)) -> i128) -> Value {
    let class = call.owner();
    Value::Integer(Integer::wrap(class, choose(bounds(class))))
}

/// Parses the text of the first parameter into the `out` parameter, or sets the default.
pub(super) fn try_parse(call: &mut Call<'_, '_>, parse: impl FnOnce(&str) -> Outcome, default: Value) -> Outcome {
    let parsed = call.optional_text(0).map(|text| parse(&text));
    let (value, success) = match parsed {
        Some(Ok(value)) => (value, true),
        Some(Err(Failure::Thrown(_))) | None => (default, false),
        Some(Err(stopped)) => return Err(stopped),
    };
    // The result is the last parameter.
    call.set_out(call.count() - 1, value);
    Ok(Value::Bool(success))
}

fn compare(call: &mut Call<'_, '_>) -> Outcome {
    // For the narrow classes, .NET returns the difference.
    if let (Value::Integer(one), Value::Integer(two)) = (&call.receiver, call.argument(0))
        && matches!(one.class(), Class::SByte | Class::Byte | Class::Short | Class::UShort)
    {
        return Ok(Value::from(i32::try_from(one.wide() - two.wide()).unwrap_or_default()));
    }
    let order = equality::compare(&call.receiver, call.argument(0));
    Ok(Value::from(order.map_or(0, |order| order as i32)))
}
