//! `ToString("…")` and the formats in interpolated strings, by the invariant culture.

pub(crate) mod composite;
pub(crate) mod date;
pub(crate) mod date_parse;
pub(crate) mod number;
mod span;

use super::{Object, Value, text};
use crate::{limits::Writer, problem::Failure, types::Class};

/// Writes a value in a format. An empty format means no format.
pub(crate) fn write(value: &Value, format: &str, out: &mut Writer<'_>) -> Result<(), Failure> {
    if format.is_empty() {
        return text::write(value, out);
    }
    out.budget.work(format.len() * 4)?;
    let written = match value {
        Value::Null => String::new(),
        Value::Integer(_) | Value::Single(_) | Value::Double(_) | Value::Decimal(_) => number::format(value, format)?,
        Value::DateTime(time) => date::format(*time, format)?,
        Value::DateTimeOffset(time) => date::format_offset(*time, format)?,
        Value::TimeSpan(span) => span::format(span.0, format)?,
        Value::Guid(guid) => match format {
            "D" | "d" => guid.hyphenated().to_string(),
            "N" | "n" => guid.simple().to_string(),
            "B" | "b" => guid.braced().to_string(),
            "P" | "p" => format!("({})", guid.hyphenated()),
            _ => {
                return Err(Failure::format(
                    "Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".",
                ));
            }
        },
        Value::Object(object) => match &object.0 {
            Object::Enum(class, number) if matches!(format, "D" | "d") && *class != Class::Null => number.to_string(),
            Object::Enum(..) if matches!(format, "G" | "g") => return text::write(value, out),
            Object::Enum(..) => return Err(Failure::unsupported(format!("the enum format \"{format}\""))),
            _ => return text::write(value, out),
        },
        // Not formattable: C# ignores the format.
        _ => return text::write(value, out),
    };
    out.push(&written)
}
