//! Formats of numbers: `D`, `X`, `F`, `N`, `G`, `P`, and custom ones of `0`, `#` and `.`.

use crate::{problem::Failure, types::Class, value::number::double_text};

const MOST_DIGITS: usize = 99;

pub(crate) fn integer(value: i64, class: Class, format: &str) -> Result<String, Failure> {
    let Some((letter, digits)) = standard(format)? else { return custom(value as f64, format) };
    let digits_or_zero = digits.unwrap_or_default();
    let sign = if value < 0 { "-" } else { "" };
    Ok(match letter.to_ascii_uppercase() {
        'D' => format!("{sign}{:0digits_or_zero$}", value.unsigned_abs()),
        'X' => {
            let bits = hexadecimal_bits(value, class);
            if letter == 'X' { format!("{bits:0digits_or_zero$X}") } else { format!("{bits:0digits_or_zero$x}") }
        }
        'G' | 'R' if digits.is_none() => value.to_string(),
        _ => return double(value as f64, format),
    })
}

/// The number as the two's complement of its width.
fn hexadecimal_bits(value: i64, class: Class) -> u64 {
    let bits = value.cast_unsigned();
    match class {
        Class::SByte | Class::Byte => bits & 0xFF,
        Class::Short | Class::UShort => bits & 0xFFFF,
        Class::Int | Class::UInt => bits & 0xFFFF_FFFF,
        _ => bits,
    }
}

pub(crate) fn double(value: f64, format: &str) -> Result<String, Failure> {
    let Some((letter, digits)) = standard(format)? else { return custom(value, format) };
    if !value.is_finite() {
        return Ok(double_text(value));
    }
    Ok(match letter.to_ascii_uppercase() {
        'F' => fixed(value, digits.unwrap_or(2)),
        'N' => grouped(&fixed(value, digits.unwrap_or(2))),
        'P' => format!("{} %", grouped(&fixed(value * 100.0, digits.unwrap_or(2)))),
        'G' | 'R' if digits.is_none() => double_text(value),
        'D' | 'X' => return Err(Failure::format("Format specifier was invalid.")),
        _ => return Err(Failure::unsupported(format!("the number format \"{format}\""))),
    })
}

/// A letter and a number of digits; `None` for a custom format.
fn standard(format: &str) -> Result<Option<(char, Option<usize>)>, Failure> {
    let Some(letter) = format.chars().next().filter(char::is_ascii_alphabetic) else { return Ok(None) };
    let digits = &format[1..];
    if digits.is_empty() {
        return Ok(Some((letter, None)));
    }
    match digits.parse() {
        Ok(count) if count <= MOST_DIGITS => Ok(Some((letter, Some(count)))),
        _ => Err(Failure::unsupported(format!("the number format \"{format}\""))),
    }
}

/// Rounds halves away from zero, as .NET does here. (Rust rounds them to even.)
fn fixed(value: f64, digits: usize) -> String {
    // No run of nines in the digits of a double is this long, so the last ones cannot round into the first ones.
    let exact = format!("{:.*}", digits + 40, value.abs());
    let point = exact.find('.').unwrap_or(exact.len());
    let (kept, cut) = exact.split_at(point + 1 + digits);
    let mut kept: Vec<u8> = kept.trim_end_matches('.').bytes().collect();
    if cut.as_bytes().first().is_some_and(|digit| *digit >= b'5') {
        let mut position = kept.len();
        loop {
            if position == 0 {
                kept.insert(0, b'1');
                break;
            }
            position -= 1;
            match kept[position] {
                b'.' => {}
                b'9' => kept[position] = b'0',
                _ => {
                    kept[position] += 1;
                    break;
                }
            }
        }
    }
    let text = String::from_utf8_lossy(&kept).into_owned();
    let zero = text.bytes().all(|b| matches!(b, b'0' | b'.'));
    if value < 0.0 && !zero { format!("-{text}") } else { text }
}

fn grouped(text: &str) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut grouped = sign.to_owned();
    for (index, digit) in digits[..whole].char_indices() {
        if index > 0 && (whole - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + &digits[whole..]
}

/// `0.00`, `000`, `#.##`
fn custom(value: f64, format: &str) -> Result<String, Failure> {
    let plain = format.chars().all(|c| matches!(c, '0' | '#' | '.'));
    if !plain || format.matches('.').count() > 1 || format.len() > MOST_DIGITS {
        return Err(Failure::unsupported(format!("the number format \"{format}\"")));
    }
    let (whole, decimals) = format.split_once('.').unwrap_or((format, ""));
    let text = fixed(value, decimals.len());
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let least = whole.find('0').map_or(0, |first| whole.len() - first);
    let integer = format!("{:0>least$}", integer.trim_start_matches('0'));
    let required = decimals.rfind('0').map_or(0, |last| last + 1);
    let mut fraction = fraction.to_owned();
    while fraction.len() > required && fraction.ends_with('0') {
        fraction.pop();
    }
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(format!("{sign}{integer}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_as_dotnet_does() {
        for (value, format, text) in [
            (255, "x2", "ff"),
            (255, "X4", "00FF"),
            (-1, "x", "ffffffff"),
            (7, "D3", "007"),
            (-7, "D3", "-007"),
            (1_234_567, "N0", "1,234,567"),
            (5, "000", "005"),
            (5, "F1", "5.0"),
        ] {
            assert_eq!(integer(value, Class::Int, format).unwrap(), text);
        }
        for (value, format, text) in [
            (2.345, "F2", "2.35"),
            (0.125, "F2", "0.13"),
            (-0.001, "F2", "0.00"),
            (999.999, "F2", "1000.00"),
            (1234.5, "N", "1,234.50"),
            (0.5, "0.##", "0.5"),
            (0.5, "#.00", ".50"),
            (0.256, "P1", "25.6 %"),
        ] {
            assert_eq!(double(value, format).unwrap(), text);
        }
        assert!(double(1.0, "D2").is_err());
        assert!(double(1.0, "E5").is_err());
    }
}
