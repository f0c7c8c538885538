//! Rules that hold for every schedule and every instant.
#![expect(clippy::unwrap_used, reason = "strategies are part of the tests")]

use std::time::{Duration, Instant};

use jiff::{Timestamp, Zoned, civil::DateTime, tz::TimeZone};
use ncrontab::{Schedule, parse_time_span};
use proptest::prelude::*;

/// A field with known values: its text and its set of values are made together.
#[derive(Clone, Debug)]
struct Field {
    text: String,
    values: Vec<i8>,
}

fn field(min: i8, max: i8) -> impl Strategy<Value = Field> {
    let all: Vec<i8> = (min..=max).collect();
    let star = Just(Field { text: "*".to_owned(), values: all });
    let list = prop::collection::vec(min..=max, 1..4)
        .prop_map(|values| Field { text: values.iter().map(i8::to_string).collect::<Vec<_>>().join(","), values });
    let range = (min..=max, min..=max, 1_usize..20).prop_map(|(a, b, step)| Field {
        text: format!("{a}-{b}/{step}"),
        values: (a.min(b)..=a.max(b)).step_by(step).collect(),
    });
    prop_oneof![3 => star, 2 => list, 2 => range]
}

fn cron() -> impl Strategy<Value = [Field; 6]> {
    (field(0, 59), field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6))
        .prop_map(|(second, minute, hour, day, month, weekday)| [second, minute, hour, day, month, weekday])
}

fn parse(fields: &[Field; 6]) -> Schedule {
    let text = fields.iter().map(|field| field.text.as_str()).collect::<Vec<_>>().join(" ");
    Schedule::parse(&text).unwrap()
}

fn matches(fields: &[Field; 6], at: DateTime) -> bool {
    let parts = [at.second(), at.minute(), at.hour(), at.day(), at.month(), at.weekday().to_sunday_zero_offset()];
    at.subsec_nanosecond() == 0 && fields.iter().zip(parts).all(|(field, part)| field.values.contains(&part))
}

/// Makes instants from 1970 to 2200.
fn instant() -> impl Strategy<Value = Timestamp> {
    (0_i64..7_258_118_400, 0_i32..1_000_000_000).prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
}

fn zone() -> impl Strategy<Value = TimeZone> {
    prop::sample::select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "America/Sao_Paulo",
    ])
    .prop_map(|name| TimeZone::get(name).unwrap())
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}") {
        let _ = Schedule::parse(&text);
        let _ = parse_time_span(&text);
    }

    #[test]
    fn nothing_like_cron_makes_it_panic(text in "[0-9*/,a-zA-Z -]{0,40}", at in instant(), zone in zone()) {
        if let Ok(schedule) = Schedule::parse(&text) {
            let _ = schedule.next_after(&at.to_zoned(zone));
        }
    }

    #[test]
    fn nothing_like_a_time_span_makes_it_panic(text in "[-0-9.:]{0,30}") {
        let _ = parse_time_span(&text);
    }

    #[test]
    fn the_next_occurrence_is_strictly_later(fields in cron(), at in instant(), zone in zone()) {
        let at = at.to_zoned(zone);
        if let Some(next) = parse(&fields).next_after(&at) {
            prop_assert!(next > at, "{next} is not after {at}");
        }
    }

    #[test]
    fn every_occurrence_matches_the_fields(fields in cron(), at in instant()) {
        for next in parse(&fields).occurrences_after(&at.to_zoned(TimeZone::UTC)).take(20) {
            prop_assert!(matches(&fields, next.datetime()), "{next}");
        }
    }

    /// The same rule holds in a zone with daylight saving, unless the clock changes before the occurrence.
    #[test]
    fn every_occurrence_matches_the_fields_in_its_zone(fields in cron(), at in instant(), zone in zone()) {
        let at = at.to_zoned(zone);
        if let Some(next) = parse(&fields).next_after(&at)
            && next.offset() == at.offset()
        {
            prop_assert!(matches(&fields, next.datetime()), "{next}");
        }
    }

    /// No occurrence is left out: no second between an instant and its next occurrence matches.
    #[test]
    fn no_occurrence_is_left_out(fields in cron(), at in instant()) {
        let at = at.to_zoned(TimeZone::UTC);
        let next = parse(&fields).next_after(&at);
        let mut second = at.datetime().with().subsec_nanosecond(0).build().unwrap();
        for _ in 0..5_000 {
            second = second.checked_add(jiff::Span::new().seconds(1)).unwrap();
            if next.as_ref().is_some_and(|next| next.datetime() <= second) {
                break;
            }
            prop_assert!(!matches(&fields, second), "{second} was left out");
        }
    }

    #[test]
    fn a_normalised_expression_means_the_same(fields in cron(), at in instant(), zone in zone()) {
        let schedule = parse(&fields);
        let printed = schedule.to_string();
        let text = printed.strip_prefix("Cron: '").and_then(|text| text.strip_suffix('\'')).unwrap();
        let again = Schedule::parse(text).unwrap();
        let at = at.to_zoned(zone);
        prop_assert_eq!(again.next_after(&at), schedule.next_after(&at));
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn an_interval_is_exact(seconds in 1_i64..10_000_000, at in instant(), zone in zone()) {
        let interval = jiff::SignedDuration::from_secs(seconds);
        let text = ncrontab::format_time_span(interval);
        let at = at.to_zoned(zone);
        let next = Schedule::parse(&text).unwrap().next_after(&at).unwrap();
        prop_assert_eq!(next.timestamp().duration_since(at.timestamp()), interval);
    }
}

#[test]
fn impossible_dates_end_quickly() {
    let from: Zoned = "2026-01-01T00:00:00[Europe/Berlin]".parse().unwrap();
    let start = Instant::now();
    for text in ["* * * 30 2 *", "* * * 31 2,4,6,9,11 *", "0 0 0 30-31 2 1"] {
        assert_eq!(Schedule::parse(text).unwrap().next_after(&from), None, "{text}");
    }
    assert!(start.elapsed() < Duration::from_secs(1), "took {:?}", start.elapsed());
}
