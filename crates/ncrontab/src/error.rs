//! Why a text is not a schedule.

use crate::field::FieldKind;

/// Why a text is not a schedule; the author of `function.json` or of the app setting must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The text is empty.
    #[error("the schedule is empty")]
    Empty,
    /// Neither cron nor `TimeSpan`.
    #[error(
        "\"{text}\" is not a schedule: it has {count} field{}, cron needs 6 (second minute hour day month day-of-week) \
         or 5 (without the second), separated by spaces; an interval looks like \"00:05:00\"",
        if *count == 1 { "" } else { "s" }
    )]
    NotASchedule {
        /// The text given.
        text: String,
        /// How many fields it has.
        count: usize,
    },
    /// One cron field is wrong.
    #[error("\"{text}\" is not a valid {field} field: {problem}")]
    Field {
        /// Which field.
        field: FieldKind,
        /// The field as written.
        text: String,
        /// What is wrong with it.
        problem: FieldProblem,
    },
    /// An interval with a part out of range.
    #[error("\"{text}\" is not a valid interval: hours go to 23, minutes and seconds to 59, days to 3652058")]
    TimeSpanTooLarge {
        /// The text given.
        text: String,
    },
    /// Zero or negative.
    #[error("\"{text}\" is not a usable interval: it is not longer than zero, so the timer would fire without pause")]
    NotPositive {
        /// The text given.
        text: String,
    },
}

/// What is wrong with one cron field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldProblem {
    /// `1,,2` or `5-`.
    #[error("a value is missing")]
    Missing,
    /// A number outside the field.
    #[error("{value} is outside {min}-{max}{}", if *sunday { "; Sunday is 0" } else { "" })]
    OutOfRange {
        /// The number.
        value: i32,
        /// Smallest allowed.
        min: u8,
        /// Largest allowed.
        max: u8,
        /// The common mistake: 7 for Sunday.
        sunday: bool,
    },
    /// Neither a number nor, where they are known, a name.
    #[error("\"{0}\" is not a number")]
    NotANumber(String),
    /// No month or day begins like this.
    #[error("\"{0}\" is neither a number nor the beginning of an English name")]
    NotAName(String),
    /// Syntax of other cron dialects.
    #[error("\"{0}\" belongs to other dialects of cron, not to NCRONTAB")]
    OtherDialect(String),
    /// The step after the slash is wrong.
    #[error("the step \"{0}\" is not a number, or too large")]
    Step(String),
}
