//! `Math`

use super::super::{Member, row};
use super::class_of;
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{Integer, Object, Value, equality},
};

pub(crate) const MATH: &[Member] = &[
    row("Max", "static (int, int) -> int", |call| Ok(extreme(call, true))),
    row("Max", "static (long, long) -> long", |call| Ok(extreme(call, true))),
    row("Max", "static (double, double) -> double", |call| Ok(extreme(call, true))),
    row("Min", "static (int, int) -> int", |call| Ok(extreme(call, false))),
    row("Min", "static (long, long) -> long", |call| Ok(extreme(call, false))),
    row("Min", "static (double, double) -> double", |call| Ok(extreme(call, false))),
    row("Abs", "static (int) -> int", abs),
    row("Abs", "static (long) -> long", abs),
    row("Abs", "static (double) -> double", |call| Ok(Value::Double(call.double(0).abs()))),
    row("Sign", "static (int) -> int", |call| Ok(Value::from(i32::try_from(call.int(0).signum()).unwrap_or_default()))),
    row("Floor", "static (double) -> double", |call| Ok(Value::Double(call.double(0).floor()))),
    row("Ceiling", "static (double) -> double", |call| Ok(Value::Double(call.double(0).ceil()))),
    row("Truncate", "static (double) -> double", |call| Ok(Value::Double(call.double(0).trunc()))),
    row("Sqrt", "static (double) -> double", |call| Ok(Value::Double(call.double(0).sqrt()))),
    row("Pow", "static (double, double) -> double", |call| Ok(Value::Double(call.double(0).powf(call.double(1))))),
    row("Log", "static (double) -> double", |call| Ok(Value::Double(call.double(0).ln()))),
    row("Log10", "static (double) -> double", |call| Ok(Value::Double(call.double(0).log10()))),
    row("Exp", "static (double) -> double", |call| Ok(Value::Double(call.double(0).exp()))),
    row("Round", "static (double) -> double", round),
    row("Round", "static (double, int) -> double", round),
    row("Round", "static (double, MidpointRounding) -> double", round),
    row("Round", "static (double, int, MidpointRounding) -> double", round),
];

fn extreme(call: &Call<'_, '_>, largest: bool) -> Value {
    let (one, two) = (call.argument(0), call.argument(1));
    if call.double(0).is_nan() {
        return one.clone();
    }
    let first = equality::compare(one, two).is_some_and(|order| order.is_gt() == largest || order.is_eq());
    if first { one.clone() } else { two.clone() }
}

fn abs(call: &mut Call<'_, '_>) -> Outcome {
    let class = class_of(call.argument(0));
    let positive = Integer::fit(class, i128::from(call.int(0)).abs());
    positive
        .map(Value::Integer)
        .ok_or_else(|| Failure::overflow("Negating the minimum value of a twos complement number is invalid."))
}

/// Halves go to the even neighbour unless told otherwise.
fn round(call: &mut Call<'_, '_>) -> Outcome {
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
