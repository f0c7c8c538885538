//! .NET's `TimeSpan` as text: `[-][d.]hh:mm[:ss[.fffffff]]`, or a lone number of days.
//!
//! The rules come from `TimeSpanParse.cs` of `dotnet/runtime`, invariant culture.

use jiff::SignedDuration;

const MAX_DAYS: i64 = 10_675_199;

/// The reason why a text is not a `TimeSpan`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeSpanError {
    /// The text does not have the form of a `TimeSpan`.
    #[error("not a TimeSpan such as \"00:05:00\" or \"1.12:00:00\"")]
    NotATimeSpan,
    /// A part is too large.
    #[error("a part of the TimeSpan is too large")]
    TooLarge,
}

/// Reads a text as `TimeSpan.TryParse` does.
///
/// `5` is five days. `24:00:00` is 24 days, because hours over 23 make .NET try days first.
///
/// # Errors
/// [`TimeSpanError`].
pub fn parse_time_span(text: &str) -> Result<SignedDuration, TimeSpanError> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (numbers, separators) = tokens(digits)?;
    let separators: Vec<&str> = separators.iter().map(String::as_str).collect();
    let mut outcome = Err(TimeSpanError::NotATimeSpan);
    for form in forms(&separators) {
        outcome = Parts::assign(form, &numbers).total();
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map(|duration| if negative { -duration } else { duration })
}

/// Writes a duration like `TimeSpan.ToString()`: `[-][d.]hh:mm:ss[.fffffff]`.
#[must_use]
pub fn format_time_span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().unsigned_abs();
    let ticks = duration.subsec_nanos().unsigned_abs() / 100;
    let sign = if duration.is_negative() { "-" } else { "" };
    let days = match seconds / 86_400 {
        0 => String::new(),
        days => format!("{days}."),
    };
    let fraction = if ticks == 0 { String::new() } else { format!(".{ticks:07}") };
    format!("{sign}{days}{:02}:{:02}:{:02}{fraction}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// Returns the possible meanings of the numbers between these separators, in the order in which .NET tries them.
fn forms(separators: &[&str]) -> &'static [&'static [SpanPart]] {
    use SpanPart::{Days, Fraction, Hours, Minutes, Seconds};
    match separators {
        [] => &[&[Days]],
        [":"] => &[&[Hours, Minutes]],
        [":", ":"] => &[&[Hours, Minutes, Seconds], &[Days, Hours, Minutes]],
        [".", ":"] => &[&[Days, Hours, Minutes]],
        [":", ":."] => &[&[Hours, Minutes, Fraction]],
        [":", ":", "."] => &[&[Hours, Minutes, Seconds, Fraction]],
        [".", ":", ":"] | [":", ":", ":"] => &[&[Days, Hours, Minutes, Seconds]],
        [".", ":", ":."] | [":", ":", ":."] => &[&[Days, Hours, Minutes, Fraction]],
        [".", ":", ":", "."] | [":", ":", ":", "."] => &[&[Days, Hours, Minutes, Seconds, Fraction]],
        _ => &[],
    }
}

#[derive(Clone, Copy)]
enum SpanPart {
    Days,
    Hours,
    Minutes,
    Seconds,
    Fraction,
}

#[derive(Default)]
struct Parts {
    days: i64,
    hours: i64,
    minutes: i64,
    seconds: i64,
    ticks: Option<i64>,
    bad_fraction: bool,
}

impl Parts {
    fn assign(form: &[SpanPart], numbers: &[&str]) -> Self {
        let mut parts = Self::default();
        for (part, digits) in form.iter().zip(numbers) {
            // A number with too many digits for `i64` is too large for any part.
            let value = digits.parse().unwrap_or(i64::MAX);
            match part {
                SpanPart::Days => parts.days = value,
                SpanPart::Hours => parts.hours = value,
                SpanPart::Minutes => parts.minutes = value,
                SpanPart::Seconds => parts.seconds = value,
                SpanPart::Fraction => {
                    parts.ticks = ticks(digits);
                    parts.bad_fraction = parts.ticks.is_none();
                }
            }
        }
        parts
    }

    fn total(&self) -> Result<SignedDuration, TimeSpanError> {
        let fits = self.days <= MAX_DAYS && self.hours <= 23 && self.minutes <= 59 && self.seconds <= 59;
        if !fits || self.bad_fraction {
            return Err(TimeSpanError::TooLarge);
        }
        let seconds = ((self.days * 24 + self.hours) * 60 + self.minutes) * 60 + self.seconds;
        // A .NET tick is 100 ns. The largest TimeSpan has i64::MAX ticks.
        let ticks = seconds.checked_mul(10_000_000).and_then(|whole| whole.checked_add(self.ticks.unwrap_or(0)));
        let ticks = ticks.ok_or(TimeSpanError::TooLarge)?;
        Ok(SignedDuration::from_secs(ticks / 10_000_000) + SignedDuration::from_nanos(ticks % 10_000_000 * 100))
    }
}

/// Reads the digits after the point as units of 100 ns. More than seven digits are allowed only if the first is a zero;
/// they are rounded.
fn ticks(digits: &str) -> Option<i64> {
    if digits.len() <= 7 {
        return format!("{digits:0<7}").parse().ok();
    }
    if !digits.starts_with('0') || digits.trim_start_matches('0').len() > 9 {
        return None;
    }
    let kept: i64 = digits[..7].parse().ok()?;
    Some(kept + i64::from(digits.as_bytes()[7] >= b'5'))
}

/// Splits a text into runs of digits, and the separators between them.
fn tokens(text: &str) -> Result<(Vec<&str>, Vec<String>), TimeSpanError> {
    let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).collect();
    let bare = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    if numbers.is_empty() || !bare(text.chars().next()) || !bare(text.chars().next_back()) {
        return Err(TimeSpanError::NotATimeSpan);
    }
    let separators = text.split(|c: char| c.is_ascii_digit()).filter(|separator| !separator.is_empty());
    Ok((numbers, separators.map(str::to_owned).collect()))
}
