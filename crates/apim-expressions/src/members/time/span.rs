//! `TimeSpan`

use super::super::{Member, row};
use super::scaled;
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{
        TimeSpan, Value,
        change::parse_span,
        equality,
        time::{TICKS_PER_DAY, TICKS_PER_MILLISECOND, TICKS_PER_SECOND},
    },
};

const HOUR: i64 = 3600 * TICKS_PER_SECOND;
const MINUTE: i64 = 60 * TICKS_PER_SECOND;

pub(crate) const SPAN: &[Member] = &[
    row("Zero", "static TimeSpan", |_| Ok(Value::TimeSpan(TimeSpan(0)))),
    row("MaxValue", "static TimeSpan", |_| Ok(Value::TimeSpan(TimeSpan(i64::MAX)))),
    row("MinValue", "static TimeSpan", |_| Ok(Value::TimeSpan(TimeSpan(i64::MIN)))),
    row("FromDays", "static (double value) -> TimeSpan", |call| from(call, TICKS_PER_DAY)),
    row("FromHours", "static (double value) -> TimeSpan", |call| from(call, HOUR)),
    row("FromMinutes", "static (double value) -> TimeSpan", |call| from(call, MINUTE)),
    row("FromSeconds", "static (double value) -> TimeSpan", |call| from(call, TICKS_PER_SECOND)),
    row("FromMilliseconds", "static (double value) -> TimeSpan", |call| from(call, TICKS_PER_MILLISECOND)),
    row("FromTicks", "static (long value) -> TimeSpan", |call| Ok(Value::TimeSpan(TimeSpan(call.int(0))))),
    row("Parse", "static (string s) -> TimeSpan", |call| parse_span(&call.text(0)?)),
    row("new", "static (long ticks) -> TimeSpan", |call| Ok(Value::TimeSpan(TimeSpan(call.int(0))))),
    row("new", "static (int hours, int minutes, int seconds) -> TimeSpan", |call| {
        whole([0, call.int(0), call.int(1), call.int(2)])
    }),
    row("new", "static (int days, int hours, int minutes, int seconds) -> TimeSpan", |call| {
        whole([call.int(0), call.int(1), call.int(2), call.int(3)])
    }),
    row("Days", "int", |call| Ok(part(call, TICKS_PER_DAY, i64::MAX))),
    row("Hours", "int", |call| Ok(part(call, HOUR, 24))),
    row("Minutes", "int", |call| Ok(part(call, MINUTE, 60))),
    row("Seconds", "int", |call| Ok(part(call, TICKS_PER_SECOND, 60))),
    row("Milliseconds", "int", |call| Ok(part(call, TICKS_PER_MILLISECOND, 1000))),
    row("Ticks", "long", |call| Ok(Value::from(ticks(call)))),
    row("TotalDays", "double", |call| Ok(total(call, TICKS_PER_DAY))),
    row("TotalHours", "double", |call| Ok(total(call, HOUR))),
    row("TotalMinutes", "double", |call| Ok(total(call, MINUTE))),
    row("TotalSeconds", "double", |call| Ok(total(call, TICKS_PER_SECOND))),
    row("TotalMilliseconds", "double", |call| Ok(total(call, TICKS_PER_MILLISECOND))),
    row("Add", "(TimeSpan ts) -> TimeSpan", |call| sum(call, 1)),
    row("Subtract", "(TimeSpan ts) -> TimeSpan", |call| sum(call, -1)),
    row("TicksPerDay", "static long", |_| Ok(TICKS_PER_DAY.into())),
    row("TicksPerHour", "static long", |_| Ok(HOUR.into())),
    row("TicksPerMinute", "static long", |_| Ok(MINUTE.into())),
    row("TicksPerSecond", "static long", |_| Ok(TICKS_PER_SECOND.into())),
    row("TicksPerMillisecond", "static long", |_| Ok(TICKS_PER_MILLISECOND.into())),
    row("FromMicroseconds", "static (double value) -> TimeSpan", |call| from(call, TICKS_PER_MILLISECOND / 1000)),
    row("new", "static (int days, int hours, int minutes, int seconds, int milliseconds) -> TimeSpan", |call| {
        let Value::TimeSpan(span) = whole([call.int(0), call.int(1), call.int(2), call.int(3)])? else {
            return Err(overflow());
        };
        let sum = span.0.checked_add(call.int(4) * TICKS_PER_MILLISECOND);
        sum.map(|ticks| Value::TimeSpan(TimeSpan(ticks))).ok_or_else(overflow)
    }),
    row("TryParse", "static (string s, out TimeSpan result) -> bool", |call| {
        super::super::number::try_parse(call, parse_span, Value::TimeSpan(TimeSpan(0)))
    }),
    row("Compare", "static (TimeSpan t1, TimeSpan t2) -> int", |call| {
        let order = equality::compare(call.argument(0), call.argument(1));
        Ok(Value::from(order.map_or(0, |order| order as i32)))
    }),
    row("Equals", "(TimeSpan obj) -> bool", |call| Ok(equality::equal(&call.receiver, call.argument(0)).into())),
    row("Equals", "static (TimeSpan t1, TimeSpan t2) -> bool", |call| {
        Ok(equality::equal(call.argument(0), call.argument(1)).into())
    }),
    row("Duration", "() -> TimeSpan", |call| {
        let ticks = ticks(call).checked_abs();
        ticks.map(|ticks| Value::TimeSpan(TimeSpan(ticks))).ok_or_else(|| {
            Failure::overflow("The duration cannot be returned for TimeSpan.MinValue because the absolute value of TimeSpan.MinValue exceeds the value of TimeSpan.MaxValue.")
        })
    }),
    row("Negate", "() -> TimeSpan", |call| {
        let ticks = ticks(call).checked_neg();
        ticks
            .map(|ticks| Value::TimeSpan(TimeSpan(ticks)))
            .ok_or_else(|| Failure::overflow("Negating the minimum value of a twos complement number is invalid."))
    }),
    row("Multiply", "(double factor) -> TimeSpan", |call| times(ticks(call) as f64 * call.double(0))),
    row("Divide", "(double divisor) -> TimeSpan", |call| times(ticks(call) as f64 / call.double(0))),
    row("Divide", "(TimeSpan ts) -> double", |call| {
        let other = if let Value::TimeSpan(span) = call.argument(0) { span.0 } else { 0 };
        Ok(Value::Double(ticks(call) as f64 / other as f64))
    }),
    row("CompareTo", "(TimeSpan value) -> int", |call| {
        let order = equality::compare(&call.receiver, call.argument(0));
        Ok(Value::from(order.map_or(0, |order| order as i32)))
    }),
];

