//! Constraints of route parameters: `{id:int}`, `{code:length(2,4)}`.
//!
//! Source: `RouteOptions.cs` and the `…RouteConstraint.cs` of `dotnet/aspnetcore`. They parse as .NET does in the
//! invariant culture.

use regex::{Regex, RegexBuilder};
use uuid::Uuid;

use super::error::TemplateError;

/// A constraint on one parameter's value.
#[derive(Debug)]
pub(super) enum Constraint {
    Int,
    Long,
    Bool,
    Guid,
    DateTime,
    /// The constraints `double` and `float`.
    Double,
    Decimal,
    Alpha,
    /// The number of UTF-16 units.
    Length {
        min: usize,
        max: usize,
    },
    /// The value of an integer.
    Range {
        min: i64,
        max: i64,
    },
    Regex(Regex),
    Required,
    File {
        is_file: bool,
    },
    /// The constraint `exists`, which no request satisfies.
    Exists,
}

impl Constraint {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let refused = || TemplateError::Refused(format!("the constraint \"{text}\" does not exist"));
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(')').ok_or_else(refused)?)),
            None => (text, None),
        };
        let name = name.to_ascii_lowercase();
        if name == "regex" {
            return regex(arguments.ok_or_else(refused)?).map(Self::Regex);
        }
        let numbers: Vec<i64> = arguments
            .into_iter()
            .flat_map(|list| list.split(','))
            .map(|number| number.trim().parse().map_err(|_| refused()))
            .collect::<Result<_, _>>()?;
        let size = |number: i64| usize::try_from(number).map_err(|_| refused());
        let constraint = match (name.as_str(), numbers.as_slice()) {
            ("int", []) => Self::Int,
            ("long", []) => Self::Long,
            ("bool", []) => Self::Bool,
            ("guid", []) => Self::Guid,
            ("datetime", []) => Self::DateTime,
            ("double" | "float", []) => Self::Double,
            ("decimal", []) => Self::Decimal,
            ("alpha", []) => Self::Alpha,
            ("required", []) => Self::Required,
            ("file", []) => Self::File { is_file: true },
            ("nonfile", []) => Self::File { is_file: false },
            ("exists", []) => Self::Exists,
            ("length", [exact]) => Self::Length { min: size(*exact)?, max: size(*exact)? },
            ("length", [min, max]) if min <= max => Self::Length { min: size(*min)?, max: size(*max)? },
            ("minlength", [min]) => Self::Length { min: size(*min)?, max: usize::MAX },
            ("maxlength", [max]) => Self::Length { min: 0, max: size(*max)? },
            ("min", [min]) => Self::Range { min: *min, max: i64::MAX },
            ("max", [max]) => Self::Range { min: i64::MIN, max: *max },
            ("range", [min, max]) if min <= max => Self::Range { min: *min, max: *max },
            _ => return Err(refused()),
        };
        Ok(constraint)
    }

    pub(super) fn allows(&self, value: &str) -> bool {
        match self {
            Self::Int => integer(value).is_some_and(|value| i32::try_from(value).is_ok()),
            Self::Long => integer(value).is_some(),
            Self::Bool => ["true", "false"].contains(&value.trim_matches(white).to_ascii_lowercase().as_str()),
            Self::Guid => is_guid(value.trim_matches(white)),
            Self::DateTime => is_date_time(value.trim_matches(white)),
            Self::Double => is_double(value.trim_matches(white)),
            Self::Decimal => is_decimal(value.trim_matches(white)),
            Self::Alpha => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Self::Length { min, max } => (*min..=*max).contains(&value.encode_utf16().count()),
            Self::Range { min, max } => integer(value).is_some_and(|value| (*min..=*max).contains(&value)),
            Self::Regex(regex) => regex.is_match(value),
            Self::Required => !value.is_empty(),
            Self::File { is_file } => is_file_name(value) == *is_file,
            Self::Exists => false,
        }
    }
}

/// Builds a regular expression. It ignores case and may match anywhere in the value.
fn regex(pattern: &str) -> Result<Regex, TemplateError> {
    let built = RegexBuilder::new(pattern).case_insensitive(true).size_limit(1 << 20).build();
    built.map_err(|_| TemplateError::Unsupported(format!("the regular expression \"{pattern}\" of a constraint")))
}

fn white(character: char) -> bool {
    matches!(character, '\t'..='\r' | ' ')
}

/// Reads `NumberStyles.Integer`: white space around, a sign, and digits.
fn integer(text: &str) -> Option<i64> {
    text.trim_matches(white).parse().ok()
}

