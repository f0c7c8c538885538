//! Any text is a schedule whose occurrences come in order, or is refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ncrontab::Schedule;

fuzz_target!(|text: &str| {
    let Ok(schedule) = Schedule::parse(text) else { return };
    let mut before = "2024-02-28T23:59:59Z[UTC]".parse().expect("a time");
    for next in schedule.occurrences_after(&before).take(20).collect::<Vec<jiff::Zoned>>() {
        assert!(next > before, "{text}: {next} comes after {before}");
        before = next;
    }
});
