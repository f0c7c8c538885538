//! The command `schedule`: its output and its refusals.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

fn schedule(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_local-azure")).arg("schedule").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn section_7_1_occurrences_are_instants_one_a_line() {
    let from = ["--from", "2026-11-20T00:00:00Z", "--count", "3"];
    let cases: [(&[&str], &str); 4] = [
        (&["0 30 9 * * 1-5"], "2026-11-20T09:30:00Z\n2026-11-23T09:30:00Z\n2026-11-24T09:30:00Z\n"),
        (&["30 9 * * 1-5"], "2026-11-20T09:30:00Z\n2026-11-23T09:30:00Z\n2026-11-24T09:30:00Z\n"),
        (&["12:00:00"], "2026-11-20T12:00:00Z\n2026-11-21T00:00:00Z\n2026-11-21T12:00:00Z\n"),
        (
            &["0 0 12 1 * *", "--time-zone", "Europe/Berlin"],
            "2026-12-01T12:00:00+01:00\n2027-01-01T12:00:00+01:00\n2027-02-01T12:00:00+01:00\n",
        ),
    ];
    for (arguments, expected) in cases {
        let (code, printed, errors) = schedule(&[arguments, &from].concat());
        assert_eq!((code, printed.as_str(), errors.as_str()), (Some(0), expected, ""), "{arguments:?}");
    }
}

#[test]
fn section_7_2_what_is_no_schedule_is_explained() {
    let cases: [(&[&str], &str); 6] = [
        (&["0 0 0 * * 7"], "\"7\" is not a valid day-of-week field: 7 is outside 0-6; Sunday is 0"),
        (&["soon"], "\"soon\" is not a schedule: it has 1 field"),
        (&["0 0 0 30 2 *", "--from", "2026-11-20T00:00:00Z"], "this schedule has no occurrence after 2026-11-20"),
        (&["* * * * *", "--from", "tomorrow"], "not an instant such as 2026-11-20T00:00:00Z"),
        (&["* * * * *", "--time-zone", "CET!"], "not an IANA time zone such as Europe/Berlin"),
        (&["* * * * *", "--time-zone", "europe/berlin"], "letter case included: Azure on Linux would run in UTC"),
    ];
    for (arguments, expected) in cases {
        let (code, printed, errors) = schedule(arguments);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(errors.contains(expected), "{errors}");
    }
}
