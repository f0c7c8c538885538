//! `DateTime.Parse`: ISO 8601, the invariant culture's `MM/dd/yyyy HH:mm:ss`, and the form of HTTP headers.

use super::date::MONTHS;
use crate::value::{
    DateTime, DateTimeOffset,
    time::{TICKS_PER_SECOND, Zone, ticks},
};

/// A clock reading, and its distance from UTC where that is written: `Some(None)` is `Z`.
struct Reading {
    ticks: i64,
    offset: Option<Option<i64>>,
}

/// What Newtonsoft.Json takes for a time: `yyyy-MM-ddTHH:mm:ss`, with a fraction and a zone if there are any.
pub(crate) fn iso(text: &str) -> Option<DateTime> {
    if !(19..=40).contains(&text.len()) || text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let Reading { ticks, offset } = reading(text)?;
    match offset {
        None => DateTime::new(ticks, Zone::Unspecified),
        Some(None) => DateTime::new(ticks, Zone::Utc),
        Some(Some(minutes)) => DateTime::new(ticks - minutes * 60 * TICKS_PER_SECOND, Zone::Local),
    }
}

/// `DateTime.Parse`: a time with a zone becomes local time, which is UTC.
pub(crate) fn date_time(text: &str) -> Option<DateTime> {
    let Reading { ticks, offset } = any(text)?;
    match offset {
        None => DateTime::new(ticks, Zone::Unspecified),
        Some(minutes) => DateTime::new(ticks - minutes.unwrap_or(0) * 60 * TICKS_PER_SECOND, Zone::Local),
    }
}

/// `DateTimeOffset.Parse`
pub(crate) fn date_time_offset(text: &str) -> Option<DateTimeOffset> {
    let Reading { ticks, offset } = any(text)?;
    Some(DateTimeOffset { ticks, offset_minutes: offset.flatten().unwrap_or(0) })
}

fn any(text: &str) -> Option<Reading> {
    let text = text.trim();
    let mut whole = reading(text);
    if whole.is_none() && !text.contains('T') {
        // A space may stand for the T, and the time may be missing.
        whole = match text.split_once(' ') {
            Some((date, time)) => reading(&format!("{date}T{time}")),
            None => reading(&format!("{text}T00:00:00")),
        };
    }
    whole.or_else(|| american(text)).or_else(|| http(text))
}

/// `yyyy-MM-ddTHH:mm[:ss[.fffffff]][Z|±hh:mm]`
fn reading(text: &str) -> Option<Reading> {
    let (date, clock) = text.split_once('T')?;
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (digits(date.next()?, 4)?, digits(date.next()?, 2)?, digits(date.next()?, 2)?);
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let whole = ticks(year, month, day, clock_parts(clock)?)?;
    Some(Reading { ticks: whole + fraction_ticks(fraction)?, offset: zone_offset(zone)? })
}

pub(crate) fn clock_parts(clock: &str) -> Option<[i64; 3]> {
    let mut parts = clock.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = match parts.next() {
        None => 0,
        Some(second) => digits(second, 2)?,
    };
    Some([hour, minute, second])
}

fn fraction_ticks(fraction: &str) -> Option<i64> {
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seven: String = fraction.chars().chain("0000000".chars()).take(7).collect();
    seven.parse().ok()
}

fn zone_offset(zone: &str) -> Option<Option<Option<i64>>> {
    let sign = match zone {
        "" => return Some(None),
        "Z" => return Some(Some(None)),
        _ => {
            if zone.starts_with('-') {
                -1
            } else {
                1
            }
        }
    };
    let zone = zone.get(1..)?;
    let (hours, minutes) = zone.split_once(':').or_else(|| zone.split_at_checked(2))?;
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes, 2)? };
    let total = digits(hours, 2)? * 60 + minutes;
    (total <= 14 * 60).then_some(Some(Some(sign * total)))
}

/// `MM/dd/yyyy[ HH:mm[:ss]]`
fn american(text: &str) -> Option<Reading> {
    let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let mut parts = date.splitn(3, '/');
    let (month, day, year) = (number(parts.next()?)?, number(parts.next()?)?, digits(parts.next()?, 4)?);
    Some(Reading { ticks: ticks(year, month, day, clock_parts(clock)?)?, offset: None })
}

/// `ddd, dd MMM yyyy HH:mm:ss GMT`
fn http(text: &str) -> Option<Reading> {
    let (_, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let (day, month, year) = (number(words.next()?)?, words.next()?, digits(words.next()?, 4)?);
    let clock = clock_parts(words.next()?)?;
    if words.next()? != "GMT" || words.next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|name| name.get(..3) == Some(month))?;
    let month = i64::try_from(month).ok()? + 1;
    Some(Reading { ticks: ticks(year, month, day, clock)?, offset: Some(None) })
}

fn digits(text: &str, length: usize) -> Option<i64> {
    if text.len() == length { number(text) } else { None }
}

fn number(text: &str) -> Option<i64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::format::date::json;

    #[test]
    fn the_known_forms_are_read() {
        for (text, read) in [
            ("2026-11-05T14:03:09Z", "2026-11-05T14:03:09+00:00"),
            ("2026-11-05T14:03:09.5+02:00", "2026-11-05T12:03:09.5+00:00"),
            ("2026-11-05 14:03", "2026-11-05T14:03:00"),
            ("2026-11-05", "2026-11-05T00:00:00"),
            ("11/05/2026 14:03:09", "2026-11-05T14:03:09"),
            ("Thu, 05 Nov 2026 14:03:09 GMT", "2026-11-05T14:03:09+00:00"),
        ] {
            assert_eq!(date_time(text).map(json).as_deref(), Some(read), "{text}");
        }
        for text in ["", "tomorrow", "2026-13-05", "2026-11-05T25:00:00", "2026-11-05T14:03:09+15:00", "12:00"] {
            assert!(date_time(text).is_none(), "{text}");
        }
    }

    #[test]
    fn json_takes_only_full_times_for_times() {
        assert_eq!(iso("2026-11-05T14:03:09Z").map(json).as_deref(), Some("2026-11-05T14:03:09Z"));
        assert!(iso("2026-11-05").is_none());
        assert!(iso("2026-11-05 14:03:09").is_none());
    }
}
