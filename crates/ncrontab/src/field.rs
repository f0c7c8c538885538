//! One field of a cron expression: a set of numbers below 64.
//!
//! The rules come from `NCrontab/CrontabFieldImpl.cs` and `CrontabField.cs` of `atifaziz/NCrontab`.

use std::fmt;

use crate::error::{FieldProblem, ParseError};

/// A field of a cron expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// The second, 0-59.
    Second,
    /// The minute, 0-59.
    Minute,
    /// The hour, 0-23.
    Hour,
    /// The day of the month, 1-31.
    Day,
    /// The month, 1-12 or an English name.
    Month,
    /// The day of the week, 0-6 with Sunday first, or an English name.
    DayOfWeek,
}

const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: &[&str] = &["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

impl FieldKind {
    const fn range(self) -> (u8, u8) {
        match self {
            Self::Second | Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::DayOfWeek => (0, 6),
        }
    }

    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => MONTHS,
            Self::DayOfWeek => DAYS,
            Self::Second | Self::Minute | Self::Hour | Self::Day => &[],
        }
    }
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::DayOfWeek => "day-of-week",
        })
    }
}

/// The set of values that a field allows: bit n stands for n. It is never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field(u64);

impl Field {
    pub(crate) const ZERO: Self = Self(1);

    pub(crate) fn parse(kind: FieldKind, text: &str) -> Result<Self, ParseError> {
        text.split(',')
            .map(|item| parse_item(kind, item))
            .try_fold(0, |bits, item| item.map(|item| bits | item))
            .map(Self)
            .map_err(|problem| ParseError::Field { field: kind, text: text.to_owned(), problem })
    }

    pub(crate) const fn contains(self, value: u8) -> bool {
        value < 64 && self.0 & (1 << value) != 0
    }

    /// Returns the smallest value that is at least `start`.
    pub(crate) fn from(self, start: u8) -> Option<u8> {
        (start..64).find(|value| self.contains(*value))
    }

    pub(crate) fn first(self) -> u8 {
        self.0.trailing_zeros() as u8
    }

    pub(crate) const fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub(crate) fn is_all(self, kind: FieldKind) -> bool {
        let (min, max) = kind.range();
        self.0 == span(min, max, 1)
    }

    /// Reports whether the normalised text has a range or a star, which is two neighbouring values.
    pub(crate) const fn has_neighbours(self) -> bool {
        self.0 & (self.0 << 1) != 0
    }

    /// Writes the field normalised, as `NCrontab` prints it: `*`, or single values and ranges without steps or names.
    pub(crate) fn write(self, kind: FieldKind, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all(kind) {
            return f.write_str("*");
        }
        let mut next = self.from(0);
        let mut separator = "";
        while let Some(first) = next {
            let last = (first..63).find(|value| !self.contains(value + 1)).unwrap_or(63);
            if first == last {
                write!(f, "{separator}{first}")?;
            } else {
                write!(f, "{separator}{first}-{last}")?;
            }
            separator = ",";
            next = self.from(last + 1);
        }
        Ok(())
    }
}

fn span(first: u8, last: u8, step: usize) -> u64 {
    (first..=last).step_by(step).fold(0, |bits, value| bits | 1 << value)
}

/// Reads `*`, `a` or `a-b`, each with an optional `/step`. A lone value with a step runs to the end of the field. A
/// reversed range is swapped and does not wrap. A step below one counts as one.
fn parse_item(kind: FieldKind, item: &str) -> Result<u64, FieldProblem> {
    let (min, max) = kind.range();
    let (values, step) = match item.split_once('/') {
        Some((values, step)) => {
            let number: i32 = step.trim_matches(white).parse().map_err(|_| FieldProblem::Step(step.to_owned()))?;
            (values, Some(number.max(1)))
        }
        None => (item, None),
    };
    let (first, last) = if values == "*" {
        (min, max)
    } else if let Some((a, b)) = values.split_once('-') {
        let (a, b) = (parse_value(kind, a)?, parse_value(kind, b)?);
        (a.min(b), a.max(b))
    } else {
        let value = parse_value(kind, values)?;
        (value, if step.is_some() { max } else { value })
    };
    let step = step.unwrap_or(1);
    // .NET adds the step to the value in 32 bits.
    if i32::from(first - min).checked_add(step).is_none() {
        return Err(FieldProblem::Step(step.to_string()));
    }
    Ok(span(first, last, usize::try_from(step).unwrap_or(1)))
}

fn parse_value(kind: FieldKind, text: &str) -> Result<u8, FieldProblem> {
    let (min, max) = kind.range();
    if text.is_empty() {
        return Err(FieldProblem::Missing);
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        let value: i32 = text.trim_end_matches(white).parse().map_err(|_| not_a_number(text))?;
        return u8::try_from(value).ok().filter(|value| (min..=max).contains(value)).ok_or(FieldProblem::OutOfRange {
            value,
            min,
            max,
            sunday: kind == FieldKind::DayOfWeek && value == 7,
        });
    }
    let names = kind.names();
    if names.is_empty() {
        return Err(not_a_number(text));
    }
    let prefix: String = text.chars().filter(|character| !is_ignorable(*character)).collect();
    let prefix = prefix.to_ascii_lowercase();
    match (min..).zip(names).find(|(_, name)| name.starts_with(&prefix)) {
        Some((value, _)) => Ok(value),
        None if is_other_dialect(text) => Err(FieldProblem::OtherDialect(text.to_owned())),
        None => Err(FieldProblem::NotAName(text.to_owned())),
    }
}

/// Reports whether ICU's collation ignores a character: soft hyphens, zero-width characters and direction marks. .NET
/// therefore finds a name with or without them.
fn is_ignorable(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Reports whether .NET's number parser accepts a character as white space. A blank is not among them, because it ends
/// the field.
fn white(character: char) -> bool {
    matches!(character, '\t'..='\r')
}

fn not_a_number(text: &str) -> FieldProblem {
    if is_other_dialect(text) {
        FieldProblem::OtherDialect(text.to_owned())
    } else {
        FieldProblem::NotANumber(text.to_owned())
    }
}

/// Reports whether a text is an extension of Quartz or Vixie: `?`, `L`, `LW`, `15W`, `5L`, `2#1`.
fn is_other_dialect(text: &str) -> bool {
    text == "?"
        || text.contains('#')
        || (text.ends_with(['L', 'W']) && text.trim_end_matches(['L', 'W']).bytes().all(|b| b.is_ascii_digit()))
}
