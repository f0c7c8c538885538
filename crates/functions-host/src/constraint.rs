//! Constraints of route parameters: `{id:int}`, `{code:length(2,4)}`.
//!
//! Reference: <https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints>.

use uuid::Uuid;

/// A constraint on one parameter's value.
#[derive(Debug)]
pub(super) enum Constraint {
    Int,
    Long,
    Bool,
    Guid,
    /// `double`, `float`, `decimal`.
    Number,
    Alpha,
    /// Number of characters.
    Length {
        min: usize,
        max: usize,
    },
    /// Value of an integer.
    Range {
        min: i64,
        max: i64,
    },
    Required,
}

impl Constraint {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')').ok_or_else(|| unsupported(text))?),
            None => (text, ""),
        };
        let numbers: Option<Vec<i64>> =
            arguments.split(',').filter(|number| !number.is_empty()).map(|number| number.trim().parse().ok()).collect();
        let size = |number: i64| usize::try_from(number).map_err(|_| unsupported(text));
        Ok(match (name.to_ascii_lowercase().as_str(), numbers.ok_or_else(|| unsupported(text))?.as_slice()) {
            ("int", []) => Self::Int,
            ("long", []) => Self::Long,
            ("bool", []) => Self::Bool,
            ("guid", []) => Self::Guid,
            ("double" | "float" | "decimal", []) => Self::Number,
            ("alpha", []) => Self::Alpha,
            ("required", []) => Self::Required,
            ("length", [exact]) => Self::Length { min: size(*exact)?, max: size(*exact)? },
            ("length", [min, max]) => Self::Length { min: size(*min)?, max: size(*max)? },
            ("minlength", [min]) => Self::Length { min: size(*min)?, max: usize::MAX },
            ("maxlength", [max]) => Self::Length { min: 0, max: size(*max)? },
            ("min", [min]) => Self::Range { min: *min, max: i64::MAX },
            ("max", [max]) => Self::Range { min: i64::MIN, max: *max },
            ("range", [min, max]) => Self::Range { min: *min, max: *max },
            _ => return Err(unsupported(text)),
        })
    }

    pub(super) fn allows(&self, value: &str) -> bool {
        match self {
            Self::Int => value.parse::<i32>().is_ok(),
            Self::Long => value.parse::<i64>().is_ok(),
            Self::Bool => value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false"),
            Self::Guid => {
                let bare = value.strip_prefix('(').and_then(|value| value.strip_suffix(')')).unwrap_or(value);
                !bare.starts_with("urn") && Uuid::try_parse(bare).is_ok()
            }
            Self::Number => value.parse::<f64>().is_ok(),
            Self::Alpha => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Self::Length { min, max } => (*min..=*max).contains(&value.encode_utf16().count()),
            Self::Range { min, max } => value.parse().is_ok_and(|value| (*min..=*max).contains(&value)),
            Self::Required => !value.is_empty(),
        }
    }
}

fn unsupported(text: &str) -> String {
    format!("the constraint \"{text}\" is not supported by this host")
}

#[cfg(test)]
mod tests {
    use super::Constraint;

    #[test]
    fn constraints_allow_what_they_name() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("int", &["0", "-1", "2147483647"], &["2147483648", "1.0", "x"]),
            ("long", &["2147483648"], &["9223372036854775808"]),
            ("bool", &["true", "FALSE"], &["1", "yes"]),
            ("guid", &["1f0c0000-0000-0000-0000-00000000000a", "{1f0c0000-0000-0000-0000-00000000000a}"], &["1f0c"]),
            ("decimal", &["1.5", "-2"], &["x"]),
            ("alpha", &["abc"], &["ab1", "é"]),
            ("length(2)", &["ab"], &["a", "abc"]),
            ("length(2,3)", &["ab", "abc"], &["a", "abcd"]),
            ("minlength(2)", &["ab"], &["a"]),
            ("maxlength(2)", &["ab"], &["abc"]),
            ("min(18)", &["18"], &["17", "x"]),
            ("max(9)", &["9", "-1"], &["10"]),
            ("range(1,3)", &["1", "3"], &["0", "4"]),
            ("required", &["x"], &[]),
        ];
        for (text, allowed, refused) in cases {
            let constraint = Constraint::parse(text).unwrap();
            assert!(allowed.iter().all(|value| constraint.allows(value)), "{text} allows {allowed:?}");
            assert!(refused.iter().all(|value| !constraint.allows(value)), "{text} refuses {refused:?}");
        }
        for unknown in ["datetime", "regex(a)", "int(1)", "length(x)", "length(1", "length(-1)"] {
            assert!(Constraint::parse(unknown).is_err(), "{unknown}");
        }
    }
}
