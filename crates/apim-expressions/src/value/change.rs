//! `System.Convert`: converts a plain value to another type, with .NET's messages.

use std::str::FromStr as _;

use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{
    Value,
    format::date_parse,
    number::{Integer, bounds},
    text,
    time::{TICKS_PER_SECOND, TimeSpan},
};
use crate::{
    limits::Budget,
    problem::Failure,
    types::{Class, Type},
};

/// `Convert.ChangeType(value, class)`. The caller handles null.
pub(crate) fn change(value: &Value, class: Class, budget: &mut Budget) -> Result<Value, Failure> {
    if value.type_of().is(class) {
        return Ok(value.clone());
    }
    let invalid = || {
        let (from, to) = (value.type_of().runtime_name(), Type::from(class).runtime_name());
        Failure::bad_cast(format!("Invalid cast from '{from}' to '{to}'."))
    };
    match class {
        Class::String => Ok(Value::String(text::of(value, budget)?)),
        Class::Bool => match value {
            Value::Integer(number) => Ok(Value::Bool(number.wide() != 0)),
            Value::Double(number) => Ok(Value::Bool(*number != 0.0)),
            Value::Single(number) => Ok(Value::Bool(*number != 0.0)),
            Value::Decimal(number) => Ok(Value::Bool(!number.is_zero())),
            Value::String(text) => parse_bool(text),
            _ => Err(invalid()),
        },
        Class::Double => match value {
            Value::Integer(number) => Ok(Value::Double(number.wide() as f64)),
            Value::Bool(value) => Ok(Value::Double(f64::from(u8::from(*value)))),
            Value::Single(number) => Ok(Value::Double((*number).into())),
            Value::Decimal(number) => Ok(Value::Double(number.to_f64().unwrap_or_default())),
            Value::String(text) => parse_double(text),
            _ => Err(invalid()),
        },
        Class::Single => match value {
            Value::Integer(number) => Ok(Value::Single(number.wide() as f32)),
            Value::Bool(value) => Ok(Value::Single(f32::from(u8::from(*value)))),
            Value::Double(number) => Ok(Value::Single(*number as f32)),
            Value::Decimal(number) => Ok(Value::Single(number.to_f32().unwrap_or_default())),
            Value::String(text) => parse_single(text),
            _ => Err(invalid()),
        },
        Class::Decimal => match value {
            Value::Integer(number) => Ok(Value::Decimal(Decimal::from_i128_with_scale(number.wide(), 0))),
            Value::Bool(value) => Ok(Value::Decimal(Decimal::from(u8::from(*value)))),
            Value::Double(number) => decimal_of(*number, 15),
            Value::Single(number) => decimal_of((*number).into(), 7),
            Value::String(text) => parse_decimal(text),
            _ => Err(invalid()),
        },
        Class::Guid => match value {
            Value::String(text) => parse_guid(text),
            _ => Err(invalid()),
        },
        Class::DateTimeOffset => match value {
            Value::String(text) => parse_offset(text),
            _ => Err(invalid()),
        },
        Class::TimeSpan => match value {
            Value::String(text) => parse_span(text),
            _ => Err(invalid()),
        },
        Class::DateTime => match value {
            Value::String(text) => parse_date(text),
            _ => Err(invalid()),
        },
        Class::Char => match value {
            Value::Integer(number) => match u16::try_from(number.value()) {
                Ok(unit) => Ok(Value::Char(unit)),
                Err(_) => Err(too_large(class)),
            },
            Value::String(text) if text.encode_utf16().count() == 1 => {
                Ok(Value::Char(text.encode_utf16().next().unwrap_or_default()))
            }
            Value::String(_) => Err(Failure::format("String must be exactly one character long.")),
            _ => Err(invalid()),
        },
        _ if class.is_integer() => match value {
            Value::Integer(number) => fit(class, number.wide()),
            Value::Char(unit) => fit(class, (*unit).into()),
            Value::Bool(value) => fit(class, i128::from(*value)),
            Value::Double(number) => fit(class, round_even(*number).ok_or_else(|| too_large(class))?),
            Value::Single(number) => fit(class, round_even((*number).into()).ok_or_else(|| too_large(class))?),
            Value::Decimal(number) => fit(class, number.round().to_i128().ok_or_else(|| too_large(class))?),
            Value::String(text) => parse_integer(text, class),
            _ => Err(invalid()),
        },
        _ => Err(invalid()),
    }
}

/// Returns the whole part of a double; halves go to the even neighbour.
fn round_even(number: f64) -> Option<i128> {
    (number.abs() < 1e19).then(|| number.round_ties_even() as i128)
}

fn fit(class: Class, value: i128) -> Result<Value, Failure> {
    Integer::fit(class, value).map(Value::Integer).ok_or_else(|| too_large(class))
}

fn too_large(class: Class) -> Failure {
    let name = class.description().name;
    let article = if class == Class::Byte { "an unsigned byte" } else { "" };
    Failure::overflow(match class {
        Class::Byte => format!("Value was either too large or too small for {article}."),
        Class::SByte => "Value was either too large or too small for a signed byte.".to_owned(),
        Class::Char => "Value was either too large or too small for a character.".to_owned(),
        _ if name.starts_with('I') => format!("Value was either too large or too small for an {name}."),
        _ => format!("Value was either too large or too small for a {name}."),
    })
}