fn ticks(call: &Call<'_, '_>) -> i64 {
    if let Value::TimeSpan(span) = &call.receiver { span.0 } else { 0 }
}

/// Returns a span of this number of ticks, rounded.
pub(crate) fn times(ticks: f64) -> Outcome {
    if ticks.is_nan() {
        return Err(Failure::argument("TimeSpan does not accept floating point Not-a-Number values."));
    }
    let rounded = ticks.round_ties_even();
    if rounded.abs() > 9.223_372_036_854_775e18 {
        return Err(overflow());
    }
    Ok(Value::TimeSpan(TimeSpan(rounded as i64)))
}

fn overflow() -> Failure {
    Failure::overflow("TimeSpan overflowed because the duration is too long.")
}

fn from(call: &mut Call<'_, '_>, unit: i64) -> Outcome {
    scaled(call.double(0), unit).map(|ticks| Value::TimeSpan(TimeSpan(ticks))).ok_or_else(overflow)
}

fn whole([days, hours, minutes, seconds]: [i64; 4]) -> Outcome {
    let ticks = days.checked_mul(TICKS_PER_DAY).and_then(|days| {
        // A 32-bit number of hours or smaller units stays far below the limit of 64 bits.
        days.checked_add(hours * HOUR)?.checked_add(minutes * MINUTE + seconds * TICKS_PER_SECOND)
    });
    ticks.map(|ticks| Value::TimeSpan(TimeSpan(ticks))).ok_or_else(overflow)
}

fn part(call: &Call<'_, '_>, unit: i64, most: i64) -> Value {
    Value::from(i32::try_from(ticks(call) / unit % most).unwrap_or_default())
}

fn total(call: &Call<'_, '_>, unit: i64) -> Value {
    Value::Double(ticks(call) as f64 / unit as f64)
}

fn sum(call: &mut Call<'_, '_>, sign: i64) -> Outcome {
    let other = if let Value::TimeSpan(span) = call.argument(0) { span.0 } else { 0 };
    let sum = other.checked_mul(sign).and_then(|other| ticks(call).checked_add(other));
    sum.map(|ticks| Value::TimeSpan(TimeSpan(ticks))).ok_or_else(overflow)
}
