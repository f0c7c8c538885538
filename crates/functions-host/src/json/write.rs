//! Writes documents, numbers and dates.

use std::fmt::{self, Write as _};

use super::{DateZone, Json, NewtonsoftDate};

/// Writes compact JSON.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None)
    }
}

impl Json {
    /// Writes JSON with two blanks for each level, like the body of a response.
    pub(crate) fn indented(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text, Some(0));
        text
    }

    /// Writes JSON. `level` is the level of indentation, if there is one.
    fn write(&self, out: &mut dyn fmt::Write, level: Option<usize>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Integer(digits) => out.write_str(digits),
            Self::Real(number) => out.write_str(&json_double(*number)),
            Self::Text(text) => write_text(out, text),
            Self::Date(date) => write_text(out, &date.round_trip()),
            Self::Array(items) => write_list(out, level, ['[', ']'], items, |out, item, level| item.write(out, level)),
            Self::Object(members) => write_list(out, level, ['{', '}'], members, |out, (name, value), level| {
                write_text(out, name)?;
                out.write_str(if level.is_some() { ": " } else { ":" })?;
                value.write(out, level)
            }),
        }
    }
}

fn write_list<T>(
    out: &mut dyn fmt::Write,
    level: Option<usize>,
    [open, close]: [char; 2],
    items: &[T],
    write_item: impl Fn(&mut dyn fmt::Write, &T, Option<usize>) -> fmt::Result,
) -> fmt::Result {
    out.write_char(open)?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.write_char(',')?;
        }
        if let Some(level) = level {
            write!(out, "\n{:width$}", "", width = 2 * (level + 1))?;
        }
        write_item(out, item, level.map(|level| level + 1))?;
    }
    if let Some(level) = level.filter(|_| !items.is_empty()) {
        write!(out, "\n{:width$}", "", width = 2 * level)?;
    }
    out.write_char(close)
}

fn write_text(out: &mut dyn fmt::Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{c}' => out.write_str("\\f")?,
            '\u{0}'..='\u{1f}' | '\u{85}' | '\u{2028}' | '\u{2029}' => write!(out, "\\u{:04x}", u32::from(character))?,
            other => out.write_char(other)?,
        }
    }
    out.write_char('"')
}

/// Writes a real number for JSON. A finite number always has a point or an exponent, so it does not look like a whole
/// number.
fn json_double(number: f64) -> String {
    let text = dotnet_double(number);
    match number.is_finite() {
        true if text.contains(['.', 'E']) => text,
        true => text + ".0",
        false => format!("\"{text}\""),
    }
}

/// Writes a number as `double.ToString()` does in the invariant culture: the shortest text that reads back the same.
/// Numbers below 0.0001 have an exponent. So do numbers with more than 15 places before the point, if the number does
/// not have that many digits of its own.
pub(crate) fn dotnet_double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count().max(15);
    if number != 0.0 && (exponent < -4 || usize::try_from(exponent + 1).is_ok_and(|places| places > digits)) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}E{sign}{:02}", exponent.unsigned_abs());
    }
    format!("{number}")
}

impl NewtonsoftDate {
    /// Writes the date as `DateTime.ToString()` does in the invariant culture.
    pub(super) fn invariant(self) -> String {
        self.at.strftime("%m/%d/%Y %H:%M:%S").to_string()
    }

    /// Writes the date as it stands within JSON.
    fn round_trip(self) -> String {
        let mut text = self.at.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        if self.ticks > 0 {
            let digits = format!("{:07}", self.ticks);
            // Writing to a String cannot fail.
            let _ = write!(text, ".{}", digits.trim_end_matches('0'));
        }
        text + match self.zone {
            DateZone::Unspecified => "",
            DateZone::Utc => "Z",
            DateZone::Local => "+00:00",
        }
    }
}
