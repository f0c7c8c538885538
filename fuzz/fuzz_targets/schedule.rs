//! Every text either is a schedule or is refused. The occurrences of a schedule come in order.

#![no_main]

use jiff::{Timestamp, tz::TimeZone};
use libfuzzer_sys::fuzz_target;
use ncrontab::Schedule;

fuzz_target!(|text: &str| {
    let Ok(schedule) = Schedule::parse(text) else { return };
    let zones = [TimeZone::UTC, TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC)];
    for zone in zones {
        // The last hour before clocks go forward in Berlin.
        let from = Timestamp::from_second(1_774_742_400).unwrap().to_zoned(zone);
        let mut last = from.clone();
        for next in schedule.occurrences_after(&from).take(4) {
            assert!(next > last, "{text}: {next} comes after {last}");
            last = next;
        }
    }
});
