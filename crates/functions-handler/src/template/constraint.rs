//! Constraints of route parameters: `{id:int}`, `{code:length(2,4)}`. If a value breaks a constraint, the host tries
//! the next function.
//!
//! <https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints>

use regex_lite::{Regex, RegexBuilder};

use super::{date_time, guid, number};

/// A condition on the value of a parameter.
#[derive(Debug)]
pub(super) enum Constraint {
    Int,
    /// The range of an integer, for `long`, `min`, `max` and `range`.
    Long {
        min: i64,
        max: i64,
    },
    Bool,
    Double,
    Decimal,
    Guid,
    DateTime,
    Alpha,
    /// The length in UTF-16 units, as .NET counts.
    Length {
        min: usize,
        max: usize,
    },
    Regex(Regex),
    Required,
    File,
    NonFile,
    /// `exists`: a constraint for other kinds of routes, which never matches here.
    Never,
}

/// A constraint that the host does not start with, or a regular expression that this crate cannot run.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConstraintError {
    #[error("there is no constraint \"{0}\"")]
    Unknown(String),
    #[error("the arguments of the constraint \"{0}\" are wrong")]
    Arguments(String),
    #[error("this handler cannot run the regular expression of the constraint: {0}")]
    Regex(regex_lite::Error),
}

impl Constraint {
    pub(super) fn parse(text: &str) -> Result<Self, ConstraintError> {
        let wrong = || ConstraintError::Arguments(text.to_owned());
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(')').ok_or_else(wrong)?)),
            None => (text, None),
        };
        let name = name.to_ascii_lowercase();
        if name == "regex" {
            return Self::regex(arguments.ok_or_else(wrong)?);
        }
        let numbers = arguments.map_or(Ok(Vec::new()), |arguments| {
            arguments.split(',').map(|number| number.trim().parse::<i64>()).collect()
        });
        let numbers = numbers.map_err(|_| wrong())?;
        let size = |number: i64| usize::try_from(number).map_err(|_| wrong());
        let ordered = |min: &i64, max: &i64| min <= max;
        Ok(match (name.as_str(), numbers.as_slice()) {
            ("int", []) => Self::Int,
            ("long", []) => Self::Long { min: i64::MIN, max: i64::MAX },
            ("min", [min]) => Self::Long { min: *min, max: i64::MAX },
            ("max", [max]) => Self::Long { min: i64::MIN, max: *max },
            ("range", [min, max]) if ordered(min, max) => Self::Long { min: *min, max: *max },
            ("bool", []) => Self::Bool,
            ("double" | "float", []) => Self::Double,
            ("decimal", []) => Self::Decimal,
            ("guid", []) => Self::Guid,
            ("datetime", []) => Self::DateTime,
            ("alpha", []) => Self::Alpha,
            ("length", [exact]) => Self::Length { min: size(*exact)?, max: size(*exact)? },
            ("length", [min, max]) if ordered(min, max) => Self::Length { min: size(*min)?, max: size(*max)? },
            ("minlength", [min]) => Self::Length { min: size(*min)?, max: usize::MAX },
            ("maxlength", [max]) => Self::Length { min: 0, max: size(*max)? },
            ("required", []) => Self::Required,
            ("file", []) => Self::File,
            ("nonfile", []) => Self::NonFile,
            ("exists", []) => Self::Never,
            (
                "int" | "long" | "min" | "max" | "range" | "bool" | "double" | "float" | "decimal" | "guid"
                | "datetime" | "alpha" | "length" | "minlength" | "maxlength" | "required" | "file" | "nonfile"
                | "exists",
                _,
            ) => return Err(wrong()),
            _ => return Err(ConstraintError::Unknown(text.to_owned())),
        })
    }

    fn regex(pattern: &str) -> Result<Self, ConstraintError> {
        let regex = RegexBuilder::new(pattern).case_insensitive(true).build();
        regex.map(Self::Regex).map_err(ConstraintError::Regex)
    }

    pub(super) fn admits(&self, value: &str) -> bool {
        match self {
            Self::Int => number::integer(value).is_some_and(|number| i32::try_from(number).is_ok()),
            Self::Long { min, max } => number::integer(value).is_some_and(|number| (min..=max).contains(&&number)),
            Self::Bool => {
                let value = value.trim_matches(|c: char| c.is_whitespace() || c == '\0');
                value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false")
            }
            Self::Double => number::is_double(value),
            Self::Decimal => number::is_decimal(value),
            Self::Guid => guid::is_guid(value),
            Self::DateTime => date_time::is_date_time(value),
            Self::Alpha => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Self::Length { min, max } => (*min..=*max).contains(&value.encode_utf16().count()),
            Self::Regex(regex) => regex.is_match(value),
            Self::Required => !value.is_empty(),
            Self::File => is_file(value),
            Self::NonFile => !is_file(value),
            Self::Never => false,
        }
    }
}

/// Reports whether the last segment has a dot with something other than dots after it.
fn is_file(value: &str) -> bool {
    let name = value.rsplit('/').next().unwrap_or(value);
    name.split_once('.').is_some_and(|(_, after)| after.contains(|c| c != '.'))
}
