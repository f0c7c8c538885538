//! Formats of times: the standard letters, and custom formats such as `yyyy-MM-ddTHH:mm:ss.fffZ`.

use std::fmt::Write as _;

use jiff::civil::Weekday;

use crate::{
    problem::Failure,
    value::{
        DateTime, DateTimeOffset,
        time::{self, Parts, TICKS_PER_DAY, TICKS_PER_SECOND, Zone},
    },
};

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(crate) const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `ToString()`
pub(crate) fn general(ticks: i64) -> String {
    let Parts { date, hour, minute, second, .. } = time::parts(ticks);
    format!("{:02}/{:02}/{:04} {hour:02}:{minute:02}:{second:02}", date.month(), date.day(), date.year())
}

pub(crate) fn general_offset(time: DateTimeOffset) -> String {
    format!("{} {}", general(time.ticks), offset(time.offset_minutes))
}

fn offset(minutes: i64) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// Returns a time as Newtonsoft.Json writes it: ISO 8601, with the fraction only if there is one.
pub(crate) fn json(time: DateTime) -> String {
    let zone = match time.zone {
        Zone::Unspecified => "",
        Zone::Utc => "Z",
        Zone::Local => "+00:00",
    };
    format!("{}{zone}", iso(time.ticks))
}

pub(crate) fn json_offset(time: DateTimeOffset) -> String {
    format!("{}{}", iso(time.ticks), offset(time.offset_minutes))
}

fn iso(ticks: i64) -> String {
    let Parts { date, hour, minute, second, fraction } = time::parts(ticks);
    let (year, month, day) = (date.year(), date.month(), date.day());
    let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    if fraction > 0 {
        let digits = format!("{fraction:07}");
        let _ = write!(text, ".{}", digits.trim_end_matches('0'));
    }
    text
}

