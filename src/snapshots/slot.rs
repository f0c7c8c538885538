//! The scheduled time of a snapshot, which is part of its blob's name.

use std::{fmt, str::FromStr};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::sources::SourceName;

/// A second in UTC. One slot of one source has at most one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(Timestamp);

impl Slot {
    /// Returns the slot of a scheduled time.
    pub(crate) fn at(time: Timestamp) -> Self {
        Self::from_seconds(time, 1)
    }

    /// Returns the slot of the minute that contains `time`.
    pub(crate) fn minute_of(time: Timestamp) -> Self {
        Self::from_seconds(time, 60)
    }

    fn from_seconds(time: Timestamp, seconds: i64) -> Self {
        let start = time.as_second().div_euclid(seconds) * seconds;
        // Rounding down leaves jiff's range only in its first minute, in the year -9999.
        Self(Timestamp::from_second(start).unwrap_or(time))
    }

    /// Returns the name of the snapshot's blob, for example `orders/2026/11/21/093000Z.json`.
    pub(crate) fn blob_name(self, source: &SourceName) -> String {
        format!("{}{}", prefix(source), self.0.strftime(NAME))
    }

    /// Returns the name of the report's blob, for example `secret-expiry/2026/11/22/060000Z.json`. No source has this
    /// name.
    pub(crate) fn report_name(self) -> String {
        format!("secret-expiry/{}", self.0.strftime(NAME))
    }

    /// Reads the slot from the name of a blob of `source`.
    pub(crate) fn from_blob_name(name: &str, source: &SourceName) -> Option<Self> {
        let time = DateTime::strptime(NAME, name.strip_prefix(&prefix(source))?).ok()?;
        Some(Self(time.to_zoned(TimeZone::UTC).ok()?.timestamp()))
    }

    /// Returns the first day of this slot's month.
    pub(super) fn month(self) -> Date {
        self.day().first_of_month()
    }

    /// Returns the first slot of a day.
    pub(super) fn start_of(day: Date) -> Option<Self> {
        day.to_zoned(TimeZone::UTC).ok().map(|start| Self(start.timestamp()))
    }

    fn day(self) -> Date {
        self.0.to_zoned(TimeZone::UTC).date()
    }
}

/// Reads the form that [`Display`](fmt::Display) writes. It also accepts `20261121T093000Z`, without colons.
impl FromStr for Slot {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::at)
    }
}

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("a time such as 2026-11-21T09:30:00Z is wanted"))
    }
}

/// The format of a blob's name. Years have four digits, so names sort in the order of time.
const NAME: &str = "%Y/%m/%d/%H%M%SZ.json";

/// Returns the prefix of the names of all blobs of `source`.
pub(super) fn prefix(source: &SourceName) -> String {
    format!("{source}/")
}

/// Returns the prefix of the names of the blobs of one month.
pub(super) fn month(source: &SourceName, month: Date) -> String {
    format!("{}{}", prefix(source), month.strftime("%Y/%m/"))
}

/// Returns the prefix of the names of the blobs of one year.
pub(super) fn year(source: &SourceName, day: Date) -> String {
    format!("{}{}", prefix(source), day.strftime("%Y/"))
}

/// Returns the prefix of the names of the blobs of a slot's day.
pub(super) fn day(source: &SourceName, slot: Slot) -> String {
    format!("{}{}", prefix(source), slot.0.strftime("%Y/%m/%d/"))
}

/// Writes the slot, for example as `2026-11-21T09:30:00Z`.
impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Slot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> SourceName {
        SourceName::parse("orders").unwrap()
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_blob_is_named_after_its_source_and_time_in_utc() {
        let name = Slot::at(time("2026-11-21T10:30:00+01:00")).blob_name(&source());
        assert_eq!(name, "orders/2026/11/21/093000Z.json");
        let name = Slot::at(time("2026-01-02T03:04:05.999Z")).blob_name(&source());
        assert_eq!(name, "orders/2026/01/02/030405Z.json");
    }

    #[test]
    fn an_unscheduled_run_has_the_slot_of_its_minute() {
        for text in ["2026-11-21T09:30:00Z", "2026-11-21T09:30:00.0209Z", "2026-11-21T09:30:59.999Z"] {
            assert_eq!(Slot::minute_of(time(text)).to_string(), "2026-11-21T09:30:00Z", "{text}");
        }
    }

    #[test]
    fn names_of_a_day_a_month_and_a_year_begin_alike() {
        let slot: Slot = "2026-02-28T23:59:59Z".parse().unwrap();
        let month = slot.month();
        assert_eq!((month.to_string().as_str(), year(&source(), month).as_str()), ("2026-02-01", "orders/2026/"));
        assert_eq!(super::month(&source(), month), "orders/2026/02/");
        assert_eq!(day(&source(), slot), "orders/2026/02/28/");
        assert_eq!(Slot::start_of(month).unwrap().to_string(), "2026-02-01T00:00:00Z");
    }

    #[test]
    fn a_slot_is_read_as_it_is_written_and_without_colons() {
        for text in ["2026-11-21T09:30:00Z", "20261121T093000Z", "2026-11-21T10:30:00+01:00"] {
            assert_eq!(text.parse::<Slot>().unwrap().to_string(), "2026-11-21T09:30:00Z", "{text}");
        }
        for wrong in ["latest", "2026-11-21", "09:30:00Z", "2026-11-21T09:30:00", ""] {
            assert!(wrong.parse::<Slot>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_blobs_name_tells_its_slot() {
        let slot = Slot::at(time("2026-11-21T09:30:00Z"));
        assert_eq!(Slot::from_blob_name(&slot.blob_name(&source()), &source()), Some(slot));
        for foreign in ["orders/readme.txt", "orders/2026/13/21/093000Z.json", "other/2026/11/21/093000Z.json"] {
            assert_eq!(Slot::from_blob_name(foreign, &source()), None, "{foreign}");
        }
    }
}
