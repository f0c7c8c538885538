//! Converts wall-clock times to instants, even if the clock jumps ahead or goes back.
//!
//! It follows `CronSchedule.cs` of `Azure/azure-webjobs-sdk-extensions`. A wall time that the clock skips moves ahead
//! by the size of the gap. If the clock repeats an hour, .NET takes a bare wall time for the second pass; the host then
//! corrects it by comparing offsets. The comparison is wrong in two rare cases, and Azure's timers fire accordingly:
//! - counted from winter, a point in time in the repeated hour is taken for its second pass and left out;
//! - counted from the repeated hour to the other side of a long pause, an interval is off by the change of offset.

use jiff::{
    SignedDuration, Timestamp, Zoned,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

use crate::cron::Cron;

/// Zones with a negative daylight saving in the tzdata of .NET's images. Other builds of tzdata reverse it.
const NEGATIVE_SAVING: [&str; 4] = ["Africa/Casablanca", "Africa/El_Aaiun", "Eire", "Europe/Dublin"];

/// Reports whether .NET on Linux mishandles the zone's clock changes within two years of `from`. This happens if
/// daylight saving has a smaller offset than standard time, or if the standard offset changes.
///
/// In Azure, a timer in such a zone fires without pause for an hour if it is due while the clock goes forward. An
/// interval loses the second pass of a repeated hour. This crate does not copy that.
///
/// Tried with Europe/Dublin and Africa/Casablanca. Europe/London has the same clock as Dublin and is safe.
#[must_use]
pub fn has_clock_trap(zone: &TimeZone, from: Timestamp) -> bool {
    if zone.iana_name().is_some_and(|name| NEGATIVE_SAVING.contains(&name)) {
        return true;
    }
    let until = from.saturating_add(SignedDuration::from_hours(2 * 366 * 24)).unwrap_or(Timestamp::MAX);
    let first = zone.to_offset_info(from);
    let mut saving = first.dst().is_dst();
    let mut offset = first.offset();
    for transition in zone.following(from).take_while(|transition| transition.timestamp() < until) {
        let (next_saving, next_offset) = (transition.dst().is_dst(), transition.offset());
        let as_expected = match (saving, next_saving) {
            (false, true) => next_offset > offset,
            (true, false) => next_offset < offset,
            (false, false) | (true, true) => next_offset == offset,
        };
        if !as_expected {
            return true;
        }
        (saving, offset) = (next_saving, next_offset);
    }
    false
}

/// Returns the first occurrence strictly after `now`.
pub(crate) fn next_after(cron: &Cron, now: &Zoned) -> Option<Zoned> {
    let wall = cron.next_after(now.datetime())?;
    let next = in_zone(wall, now.time_zone())?;
    let next = if cron.is_interval() { interval(now, next)? } else { point_in_time(cron, now, next)? };
    // .NET compares wall clocks, so an offset that changes without daylight saving could lead it back in time.
    if next > *now { Some(next) } else { first_instant_after(cron, now, wall) }
}

/// Returns the next occurrence of an interval, which runs through both passes of the repeated hour.
fn interval(now: &Zoned, next: Zoned) -> Option<Zoned> {
    let change = i64::from(next.offset().seconds()) - i64::from(now.offset().seconds());
    let concerned = [now, &next].into_iter().any(|time| is_repeated(time.datetime(), time.time_zone()));
    if concerned { next.checked_add(SignedDuration::from_secs(change)).ok() } else { Some(next) }
}

/// Returns the next occurrence of a point in time, which runs only in the first pass of the repeated hour.
fn point_in_time(cron: &Cron, now: &Zoned, next: Zoned) -> Option<Zoned> {
    let zone = now.time_zone();
    if !is_repeated(next.datetime(), zone) {
        return Some(next);
    }
    if next.offset() != now.offset() {
        return zone.to_ambiguous_zoned(next.datetime()).earlier().ok();
    }
    std::iter::successors(Some(next.datetime()), |wall| cron.next_after(*wall))
        .find(|wall| !is_repeated(*wall, zone))
        .and_then(|wall| in_zone(wall, zone))
}

fn first_instant_after(cron: &Cron, now: &Zoned, wall: DateTime) -> Option<Zoned> {
    std::iter::successors(Some(wall), |wall| cron.next_after(*wall))
        .map_while(|wall| in_zone(wall, now.time_zone()))
        .find(|next| next > now)
}

/// Converts a wall time. A skipped wall time moves ahead by the gap. A repeated one means the second pass.
fn in_zone(wall: DateTime, zone: &TimeZone) -> Option<Zoned> {
    zone.to_ambiguous_zoned(wall).later().ok()
}

fn is_repeated(wall: DateTime, zone: &TimeZone) -> bool {
    matches!(zone.to_ambiguous_timestamp(wall).offset(), AmbiguousOffset::Fold { .. })
}
