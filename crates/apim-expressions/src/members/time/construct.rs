//! Makes times from their parts.

use super::super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{
        DateTime, DateTimeOffset, Object, Value,
        time::{TICKS_PER_MILLISECOND, TICKS_PER_SECOND, Zone, ticks},
    },
};

pub(crate) const CONSTRUCT_DATE: &[Member] = &[
    row("new", "static (long ticks) -> DateTime", |call| {
        DateTime::new(call.int(0), Zone::Unspecified).map(Value::DateTime).ok_or_else(unrepresentable)
    }),
    row("new", "static (long ticks, DateTimeKind kind) -> DateTime", |call| {
        let zone = match call.flags(1) {
            1 => Zone::Utc,
            2 => Zone::Local,
            _ => Zone::Unspecified,
        };
        DateTime::new(call.int(0), zone).map(Value::DateTime).ok_or_else(unrepresentable)
    }),
    row("new", "static (int year, int month, int day) -> DateTime", date),
    row("new", "static (int year, int month, int day, int hour, int minute, int second) -> DateTime", date),
    row(
        "new",
        "static (int year, int month, int day, int hour, int minute, int second, int millisecond) -> DateTime",
        date,
    ),
    row(
        "new",
        "static (int year, int month, int day, int hour, int minute, int second, DateTimeKind kind) -> DateTime",
        date,
    ),
    row(
        "new",
        "static (int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind) -> DateTime",
        date,
    ),
    row("DaysInMonth", "static (int year, int month) -> int", |call| {
        let day = (28..=31).rev().find(|day| ticks(call.int(0), call.int(1), *day, [0; 3]).is_some());
        day.map(|day| Value::from(i32::try_from(day).unwrap_or_default())).ok_or_else(unrepresentable)
    }),
    row("IsLeapYear", "static (int year) -> bool", |call| Ok(Value::Bool(ticks(call.int(0), 2, 29, [0; 3]).is_some()))),
];

pub(crate) const CONSTRUCT_OFFSET: &[Member] = &[
    row("new", "static (DateTime dateTime) -> DateTimeOffset", |call| match call.argument(0) {
        Value::DateTime(time) => Ok(Value::DateTimeOffset((*time).into())),
        _ => Err(Failure::null_reference()),
    }),
    row("new", "static (DateTime dateTime, TimeSpan offset) -> DateTimeOffset", |call| match call.argument(0) {
        Value::DateTime(time) => {
            let (given, zone) = (matches!(call.argument(1), Value::TimeSpan(span) if span.0 != 0), time.zone);
            let problem = match zone {
                Zone::Utc if given => "The UTC Offset for Utc DateTime instances must be 0. (Parameter 'offset')",
                // The machine's clock shows UTC.
                Zone::Local if given => {
                    "The UTC Offset of the local dateTime parameter does not match the offset argument. (Parameter \
                     'offset')"
                }
                Zone::Utc | Zone::Local | Zone::Unspecified => return with_offset(call, time.ticks, 1),
            };
            Err(Failure::argument(problem))
        }
        _ => Err(Failure::null_reference()),
    }),
    row(
        "new",
        "static (int year, int month, int day, int hour, int minute, int second, TimeSpan offset) -> DateTimeOffset",
        |call| {
            let Value::DateTime(time) = date(call)? else { return Err(unrepresentable()) };
            with_offset(call, time.ticks, 6)
        },
    ),
];

fn unrepresentable() -> Failure {
    Failure::out_of_range("Year, Month, and Day parameters describe an un-representable DateTime.", "")
}

fn with_offset(call: &Call<'_, '_>, ticks: i64, argument: usize) -> Outcome {
    let span = if let Value::TimeSpan(span) = call.argument(argument) { span.0 } else { 0 };
    let offset_minutes = span / TICKS_PER_SECOND / 60;
    if offset_minutes.abs() > 14 * 60 {
        return Err(Failure::out_of_range("Offset must be within plus or minus 14 hours.", "offset"));
    }
    if span % (60 * TICKS_PER_SECOND) != 0 {
        return Err(Failure::argument("Offset must be specified in whole minutes. (Parameter 'offset')"));
    }
    if !(0..=DateTime::MAX.ticks).contains(&(ticks - span)) {
        let message = "The UTC time represented when the offset is applied must be between year 0 and 10,000.";
        return Err(Failure::out_of_range(message, "offset"));
    }
    Ok(Value::DateTimeOffset(DateTimeOffset { ticks, offset_minutes }))
}

fn date(call: &mut Call<'_, '_>) -> Outcome {
    let whole = ticks(call.int(0), call.int(1), call.int(2), [call.int(3), call.int(4), call.int(5)]);
    let milliseconds = call.argument(6).as_integer().unwrap_or_default();
    if !(0..1000).contains(&milliseconds) {
        return Err(unrepresentable());
    }
    let zone = match call.arguments.last().and_then(Value::as_object) {
        Some(Object::Enum(_, 1)) => Zone::Utc,
        _ => Zone::Unspecified,
    };
    let time = whole.and_then(|ticks| DateTime::new(ticks + milliseconds * TICKS_PER_MILLISECOND, zone));
    time.map(Value::DateTime).ok_or_else(unrepresentable)
}
