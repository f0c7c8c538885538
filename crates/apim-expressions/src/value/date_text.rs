//! Times as text, for crates that print and read what .NET does.

use std::cmp::Ordering;

use super::{
    DateTime,
    format::{date, date_parse},
    time::{Zone, ticks},
};
use crate::problem::Failure;

impl DateTime {
    /// `DateTime.Parse`: a time with a zone becomes local time, which is UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        date_parse::date_time(text).or_else(|| day_of_month(text))
    }

    /// A text that Newtonsoft.Json takes for a time when it reads JSON.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        date_parse::json(text)
    }

    /// `ToString()` of the invariant culture.
    #[must_use]
    pub fn to_text(self) -> String {
        date::general(self.ticks)
    }

    /// `ToString(format)` of the invariant culture.
    ///
    /// # Errors
    /// The message of the .NET exception for a format that there is not.
    pub fn format(self, format: &str) -> Result<String, String> {
        date::format(self, format).map_err(|failure| match failure {
            Failure::Thrown(exception) => exception.message.to_string(),
            Failure::Stopped(message) => message,
        })
    }

    /// Which clock reading is earlier, whatever its zone.
    #[must_use]
    pub fn order(self, other: Self) -> Ordering {
        self.ticks.cmp(&other.ticks)
    }
}

/// `4 March 2021`, with a clock reading or without.
fn day_of_month(text: &str) -> Option<DateTime> {
    let mut words = text.split_whitespace();
    let (day, month, year) = (words.next()?.parse().ok()?, words.next()?, words.next()?.parse().ok()?);
    let is_month = |name: &&str| name.eq_ignore_ascii_case(month) || name[..3].eq_ignore_ascii_case(month);
    let month = date::MONTHS.iter().position(is_month)?;
    let clock = match words.next() {
        Some(clock) => date_parse::clock_parts(clock)?,
        None => [0; 3],
    };
    let start = ticks(year, i64::try_from(month).ok()? + 1, day, clock)?;
    DateTime::new(start, Zone::Unspecified).filter(|_| words.next().is_none())
}
