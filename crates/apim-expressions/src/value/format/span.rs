//! Formats of `TimeSpan`: `c`, `g`, `G` and custom ones such as `hh\\:mm`.

use crate::{
    problem::Failure,
    value::time::{TICKS_PER_DAY, TICKS_PER_SECOND},
};

use super::date;

struct Parts {
    days: u64,
    hours: u64,
    minutes: u64,
    seconds: u64,
    fraction: u64,
}

fn parts(ticks: i64) -> Parts {
    let all = ticks.unsigned_abs();
    let (day, second) = (TICKS_PER_DAY.unsigned_abs(), TICKS_PER_SECOND.unsigned_abs());
    let seconds = all % day / second;
    Parts {
        days: all / day,
        hours: seconds / 3600,
        minutes: seconds / 60 % 60,
        seconds: seconds % 60,
        fraction: all % second,
    }
}

pub(super) fn format(ticks: i64, format: &str) -> Result<String, Failure> {
    let Parts { days, hours, minutes, seconds, fraction } = parts(ticks);
    let sign = if ticks < 0 { "-" } else { "" };
    match format {
        "c" | "t" | "T" => Ok(date::span(ticks)),
        "g" => {
            let day = if days > 0 { format!("{days}:") } else { String::new() };
            let digits = format!(".{fraction:07}");
            let fraction = if fraction > 0 { digits.trim_end_matches('0') } else { "" };
            Ok(format!("{sign}{day}{hours}:{minutes:02}:{seconds:02}{fraction}"))
        }
        "G" => Ok(format!("{sign}{days}:{hours:02}:{minutes:02}:{seconds:02}.{fraction:07}")),
        _ if format.chars().count() == 1 => Err(malformed()),
        _ => custom(&parts(ticks), format),
    }
}

fn malformed() -> Failure {
    Failure::format("Input string was not in a correct format.")
}

fn custom(parts: &Parts, format: &str) -> Result<String, Failure> {
    let mut text = String::new();
    let mut rest = format;
    while let Some(letter) = rest.chars().next() {
        let count = rest.chars().take_while(|c| *c == letter).count();
        rest = match letter {
            '\'' | '"' => {
                let inner = &rest[1..];
                let end = inner.find(letter).ok_or_else(malformed)?;
                text.push_str(&inner[..end]);
                &inner[end + 1..]
            }
            '\\' => {
                let escaped = rest[1..].chars().next().ok_or_else(malformed)?;
                text.push(escaped);
                &rest[1 + escaped.len_utf8()..]
            }
            '%' if rest.len() > 1 && !rest[1..].starts_with('%') => &rest[1..],
            _ => {
                field(letter, count, parts, &mut text)?;
                &rest[count..]
            }
        };
    }
    Ok(text)
}

fn field(letter: char, count: usize, parts: &Parts, text: &mut String) -> Result<(), Failure> {
    let (value, most) = match letter {
        'd' => (parts.days, 8),
        'h' => (parts.hours, 2),
        'm' => (parts.minutes, 2),
        's' => (parts.seconds, 2),
        'f' | 'F' if count <= 7 => {
            let digits = format!("{:07}", parts.fraction);
            let digits = &digits[..count];
            text.push_str(if letter == 'F' { digits.trim_end_matches('0') } else { digits });
            return Ok(());
        }
        _ => return Err(malformed()),
    };
    if count > most {
        return Err(malformed());
    }
    text.push_str(&format!("{value:0count$}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_formatted_as_dotnet_does() {
        const MINUTE: i64 = 60 * TICKS_PER_SECOND;
        for (ticks, pattern, text) in [
            (90 * MINUTE, r"hh\:mm", "01:30"),
            (90 * MINUTE, "g", "1:30:00"),
            (90 * MINUTE, "G", "0:01:30:00.0000000"),
            (90 * MINUTE, "c", "01:30:00"),
            (25 * 60 * MINUTE, "g", "1:1:00:00"),
            (25 * 60 * MINUTE, "%d", "1"),
            (25 * 60 * MINUTE, r"d\.hh", "1.01"),
            (65 * TICKS_PER_SECOND + 1_230_000, r"mm\:ss\.fff", "01:05.123"),
            (65 * TICKS_PER_SECOND + 1_230_000, "s'.'FFFF", "5.123"),
            (-90 * MINUTE, "g", "-1:30:00"),
            (-90 * MINUTE, r"hh\:mm", "01:30"),
            (90 * MINUTE, "h'h 'm'm'", "1h 30m"),
        ] {
            assert_eq!(format(ticks, pattern).unwrap(), text, "{pattern}");
        }
        for wrong in ["x", "hh:mm", "hhh", "ffffffff", "'a", r"hh\"] {
            assert!(format(0, wrong).is_err(), "{wrong}");
        }
    }
}
