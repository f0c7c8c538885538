//! `TimeSpan` as .NET parses it in the invariant culture.

use std::time::Duration;

use jiff::SignedDuration;

/// Parses `[-]d`, `[-][d.]hh:mm[:ss[.fffffff]]` or `[-]d:hh:mm:ss[.fffffff]`. `24:00:00` is 24 days: an hour is below
/// 24.
pub(crate) fn parse(text: &str) -> Option<SignedDuration> {
    let text = text.trim();
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (text, fraction) = match text.rsplit_once('.') {
        Some((text, fraction)) if text.matches(':').count() >= 2 => (text, nanoseconds(fraction)?),
        _ => (text, 0),
    };
    let (days, clock) = match text.split_once('.') {
        Some((days, clock)) => (number(days)?, clock),
        None => (0, text),
    };
    let parts = clock.split(':').map(number).collect::<Option<Vec<_>>>()?;
    let has_days = clock.len() < text.len();
    let [days, hours, minutes, seconds] = match parts.as_slice() {
        [days] if !has_days => [*days, 0, 0, 0],
        [hours, minutes] => [days, *hours, *minutes, 0],
        [hours, minutes, seconds] if *hours < 24 => [days, *hours, *minutes, *seconds],
        [days, hours, minutes] if !has_days => [*days, *hours, *minutes, 0],
        [days, hours, minutes, seconds] if !has_days => [*days, *hours, *minutes, *seconds],
        _ => return None,
    };
    if hours > 23 || minutes > 59 || seconds > 59 || days > 10_675_199 {
        return None;
    }
    let whole = Duration::new(days * 86_400 + hours * 3_600 + minutes * 60 + seconds, fraction);
    let span = SignedDuration::try_from(whole).ok()?;
    Some(if negative { -span } else { span })
}

fn number(text: &str) -> Option<u64> {
    let digits = (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// Reads one to seven digits after the point.
fn nanoseconds(text: &str) -> Option<u32> {
    let digits = (1..=7).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { format!("{text:0<9}").parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_read_as_dotnet_writes_it() {
        for (text, seconds) in [
            ("00:05:00", 300.0),
            ("1.00:00:00", 86400.0),
            ("00:00:01.5", 1.5),
            ("02:30", 9000.0),
            ("5", 432_000.0),
            ("24:00:00", 2_073_600.0),
            ("1:02:03:04.5", 93784.5),
            ("-1", -86400.0),
            (" 00:00:00.25 ", 0.25),
        ] {
            assert_eq!(parse(text).map(|span| span.as_secs_f64()), Some(seconds), "{text}");
        }
        for text in ["", "soon", "99999999999999999.00:00:00", "00:00:NaN", "00:60:00", "1.5", "25:61:00", "1.24:00:00"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
