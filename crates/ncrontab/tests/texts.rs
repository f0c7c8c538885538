//! Tests of the texts that are schedules, of the refusals of other texts, and of a schedule's printed form.

use jiff::Zoned;
use ncrontab::{ParseError, Schedule};

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
    // Only a space separates fields: .NET splits at no other character.
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
