//! Formats of numbers, standard (`N2`) and custom (`#,##0.00`), by the invariant culture.

mod custom;
mod digits;

use super::super::number::{Integer, decimal_text, double_text, single_text};
use crate::{problem::Failure, types::Class, value::Value};
pub(super) use digits::Digits;

/// More decimals than any text may have.
const MOST_DIGITS: usize = 1_000_000;
/// The decimals of the smallest double.
const LONGEST_FRACTION: usize = 1_074;

/// Returns a number in a format that is not empty.
pub(super) fn format(value: &Value, format: &str) -> Result<String, Failure> {
    let Some((letter, precision)) = standard(format)? else {
        let digits = match value {
            Value::Integer(number) => Digits::from_integer(*number),
            Value::Decimal(number) => Digits::from_decimal(*number),
            Value::Double(number) if number.is_finite() => Digits::from_double(*number, 15),
            Value::Single(number) if number.is_finite() => Digits::from_double(f64::from(*number), 7),
            _ => return Ok(plain(value)),
        };
        return custom::write(digits, format);
    };
    let whole = matches!(value, Value::Integer(_));
    let finite = match value {
        Value::Double(number) => number.is_finite(),
        Value::Single(number) => number.is_finite(),
        _ => true,
    };
    let upper = letter.to_ascii_uppercase();
    if !finite && matches!(upper, 'C' | 'E' | 'F' | 'G' | 'N' | 'P' | 'R') {
        return Ok(plain(value));
    }
    Ok(match (upper, value) {
        ('D', Value::Integer(number)) => {
            let sign = if number.wide() < 0 { "-" } else { "" };
            format!("{sign}{}", zeros_before(number.wide().unsigned_abs().to_string(), precision.unwrap_or(1)))
        }
        ('X', Value::Integer(number)) => {
            let bits = hexadecimal_bits(*number);
            let text = if letter == 'X' { format!("{bits:X}") } else { format!("{bits:x}") };
            zeros_before(text, precision.unwrap_or(1))
        }
        ('F', _) => fixed(value, precision.unwrap_or(2), 0),
        ('N', _) => grouped(&fixed(value, precision.unwrap_or(2), 0)),
        ('P', _) => format!("{} %", grouped(&fixed(value, precision.unwrap_or(2), 2))),
        ('C', _) => {
            let text = grouped(&fixed(value, precision.unwrap_or(2), 0));
            match text.strip_prefix('-') {
                Some(positive) => format!("(¤{positive})"),
                None => format!("¤{text}"),
            }
        }
        ('E', _) => exponential(value, precision.unwrap_or(6) + 1, letter, 3),
        ('R', Value::Double(_) | Value::Single(_)) => plain(value),
        ('G', _) if precision.unwrap_or(0) == 0 => plain(value),
        ('G', _) => general(value, precision.unwrap_or(1), letter),
        _ if whole && upper == 'R' => plain(value),
        _ => return Err(Failure::format("Format specifier was invalid.")),
    })
}

/// Returns the text without a format.
fn plain(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.wide().to_string(),
        Value::Double(number) => double_text(*number),
        Value::Single(number) => single_text(*number),
        Value::Decimal(number) => decimal_text(*number),
        _ => String::new(),
    }
}

/// Returns the number as the two's complement of its width.
fn hexadecimal_bits(number: Integer) -> u64 {
    let bits = number.wide() as u64;
    match number.class() {
        Class::SByte | Class::Byte => bits & 0xFF,
        Class::Short | Class::UShort => bits & 0xFFFF,
        Class::Int | Class::UInt => bits & 0xFFFF_FFFF,
        _ => bits,
    }
}

/// Reads a letter and a number of digits; `None` for a custom format.
fn standard(format: &str) -> Result<Option<(char, Option<usize>)>, Failure> {
    let Some(letter) = format.chars().next().filter(char::is_ascii_alphabetic) else { return Ok(None) };
    let digits = &format[1..];
    if digits.is_empty() {
        return Ok(Some((letter, None)));
    }
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Ok(None);
    }
    match digits.trim_start_matches('0').len() {
        0..=7 => {
            let count: usize = digits.parse().unwrap_or_default();
            if count > MOST_DIGITS {
                return Err(Failure::Stopped(format!("The number format \"{format}\" asks for too many digits.")));
            }
            Ok(Some((letter, Some(count))))
        }
        8 | 9 => Err(Failure::Stopped(format!("The number format \"{format}\" asks for too many digits."))),
        _ => Err(Failure::format("Format specifier was invalid.")),
    }
}

