//! The reasons why a text is not a schedule.

use crate::field::FieldKind;

/// The reason why a text is not a schedule. The author of `function.json` or of the app setting must correct it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is empty.
    #[error("the schedule is empty")]
    Empty,
    /// The text is neither a cron expression nor a `TimeSpan`.
    #[error(
        "\"{text}\" is not a schedule: it has {count} field{}, cron needs 6 (second minute hour day month day-of-week) \
         or 5 (without the second), separated by spaces; an interval looks like \"00:05:00\"",
        if *count == 1 { "" } else { "s" }
    )]
    NotASchedule {
        /// The text given.
        text: String,
        /// The number of its fields.
        count: usize,
    },
    /// One cron field is wrong.
    #[error("\"{text}\" is not a valid {field} field: {problem}")]
    Field {
        /// The field.
        field: FieldKind,
        /// The field's text, as written.
        text: String,
        /// The problem of the text.
        problem: FieldProblem,
    },
    /// An interval with a part out of range.
    #[error("\"{text}\" is not a valid interval: hours go to 23, minutes and seconds to 59, days to 3652058")]
    TimeSpanTooLarge {
        /// The text given.
        text: String,
    },
    /// The interval is zero or negative.
    #[error("\"{text}\" is not a usable interval: it is not longer than zero, so the timer would fire without pause")]
    NotPositive {
        /// The text given.
        text: String,
    },
}

/// The problem of one cron field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// A value is missing, as in `1,,2` or `5-`.
    #[error("a value is missing")]
    Missing,
    /// The number is outside the field's range.
    #[error("{value} is outside {min}-{max}{}", if *sunday { "; Sunday is 0" } else { "" })]
    OutOfRange {
        /// The number.
        value: i32,
        /// The smallest allowed number.
        min: u8,
        /// The largest allowed number.
        max: u8,
        /// Whether the number is a 7 for Sunday, a common mistake.
        sunday: bool,
    },
    /// The text is neither a number nor a name, where the field allows names.
    #[error("\"{0}\" is not a number")]
    NotANumber(String),
    /// No month or day begins like this text.
    #[error("\"{0}\" is neither a number nor the beginning of an English name")]
    NotAName(String),
    /// The text is syntax of other cron dialects.
    #[error("\"{0}\" belongs to other dialects of cron, not to NCRONTAB")]
    OtherDialect(String),
    /// The step after the slash is wrong.
    #[error("the step \"{0}\" is not a number, or too large")]
    Step(String),
}
