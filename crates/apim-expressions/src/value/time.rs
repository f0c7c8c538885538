//! `DateTime`, `DateTimeOffset` and `TimeSpan`: ticks of 100 ns since the first day of the year 1.
//! The gateway's local time zone is UTC.

use jiff::{Timestamp, civil};

pub(crate) const TICKS_PER_SECOND: i64 = 10_000_000;
pub(crate) const TICKS_PER_MILLISECOND: i64 = TICKS_PER_SECOND / 1000;
pub(crate) const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;
/// 1970-01-01 in ticks.
pub(crate) const UNIX_EPOCH: i64 = 621_355_968_000_000_000;
const MAX: i64 = 3_155_378_975_999_999_999;

/// A point in time, or the reading of a clock in some zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    pub(crate) ticks: i64,
    pub(crate) zone: Zone,
}

/// `DateTimeKind`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zone {
    Unspecified,
    Utc,
    Local,
}

/// A clock reading with its distance from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTimeOffset {
    /// The reading of the clock.
    pub(crate) ticks: i64,
    pub(crate) offset_minutes: i64,
}

/// A length of time in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpan(pub(crate) i64);

/// The parts of a clock reading.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    pub(crate) date: civil::Date,
    pub(crate) hour: i64,
    pub(crate) minute: i64,
    pub(crate) second: i64,
    /// Ticks within the second.
    pub(crate) fraction: i64,
}

impl From<Timestamp> for DateTime {
    fn from(timestamp: Timestamp) -> Self {
        let ticks = timestamp.as_nanosecond() / 100 + i128::from(UNIX_EPOCH);
        let ticks = i64::try_from(ticks).unwrap_or(MAX).clamp(0, MAX);
        Self { ticks, zone: Zone::Utc }
    }
}

impl DateTime {
    pub(crate) const MIN: Self = Self { ticks: 0, zone: Zone::Unspecified };
    pub(crate) const MAX: Self = Self { ticks: MAX, zone: Zone::Unspecified };

    /// Makes a time; `None` outside the years 1 to 9999.
    pub(crate) fn new(ticks: i64, zone: Zone) -> Option<Self> {
        (0..=MAX).contains(&ticks).then_some(Self { ticks, zone })
    }

    pub(crate) fn plus(self, ticks: i64) -> Option<Self> {
        Self::new(self.ticks.checked_add(ticks)?, self.zone)
    }

    pub(crate) fn parts(self) -> Parts {
        parts(self.ticks)
    }

    /// Returns the same day of the month this many months later, or the last day of that month.
    pub(crate) fn plus_months(self, months: i64) -> Option<Self> {
        let Parts { date, .. } = self.parts();
        let month = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + months;
        let (year, month) = (i16::try_from(month.div_euclid(12)).ok()?, i8::try_from(month.rem_euclid(12) + 1).ok()?);
        if !(1..=9999).contains(&year) {
            return None;
        }
        let first = civil::Date::new(year, month, 1).ok()?;
        let moved = civil::Date::new(year, month, date.day().min(first.days_in_month())).ok()?;
        Self::new(days(moved) * TICKS_PER_DAY + self.ticks % TICKS_PER_DAY, self.zone)
    }
}

impl DateTimeOffset {
    pub(crate) const MIN: Self = Self { ticks: 0, offset_minutes: 0 };

    pub(crate) fn utc(self) -> DateTime {
        let ticks = self.ticks - self.offset_minutes * 60 * TICKS_PER_SECOND;
        DateTime { ticks: ticks.clamp(0, MAX), zone: Zone::Utc }
    }

    /// Returns the clock reading with no zone.
    pub(crate) fn clock(self) -> DateTime {
        DateTime { ticks: self.ticks, zone: Zone::Unspecified }
    }
}

impl From<DateTime> for DateTimeOffset {
    fn from(time: DateTime) -> Self {
        Self { ticks: time.ticks, offset_minutes: 0 }
    }
}

/// Returns the days since the first day of the year 1.
pub(crate) fn days(date: civil::Date) -> i64 {
    let span = civil::date(1, 1, 1).until((jiff::Unit::Day, date));
    span.map_or(0, |span| i64::from(span.get_days()))
}

/// Returns the ticks of a clock reading; `None` if the day or time does not exist.
pub(crate) fn ticks(year: i64, month: i64, day: i64, clock: [i64; 3]) -> Option<i64> {
    let [hour, minute, second] = clock;
    if !(1..=9999).contains(&year)
        || !(0..24).contains(&hour)
        || !(0..60).contains(&minute)
        || !(0..60).contains(&second)
    {
        return None;
    }
    let part = |value: i64| i8::try_from(value).ok();
    let date = civil::Date::new(i16::try_from(year).ok()?, part(month)?, part(day)?).ok()?;
    Some(days(date) * TICKS_PER_DAY + ((hour * 60 + minute) * 60 + second) * TICKS_PER_SECOND)
}

pub(crate) fn parts(ticks: i64) -> Parts {
    let ticks = ticks.clamp(0, MAX);
    let days = i32::try_from(ticks / TICKS_PER_DAY).unwrap_or_default();
    let date = civil::date(1, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap_or(civil::date(1, 1, 1));
    let seconds = ticks % TICKS_PER_DAY / TICKS_PER_SECOND;
    Parts {
        date,
        hour: seconds / 3600,
        minute: seconds / 60 % 60,
        second: seconds % 60,
        fraction: ticks % TICKS_PER_SECOND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_agree_with_dotnet() {
        let epoch = DateTime::from(Timestamp::UNIX_EPOCH);
        assert_eq!(epoch.ticks, UNIX_EPOCH);
        assert_eq!(ticks(1970, 1, 1, [0, 0, 0]), Some(UNIX_EPOCH));
        assert_eq!(ticks(9999, 12, 31, [23, 59, 59]).unwrap() + TICKS_PER_SECOND - 1, MAX);
        assert_eq!(ticks(2025, 2, 29, [0, 0, 0]), None);
        assert_eq!(parts(MAX).date, civil::date(9999, 12, 31));
    }

    #[test]
    fn months_end_on_their_last_day() {
        let january = DateTime::new(ticks(2024, 1, 31, [5, 0, 0]).unwrap(), Zone::Utc).unwrap();
        let february = january.plus_months(1).unwrap().parts();
        assert_eq!((february.date, february.hour), (civil::date(2024, 2, 29), 5));
        assert!(january.plus_months(12 * 9000).is_none());
    }
}
