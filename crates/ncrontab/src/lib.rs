//! NCRONTAB expressions and `TimeSpan` schedules, read as the Azure Functions timer trigger reads them.
//!
//! The grammar is that of `NCrontab` 3.3.3 (`atifaziz/NCrontab`). Time zones and clock changes follow `CronSchedule.cs`
//! of `Azure/azure-webjobs-sdk-extensions`, including its surprises: a schedule fires here at the same instants as in
//! Azure, except in the zones that [`has_clock_trap`] reports. The crate is pure: it reads no clock and looks up no
//! time zone.
//!
//! ```
//! use ncrontab::Schedule;
//!
//! let schedule: Schedule = "0 30 9 * * Mon-Fri".parse()?;
//! let friday: jiff::Zoned = "2026-03-27T09:30:00[Europe/Berlin]".parse()?;
//! let monday: jiff::Zoned = "2026-03-30T09:30:00[Europe/Berlin]".parse()?;
//! assert_eq!(schedule.next_after(&friday), Some(monday));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock_change;
mod cron;
mod error;
mod field;
mod time_span;

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Zoned};

use crate::cron::Cron;
pub use crate::{
    clock_change::has_clock_trap,
    error::{FieldProblem, ParseError},
    field::FieldKind,
    time_span::{TimeSpanError, format_time_span, parse_time_span},
};

/// The length of .NET's calendar from its first day to its last. The timer's listener cannot start with a longer
/// interval.
const LONGEST_INTERVAL: SignedDuration = SignedDuration::from_hours(3_652_058 * 24);

/// The schedule of a timer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule(ScheduleKind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum ScheduleKind {
    Cron(Cron),
    /// The interval, which is positive.
    Every(SignedDuration),
}

impl Schedule {
    /// Reads five fields (minute first), six fields (second first) or a .NET `TimeSpan` such as `00:05:00`.
    ///
    /// A lone number is a number of *days*, and `24:00:00` is 24 days, as in .NET.
    ///
    /// # Errors
    /// [`ParseError`] names the field and the problem. Intervals of zero or less are refused, because the Functions
    /// host would accept them and fire without pause.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let fields: Vec<&str> = text.split(' ').filter(|field| !field.is_empty()).collect();
        match fields.len() {
            0 => Err(ParseError::Empty),
            5 | 6 => Cron::parse(&fields).map(|cron| Self(ScheduleKind::Cron(cron))),
            count => match parse_time_span(text) {
                Ok(interval) if interval > LONGEST_INTERVAL => {
                    Err(ParseError::TimeSpanTooLarge { text: text.to_owned() })
                }
                Ok(interval) if interval.is_positive() => Ok(Self(ScheduleKind::Every(interval))),
                Ok(_) => Err(ParseError::NotPositive { text: text.to_owned() }),
                Err(TimeSpanError::TooLarge) => Err(ParseError::TimeSpanTooLarge { text: text.to_owned() }),
                Err(TimeSpanError::NotATimeSpan) => Err(ParseError::NotASchedule { text: text.to_owned(), count }),
            },
        }
    }

    /// Returns the first occurrence strictly after `time`, in the time zone of `time`. Returns `None` if the schedule
    /// has no occurrence from there to the year 10000.
    #[must_use]
    pub fn next_after(&self, time: &Zoned) -> Option<Zoned> {
        match &self.0 {
            ScheduleKind::Cron(cron) => clock_change::next_after(cron, time),
            ScheduleKind::Every(interval) => time.checked_add(*interval).ok(),
        }
    }

    /// Returns the occurrences strictly after `time`. Each is computed from the one before.
    pub fn occurrences_after(&self, time: &Zoned) -> impl Iterator<Item = Zoned> + '_ {
        std::iter::successors(self.next_after(time), |previous| self.next_after(previous))
    }

    /// Reports whether this is a cron expression and not an interval.
    #[must_use]
    pub fn is_cron(&self) -> bool {
        matches!(self.0, ScheduleKind::Cron(_))
    }

    /// Returns `Schedule.AdjustForDST` as the host sends it to the handler: true for cron, false for an interval.
    #[must_use]
    pub fn adjust_for_dst(&self) -> bool {
        self.is_cron()
    }

    /// Reports whether the host keeps no status for this schedule, in spite of `useMonitor`. These are cron expressions
    /// that fire every minute and more than once in it, and intervals under a minute.
    #[must_use]
    pub fn is_too_frequent_to_monitor(&self) -> bool {
        match &self.0 {
            ScheduleKind::Cron(cron) => cron.is_sub_minute(),
            ScheduleKind::Every(interval) => *interval < SignedDuration::from_mins(1),
        }
    }
}

impl FromStr for Schedule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Writes the schedule as the host's log has it: `Cron: '0 0,30 * * * *'` (normalised), `Constant: 00:05:00`.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ScheduleKind::Cron(cron) => write!(f, "Cron: '{cron}'"),
            ScheduleKind::Every(interval) => write!(f, "Constant: {}", format_time_span(*interval)),
        }
    }
}
