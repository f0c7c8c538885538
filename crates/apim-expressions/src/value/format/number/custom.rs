//! Custom formats: `#,##0.00;(0);zero`, `0.0%`, `0.0E+0`, literals in quotes.

use super::digits::Digits;
use crate::problem::Failure;

/// An element of a section.
enum Mark<'f> {
    /// `0` (required) or `#`.
    Digit {
        required: bool,
    },
    Point,
    Comma,
    Percent(char),
    /// `E+00`: the letter, whether `+` is written, and the least digits.
    Exponent {
        letter: char,
        plus: bool,
        digits: usize,
    },
    Literal(&'f str),
}

/// The layout that a section asks for.
#[derive(Default)]
struct Shape {
    /// The places before the point, all of them and from the first `0` on; and the places after the point, all of them
    /// and up to the last `0`.
    whole: usize,
    required_whole: usize,
    decimals: usize,
    required_decimals: usize,
    grouped: bool,
    /// The power of ten by which the number is multiplied.
    moved: i32,
    exponent: bool,
}

pub(super) fn write(mut digits: Digits, format: &str) -> Result<String, Failure> {
    let sections = sections(format);
    let mut chosen = section(&sections, &digits);
    loop {
        let marks = marks(chosen.0);
        let shape = shape(&marks);
        let mut rounded = digits.clone();
        if shape.exponent {
            rounded = rounded.significant(shape.whole + shape.decimals);
        } else if !rounded.is_zero() {
            rounded.scale += shape.moved;
            rounded.round_to_decimals(shape.decimals);
        }
        if rounded.is_zero() && !digits.is_zero() {
            // The section for zero writes a number that rounds to zero.
            digits = Digits { digits: Vec::new(), scale: 0, ..digits };
            let zero = sections.len() > 2 && !sections[2].is_empty();
            if zero {
                chosen = (sections[2], false);
                continue;
            }
        }
        let sign = if chosen.1 && digits.negative { "-" } else { "" };
        return Ok(format!("{sign}{}", filled(&marks, &shape, &rounded)));
    }
}

/// Splits at `;` outside of quotes and escapes.
fn sections(format: &str) -> Vec<&str> {
    let mut sections = Vec::new();
    let (mut start, mut quote, mut escaped) = (0, None, false);
    for (at, c) in format.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(open), c) => quote = if c == open { None } else { Some(open) },
            (None, '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (None, ';') => {
                sections.push(&format[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    sections.push(&format[start..]);
    sections
}

/// Returns the section for the number, and whether the sign is written in front of it.
fn section<'f>(sections: &[&'f str], digits: &Digits) -> (&'f str, bool) {
    let given = |index: usize| sections.get(index).copied().filter(|section| !section.is_empty());
    let first = (sections[0], true);
    if digits.is_zero() {
        return given(2).map_or(first, |section| (section, false));
    }
    if digits.negative { given(1).map_or(first, |section| (section, false)) } else { first }
}

fn marks(section: &str) -> Vec<Mark<'_>> {
    let mut marks = Vec::new();
    let mut rest = section;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let (mark, next) = match c {
            '0' | '#' => (Mark::Digit { required: c == '0' }, after),
            '.' => (Mark::Point, after),
            ',' => (Mark::Comma, after),
            '%' | '‰' => (Mark::Percent(c), after),
            '\'' | '"' => {
                let end = after.find(c).unwrap_or(after.len());
                (Mark::Literal(&after[..end]), after.get(end + 1..).unwrap_or_default())
            }
            '\\' => {
                let length = after.chars().next().map_or(0, char::len_utf8);
                (Mark::Literal(&after[..length]), &after[length..])
            }
            'E' | 'e' => exponent(c, rest, after),
            _ => (Mark::Literal(&rest[..c.len_utf8()]), after),
        };
        marks.push(mark);
        rest = next;
    }
    marks
}

