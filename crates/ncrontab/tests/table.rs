//! Expressions and the instants they fire at, each worked out by hand from the documented rules.
#![expect(clippy::unwrap_used, reason = "the walk through the tables is part of the tests")]

use jiff::{Timestamp, Zoned, tz::TimeZone};
use ncrontab::{ParseError, Schedule};

/// Expression; start; the following occurrences. Start and occurrences are UTC.
const UTC: &[(&str, &str, &[&str])] = &[
    // Six fields, seconds first.
    ("* * * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"]),
    ("0 * * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"]),
    ("0 0 * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"]),
    ("0 0 0 * * *", "2026-01-01T00:00:00Z", &["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"]),
    ("0 0 0 1 * *", "2026-01-01T00:00:00Z", &["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]),
    ("0 0 0 1 1 *", "2026-01-01T00:00:00Z", &["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]),
    ("30 15 10 * * *", "2026-01-01T10:15:29Z", &["2026-01-01T10:15:30Z", "2026-01-02T10:15:30Z"]),
    // Five fields, minutes first: second 0.
    ("* * * * *", "2026-01-01T00:00:30Z", &["2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z"]),
    ("*/5 * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"]),
    ("30 9 * * 1-5", "2026-03-27T09:30:00Z", &["2026-03-30T09:30:00Z", "2026-03-31T09:30:00Z"]),
    ("59 23 31 12 *", "2026-01-01T00:00:00Z", &["2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"]),
    // Steps start anew in each cycle of the field.
    ("0 */5 * * * *", "2026-01-01T00:04:59Z", &["2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"]),
    (
        "0 */7 * * * *",
        "2026-01-01T00:50:00Z",
        &["2026-01-01T00:56:00Z", "2026-01-01T01:00:00Z", "2026-01-01T01:07:00Z"],
    ),
    ("0 0 */5 * * *", "2026-01-01T19:00:00Z", &["2026-01-01T20:00:00Z", "2026-01-02T00:00:00Z"]),
    (
        "0 0 0 */10 * *",
        "2026-01-30T00:00:00Z",
        &["2026-01-31T00:00:00Z", "2026-02-01T00:00:00Z", "2026-02-11T00:00:00Z"],
    ),
    (
        "0 0 0 1 */5 *",
        "2026-01-02T00:00:00Z",
        &["2026-06-01T00:00:00Z", "2026-11-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    ),
    (
        "0 10/20 * * * *",
        "2026-01-01T00:00:00Z",
        &["2026-01-01T00:10:00Z", "2026-01-01T00:30:00Z", "2026-01-01T00:50:00Z", "2026-01-01T01:10:00Z"],
    ),
    ("0 59/5 * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T00:59:00Z", "2026-01-01T01:59:00Z"]),
    (
        "0 5-20/5 * * * *",
        "2026-01-01T00:05:00Z",
        &["2026-01-01T00:10:00Z", "2026-01-01T00:15:00Z", "2026-01-01T00:20:00Z", "2026-01-01T01:05:00Z"],
    ),
    ("0 */90 * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z"]),
    ("0 0 0 */40 * *", "2026-01-01T00:00:00Z", &["2026-02-01T00:00:00Z"]),
    // A step below one counts as one.
    ("0 */0 * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T00:01:00Z"]),
    ("0 */-3 * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T00:01:00Z"]),
    ("0 */+15 * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T00:15:00Z"]),
    // Lists.
    ("0 0,15,45 * * * *", "2026-01-01T00:15:00Z", &["2026-01-01T00:45:00Z", "2026-01-01T01:00:00Z"]),
    ("0 45,15 * * * *", "2026-01-01T00:00:00Z", &["2026-01-01T00:15:00Z", "2026-01-01T00:45:00Z"]),
    (
        "0 0 1-3,5 * * *",
        "2026-01-01T02:30:00Z",
        &["2026-01-01T03:00:00Z", "2026-01-01T05:00:00Z", "2026-01-02T01:00:00Z"],
    ),
    (
        "10,*/30 * * * * *",
        "2026-01-01T00:00:00Z",
        &["2026-01-01T00:00:10Z", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"],
    ),
    ("0 0 0 1,1,1 * *", "2026-01-01T00:00:00Z", &["2026-02-01T00:00:00Z"]),
    // A reversed range is swapped; it does not wrap.
    ("0 0 22-4 * * *", "2026-01-01T03:00:00Z", &["2026-01-01T04:00:00Z", "2026-01-01T05:00:00Z"]),
    ("0 0 22-4 * * *", "2026-01-01T22:00:00Z", &["2026-01-02T04:00:00Z"]),
    ("0 0 0 * * FRI-MON", "2026-01-02T00:00:00Z", &["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"]),
    ("0 0 0 1 NOV-FEB *", "2026-01-01T00:00:00Z", &["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]),
    (
        "0 20-10/5 * * * *",
        "2026-01-01T00:00:00Z",
        &["2026-01-01T00:10:00Z", "2026-01-01T00:15:00Z", "2026-01-01T00:20:00Z"],
    ),
    // Names: any beginning, any case, the first match of the calendar.
    ("0 0 0 * * Mon", "2026-01-01T00:00:00Z", &["2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z"]),
    ("0 0 0 * * MONDAY", "2026-01-01T00:00:00Z", &["2026-01-05T00:00:00Z"]),
    ("0 0 0 * * s", "2026-01-01T00:00:00Z", &["2026-01-04T00:00:00Z", "2026-01-11T00:00:00Z"]),
    ("0 0 0 * * t,th", "2026-01-05T00:00:00Z", &["2026-01-06T00:00:00Z", "2026-01-08T00:00:00Z"]),
    (
        "0 0 0 * * tue-thu",
        "2026-01-01T00:00:00Z",
        &["2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z", "2026-01-08T00:00:00Z"],
    ),
    ("0 0 0 1 Ju *", "2026-01-01T00:00:00Z", &["2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z"]),
    ("0 0 0 1 m *", "2026-01-01T00:00:00Z", &["2026-03-01T00:00:00Z"]),
    ("0 0 0 1 september,JAN *", "2026-01-01T00:00:00Z", &["2026-09-01T00:00:00Z", "2027-01-01T00:00:00Z"]),
    ("0 0 0 1 jan-dec/3 *", "2026-01-01T00:00:00Z", &["2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z"]),
    // Sunday is 0.
    ("0 0 0 * * 0", "2026-01-01T00:00:00Z", &["2026-01-04T00:00:00Z", "2026-01-11T00:00:00Z"]),
    (
        "0 0 0 * * 6,0",
        "2026-01-01T00:00:00Z",
        &["2026-01-03T00:00:00Z", "2026-01-04T00:00:00Z", "2026-01-10T00:00:00Z"],
    ),
    // Day of the month AND day of the week.
    ("0 0 0 13 * 5", "2026-01-01T00:00:00Z", &["2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z", "2026-11-13T00:00:00Z"]),
    (
        "0 0 9 1-7 * MON",
        "2026-01-01T00:00:00Z",
        &["2026-01-05T09:00:00Z", "2026-02-02T09:00:00Z", "2026-03-02T09:00:00Z"],
    ),
    ("0 0 0 31 * Sat", "2026-01-01T00:00:00Z", &["2026-01-31T00:00:00Z", "2026-10-31T00:00:00Z"]),
    // Ends of months, leap years.
    ("0 0 0 31 * *", "2026-01-31T00:00:00Z", &["2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z", "2026-07-31T00:00:00Z"]),
    ("0 0 0 30 * *", "2026-01-30T00:00:00Z", &["2026-03-30T00:00:00Z"]),
    (
        "0 0 0 15,31 * *",
        "2026-03-31T00:00:00Z",
        &["2026-04-15T00:00:00Z", "2026-05-15T00:00:00Z", "2026-05-31T00:00:00Z"],
    ),
    ("0 0 0 29 2 *", "2026-01-01T00:00:00Z", &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"]),
    ("0 0 0 29 2 *", "2096-03-01T00:00:00Z", &["2104-02-29T00:00:00Z"]),
    ("0 0 12 29 Feb Sun", "2026-01-01T00:00:00Z", &["2032-02-29T12:00:00Z", "2060-02-29T12:00:00Z"]),
    ("0 0 0 28-31 2 *", "2028-02-28T00:00:00Z", &["2028-02-29T00:00:00Z", "2029-02-28T00:00:00Z"]),
    // Never.
    ("0 0 0 30 2 *", "2026-01-01T00:00:00Z", &[]),
    ("0 0 0 31 4,6,9,11 *", "2026-01-01T00:00:00Z", &[]),
    ("0 0 0 1 1 *", "9999-06-01T00:00:00Z", &[]),
    // Roll-over, and strictly after.
    ("59 59 23 31 12 *", "2026-12-31T23:59:58Z", &["2026-12-31T23:59:59Z", "2027-12-31T23:59:59Z"]),
    ("0 0 0 * * *", "2026-12-31T23:59:59.999Z", &["2027-01-01T00:00:00Z"]),
    ("*/10 * * * * *", "2026-01-01T00:00:09.999999999Z", &["2026-01-01T00:00:10Z"]),
    ("*/10 * * * * *", "2026-01-01T00:00:10.000000001Z", &["2026-01-01T00:00:20Z"]),
    // Spaces around and between.
    ("  0   30 9   * * *  ", "2026-01-01T00:00:00Z", &["2026-01-01T09:30:00Z"]),
    ("007 00 09 * * *", "2026-01-01T00:00:00Z", &["2026-01-01T09:00:07Z"]),
    // TimeSpan: exact intervals; a lone number is days, and hours above 23 make .NET read days first.
    ("00:05:00", "2026-01-01T00:00:01.5Z", &["2026-01-01T00:05:01.5Z", "2026-01-01T00:10:01.5Z"]),
    ("00:00:15", "2026-01-01T00:00:00Z", &["2026-01-01T00:00:15Z"]),
    ("1:30", "2026-01-01T00:00:00Z", &["2026-01-01T01:30:00Z"]),
    ("1.00:00:00", "2026-01-01T00:00:00Z", &["2026-01-02T00:00:00Z"]),
    ("1:02:03:04", "2026-01-01T00:00:00Z", &["2026-01-02T02:03:04Z"]),
    ("5", "2026-01-01T00:00:00Z", &["2026-01-06T00:00:00Z"]),
    ("24:00:00", "2026-01-01T00:00:00Z", &["2026-01-25T00:00:00Z"]),
    ("0:0:0.25", "2026-01-01T00:00:00Z", &["2026-01-01T00:00:00.25Z"]),
];

/// Berlin: ahead 2026-03-29 02:00 to 03:00, back 2026-10-25 03:00 to 02:00.
/// New York: ahead 2026-03-08 02:00 to 03:00, back 2026-11-01 02:00 to 01:00.
const ZONES: &[(&str, &str, &str, &[&str])] = &[
    // Ahead: an hourly run loses the skipped hour; a skipped time moves ahead by the gap.
    (
        "Europe/Berlin",
        "0 30 * * * *",
        "2026-03-29T01:00:00+01:00",
        &["2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-29T04:30:00+02:00"],
    ),
    (
        "Europe/Berlin",
        "0 30 2 * * *",
        "2026-03-28T00:00:00+01:00",
        &["2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"],
    ),
    (
        "Europe/Berlin",
        "0 0 9 * * *",
        "2026-03-28T12:00:00+01:00",
        &["2026-03-29T09:00:00+02:00", "2026-03-30T09:00:00+02:00"],
    ),
    (
        "America/New_York",
        "0 */20 * * * *",
        "2026-03-08T01:30:00-05:00",
        &["2026-03-08T01:40:00-05:00", "2026-03-08T03:00:00-04:00", "2026-03-08T03:20:00-04:00"],
    ),
    (
        "America/New_York",
        "0 15 2 * * *",
        "2026-03-07T12:00:00-05:00",
        &["2026-03-08T03:15:00-04:00", "2026-03-09T02:15:00-04:00"],
    ),
    // Back, interval: both passes of the hour.
    (
        "Europe/Berlin",
        "0 */30 * * * *",
        "2026-10-25T01:45:00+02:00",
        &[
            "2026-10-25T02:00:00+02:00",
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T02:30:00+01:00",
            "2026-10-25T03:00:00+01:00",
        ],
    ),
    (
        "America/New_York",
        "0 30 * * * *",
        "2026-11-01T00:00:00-04:00",
        &[
            "2026-11-01T00:30:00-04:00",
            "2026-11-01T01:30:00-04:00",
            "2026-11-01T01:30:00-05:00",
            "2026-11-01T02:30:00-05:00",
        ],
    ),
    (
        "Europe/Berlin",
        "*/10 * * * * *",
        "2026-10-25T02:59:40+02:00",
        &["2026-10-25T02:59:50+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:00:10+01:00"],
    ),
    // Back, point in time: the first pass only, also when counted from within the second.
    (
        "Europe/Berlin",
        "0 30 2 * * *",
        "2026-10-24T12:00:00+02:00",
        &["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
    ),
    ("Europe/Berlin", "0 30 2 * * *", "2026-10-25T02:10:00+01:00", &["2026-10-26T02:30:00+01:00"]),
    (
        "America/New_York",
        "30 1 * * *",
        "2026-10-31T12:00:00-04:00",
        &["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"],
    ),
    // "*/2" hours normalise to single values: a point in time, which does not run twice.
    (
        "Europe/Berlin",
        "0 0 */2 * * *",
        "2026-10-25T00:30:00+02:00",
        &["2026-10-25T02:00:00+02:00", "2026-10-25T04:00:00+01:00"],
    ),
    // As the host counts: a yearly point in time in the repeated hour is left out when counted from winter …
    ("Europe/Berlin", "0 30 2 25 10 *", "2026-01-01T00:00:00+01:00", &["2027-10-25T02:30:00+02:00"]),
    // … and an interval that pauses after the first pass comes back an hour early.
    ("Europe/Berlin", "0 30 1-2 * * *", "2026-10-25T02:30:00+02:00", &["2026-10-26T00:30:00+01:00"]),
    // Exact intervals do not care.
    ("Europe/Berlin", "01:00:00", "2026-10-25T02:30:00+02:00", &["2026-10-25T02:30:00+01:00"]),
    ("Europe/Berlin", "1.00:00:00", "2026-03-28T12:00:00+01:00", &["2026-03-29T13:00:00+02:00"]),
];

fn assert_occurrences(expression: &str, from: &Zoned, expected: &[&str]) {
    let schedule = Schedule::parse(expression).unwrap();
    let found: Vec<Timestamp> =
        schedule.occurrences_after(from).take(expected.len()).map(|at| at.timestamp()).collect();
    let expected: Vec<Timestamp> = expected.iter().map(|at| at.parse().unwrap()).collect();
    assert_eq!(found, expected, "\"{expression}\" after {from}");
    if expected.is_empty() {
        assert_eq!(schedule.next_after(from), None, "\"{expression}\" after {from}");
    }
}

#[test]
fn occurrences_in_utc() {
    for (expression, from, expected) in UTC {
        let from: Timestamp = from.parse().unwrap();
        assert_occurrences(expression, &from.to_zoned(TimeZone::UTC), expected);
    }
}

#[test]
fn occurrences_around_changes_of_the_clock() {
    for (zone, expression, from, expected) in ZONES {
        let from: Timestamp = from.parse().unwrap();
        assert_occurrences(expression, &from.to_zoned(TimeZone::get(zone).unwrap()), expected);
    }
}

#[test]
fn what_is_not_a_schedule_is_refused_naming_the_field() {
    let refusals = [
        ("", "the schedule is empty"),
        ("   ", "the schedule is empty"),
        ("0 0 0 * * 7", "\"7\" is not a valid day-of-week field: 7 is outside 0-6; Sunday is 0"),
        ("0 0 0 * * 5-7", "\"5-7\" is not a valid day-of-week field: 7 is outside 0-6; Sunday is 0"),
        ("60 * * * * *", "\"60\" is not a valid second field: 60 is outside 0-59"),
        ("0 60 * * * *", "\"60\" is not a valid minute field: 60 is outside 0-59"),
        ("60 * * * *", "\"60\" is not a valid minute field: 60 is outside 0-59"),
        ("0 0 24 * * *", "\"24\" is not a valid hour field: 24 is outside 0-23"),
        ("0 0 0 0 * *", "\"0\" is not a valid day field: 0 is outside 1-31"),
        ("0 0 0 32 * *", "\"32\" is not a valid day field: 32 is outside 1-31"),
        ("0 0 0 1 13 *", "\"13\" is not a valid month field: 13 is outside 1-12"),
        ("0 0 0 1 0-3 *", "\"0-3\" is not a valid month field: 0 is outside 1-12"),
        ("0 0 0 ? * *", "\"?\" is not a valid day field: \"?\" belongs to other dialects of cron, not to NCRONTAB"),
        ("0 0 0 L * *", "\"L\" is not a valid day field: \"L\" belongs to other dialects of cron, not to NCRONTAB"),
        (
            "0 0 0 15W * *",
            "\"15W\" is not a valid day field: \"15W\" belongs to other dialects of cron, not to NCRONTAB",
        ),
        (
            "0 0 0 * * 2#1",
            "\"2#1\" is not a valid day-of-week field: \"2#1\" belongs to other dialects of cron, not to NCRONTAB",
        ),
        (
            "0 0 0 * * xyz",
            "\"xyz\" is not a valid day-of-week field: \"xyz\" is neither a number nor the beginning of an English name",
        ),
        (
            "0 0 0 * * Mondays",
            "\"Mondays\" is not a valid day-of-week field: \"Mondays\" is neither a number nor the beginning of an English name",
        ),
        ("0 0 0 Mon * *", "\"Mon\" is not a valid day field: \"Mon\" is not a number"),
        ("0 1,,2 * * * *", "\"1,,2\" is not a valid minute field: a value is missing"),
        ("0 ,1 * * * *", "\",1\" is not a valid minute field: a value is missing"),
        ("0 1- * * * *", "\"1-\" is not a valid minute field: a value is missing"),
        ("0 -1 * * * *", "\"-1\" is not a valid minute field: a value is missing"),
        ("0 *-5 * * * *", "\"*-5\" is not a valid minute field: \"*\" is not a number"),
        ("0 /5 * * * *", "\"/5\" is not a valid minute field: a value is missing"),
        ("0 */ * * * *", "\"*/\" is not a valid minute field: the step \"\" is not a number, or too large"),
        ("0 */x * * * *", "\"*/x\" is not a valid minute field: the step \"x\" is not a number, or too large"),
        ("0 1.5 * * * *", "\"1.5\" is not a valid minute field: \"1.5\" is not a number"),
        ("0 99999999999 * * * *", "\"99999999999\" is not a valid minute field: \"99999999999\" is not a number"),
        (
            "25:60:00",
            "\"25:60:00\" is not a valid interval: hours go to 23, minutes and seconds to 59, days to 3652058",
        ),
        (
            "00:00:00",
            "\"00:00:00\" is not a usable interval: it is not longer than zero, so the timer would fire without pause",
        ),
        (
            "-00:05:00",
            "\"-00:05:00\" is not a usable interval: it is not longer than zero, so the timer would fire without pause",
        ),
        ("0", "\"0\" is not a usable interval: it is not longer than zero, so the timer would fire without pause"),
        (
            "@daily",
            "\"@daily\" is not a schedule: it has 1 field, cron needs 6 (second minute hour day month day-of-week) \
             or 5 (without the second), separated by spaces; an interval looks like \"00:05:00\"",
        ),
        (
            "* * * *",
            "\"* * * *\" is not a schedule: it has 4 fields, cron needs 6 (second minute hour day month day-of-week) \
             or 5 (without the second), separated by spaces; an interval looks like \"00:05:00\"",
        ),
    ];
    for (text, expected) in refusals {
        let refusal = Schedule::parse(text).map_err(|error: ParseError| error.to_string());
        assert_eq!(refusal, Err(expected.to_owned()), "\"{text}\"");
    }
    // Only a space separates: .NET splits at nothing else.
    assert!(Schedule::parse("0\t*/5 * * * *").is_err());
    assert!(Schedule::parse("* * * * * * *").is_err());
}

#[test]
fn section_7_2_characters_that_collation_passes_over_do_not_hide_a_name() {
    for (text, plain) in [
        ("0 0 0 * * \u{200b}MON", "0 0 0 * * MON"),
        ("0 0 0 * M\u{ad}AR *", "0 0 0 * MAR *"),
        ("0 0 0 * \u{200b} *", "0 0 0 * January *"),
    ] {
        assert_eq!(text.parse::<Schedule>(), plain.parse(), "{text:?}");
    }
    assert!("0 \u{200b}5 * * * *".parse::<Schedule>().is_err());
}

#[test]
fn section_7_1_an_interval_longer_than_the_calendar_of_dotnet_is_refused() {
    assert!("3652058".parse::<Schedule>().is_ok());
    for text in ["3652059", "3652058.00:00:01", "10675199.02:48:05.4775807"] {
        assert!(matches!(text.parse::<Schedule>(), Err(ParseError::TimeSpanTooLarge { .. })), "{text}");
    }
}

#[test]
fn schedules_print_as_in_the_log_of_the_host() {
    let texts = [
        ("0 */15 * * * *", "Cron: '0 0,15,30,45 * * * *'"),
        ("0 0 22-4/2 * * fri-mon", "Cron: '0 0 4,6,8,10,12,14,16,18,20,22 * * 1-5'"),
        ("*/1 0-59 * * * *", "Cron: '* * * * * *'"),
        ("*/5 9 1,2,3 jan *", "Cron: '0,5,10,15,20,25,30,35,40,45,50,55 9 1-3 1 *'"),
        ("00:05:00", "Constant: 00:05:00"),
        ("24:00:00", "Constant: 24.00:00:00"),
        ("0:0:0.25", "Constant: 00:00:00.2500000"),
    ];
    for (text, expected) in texts {
        assert_eq!(Schedule::parse(text).unwrap().to_string(), expected);
    }
}

#[test]
fn only_schedules_under_a_minute_lose_their_monitor() {
    let schedules = [
        ("* * * * * *", true),
        ("*/5 * * * * *", true),
        ("10,20,45 * * * * *", true),
        ("0 * * * * *", false),
        ("30 * * * * *", false),
        ("0 */5 * * * *", false),
        ("* 30 * * * *", false),
        ("* 1-5 * * * *", false),
        ("* * 12 * * Mon", false),
        ("* * * * *", false),
        ("00:00:59.9999999", true),
        ("00:01:00", false),
    ];
    for (text, expected) in schedules {
        assert_eq!(Schedule::parse(text).unwrap().is_too_frequent_to_monitor(), expected, "\"{text}\"");
    }
}

#[test]
fn only_cron_adjusts_for_daylight_saving_time() {
    let cron = Schedule::parse("0 0 0 * * *").unwrap();
    let interval = Schedule::parse("00:05:00").unwrap();
    assert_eq!((cron.is_cron(), cron.adjust_for_dst()), (true, true));
    assert_eq!((interval.is_cron(), interval.adjust_for_dst()), (false, false));
}

#[test]
fn white_space_beside_a_number_is_taken_where_int_parse_takes_it() {
    let after: Zoned = "2026-11-28T14:03:00[UTC]".parse().unwrap();
    let cases: [(&str, [&str; 3]); 4] = [
        ("0 0 6 * * 1\n", ["2026-11-30T06:00:00Z", "2026-12-07T06:00:00Z", "2026-12-14T06:00:00Z"]),
        ("0 */\t5 * * * *", ["2026-11-28T14:05:00Z", "2026-11-28T14:10:00Z", "2026-11-28T14:15:00Z"]),
        ("0 1\t-3 0 * * *", ["2026-11-29T00:01:00Z", "2026-11-29T00:02:00Z", "2026-11-29T00:03:00Z"]),
        ("0 1\t,3 0 * * *", ["2026-11-29T00:01:00Z", "2026-11-29T00:03:00Z", "2026-11-30T00:01:00Z"]),
    ];
    for (text, expected) in cases {
        let schedule = Schedule::parse(text).unwrap();
        let found: Vec<String> =
            schedule.occurrences_after(&after).take(3).map(|time| time.timestamp().to_string()).collect();
        assert_eq!(found, expected, "{text:?}");
    }
    for text in
        ["0 *\t * * * *", "0 \t5 * * * *", "0 1-\t3 * * * *", "0 1,\t3 * * * *", "0 0 0 * * Mon\t", "0 0 6 * * 1\u{a0}"]
    {
        assert!(Schedule::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_step_that_leaves_32_bits_is_refused() {
    for text in ["0 1/2147483647 * * * *", "0 0 0 3/2147483646 * *"] {
        assert!(Schedule::parse(text).is_err(), "{text}");
    }
    for text in ["0 */2147483647 * * * *", "0 0/2147483647 * * * *", "0 0 0 2/2147483646 * *"] {
        assert!(Schedule::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn zones_whose_clock_dotnet_misreads_are_known() {
    let from = "2026-11-28T00:00:00Z".parse().unwrap();
    let trap = |zone: &str| ncrontab::has_clock_trap(&jiff::tz::TimeZone::get(zone).unwrap(), from);
    assert!(trap("Europe/Dublin") && trap("Eire"));
    for safe in ["UTC", "Europe/London", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"] {
        assert!(!trap(safe), "{safe}");
    }
}
