//! The time zone of schedules: UTC, or the zone of an app setting, never this machine's zone.
//!
//! .NET on Linux uses zone names as file names, so their letter case counts.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{HostError, script::Settings};

const SETTINGS: [&str; 2] = ["WEBSITE_TIME_ZONE", "TZ"];

pub(super) fn from_settings(settings: &Settings) -> Result<TimeZone, HostError> {
    let named =
        SETTINGS.into_iter().find_map(|name| Some((name, settings.get(name).filter(|value| !value.is_empty())?)));
    let Some((setting, value)) = named else { return Ok(TimeZone::UTC) };
    find(value).ok_or_else(|| HostError::TimeZone { setting, value: value.to_owned() })
}

/// Finds a zone by `Europe/Berlin`, `:Europe/Berlin`, `posix/Europe/Berlin`, or the path of a zone file.
fn find(value: &str) -> Option<TimeZone> {
    let name = value.strip_prefix(':').unwrap_or(value);
    if name.starts_with('/') {
        return TimeZone::tzif(name, &std::fs::read(name).ok()?).ok();
    }
    let name = name.strip_prefix("posix/").unwrap_or(name);
    TimeZone::get(name).ok().filter(|zone| zone.iana_name() == Some(name))
}

/// Returns warnings about Azure for timers in this zone.
pub(super) fn warnings(zone: &TimeZone) -> impl Iterator<Item = String> {
    plan_warning(zone).into_iter().chain(clock_warning(zone))
}

/// Warns of a zone other than UTC. See
/// <https://learn.microsoft.com/azure/azure-functions/functions-app-settings#website_time_zone>.
fn plan_warning(zone: &TimeZone) -> Option<String> {
    let now = Timestamp::now();
    let other_half_of_the_year = now.saturating_add(SignedDuration::from_hours(182 * 24)).unwrap_or(now);
    let is_utc = [now, other_half_of_the_year].iter().all(|at| zone.to_offset(*at).is_zero());
    (!is_utc).then(|| {
        format!(
            "Timers run in {} here and on Premium and Dedicated plans. Flex Consumption and Linux Consumption take neither \
             WEBSITE_TIME_ZONE nor TZ: there they run in UTC",
            zone.iana_name().unwrap_or("this zone")
        )
    })
}

fn clock_warning(zone: &TimeZone) -> Option<String> {
    ncrontab::has_clock_trap(zone, Timestamp::now()).then(|| {
        format!(
            "The clock of {} changes in a way that .NET on Linux misreads: in Azure a timer that is due while it goes \
             forward fires without pause for that hour, and an interval leaves out the repeated one. Europe/London has the \
             clock of Europe/Dublin without this trap; UTC has none",
            zone.iana_name().unwrap_or("this zone")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{clock_warning, find, plan_warning};

    #[test]
    fn section_7_3_names_are_those_of_files_and_negative_saving_is_warned_of() {
        for name in ["Europe/Berlin", ":Europe/Berlin", "posix/Europe/Berlin", "UTC"] {
            assert!(find(name).is_some(), "{name}");
        }
        for name in ["europe/berlin", "EUROPE/BERLIN", " Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", "Nowhere/Land"] {
            assert!(find(name).is_none(), "{name}");
        }
        assert!(clock_warning(&find("Europe/Dublin").unwrap()).unwrap().contains("Europe/London"));
        assert!(clock_warning(&find("Europe/Berlin").unwrap()).is_none());
    }

    #[test]
    fn section_7_3_a_zone_that_flex_consumption_does_not_take_is_warned_of() {
        for name in ["Europe/Berlin", "Europe/London", "Asia/Tokyo"] {
            let warning = plan_warning(&find(name).unwrap()).unwrap();
            assert!(warning.starts_with(&format!("Timers run in {name} here")), "{warning}");
        }
        for name in ["UTC", "Etc/UTC", "Africa/Abidjan"] {
            assert!(plan_warning(&find(name).unwrap()).is_none(), "{name}");
        }
    }
}