/// Returns the number with this many decimals, after the point has moved to the right. Exact ties go to the even
/// neighbour for a double, and away from zero for other numbers.
fn fixed(value: &Value, decimals: usize, moved: i32) -> String {
    let double = match value {
        Value::Double(number) => Some(*number),
        Value::Single(number) => Some(f64::from(*number)),
        _ => None,
    };
    if let Some(number) = double {
        let scale = usize::try_from(moved).unwrap_or_default();
        // The text gets all the wanted decimals exactly; then the point moves. No double has more than 1,074 decimals.
        let asked = decimals + scale;
        let kept = asked.min(LONGEST_FRACTION);
        let mut exact = format!("{number:.kept$}");
        if asked > kept {
            exact.push_str(&"0".repeat(asked - kept));
        }
        return move_point(&exact, scale);
    }
    let mut digits = match value {
        Value::Integer(number) => Digits::from_integer(*number),
        Value::Decimal(number) => Digits::from_decimal(*number),
        _ => return String::new(),
    };
    digits.scale += moved;
    digits.round_to_decimals(decimals);
    digits.fixed(decimals)
}

fn zeros_before(text: String, width: usize) -> String {
    "0".repeat(width.saturating_sub(text.len())) + &text
}

/// `0.256` with the point moved by two is `25.6`.
fn move_point(text: &str, by: usize) -> String {
    if by == 0 {
        return text.to_owned();
    }
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (moved, rest) = fraction.split_at(by.min(fraction.len()));
    let whole = format!("{whole}{moved}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{rest}")
}

/// `1.5E+003`
fn exponential(value: &Value, count: usize, letter: char, exponent_digits: usize) -> String {
    let digits = rounded(value, count);
    let e = if letter.is_ascii_lowercase() { 'e' } else { 'E' };
    let exponent = if digits.is_zero() { 0 } else { digits.scale - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    let (first, rest) = digits.padded(count);
    let point = if rest.is_empty() { "" } else { "." };
    let minus = if digits.negative { "-" } else { "" };
    format!("{minus}{first}{point}{rest}{e}{sign}{:0exponent_digits$}", exponent.unsigned_abs())
}

/// `G3`: this many significant digits, with an exponent if that is shorter.
fn general(value: &Value, count: usize, letter: char) -> String {
    let digits = rounded(value, count);
    let count_i = i32::try_from(count).unwrap_or(i32::MAX);
    let exponent = if digits.is_zero() { 0 } else { digits.scale - 1 };
    let minus = if digits.negative { "-" } else { "" };
    if exponent >= count_i || exponent < -4 {
        let (first, rest) = digits.padded(digits.digits.len().max(1));
        let point = if rest.is_empty() { "" } else { "." };
        let e = if letter.is_ascii_lowercase() { 'e' } else { 'E' };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{minus}{first}{point}{rest}{e}{sign}{:02}", exponent.unsigned_abs());
    }
    let decimals = i32::try_from(digits.digits.len()).unwrap_or(i32::MAX).saturating_sub(digits.scale).max(0);
    digits.fixed(usize::try_from(decimals).unwrap_or_default())
}

/// Returns the number with this many significant digits.
fn rounded(value: &Value, count: usize) -> Digits {
    match value {
        Value::Double(number) => Digits::from_double(*number, count),
        Value::Single(number) => Digits::from_double(f64::from(*number), count),
        Value::Decimal(number) => Digits::from_decimal(*number).significant(count),
        Value::Integer(number) => Digits::from_integer(*number).significant(count),
        // Callers format numbers only.
        Value::Null
        | Value::Bool(_)
        | Value::Char(_)
        | Value::String(_)
        | Value::Guid(_)
        | Value::DateTime(_)
        | Value::DateTimeOffset(_)
        | Value::TimeSpan(_)
        | Value::Json(_)
        | Value::Jwt(_)
        | Value::Response(_)
        | Value::Collection(_)
        | Value::Dictionary(_)
        | Value::Object(_) => Digits::from_integer(Integer::from(0)),
    }
}

fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut grouped = String::with_capacity(text.len() + whole / 3 + 1);
    grouped.push_str(sign);
    for (index, digit) in digits[..whole].char_indices() {
        if index > 0 && (whole - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &digits[whole..]
}

#[cfg(test)]
mod tests;
