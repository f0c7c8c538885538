//! Numbers, `bool`, `Math`, `Convert` and `BitConverter`.

mod convert;
mod math;

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{
        Integer, Value,
        change::{parse_bool, parse_double, parse_integer},
        equality,
        number::bounds,
    },
};

pub(super) use convert::{BIT_CONVERTER, CONVERT};
pub(super) use math::MATH;

/// Members of every class of whole numbers; `S` is the class.
pub(super) const INTEGER: &[Member] = &[
    row("MaxValue", "static S", |call| Ok(bound(call, |(_, most)| most))),
    row("MinValue", "static S", |call| Ok(bound(call, |(least, _)| least))),
    row("Parse", "static (string) -> S", |call| parse_integer(&call.text(0)?, call.owner())),
    row("TryParse", "static (string, out S) -> bool", |call| {
        let class = call.owner();
        try_parse(call, |text| parse_integer(text, class), Value::Integer(Integer::wrap(class, 0)))
    }),
    row("CompareTo", "(S) -> int", compare),
];

pub(super) const DOUBLE: &[Member] = &[
    row("MaxValue", "static double", |_| Ok(Value::Double(f64::MAX))),
    row("MinValue", "static double", |_| Ok(Value::Double(f64::MIN))),
    row("NaN", "static double", |_| Ok(Value::Double(f64::NAN))),
    row("PositiveInfinity", "static double", |_| Ok(Value::Double(f64::INFINITY))),
    row("IsNaN", "static (double) -> bool", |call| Ok(Value::Bool(call.double(0).is_nan()))),
    row("Parse", "static (string) -> double", |call| parse_double(&call.text(0)?)),
    row("TryParse", "static (string, out double) -> bool", |call| try_parse(call, parse_double, Value::Double(0.0))),
    row("CompareTo", "(double) -> int", compare),
];

pub(super) const BOOL: &[Member] = &[
    row("Parse", "static (string) -> bool", |call| parse_bool(&call.text(0)?)),
    row("TryParse", "static (string, out bool) -> bool", |call| try_parse(call, parse_bool, Value::Bool(false))),
    row("TrueString", "static string", |_| Ok("True".into())),
    row("FalseString", "static string", |_| Ok("False".into())),
];

fn bound(call: &Call<'_, '_>, choose: impl FnOnce((i64, i64)) -> i64) -> Value {
    let class = call.owner();
    Value::Integer(Integer::wrap(class, choose(bounds(class)).into()))
}

/// Gives the second parameter what the text of the first says, or the default.
pub(super) fn try_parse(call: &mut Call<'_, '_>, parse: impl FnOnce(&str) -> Outcome, default: Value) -> Outcome {
    let parsed = call.optional_text(0).map(|text| parse(&text));
    let (value, success) = match parsed {
        Some(Ok(value)) => (value, true),
        Some(Err(Failure::Thrown(_))) | None => (default, false),
        Some(Err(stopped)) => return Err(stopped),
    };
    call.set_out(1, value);
    Ok(Value::Bool(success))
}

fn compare(call: &mut Call<'_, '_>) -> Outcome {
    let order = equality::compare(&call.receiver, call.argument(0));
    Ok(Value::from(order.map_or(0, |order| order as i32)))
}

/// The class of whole numbers in which two arguments meet.
fn class_of(value: &Value) -> Class {
    value.type_of().class
}