/// `TimeSpan.ToString()`: `[-][d.]hh:mm:ss[.fffffff]`
pub(crate) fn span(ticks: i64) -> String {
    let all = ticks.unsigned_abs();
    let (day, second) = (TICKS_PER_DAY.unsigned_abs(), TICKS_PER_SECOND.unsigned_abs());
    let mut text = if ticks < 0 { "-".to_owned() } else { String::new() };
    if all >= day {
        let _ = write!(text, "{}.", all / day);
    }
    let seconds = all % day / second;
    let _ = write!(text, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    let fraction = all % second;
    if fraction > 0 {
        let _ = write!(text, ".{fraction:07}");
    }
    text
}

pub(crate) fn format(time: DateTime, format: &str) -> Result<String, Failure> {
    let zone = match time.zone {
        Zone::Unspecified => "",
        Zone::Utc => "Z",
        Zone::Local => "+00:00",
    };
    write(time.parts(), 0, zone, format)
}

pub(crate) fn format_offset(time: DateTimeOffset, format: &str) -> Result<String, Failure> {
    // The formats that end in GMT or Z show the time in UTC.
    if matches!(format, "r" | "R" | "u") {
        return write(time.utc().parts(), 0, "Z", format);
    }
    write(time::parts(time.ticks), time.offset_minutes, &offset(time.offset_minutes), format)
}

fn write(parts: Parts, offset_minutes: i64, zone: &str, format: &str) -> Result<String, Failure> {
    let custom = match format {
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "f" => "dddd, dd MMMM yyyy HH:mm",
        // Both show the local clock, which is at UTC.
        "F" | "U" => "dddd, dd MMMM yyyy HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" => "MM/dd/yyyy HH:mm:ss",
        "m" | "M" => "MMMM dd",
        "o" | "O" => "yyyy-MM-ddTHH:mm:ss.fffffffK",
        "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ss'Z'",
        "y" | "Y" => "yyyy MMMM",
        one if one.chars().count() == 1 => return Err(Failure::format("Input string was not in a correct format.")),
        longer => longer,
    };
    let mut text = String::new();
    let mut rest = custom;
    while let Some(letter) = rest.chars().next() {
        rest = match letter {
            '\'' | '"' => {
                let inner = &rest[1..];
                let end = inner
                    .find(letter)
                    .ok_or_else(|| Failure::format("Cannot find a matching quote character for the character '''."))?;
                text.push_str(&inner[..end]);
                &inner[end + 1..]
            }
            '\\' => {
                let escaped = rest[1..].chars().next().unwrap_or('\\');
                text.push(escaped);
                &rest[(1 + escaped.len_utf8()).min(rest.len())..]
            }
            '%' => &rest[1..],
            _ => {
                let count = rest.chars().take_while(|c| *c == letter).count();
                field(letter, count, parts, offset_minutes, zone, &mut text);
                &rest[count * letter.len_utf8()..]
            }
        };
    }
    Ok(text)
}

/// Writes a run of one letter of a custom format.
fn field(letter: char, count: usize, parts: Parts, offset_minutes: i64, zone: &str, text: &mut String) {
    let Parts { date, hour, minute, second, fraction } = parts;
    let mut padded = |value: i64| {
        let width = count.min(2);
        let _ = write!(text, "{value:0width$}");
    };
    match letter {
        'y' if count < 3 => padded(i64::from(date.year()) % 100),
        'y' => drop(write!(text, "{:0count$}", date.year())),
        'M' if count < 3 => padded(date.month().into()),
        'M' => text.push_str(name(&MONTHS, date.month().unsigned_abs().into(), 1, count)),
        'd' if count < 3 => padded(date.day().into()),
        'd' => text.push_str(name(&DAYS, weekday(date.weekday()), 0, count)),
        'H' => padded(hour),
        'h' => padded(if hour % 12 == 0 { 12 } else { hour % 12 }),
        'm' => padded(minute),
        's' => padded(second),
        'f' | 'F' => {
            let digits = format!("{fraction:07}");
            let shown = &digits[..count.min(7)];
            let shown = if letter == 'F' { shown.trim_end_matches('0') } else { shown };
            if shown.is_empty() && text.ends_with('.') {
                text.pop();
            }
            text.push_str(shown);
        }
        't' => text.push_str(&(if hour < 12 { "AM" } else { "PM" })[..count.min(2)]),
        'z' => {
            let whole = offset(offset_minutes);
            match count {
                1 => drop(write!(text, "{}{}", &whole[..1], offset_minutes.abs() / 60)),
                2 => text.push_str(&whole[..3]),
                _ => text.push_str(&whole),
            }
        }
        'g' => text.push_str("A.D."),
        'K' => text.push_str(&zone.repeat(count)),
        other => text.extend(std::iter::repeat_n(other, count)),
    }
}

fn name(names: &[&'static str], number: usize, first: usize, count: usize) -> &'static str {
    let name = names.get(number.wrapping_sub(first)).copied().unwrap_or_default();
    if count == 3 { name.get(..3).unwrap_or(name) } else { name }
}

/// Returns the number of a weekday; 0 is Sunday.
pub(crate) fn weekday(day: Weekday) -> usize {
    usize::from(day.to_sunday_zero_offset().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_formatted_as_dotnet_does() {
        let ticks = time::ticks(2026, 11, 5, [14, 3, 9]).unwrap() + 1_230_000;
        let at = DateTime { ticks, zone: Zone::Utc };
        for (pattern, text) in [
            ("R", "Thu, 05 Nov 2026 14:03:09 GMT"),
            ("o", "2026-11-05T14:03:09.1230000Z"),
            ("s", "2026-11-05T14:03:09"),
            ("u", "2026-11-05 14:03:09Z"),
            ("d", "11/05/2026"),
            ("yyyy-MM-ddTHH:mm:ssZ", "2026-11-05T14:03:09Z"),
            ("yyyyMMddTHHmmssZ", "20261105T140309Z"),
            ("ddd, dd MMM yyyy", "Thu, 05 Nov 2026"),
            ("h:m t", "2:3 P"),
            ("yyyy-MM-ddTHH:mm:ss.fffZ", "2026-11-05T14:03:09.123Z"),
            ("ss.FFFFFFF", "09.123"),
            ("'at' %d \\d", "at 5 d"),
        ] {
            assert_eq!(format(at, pattern).unwrap(), text, "{pattern}");
        }
        assert!(format(at, "X").is_err());
        assert!(format(at, "yyyy 'x").is_err());
        assert_eq!(general(ticks), "11/05/2026 14:03:09");
        assert_eq!(json(at), "2026-11-05T14:03:09.123Z");
        assert_eq!(json(DateTime::MIN), "0001-01-01T00:00:00");
    }

    #[test]
    fn spans_show_days_and_fractions_only_when_there_are_any() {
        assert_eq!(span(90 * TICKS_PER_SECOND), "00:01:30");
        assert_eq!(span(-(TICKS_PER_DAY + 1)), "-1.00:00:00.0000001");
    }
}
