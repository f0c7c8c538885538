//! `schedule`: prints when a timer with this schedule fires next.

use std::process::ExitCode;

use super::output::{eprintln, println};
use jiff::{Timestamp, tz::TimeZone};
use ncrontab::Schedule;

use super::{command_error::CommandError, style::DIM};

#[derive(clap::Args)]
pub(super) struct ScheduleArguments {
    /// Six fields (second first), five (minute first), or an interval such as `00:05:00`
    #[arg(value_parser = schedule)]
    expression: Schedule,
    /// Print only occurrences after this instant; now unless given
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    from: Option<Timestamp>,
    /// The number of occurrences
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    count: u16,
    /// The host's time zone, as an IANA name
    #[arg(long, value_name = "NAME", default_value = "UTC", value_parser = time_zone)]
    time_zone: TimeZone,
}

pub(super) fn schedule_command(arguments: &ScheduleArguments) -> Result<ExitCode, CommandError> {
    let from = arguments.from.unwrap_or_else(Timestamp::now).to_zoned(arguments.time_zone.clone());
    let mut occurrences = arguments.expression.occurrences_after(&from).take(arguments.count.into()).peekable();
    if occurrences.peek().is_none() {
        return Err(format!("this schedule has no occurrence after {}", from.timestamp()).into());
    }
    if ncrontab::has_clock_trap(&arguments.time_zone, from.timestamp()) {
        eprintln!(
            "{DIM}Azure on Linux misreads this zone's clock changes: a timer due while the clock goes forward fires without \
             pause for that hour; Europe/London has the clock of Europe/Dublin without this trap{DIM:#}"
        );
    }
    for at in occurrences {
        if at.offset().is_zero() {
            println!("{}", at.timestamp());
        } else {
            println!("{}", at.timestamp().display_with_offset(at.offset()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn schedule(text: &str) -> Result<Schedule, String> {
    Schedule::parse(text).map_err(|error| error.to_string())
}

fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "not an instant such as 2026-11-20T00:00:00Z".to_owned())
}

fn time_zone(name: &str) -> Result<TimeZone, String> {
    let known = TimeZone::get(name).ok().filter(|zone| zone.iana_name() == Some(name));
    known.ok_or_else(|| {
        "not an IANA time zone such as Europe/Berlin, letter case included: Azure on Linux would run in UTC".to_owned()
    })
}
