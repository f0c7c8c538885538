//! Times as text, for crates that print and read times like .NET.

use std::cmp::Ordering;

use super::{
    DateTime,
    format::{date, date_parse},
};
use crate::problem::Failure;

impl DateTime {
    /// `DateTime.Parse`: a time with a zone becomes local time, which is UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        date_parse::date_time(text)
    }

    /// Reads a text that Newtonsoft.Json takes for a time when it reads JSON.
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
    /// The message of the .NET exception for an unknown format.
    pub fn format(self, format: &str) -> Result<String, String> {
        date::format(self, format).map_err(|failure| match failure {
            Failure::Thrown(exception) => exception.message.to_string(),
            Failure::Stopped(message) => message,
        })
    }

    /// Compares two clock readings. Their zones do not count.
    #[must_use]
    pub fn order(self, other: Self) -> Ordering {
        self.ticks.cmp(&other.ticks)
    }
}
