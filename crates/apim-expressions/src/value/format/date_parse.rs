//! `DateTime.Parse`: ISO 8601, the invariant culture's `MM/dd/yyyy HH:mm:ss`, and the form of HTTP headers.

use super::date::{DAYS, MONTHS};
use crate::value::{
    DateTime, DateTimeOffset,
    time::{TICKS_PER_DAY, TICKS_PER_MILLISECOND, TICKS_PER_SECOND, UNIX_EPOCH, Zone, ticks},
};

/// A clock reading, and its distance from UTC if the text has one: `Some(None)` is `Z`.
struct Reading {
    ticks: i64,
    offset: Option<Option<i64>>,
}

/// Reads a text that Newtonsoft.Json takes for a time. The form is `yyyy-MM-ddTHH:mm:ss`, with a fraction of up to
/// seven digits and a zone if there are any; or `/Date(milliseconds)/`.
pub(crate) fn json(text: &str) -> Option<DateTime> {
    if let Some(inner) = text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/")) {
        return microsoft(inner);
    }
    if !(19..=33).contains(&text.len()) || text.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let after = &text.get(19..)?;
    let fraction = after.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if fraction.is_some_and(|count| count == 0 || count > 7) || text.get(13..14) != Some(":") {
        return None;
    }
    // The end of a day is the beginning of the next one.
    if let Some(midnight) =
        text.get(11..19).filter(|clock| *clock == "24:00:00").map(|_| format!("{}T00:00:00{after}", &text[..10]))
    {
        return json(&midnight)?.plus(TICKS_PER_DAY);
    }
    let Reading { ticks, offset } = reading(text)?;
    if text.get(16..17) != Some(":") {
        return None;
    }
    match offset {
        None => DateTime::new(ticks, Zone::Unspecified),
        Some(None) => DateTime::new(ticks, Zone::Utc),
        Some(Some(minutes)) => DateTime::new(ticks - minutes * 60 * TICKS_PER_SECOND, Zone::Local),
    }
}

/// Reads `1198908717056+0100`. The offset says only that the time is local.
fn microsoft(inner: &str) -> Option<DateTime> {
    let (digits, zone) = match inner.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-')) {
        Some((at, _)) => (&inner[..at], Zone::Local),
        None => (inner, Zone::Utc),
    };
    let milliseconds: i64 = digits.parse().ok()?;
    let ticks = milliseconds.checked_mul(TICKS_PER_MILLISECOND)?.checked_add(UNIX_EPOCH)?;
    DateTime::new(ticks, zone)
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
    whole.or_else(|| loose(text))
}

/// `yyyy-MM-ddTHH:mm[:ss[.fffffff]][Z|±hh:mm]`
fn reading(text: &str) -> Option<Reading> {
    let (date, clock) = text.split_once('T')?;
    let mut date = date.splitn(3, '-');
    let (year, month, day) = (digits(date.next()?, 4)?, digits(date.next()?, 2)?, digits(date.next()?, 2)?);
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone_at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    if !fraction.is_empty() && clock.matches(':').count() != 2 {
        return None;
    }
    let whole = ticks(year, month, day, clock_parts(clock)?)?;
    Some(Reading { ticks: whole + fraction_ticks(fraction)?, offset: zone_offset(zone)? })
}