fn exponent<'f>(letter: char, rest: &'f str, after: &'f str) -> (Mark<'f>, &'f str) {
    let digits_at = after.strip_prefix(['+', '-']).unwrap_or(after);
    let digits = digits_at.bytes().take_while(|byte| *byte == b'0').count();
    if digits == 0 {
        return (Mark::Literal(&rest[..1]), after);
    }
    (Mark::Exponent { letter, plus: after.starts_with('+'), digits: digits.min(10) }, &digits_at[digits..])
}

fn shape(marks: &[Mark<'_>]) -> Shape {
    let mut shape = Shape::default();
    let mut point = false;
    // The commas since the last digit before the point. After all digits, they divide by a thousand; between digits,
    // they group.
    let mut commas = 0;
    for mark in marks {
        match mark {
            Mark::Digit { required } if point => {
                shape.decimals += 1;
                if *required {
                    shape.required_decimals = shape.decimals;
                }
            }
            Mark::Digit { required } => {
                shape.grouped |= commas > 0 && shape.whole > 0;
                commas = 0;
                shape.whole += 1;
                if *required || shape.required_whole > 0 {
                    shape.required_whole += 1;
                }
            }
            Mark::Point => point = true,
            Mark::Comma if !point && shape.whole > 0 => commas += 1,
            Mark::Percent(c) => shape.moved += if *c == '%' { 2 } else { 3 },
            Mark::Exponent { .. } => shape.exponent = true,
            Mark::Comma | Mark::Literal(_) => {}
        }
    }
    shape.moved -= 3 * commas;
    shape
}

fn filled(marks: &[Mark<'_>], shape: &Shape, digits: &Digits) -> String {
    let mut out = String::new();
    let exponent = if shape.exponent && !digits.is_zero() {
        digits.scale - i32::try_from(shape.whole).unwrap_or_default()
    } else {
        0
    };
    let mut number = digits.clone();
    number.scale -= exponent;
    let whole = if number.scale > 0 { usize::try_from(number.scale).unwrap_or_default() } else { 0 };
    // The places that are written before the point: as many as the number has, or as the format requires.
    let mut left = whole.max(shape.required_whole);
    let mut unseen = shape.whole;
    let mut decimal = 0_i64;
    let mut point = false;
    let last = i64::try_from(number.digits.len()).unwrap_or_default() - i64::from(number.scale);
    let shown = last.max(i64::try_from(shape.required_decimals).unwrap_or_default());
    for mark in marks {
        match mark {
            Mark::Digit { .. } if point => {
                decimal += 1;
                if decimal <= shown {
                    out.push(char::from(number.at(decimal)));
                }
            }
            Mark::Digit { .. } => {
                // The first place takes all digits that have no own place.
                before_point(&mut out, &number, &mut left, unseen, shape.grouped);
                unseen -= 1;
            }
            Mark::Point if !point => {
                before_point(&mut out, &number, &mut left, 1, shape.grouped);
                point = true;
                if shown > 0 && shape.decimals > 0 {
                    out.push('.');
                }
            }
            Mark::Point | Mark::Comma => {}
            Mark::Percent(c) => out.push(*c),
            Mark::Exponent { letter, plus, digits } => {
                out.push(*letter);
                if exponent < 0 {
                    out.push('-');
                } else if *plus {
                    out.push('+');
                }
                let width = *digits;
                out.push_str(&format!("{:0width$}", exponent.unsigned_abs()));
            }
            Mark::Literal(text) => out.push_str(text),
        }
    }
    out
}

/// Writes digits until fewer than `unseen` are left.
fn before_point(out: &mut String, number: &Digits, left: &mut usize, unseen: usize, grouped: bool) {
    while *left > 0 && *left >= unseen {
        let place = 1 - i64::try_from(*left).unwrap_or_default();
        out.push(char::from(number.at(place)));
        *left -= 1;
        if grouped && *left > 0 && left.is_multiple_of(3) {
            out.push(',');
        }
    }
}
