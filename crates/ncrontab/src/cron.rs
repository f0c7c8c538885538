//! A cron expression and its occurrences on the wall clock, without a time zone.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};

use crate::{
    error::ParseError,
    field::{Field, FieldKind},
};

/// The Gregorian calendar, weekdays included, repeats after this many years.
const CALENDAR_CYCLE: i16 = 400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cron {
    /// The second; absent in the five-field form, which fires at second 0.
    second: Option<Field>,
    minute: Field,
    hour: Field,
    day: Field,
    month: Field,
    day_of_week: Field,
}

impl Cron {
    /// Reads five or six fields.
    pub(crate) fn parse(fields: &[&str]) -> Result<Self, ParseError> {
        let (second, rest) = match fields {
            [second, rest @ ..] if rest.len() == 5 => (Some(Field::parse(FieldKind::Second, second)?), rest),
            rest => (None, rest),
        };
        let [minute, hour, day, month, day_of_week] = rest else {
            return Err(ParseError::NotASchedule { text: fields.join(" "), count: fields.len() });
        };
        Ok(Self {
            second,
            minute: Field::parse(FieldKind::Minute, minute)?,
            hour: Field::parse(FieldKind::Hour, hour)?,
            day: Field::parse(FieldKind::Day, day)?,
            month: Field::parse(FieldKind::Month, month)?,
            day_of_week: Field::parse(FieldKind::DayOfWeek, day_of_week)?,
        })
    }

    /// Returns the first wall-clock time strictly after `after` that matches every field.
    pub(crate) fn next_after(&self, after: DateTime) -> Option<DateTime> {
        if self.matches_date(after.date())
            && let Some(time) = self.time_after(after.time())
        {
            return Some(after.date().to_datetime(time));
        }
        let first =
            Time::new(self.hour.first() as i8, self.minute.first() as i8, self.seconds().first() as i8, 0).ok()?;
        Some(self.date_after(after.date())?.to_datetime(first))
    }

    /// Reports whether the expression runs through both passes of a repeated hour instead of once. This is so if the
    /// second, minute or hour, normalised, contains a star or a range.
    pub(crate) fn is_interval(&self) -> bool {
        [self.seconds(), self.minute, self.hour].into_iter().any(Field::has_neighbours)
    }

    /// Reports whether the expression fires at several seconds of every minute.
    pub(crate) fn is_sub_minute(&self) -> bool {
        self.seconds().count() > 1 && self.fields().into_iter().skip(1).all(|(kind, field)| field.is_all(kind))
    }

    fn seconds(&self) -> Field {
        self.second.unwrap_or(Field::ZERO)
    }

    fn fields(&self) -> [(FieldKind, Field); 6] {
        [
            (FieldKind::Second, self.seconds()),
            (FieldKind::Minute, self.minute),
            (FieldKind::Hour, self.hour),
            (FieldKind::Day, self.day),
            (FieldKind::Month, self.month),
            (FieldKind::DayOfWeek, self.day_of_week),
        ]
    }

    /// Reports whether a date matches the day of the month *and* the day of the week. Vixie cron differs.
    fn matches_date(&self, date: Date) -> bool {
        self.month.contains(date.month() as u8)
            && self.day.contains(date.day() as u8)
            && self.day_of_week.contains(date.weekday().to_sunday_zero_offset() as u8)
    }

    fn time_after(&self, after: Time) -> Option<Time> {
        let (hour, minute, second) = (after.hour() as u8, after.minute() as u8, after.second() as u8);
        let time = |hour: u8, minute: u8, second: u8| Time::new(hour as i8, minute as i8, second as i8, 0).ok();
        if self.hour.contains(hour) {
            if self.minute.contains(minute)
                && let Some(second) = self.seconds().from(second + 1)
            {
                return time(hour, minute, second);
            }
            if let Some(minute) = self.minute.from(minute + 1) {
                return time(hour, minute, self.seconds().first());
            }
        }
        let hour = self.hour.from(hour + 1)?;
        time(hour, self.minute.first(), self.seconds().first())
    }

    fn date_after(&self, after: Date) -> Option<Date> {
        let last_year = after.year().saturating_add(CALENDAR_CYCLE).min(Date::MAX.year());
        (after.year()..=last_year).find_map(|year| self.date_in_year(year, after))
    }

    fn date_in_year(&self, year: i16, after: Date) -> Option<Date> {
        let months = (1..=12_i8).filter(|month| self.month.contains(*month as u8));
        let days = |month| (1..=31_i8).filter_map(move |day| Date::new(year, month, day).ok());
        months.flat_map(days).find(|date| *date > after && self.matches_date(*date))
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let omitted = usize::from(self.second.is_none());
        for (at, (kind, field)) in self.fields().into_iter().skip(omitted).enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            field.write(kind, f)?;
        }
        Ok(())
    }
}
