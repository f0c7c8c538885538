//! `TimeZoneInfo`.

use super::{Member, context::now, row};
use crate::{
    evaluate::{Call, Outcome},
    problem::Failure,
    value::{
        DateTime, DateTimeOffset, Object, TimeSpan, Value,
        time::{TICKS_PER_SECOND, Zone as CollectionKind},
        zone::Zone,
    },
};

/// `TimeZone`, which .NET replaced by `TimeZoneInfo`: the zone of the machine, UTC.
pub(super) const OLD_ZONE: &[Member] = &[
    row("CurrentTimeZone", "static TimeZone", |_| {
        Ok(Value::object(crate::value::Object::Constant(crate::types::Class::TimeZone, "System.CurrentSystemTimeZone")))
    }),
    row("StandardName", "string", |_| Ok("UTC".into())),
    row("DaylightName", "string", |_| Ok("UTC".into())),
    row("GetUtcOffset", "(DateTime time) -> TimeSpan", |_| Ok(Value::TimeSpan(crate::value::TimeSpan(0)))),
    row("IsDaylightSavingTime", "(DateTime time) -> bool", |_| Ok(false.into())),
    row("ToUniversalTime", "(DateTime time) -> DateTime", |call| kind(call, crate::value::time::Zone::Utc)),
    row("ToLocalTime", "(DateTime time) -> DateTime", |call| kind(call, crate::value::time::Zone::Local)),
];

fn kind(call: &mut Call<'_, '_>, zone: crate::value::time::Zone) -> Outcome {
    match call.argument(0) {
        Value::DateTime(time) => Ok(Value::DateTime(crate::value::DateTime { zone, ..*time })),
        _ => Ok(Value::Null),
    }
}

pub(super) const ZONE: &[Member] = &[
    row("Utc", "static TimeZoneInfo", |_| Ok(value(Zone::utc()))),
    // The gateway's local time zone is UTC.
    row("Local", "static TimeZoneInfo", |_| Ok(value(Zone::utc()))),
    row("FindSystemTimeZoneById", "static (string id) -> TimeZoneInfo", |call| find(&call.text(0)?).map(value)),
    row("ConvertTimeFromUtc", "static (DateTime dateTime, TimeZoneInfo destinationTimeZone) -> DateTime", |call| {
        let time = time(call, 0);
        if time.zone == CollectionKind::Local {
            return Err(Failure::argument(
                "The conversion could not be completed because the supplied DateTime did not have the Kind property set \
                 correctly.",
            ));
        }
        shown(time.ticks, &zone(call.argument(1))?)
    }),
    row("ConvertTimeToUtc", "static (DateTime dateTime) -> DateTime", |call| {
        Ok(Value::DateTime(DateTime { zone: CollectionKind::Utc, ..time(call, 0) }))
    }),
    row("ConvertTimeToUtc", "static (DateTime dateTime, TimeZoneInfo sourceTimeZone) -> DateTime", |call| {
        let ticks = utc(time(call, 0), &zone(call.argument(1))?)?;
        made(ticks, CollectionKind::Utc)
    }),
    row("ConvertTime", "static (DateTime dateTime, TimeZoneInfo destinationTimeZone) -> DateTime", |call| {
        shown(time(call, 0).ticks, &zone(call.argument(1))?)
    }),
    row(
        "ConvertTime",
        "static (DateTime dateTime, TimeZoneInfo sourceTimeZone, TimeZoneInfo destinationTimeZone) -> DateTime",
        |call| {
            let ticks = utc(time(call, 0), &zone(call.argument(1))?)?;
            shown(ticks, &zone(call.argument(2))?)
        },
    ),
    row(
        "ConvertTime",
        "static (DateTimeOffset dateTimeOffset, TimeZoneInfo destinationTimeZone) -> DateTimeOffset",
        |call| offset_in(call, &zone(call.argument(1))?),
    ),
    row(
        "ConvertTimeBySystemTimeZoneId",
        "static (DateTime dateTime, string destinationTimeZoneId) -> DateTime",
        |call| shown(time(call, 0).ticks, &find(&call.text(1)?)?),
    ),
    row(
        "ConvertTimeBySystemTimeZoneId",
        "static (DateTime dateTime, string sourceTimeZoneId, string destinationTimeZoneId) -> DateTime",
        |call| {
            let ticks = utc(time(call, 0), &find(&call.text(1)?)?)?;
            shown(ticks, &find(&call.text(2)?)?)
        },
    ),
    row(
        "ConvertTimeBySystemTimeZoneId",
        "static (DateTimeOffset dateTimeOffset, string destinationTimeZoneId) -> DateTimeOffset",
        |call| offset_in(call, &find(&call.text(1)?)?),
    ),
    row("Id", "string", |call| Ok(this(call)?.id().into())),
    row("StandardName", "string", |call| Ok(this(call)?.id().into())),
    row("DisplayName", "string", |call| {
        let id = this(call)?.id().to_owned();
        call.new_string(format!("({}) {id}", if id == "UTC" { "UTC" } else { "UTC*" }))
    }),
    row("BaseUtcOffset", "TimeSpan", |call| {
        let now = now(call.machine.context).ticks;
        Ok(span(this(call)?.base_offset(now)))
    }),
    row("SupportsDaylightSavingTime", "bool", |call| {
        let now = now(call.machine.context).ticks;
        Ok(this(call)?.has_summer_time(now).into())
    }),
    row("GetUtcOffset", "(DateTime dateTime) -> TimeSpan", |call| Ok(span(at(&this(call)?, time(call, 0)).0))),
    row("GetUtcOffset", "(DateTimeOffset dateTimeOffset) -> TimeSpan", |call| {
        Ok(span(this(call)?.at_utc(offset(call).utc().ticks).0))
    }),
    row("IsDaylightSavingTime", "(DateTime dateTime) -> bool", |call| Ok(at(&this(call)?, time(call, 0)).1.into())),
    row("IsDaylightSavingTime", "(DateTimeOffset dateTimeOffset) -> bool", |call| {
        Ok(this(call)?.at_utc(offset(call).utc().ticks).1.into())
    }),
];

