//! `DateTime` (the members on API Management's list), `DateTimeOffset`, `TimeSpan`.

mod construct;
pub(crate) mod span;

use super::{Member, access::length, context::now, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{
        DateTime, DateTimeOffset, TimeSpan, Value,
        change::{parse_date, parse_offset},
        equality,
        format::date::weekday,
        time::{Parts, TICKS_PER_DAY, TICKS_PER_MILLISECOND, TICKS_PER_SECOND, UNIX_EPOCH, Zone},
    },
};

pub(super) use construct::{CONSTRUCT_DATE, CONSTRUCT_OFFSET};
pub(super) use span::SPAN;

pub(super) const DATE_TIME: &[Member] = &[
    row("UtcNow", "static DateTime", |call| Ok(Value::DateTime(now(call.machine.context)))),
    row("Now", "static DateTime", |call| Ok(Value::DateTime(local(now(call.machine.context))))),
    row("Today", "static DateTime", |call| Ok(Value::DateTime(midnight(local(now(call.machine.context)))))),
    row("MinValue", "static DateTime", |_| Ok(Value::DateTime(DateTime::MIN))),
    row("MaxValue", "static DateTime", |_| Ok(Value::DateTime(DateTime::MAX))),
    row("Parse", "static (string s) -> DateTime", |call| parse_date(&call.text(0)?)),
    row("Date", "DateTime", |call| Ok(Value::DateTime(midnight(call.this_time())))),
    row("Subtract", "(DateTime value) -> TimeSpan", |call| match call.argument(0) {
        Value::DateTime(other) => Ok(Value::TimeSpan(TimeSpan(call.this_time().ticks - other.ticks))),
        _ => Err(Failure::null_reference()),
    }),
    row("IsDaylightSavingTime", "() -> bool", |_| Ok(Value::Bool(false))),
];

pub(super) const OFFSET: &[Member] = &[
    row("UtcNow", "static DateTimeOffset", |call| Ok(offset(now(call.machine.context)))),
    row("Now", "static DateTimeOffset", |call| Ok(offset(now(call.machine.context)))),
    row("MinValue", "static DateTimeOffset", |_| Ok(Value::DateTimeOffset(DateTimeOffset::MIN))),
    row("MaxValue", "static DateTimeOffset", |_| Ok(offset(DateTime::MAX))),
    row("UnixEpoch", "static DateTimeOffset", |call| since_epoch(call, 0)),
    row("Parse", "static (string input) -> DateTimeOffset", |call| parse_offset(&call.text(0)?)),
    row("TryParse", "static (string input, out DateTimeOffset result) -> bool", |call| {
        super::number::try_parse(call, parse_offset, Value::DateTimeOffset(DateTimeOffset::MIN))
    }),
    row("FromUnixTimeSeconds", "static (long seconds) -> DateTimeOffset", |call| since_epoch(call, TICKS_PER_SECOND)),
    row("FromUnixTimeMilliseconds", "static (long milliseconds) -> DateTimeOffset", |call| {
        since_epoch(call, TICKS_PER_MILLISECOND)
    }),
    row("ToUnixTimeSeconds", "() -> long", |call| Ok(unix(call, TICKS_PER_SECOND))),
    row("ToUnixTimeMilliseconds", "() -> long", |call| Ok(unix(call, TICKS_PER_MILLISECOND))),
    row("UtcDateTime", "DateTime", |call| Ok(Value::DateTime(this_offset(call).utc()))),
    row("LocalDateTime", "DateTime", |call| Ok(Value::DateTime(local(this_offset(call).utc())))),
    row("DateTime", "DateTime", |call| Ok(Value::DateTime(this_offset(call).clock()))),
    row("Date", "DateTime", |call| Ok(Value::DateTime(midnight(call.this_time())))),
    row("ToUniversalTime", "() -> DateTimeOffset", |call| Ok(offset(this_offset(call).utc()))),
    row("Offset", "TimeSpan", |call| {
        Ok(Value::TimeSpan(TimeSpan(this_offset(call).offset_minutes * 60 * TICKS_PER_SECOND)))
    }),
    row("Subtract", "(DateTimeOffset value) -> TimeSpan", |call| match call.argument(0) {
        Value::DateTimeOffset(other) => {
            Ok(Value::TimeSpan(TimeSpan(this_offset(call).utc().ticks - other.utc().ticks)))
        }
        _ => Err(Failure::null_reference()),
    }),
    row("Compare", "static (DateTimeOffset first, DateTimeOffset second) -> int", |call| {
        let order = crate::value::equality::compare(call.argument(0), call.argument(1));
        Ok(Value::from(order.map_or(0, |order| order as i32)))
    }),
    row("Equals", "(DateTimeOffset other) -> bool", |call| {
        Ok(crate::value::equality::equal(&call.receiver, call.argument(0)).into())
    }),
    row("ToOffset", "(TimeSpan offset) -> DateTimeOffset", |call| {
        let minutes = if let Value::TimeSpan(span) = call.argument(0) { span.0 } else { 0 };
        let minutes = minutes / (60 * crate::value::time::TICKS_PER_SECOND);
        if minutes.abs() > 14 * 60 {
            return Err(Failure::out_of_range("Offset must be within plus or minus 14 hours.", "offset"));
        }
        let utc = this_offset(call).utc();
        let ticks = utc.ticks + minutes * 60 * crate::value::time::TICKS_PER_SECOND;
        Ok(Value::DateTimeOffset(DateTimeOffset { ticks, offset_minutes: minutes }))
    }),
    row("ToLocalTime", "() -> DateTimeOffset", |call| Ok(offset(this_offset(call).utc()))),
    row("UtcTicks", "long", |call| Ok(this_offset(call).utc().ticks.into())),
    row("CompareTo", "(DateTimeOffset other) -> int", |call| {
        let order = equality::compare(&call.receiver, call.argument(0));
        Ok(Value::from(order.map_or(0, |order| order as i32)))
    }),
];

