//! The moment that a snapshot stands for, which is its blob's name.

use std::fmt;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Serialize, Serializer};

use crate::config::SourceName;

/// A second in UTC. One slot of one source has at most one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(Timestamp);

impl Slot {
    /// The slot of a scheduled time.
    pub(crate) fn at(time: Timestamp) -> Self {
        Self::of_seconds(time, 1)
    }

    /// The slot of the minute that `time` is in.
    pub(crate) fn minute_of(time: Timestamp) -> Self {
        Self::of_seconds(time, 60)
    }

    fn of_seconds(time: Timestamp, seconds: i64) -> Self {
        let start = time.as_second().div_euclid(seconds) * seconds;
        // Rounding towards the past leaves jiff's range only at its first minute, in the year -9999.
        Self(Timestamp::from_second(start).unwrap_or(time))
    }

    /// For example `orders/2026/11/21/093000Z.json`.
    pub(crate) fn blob_name(self, source: &SourceName) -> String {
        format!("{}{}", prefix(source), self.0.strftime(NAME))
    }

    /// The slot that a blob of `source` is named after.
    pub(crate) fn of_blob(name: &str, source: &SourceName) -> Option<Self> {
        let time = DateTime::strptime(NAME, name.strip_prefix(&prefix(source))?).ok()?;
        Some(Self(time.to_zoned(TimeZone::UTC).ok()?.timestamp()))
    }
}

/// Years have four digits, so names sort as times do.
const NAME: &str = "%Y/%m/%d/%H%M%SZ.json";

/// What the names of all blobs of `source` begin with.
pub(super) fn prefix(source: &SourceName) -> String {
    format!("{source}/")
}

/// For example `2026-11-21T09:30:00Z`.
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
    use crate::config::{Config, tests::complete};

    fn source() -> SourceName {
        let settings = complete();
        Config::from_lookup(|name| settings.get(name).cloned()).unwrap().sources[0].name.clone()
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
    fn a_blobs_name_tells_its_slot() {
        let slot = Slot::at(time("2026-11-21T09:30:00Z"));
        assert_eq!(Slot::of_blob(&slot.blob_name(&source()), &source()), Some(slot));
        for foreign in ["orders/readme.txt", "orders/2026/13/21/093000Z.json", "other/2026/11/21/093000Z.json"] {
            assert_eq!(Slot::of_blob(foreign, &source()), None, "{foreign}");
        }
    }
}