/// `int.Parse` and similar methods: blanks around, a sign, digits.
pub(crate) fn parse_integer(text: &str, class: Class) -> Result<Value, Failure> {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Failure::number_format(text));
    }
    let value: i128 = trimmed.parse().map_err(|_| too_large(class))?;
    let (least, most) = bounds(class);
    if value < least || value > most {
        return Err(too_large(class));
    }
    fit(class, value)
}

/// `double.Parse`: also `1e3`, `.5` and thousands separators.
pub(crate) fn parse_double(text: &str) -> Result<Value, Failure> {
    let plain: String = text.trim().chars().filter(|c| *c != ',').collect();
    let plausible = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    match plain.as_str() {
        "NaN" => Ok(Value::Double(f64::NAN)),
        "Infinity" => Ok(Value::Double(f64::INFINITY)),
        "-Infinity" => Ok(Value::Double(f64::NEG_INFINITY)),
        number if plausible => number.parse().map(Value::Double).map_err(|_| Failure::number_format(text)),
        _ => Err(Failure::number_format(text)),
    }
}

/// `float.Parse`
pub(crate) fn parse_single(text: &str) -> Result<Value, Failure> {
    match parse_double(text)? {
        Value::Double(number) => Ok(Value::Single(number as f32)),
        other => Ok(other),
    }
}

/// `decimal.Parse`: a sign, digits, thousands separators and a point.
pub(crate) fn parse_decimal(text: &str) -> Result<Value, Failure> {
    let plain: String = text.trim().chars().filter(|c| *c != ',').collect();
    let digits = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    let well_formed = digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.matches('.').count() <= 1;
    if !well_formed {
        return Err(Failure::number_format(text));
    }
    let overflow = |_| Failure::overflow("Value was either too large or too small for a Decimal.");
    Decimal::from_str(plain.trim_end_matches('.')).map(Value::Decimal).map_err(overflow)
}

/// Converts a double to a `decimal` with this many digits, without zeros at the end.
pub(crate) fn decimal_of(number: f64, digits: usize) -> Result<Value, Failure> {
    let overflow = || Failure::overflow("Value was either too large or too small for a Decimal.");
    if !number.is_finite() || number.abs() >= 7.922_816_251_426_434e28 {
        return Err(overflow());
    }
    let text = format!("{:.*e}", digits - 1, number);
    let decimal = Decimal::from_scientific(&text).unwrap_or_default();
    Ok(Value::Decimal(decimal.normalize()))
}

/// `bool.Parse`
pub(crate) fn parse_bool(text: &str) -> Result<Value, Failure> {
    match text.trim() {
        word if word.eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        word if word.eq_ignore_ascii_case("false") => Ok(Value::Bool(false)),
        _ => Err(Failure::format(format!("String '{text}' was not recognized as a valid Boolean."))),
    }
}

/// `DateTime.Parse`
pub(crate) fn parse_date(text: &str) -> Result<Value, Failure> {
    date_parse::date_time(text)
        .map(Value::DateTime)
        .ok_or_else(|| Failure::format(format!("String '{text}' was not recognized as a valid DateTime.")))
}

/// `DateTimeOffset.Parse`
pub(crate) fn parse_offset(text: &str) -> Result<Value, Failure> {
    date_parse::date_time_offset(text)
        .map(Value::DateTimeOffset)
        .ok_or_else(|| Failure::format(format!("String '{text}' was not recognized as a valid DateTime.")))
}

/// `Guid.Parse`: with or without hyphens, braces or parentheses.
pub(crate) fn parse_guid(text: &str) -> Result<Value, Failure> {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(trimmed);
    // The `urn:uuid:` form is Rust's, not .NET's.
    let parsed = if inner.starts_with("urn") { None } else { inner.parse().ok() };
    parsed.map(Value::Guid).ok_or_else(|| Failure::format("Unrecognized Guid format."))
}

/// `TimeSpan.Parse`: `[-][d.]hh:mm[:ss[.fffffff]]`, or a number of days.
pub(crate) fn parse_span(text: &str) -> Result<Value, Failure> {
    let parse = || {
        let trimmed = text.trim();
        let (sign, rest) = trimmed.strip_prefix('-').map_or((1, trimmed), |rest| (-1, rest));
        let number = |text: &str| text.parse::<u32>().ok().map(i64::from);
        let Some((first, clock)) = rest.split_once(':') else {
            return number(rest)?.checked_mul(sign * 86_400 * TICKS_PER_SECOND);
        };
        let (days, hours) = first.split_once('.').unwrap_or(("0", first));
        let (minutes, seconds) = clock.split_once(':').unwrap_or((clock, "0"));
        let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
        let digits: String = fraction.chars().chain("0000000".chars()).take(7).collect();
        let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        let whole = number(days)?.checked_mul(86_400)? + (hours * 60 + minutes) * 60 + seconds;
        let ticks = whole.checked_mul(TICKS_PER_SECOND)?.checked_add(number(&digits)?)?;
        Some(sign * ticks)
    };
    let span = parse().map(|ticks| Value::TimeSpan(TimeSpan(ticks)));
    span.ok_or_else(|| Failure::format(format!("String '{text}' was not recognized as a valid TimeSpan.")))
}