fn clock_parts(clock: &str) -> Option<[i64; 3]> {
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
    // Digits finer than a tick are rounded.
    let up = i64::from(fraction.as_bytes().get(7).is_some_and(|digit| *digit >= b'5'));
    Some(seven.parse::<i64>().ok()? + up)
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

/// Reads the looser forms: `2026-1-2 3:04 PM`, `Jan 2, 2026`, `1/2/2026`, `2 January 2026 15:00 GMT`, `2026-01`.
fn loose(text: &str) -> Option<Reading> {
    let (text, offset) = loose_zone(text)?;
    let lower = text.to_ascii_lowercase();
    let half = [("am", 0), ("pm", 12)].into_iter().find(|(word, _)| {
        let before = lower.strip_suffix(word);
        before.is_some_and(|before| before.ends_with([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']))
    });
    let text = if half.is_some() { text[..text.len() - 2].trim_end() } else { text };
    let (mut numbers, mut month, mut clock) = (Vec::new(), None, None);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        if word.contains(':') {
            clock = clock.xor(Some(loose_clock(word)?));
            clock?;
        } else if let Some(named) = month_of(word) {
            month = month.xor(Some(named));
            month?;
        } else if !is_day_name(word) {
            for part in word.split(['/', '-', '.']) {
                numbers.push((number(part).filter(|_| !part.is_empty())?, part.len()));
            }
        }
    }
    // `3 PM`: the hour stands alone.
    if half.is_some() && clock.is_none() && numbers.len() > 1 {
        clock = Some(([numbers.pop()?.0, 0, 0], 0));
    }
    let (mut clock, fraction) = clock.unwrap_or(([0, 0, 0], 0));
    if let Some((_, add)) = half {
        if !(1..=12).contains(&clock[0]) {
            return None;
        }
        clock[0] = clock[0] % 12 + add;
    }
    let (year, month, day) = match (month, numbers.as_slice()) {
        (None, [(year, 4), (month, _), (day, _)]) => (*year, *month, *day),
        (None, [(month, _), (day, _), (year, 4)]) => (*year, *month, *day),
        (None, [(month, _), (day, _), (year, 2)]) => (century(*year), *month, *day),
        (None, [(year, 4), (month, _)] | [(month, _), (year, 4)]) => (*year, *month, 1),
        (Some(month), [(day, 1 | 2), (year, 4)] | [(year, 4), (day, 1 | 2)]) => (*year, month, *day),
        (Some(month), [(year, 4)]) => (*year, month, 1),
        _ => return None,
    };
    Some(Reading { ticks: ticks(year, month, day, clock)? + fraction, offset })
}

/// Returns the year for two digits: up to 49 in this century.
fn century(year: i64) -> i64 {
    if year < 50 { 2000 + year } else { 1900 + year }
}

/// Removes the zone from the end of a text.
fn loose_zone(text: &str) -> Option<(&str, Option<Option<i64>>)> {
    for word in ["GMT", "UTC", "Z"] {
        if let Some(before) = text.strip_suffix(word) {
            return Some((before.trim_end(), Some(None)));
        }
    }
    let is_zone = |zone: &str| {
        let parts = zone[1..].split_once(':');
        parts.is_some_and(|(hours, minutes)| digits(hours, 2).is_some() && digits(minutes, 2).is_some())
    };
    let at = text.rfind(['+', '-']).filter(|at| *at > 0 && is_zone(&text[*at..]));
    match at {
        Some(at) => Some((text[..at].trim_end(), zone_offset(&text[at..])?)),
        None => Some((text, None)),
    }
}

fn loose_clock(word: &str) -> Option<([i64; 3], i64)> {
    let (clock, fraction) = word.split_once('.').unwrap_or((word, ""));
    let mut parts = clock.splitn(3, ':');
    let mut part = || number(parts.next()?).filter(|_| true);
    let (hour, minute) = (part()?, part()?);
    let second = if clock.matches(':').count() == 2 { part()? } else { 0 };
    if !fraction.is_empty() && clock.matches(':').count() != 2 {
        return None;
    }
    Some(([hour, minute, second], fraction_ticks(fraction)?))
}

fn month_of(word: &str) -> Option<i64> {
    let same = |name: &&str| name.eq_ignore_ascii_case(word) || name[..3].eq_ignore_ascii_case(word);
    MONTHS.iter().position(same).and_then(|index| i64::try_from(index + 1).ok())
}

fn is_day_name(word: &str) -> bool {
    DAYS.iter().any(|name| name.eq_ignore_ascii_case(word) || name[..3].eq_ignore_ascii_case(word))
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
    use crate::value::format::date;

    #[test]
    fn the_known_forms_are_read() {
        for (text, read) in [
            ("2026-11-05T14:03:09Z", "2026-11-05T14:03:09+00:00"),
            ("2026-11-05T14:03:09.5+02:00", "2026-11-05T12:03:09.5+00:00"),
            ("2026-11-05 14:03", "2026-11-05T14:03:00"),
            ("2026-11-05", "2026-11-05T00:00:00"),
            ("11/05/2026 14:03:09", "2026-11-05T14:03:09"),
            ("2026-1-2 3:04 PM", "2026-01-02T15:04:00"),
            ("Jan 2, 2026", "2026-01-02T00:00:00"),
            ("2 January 2026 15:00", "2026-01-02T15:00:00"),
            ("2026/1/2", "2026-01-02T00:00:00"),
            ("1/2/2026-08:00", "2026-01-02T08:00:00+00:00"),
            ("01/24/1924 10:18:17Z", "1924-01-24T10:18:17+00:00"),
            ("2026-01", "2026-01-01T00:00:00"),
            ("1/2/2026 12:30 AM", "2026-01-02T00:30:00"),
            ("2026-11-05T14:03:09.12345678Z", "2026-11-05T14:03:09.1234568+00:00"),
            ("Thu, 05 Nov 2026 14:03:09 GMT", "2026-11-05T14:03:09+00:00"),
        ] {
            assert_eq!(date_time(text).map(date::json).as_deref(), Some(read), "{text}");
        }
        for text in [
            "",
            "tomorrow",
            "2026-13-05",
            "2026-11-05T25:00:00",
            "2026-11-05T14:03:09+15:00",
            "12:00",
            "2026-01-02 14:46.5Z",
            "1/2/2026 13:00 PM",
        ] {
            assert!(date_time(text).is_none(), "{text}");
        }
    }

    #[test]
    fn json_takes_only_full_times_for_times() {
        for (text, read) in [
            ("2026-11-05T14:03:09Z", "2026-11-05T14:03:09Z"),
            ("2020-01-01T24:00:00Z", "2020-01-02T00:00:00Z"),
            ("2020-01-01T10:00:00.1234567", "2020-01-01T10:00:00.1234567"),
            ("2020-01-01T10:00:00+02", "2020-01-01T08:00:00+00:00"),
            ("2020-01-01T10:00:00+0230", "2020-01-01T07:30:00+00:00"),
            ("/Date(1198908717056)/", "2007-12-29T06:11:57.056Z"),
            ("/Date(1198908717056+0100)/", "2007-12-29T06:11:57.056+00:00"),
            ("/Date(-1)/", "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(json(text).map(date::json).as_deref(), Some(read), "{text}");
        }
        for text in [
            "2026-11-05",
            "2026-11-05 14:03:09",
            "2020-01-01T00:00Z",
            "2020-01-01T00:00:00.12345678Z",
            "2020-01-01T00:00:00.Z",
            " 2020-01-01T00:00:00Z",
            "2020-02-30T00:00:00Z",
            "/Date(x)/",
        ] {
            assert!(json(text).is_none(), "{text}");
        }
    }
}