/// Members that `DateTime` and `DateTimeOffset` share; `S` is the class.
pub(super) const CLOCK: &[Member] = &[
    row("Year", "int", |call| Ok(Value::from(i32::from(parts(call).date.year())))),
    row("Month", "int", |call| Ok(Value::from(i32::from(parts(call).date.month())))),
    row("Day", "int", |call| Ok(Value::from(i32::from(parts(call).date.day())))),
    row("Hour", "int", |call| Ok(small(parts(call).hour))),
    row("Minute", "int", |call| Ok(small(parts(call).minute))),
    row("Second", "int", |call| Ok(small(parts(call).second))),
    row("Millisecond", "int", |call| Ok(small(parts(call).fraction / TICKS_PER_MILLISECOND))),
    row("DayOfYear", "int", |call| Ok(Value::from(i32::from(parts(call).date.day_of_year())))),
    row("DayOfWeek", "DayOfWeek", |call| {
        let day = i32::try_from(weekday(parts(call).date.weekday())).unwrap_or_default();
        Ok(Value::enumerator(Class::DayOfWeek, day))
    }),
    row("Ticks", "long", |call| Ok(Value::from(call.this_time().ticks))),
    row("TimeOfDay", "TimeSpan", |call| Ok(Value::TimeSpan(TimeSpan(call.this_time().ticks % TICKS_PER_DAY)))),
    row("Add", "(TimeSpan value) -> S", |call| moved_by_span(call, 1)),
    row("Subtract", "(TimeSpan value) -> S", |call| moved_by_span(call, -1)),
    row("AddDays", "(double value) -> S", |call| moved_by(call, TICKS_PER_DAY)),
    row("AddHours", "(double value) -> S", |call| moved_by(call, 3600 * TICKS_PER_SECOND)),
    row("AddMinutes", "(double value) -> S", |call| moved_by(call, 60 * TICKS_PER_SECOND)),
    row("AddSeconds", "(double value) -> S", |call| moved_by(call, TICKS_PER_SECOND)),
    row("AddMilliseconds", "(double value) -> S", |call| moved_by(call, TICKS_PER_MILLISECOND)),
    row("AddTicks", "(long value) -> S", |call| {
        let moved = call.this_time().plus(call.int(0));
        like_receiver(call, moved)
    }),
    row("AddMonths", "(int months) -> S", |call| {
        let moved = call.this_time().plus_months(call.int(0));
        like_receiver(call, moved)
    }),
    row("AddYears", "(int value) -> S", |call| {
        let moved = call.this_time().plus_months(call.int(0) * 12);
        like_receiver(call, moved)
    }),
];

fn local(time: DateTime) -> DateTime {
    DateTime { zone: Zone::Local, ..time }
}

fn midnight(time: DateTime) -> DateTime {
    DateTime { ticks: time.ticks - time.ticks % TICKS_PER_DAY, ..time }
}

fn offset(time: DateTime) -> Value {
    Value::DateTimeOffset(time.into())
}

fn parts(call: &Call<'_, '_>) -> Parts {
    call.this_time().parts()
}

fn small(number: i64) -> Value {
    length(usize::try_from(number).unwrap_or_default())
}

fn this_offset(call: &Call<'_, '_>) -> DateTimeOffset {
    if let Value::DateTimeOffset(time) = &call.receiver { *time } else { DateTimeOffset::MIN }
}

/// Returns a time in the receiver's class and zone.
fn like_receiver(call: &Call<'_, '_>, moved: Option<DateTime>) -> Outcome {
    let moved = moved.ok_or_else(|| {
        Failure::out_of_range("The added or subtracted value results in an un-representable DateTime.", "value")
    })?;
    Ok(match &call.receiver {
        Value::DateTimeOffset(time) => Value::DateTimeOffset(DateTimeOffset { ticks: moved.ticks, ..*time }),
        _ => Value::DateTime(moved),
    })
}

fn moved_by(call: &mut Call<'_, '_>, unit: i64) -> Outcome {
    let moved = scaled(call.double(0), unit).and_then(|ticks| call.this_time().plus(ticks));
    like_receiver(call, moved)
}

fn moved_by_span(call: &mut Call<'_, '_>, sign: i64) -> Outcome {
    let span = if let Value::TimeSpan(span) = call.argument(0) { span.0 } else { 0 };
    let moved = span.checked_mul(sign).and_then(|ticks| call.this_time().plus(ticks));
    like_receiver(call, moved)
}

/// Returns `count` units in ticks; `None` when the result is not a time.
fn scaled(count: f64, unit: i64) -> Option<i64> {
    let ticks = (count * unit as f64).round();
    (ticks.abs() < 9e18).then_some(ticks as i64)
}

fn since_epoch(call: &mut Call<'_, '_>, unit: i64) -> Outcome {
    let ticks = call.int(0).checked_mul(unit).and_then(|ticks| ticks.checked_add(UNIX_EPOCH));
    let time = ticks.and_then(|ticks| DateTime::new(ticks, Zone::Utc));
    time.map(offset)
        .ok_or_else(|| Failure::out_of_range("Valid values are between the years 1 and 9999, inclusive.", "seconds"))
}

fn unix(call: &Call<'_, '_>, unit: i64) -> Value {
    Value::from((this_offset(call).utc().ticks - UNIX_EPOCH).div_euclid(unit))
}