/// Reports whether a text is a GUID in the form D, N, B, P or X.
fn is_guid(text: &str) -> bool {
    if text.len() > 38 || text.contains("0x") || text.contains("0X") {
        return is_hexadecimal_guid(text);
    }
    let inner = |open, close| text.strip_prefix(open).and_then(|text: &str| text.strip_suffix(close));
    let dashed = |text: &str| text.len() == 36 && Uuid::try_parse(text).is_ok();
    match inner('{', '}').or_else(|| inner('(', ')')) {
        Some(inner) => dashed(inner),
        None => dashed(text) || (text.len() == 32 && Uuid::try_parse(text).is_ok()),
    }
}

/// Reports whether a text is `{0x…,0x…,0x…,{0x…,…}}`: one number of eight digits, two of four and eight of two. Each
/// number may be shorter.
fn is_hexadecimal_guid(text: &str) -> bool {
    let text: String = text.chars().filter(|character| !white(*character)).collect();
    let Some((head, tail)) =
        text.strip_prefix('{').and_then(|text| text.strip_suffix("}}")).and_then(|t| t.split_once(",{"))
    else {
        return false;
    };
    let digits = |number: &str, longest: usize| {
        let digits = number.strip_prefix("0x").or_else(|| number.strip_prefix("0X"));
        digits.is_some_and(|digits| {
            (1..=longest).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    };
    let head: Vec<&str> = head.split(',').collect();
    let tail: Vec<&str> = tail.split(',').collect();
    head.len() == 3
        && tail.len() == 8
        && head.iter().zip([8, 4, 4]).all(|(number, longest)| digits(number, longest))
        && tail.iter().all(|number| digits(number, 2))
}

/// Returns the digits before the point, which may have commas, and the rest of the text.
fn whole_part(text: &str) -> (String, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != ',').unwrap_or(text.len());
    let starts_with_digit = text.starts_with(|first: char| first.is_ascii_digit());
    let end = if starts_with_digit { end } else { 0 };
    (text[..end].replace(',', ""), &text[end..])
}

fn fraction(text: &str) -> (&str, &str) {
    let Some(digits) = text.strip_prefix('.') else { return ("", text) };
    let end = digits.find(|character: char| !character.is_ascii_digit()).unwrap_or(digits.len());
    digits.split_at(end)
}

/// Reports whether a text matches `NumberStyles.Float | AllowThousands`.
fn is_double(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if ["nan", "infinity"].contains(&unsigned.to_ascii_lowercase().as_str()) {
        return true;
    }
    let (whole, rest) = whole_part(unsigned);
    let (fraction, rest) = fraction(rest);
    let exponent = rest.strip_prefix(['e', 'E']).map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    let exponent_is_whole = exponent
        .map_or(rest.is_empty(), |digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    exponent_is_whole && !(whole.is_empty() && fraction.is_empty())
}

/// Reports whether a text matches `NumberStyles.Number`: a sign on either side, thousands, and no exponent. The value
/// is at most 2^96 - 1.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or_else(|| text.strip_suffix(['+', '-']).unwrap_or(text));
    let (whole, rest) = whole_part(unsigned.trim_matches(white));
    let (fraction, rest) = fraction(rest);
    let value = if whole.is_empty() { Some(0) } else { whole.parse::<u128>().ok() };
    rest.is_empty() && !(whole.is_empty() && fraction.is_empty()) && value.is_some_and(|value| value < 1 << 96)
}

/// Reports whether a text is a date and time of the invariant culture: ISO 8601, or with the month first.
fn is_date_time(text: &str) -> bool {
    // The library allows a sign before the year, and .NET does not.
    if text.starts_with(['+', '-']) {
        return false;
    }
    const DATES: &[&str] = &[
        "%Y-%m-%d",
        "%m/%d/%Y",
        "%m-%d-%Y",
        "%m.%d.%Y",
        "%Y/%m/%d",
        "%d %b %Y",
        "%d %B %Y",
        "%b %d, %Y",
        "%B %d, %Y",
        "%b %d %Y",
        "%B %d %Y",
        "%d-%b-%Y",
        "%a, %d %b %Y",
    ];
    const TIMES: &[&str] = &[
        "",
        "%H:%M",
        "%H:%M:%S",
        "%H:%M:%S%.f",
        "%I:%M %p",
        "%I:%M:%S %p",
        "%H:%MZ",
        "%H:%M:%SZ",
        "%H:%M:%S%.fZ",
        "%H:%M:%S GMT",
        "%H:%M%:z",
        "%H:%M:%S%:z",
        "%H:%M:%S %:z",
    ];
    // The text is a time of today, or the first day of a month.
    let alone = TIMES[1..].iter().any(|time| jiff::fmt::strtime::parse(time, text).is_ok())
        || ["%Y-%m-%d", "%d %B %Y", "%Y %B %d"].iter().zip(["{}-01", "01 {}", "{} 01"]).any(|(format, month)| {
            let day = month.replace("{}", text);
            jiff::fmt::strtime::parse(format, day).is_ok_and(|parsed| parsed.to_date().is_ok())
        });
    if alone {
        return true;
    }
    let iso = text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok();
    iso || DATES.iter().any(|date| {
        TIMES.iter().any(|time| {
            let format = if time.is_empty() { (*date).to_owned() } else { format!("{date} {time}") };
            let parsed = jiff::fmt::strtime::parse(&format, text);
            parsed.is_ok_and(|parsed| parsed.to_date().is_ok())
        })
    })
}

/// Reports whether the last segment has a dot, and somewhere after it a character that is not a dot.
fn is_file_name(value: &str) -> bool {
    let last = value.rsplit('/').next().unwrap_or_default();
    last.split_once('.').is_some_and(|(_, after)| after.contains(|character| character != '.'))
}

#[cfg(test)]
mod tests {
    use super::{Constraint, TemplateError};

    #[test]
    fn section_5_4_constraints_allow_what_dotnet_parses() {
        let guid = "1f0c0000-0000-0000-0000-00000000000a";
        let (braces, bare) = (format!("{{{guid}}}"), guid.replace('-', ""));
        let hexadecimal = "{0x1f0c0000,0x0000,0x0000,{0x00,0x00,0x00,0x00,0x00,0x00,0x00,0x0a}}";
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("int", &["0", "-1", "2147483647", " 7", "+7", "007"], &["2147483648", "1.0", "x", "1,000", "0x7", ""]),
            ("long", &["2147483648"], &["9223372036854775808"]),
            ("bool", &["true", "FALSE", " true"], &["1", "yes"]),
            ("guid", &[guid, &braces, &bare, hexadecimal], &["1f0c", &format!("urn:uuid:{guid}")]),
            (
                "double",
                &["1.5", "1,000.5", ".5", "5.", "1e5", "1e999", "NaN", "Infinity", " 1"],
                &["inf", "∞", "x", ".", ""],
            ),
            ("float", &["-2"], &["1e"]),
            (
                "decimal",
                &["1,000", "-2", "79228162514264337593543950335"],
                &["1e5", "NaN", "79228162514264337593543950336"],
            ),
            (
                "datetime",
                &[
                    "2026-01-01T00:00:00Z",
                    "2026-01-01",
                    "1-2-2026",
                    "01/02/2026 10:00",
                    "10:30",
                    "2026-01",
                    "January 2026",
                    "Thu, 01 Jan 2026 00:00:00 GMT",
                    "2026-01-01T00:00",
                ],
                &["x", "2026-13-01", "7", "25:00", "-2026-01-01", "+2026-01-01"],
            ),
            ("alpha", &["abc"], &["ab1", "é"]),
            ("length(2)", &["ab"], &["a", "abc"]),
            ("length(2,3)", &["ab", "abc"], &["a", "abcd"]),
            ("minlength(2)", &["ab"], &["a"]),
            ("maxlength(2)", &["ab"], &["abc"]),
            ("min(18)", &["18"], &["17", "x"]),
            ("max(9)", &["9", "-1"], &["10"]),
            ("range(1,3)", &["1", "3"], &["0", "4"]),
            ("regex(^a.c$)", &["abc", "ABC"], &["abcd"]),
            ("required", &["x"], &[""]),
            ("file", &["a/b.txt", ".gitignore", "a.b.", "a..b"], &["a.b/c", "b.", "b..", "a.b/"]),
            ("nonfile", &["b", "b."], &["b.txt", "b.txt."]),
            ("exists", &[], &["x"]),
        ];
        for (text, allowed, refused) in cases {
            let constraint = Constraint::parse(text).unwrap();
            for value in *allowed {
                assert!(constraint.allows(value), "{text} allows {value:?}");
            }
            for value in *refused {
                assert!(!constraint.allows(value), "{text} refuses {value:?}");
            }
        }
    }

    #[test]
    fn section_5_4_a_constraint_that_aspnet_does_not_know_stops_the_host() {
        for unknown in ["foo", "int(1)", "length(a)", "length(1", "length(-1)", "range(3,1)", "regex"] {
            assert!(matches!(Constraint::parse(unknown), Err(TemplateError::Refused(_))), "{unknown}");
        }
        assert!(matches!(Constraint::parse("regex((?=a))"), Err(TemplateError::Unsupported(_))));
    }
}