fn value(zone: Zone) -> Value {
    Value::object(Object::Zone(zone))
}

fn find(id: &str) -> Result<Zone, Failure> {
    Zone::find(id).ok_or_else(|| Failure::zone_not_found(id))
}

fn zone(value: &Value) -> Result<Zone, Failure> {
    match value.as_object() {
        Some(Object::Zone(zone)) => Ok(zone.clone()),
        _ => Err(Failure::argument_null("destinationTimeZone")),
    }
}

fn this(call: &Call<'_, '_>) -> Result<Zone, Failure> {
    match call.receiver.as_object() {
        Some(Object::Zone(zone)) => Ok(zone.clone()),
        _ => Err(Failure::null_reference()),
    }
}

fn time(call: &Call<'_, '_>, index: usize) -> DateTime {
    if let Value::DateTime(time) = call.argument(index) { *time } else { DateTime::MIN }
}

fn offset(call: &Call<'_, '_>) -> DateTimeOffset {
    if let Value::DateTimeOffset(time) = call.argument(0) { *time } else { DateTimeOffset::MIN }
}

/// Returns the zone's offset: by UTC if the time has a known kind, otherwise by the zone's clocks.
fn at(zone: &Zone, time: DateTime) -> (i64, bool) {
    if time.zone == CollectionKind::Unspecified { zone.at_clock(time.ticks) } else { zone.at_utc(time.ticks) }
}

/// Returns the moment that a zone's clock shows. A time of a known kind is in UTC, which is also the machine's zone.
fn utc(time: DateTime, zone: &Zone) -> Result<i64, Failure> {
    match time.zone {
        CollectionKind::Unspecified => Ok(time.ticks - zone.at_clock(time.ticks).0 * TICKS_PER_SECOND),
        CollectionKind::Utc | CollectionKind::Local if zone.id() == "UTC" => Ok(time.ticks),
        CollectionKind::Utc | CollectionKind::Local => Err(Failure::argument(
            "The conversion could not be completed because the supplied DateTime did not have the Kind property set \
             correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be \
             TimeZoneInfo.Local. (Parameter 'sourceTimeZone')",
        )),
    }
}

fn shown(utc: i64, zone: &Zone) -> Outcome {
    let kind = if zone.id() == "UTC" { CollectionKind::Utc } else { CollectionKind::Unspecified };
    made(utc + zone.at_utc(utc).0 * TICKS_PER_SECOND, kind)
}

/// Makes a time. A time outside the years 1 to 9999 becomes the first or the last moment of these years.
fn made(ticks: i64, kind: CollectionKind) -> Outcome {
    let limit = if ticks < 0 { DateTime::MIN } else { DateTime::MAX };
    Ok(Value::DateTime(DateTime::new(ticks, kind).unwrap_or(limit)))
}

fn offset_in(call: &Call<'_, '_>, zone: &Zone) -> Outcome {
    let utc = offset(call).utc().ticks;
    let seconds = zone.at_utc(utc).0;
    let ticks = (utc + seconds * TICKS_PER_SECOND).clamp(0, DateTime::MAX.ticks);
    Ok(Value::DateTimeOffset(DateTimeOffset { ticks, offset_minutes: seconds / 60 }))
}

fn span(seconds: i64) -> Value {
    Value::TimeSpan(TimeSpan(seconds * TICKS_PER_SECOND))
}
