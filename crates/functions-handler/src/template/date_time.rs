//! Dates and times as .NET parses them in the invariant culture, in the forms that can occur in a path.
//!
//! Known dates: `2026-01-31`, `1-31-2026`, `1/31/2026`, `31 Jan 2026`, `January 31, 2026`, with or without the day of
//! the week. Known times: `9:30`, `09:30:15.25`, `9 AM`. A date and a time may stand together, with `T` or a blank
//! between them. `Z`, `GMT` or an offset may follow.

use jiff::civil::Date;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

pub(super) fn is_date_time(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    let text = without_zone(&text);
    // The T of ISO 8601 is between two digits.
    let parted: String =
        text.char_indices().map(|(at, c)| if c == 't' && is_between_digits(text, at) { ' ' } else { c }).collect();
    let words: Vec<&str> = parted.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_time = |word: &&str| word.contains(':') || matches!(*word, "am" | "pm");
    let at = words.iter().position(is_time).map(|at| if words[at].contains(':') { at } else { at.saturating_sub(1) });
    let (date, time) = words.split_at(at.unwrap_or(words.len()));
    let has_date = !date.is_empty();
    let has_time = !time.is_empty();
    (has_date || has_time) && (!has_date || is_date(date)) && (!has_time || is_time_of_day(time))
}

fn is_between_digits(text: &str, at: usize) -> bool {
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    digit(at.checked_sub(1).and_then(|before| text.as_bytes().get(before))) && digit(text.as_bytes().get(at + 1))
}

/// Removes `Z`, `GMT` or an offset such as `+01:00`. Only a time has one.
fn without_zone(text: &str) -> &str {
    let Some(colon) = text.find(':') else { return text };
    let bare = text.strip_suffix("gmt").or_else(|| text.strip_suffix('z')).unwrap_or(text).trim_end();
    let Some(sign) = bare.rfind(['+', '-']).filter(|sign| *sign > colon) else { return bare };
    let offset: Vec<&str> = bare[sign + 1..].split(':').collect();
    let small = |text: &&str, most: u8| (1..=2).contains(&text.len()) && text.parse::<u8>().is_ok_and(|n| n <= most);
    let is_offset = match offset.as_slice() {
        [hours] => small(hours, 14),
        [hours, minutes] => small(hours, 14) && small(minutes, 59),
        _ => false,
    };
    if is_offset { bare[..sign].trim_end() } else { bare }
}

fn is_date(words: &[&str]) -> bool {
    let is_day = |word: &&&str| !is_name(word, &DAYS);
    let words: Vec<&str> = words.iter().filter(is_day).copied().collect();
    if let [word] = words.as_slice() {
        let parts: Vec<&str> = word.split(['-', '/', '.']).collect();
        return numbers(&parts) || named(&parts);
    }
    named(&words)
}

/// Reads `2026-01-31` and `1-31-2026`; a month needs no day.
fn numbers(parts: &[&str]) -> bool {
    let read = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<i16>().ok())?;
    let Some(numbers) = parts.iter().map(|part| read(part)).collect::<Option<Vec<_>>>() else { return false };
    match (numbers.as_slice(), parts) {
        ([year, month], [text, _]) if text.len() == 4 => is_real(*year, *month, 1),
        ([month, year], [_, text]) if text.len() == 4 => is_real(*year, *month, 1),
        ([month, day], _) => is_real(2000, *month, *day),
        ([year, month, day], [text, ..]) if text.len() > 2 => is_real(*year, *month, *day),
        ([month, day, year], _) => is_real(*year, *month, *day),
        _ => false,
    }
}

/// Reads the name of a month, with a day, a year, or both.
fn named(words: &[&str]) -> bool {
    let Some(at) = words.iter().position(|word| is_name(word, &MONTHS)) else { return false };
    let rest: Vec<_> = words.iter().enumerate().filter(|(index, _)| *index != at).map(|(_, word)| *word).collect();
    let number = |text: &str, most: u16| text.parse::<u16>().is_ok_and(|number| (1..=most).contains(&number));
    match rest.as_slice() {
        [one] => number(one, 9999),
        [one, two] => (number(one, 31) && number(two, 9999)) || (number(one, 9999) && number(two, 31)),
        _ => false,
    }
}

fn is_name(word: &str, names: &[&str]) -> bool {
    names.iter().any(|name| *name == word || name[..3] == *word)
}

fn is_real(year: i16, month: i16, day: i16) -> bool {
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else { return false };
    year > 0 && Date::new(year, month, day).is_ok()
}

fn is_time_of_day(words: &[&str]) -> bool {
    let (clock, half) = match words {
        [clock] => (clock.trim_end_matches(['a', 'p', 'm']), clock.strip_suffix("am").or(clock.strip_suffix("pm"))),
        [clock, half @ ("am" | "pm")] => (*clock, Some(*half)),
        _ => return false,
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let (seconds, fraction) = parts.get(2).map_or(("0", "0"), |text| text.split_once('.').unwrap_or((text, "0")));
    let small = |text: &str, most: u8| (1..=2).contains(&text.len()) && text.parse::<u8>().is_ok_and(|n| n <= most);
    (1..=3).contains(&parts.len())
        && (parts.len() > 1 || half.is_some())
        && small(parts[0], if half.is_some() { 12 } else { 23 })
        && parts.get(1).is_none_or(|text| small(text, 59))
        && small(seconds, 59)
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}
