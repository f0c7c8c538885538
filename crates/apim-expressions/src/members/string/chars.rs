//! The members of `char` for texts and code points.

use super::super::{Member, row};
use crate::{evaluate::Call, problem::Failure, value::Value};

macro_rules! of_texts {
    ($($name:literal $test:expr;)*) => {
        &[$(row($name, "static (string, int) -> bool", |call| {
            let test: fn(char) -> bool = $test;
            Ok(test(character(call)?).into())
        }),)*]
    };
}

/// The tests of the character at a place in a text.
pub(crate) const OF_TEXTS: &[Member] = of_texts!(
    "IsDigit" |c| c.is_numeric() && c.is_ascii_digit() || !c.is_ascii() && is_decimal(c);
    "IsLetter" char::is_alphabetic;
    "IsLetterOrDigit" |c| c.is_alphabetic() || c.is_ascii_digit() || !c.is_ascii() && is_decimal(c);
    "IsWhiteSpace" char::is_whitespace;
    "IsUpper" char::is_uppercase;
    "IsLower" char::is_lowercase;
    "IsControl" char::is_control;
    "IsPunctuation" |c| c.is_ascii_punctuation() && !"$+<=>^`|~".contains(c);
);

pub(crate) const POINTS: &[Member] = &[
    row("MinValue", "static char", |_| Ok(Value::Char(0))),
    row("MaxValue", "static char", |_| Ok(Value::Char(u16::MAX))),
    row("ToString", "static (char c) -> string", |call| {
        let text = String::from_utf16_lossy(&[call.unit(0)]);
        call.new_string(text)
    }),
    row("TryParse", "static (string s, out char result) -> bool", |call| {
        let units: Vec<u16> =
            call.optional_text(0).map(|text| text.encode_utf16().take(2).collect()).unwrap_or_default();
        let found = if let [unit] = units.as_slice() { Some(*unit) } else { None };
        call.set_out(1, Value::Char(found.unwrap_or_default()));
        Ok(found.is_some().into())
    }),
    row("IsSurrogate", "static (char c) -> bool", |call| Ok((0xD800..0xE000).contains(&call.unit(0)).into())),
    row("IsHighSurrogate", "static (char c) -> bool", |call| Ok((0xD800..0xDC00).contains(&call.unit(0)).into())),
    row("IsLowSurrogate", "static (char c) -> bool", |call| Ok((0xDC00..0xE000).contains(&call.unit(0)).into())),
    row("IsAscii", "static (char c) -> bool", |call| Ok((call.unit(0) < 128).into())),
    row("IsSeparator", "static (char c) -> bool", |call| {
        let blank =
            matches!(call.unit(0), 0x20 | 0xA0 | 0x1680 | 0x2000..=0x200A | 0x2028 | 0x2029 | 0x202F | 0x205F | 0x3000);
        Ok(blank.into())
    }),
    row("GetNumericValue", "static (char c) -> double", |call| {
        let c = char::from_u32(call.unit(0).into());
        match c {
            Some(c) if c.is_ascii_digit() => Ok(Value::Double(c.to_digit(10).unwrap_or_default().into())),
            Some(c) if c.is_numeric() => Err(Failure::unsupported("the numeric value of a character beyond ASCII")),
            _ => Ok(Value::Double(-1.0)),
        }
    }),
    row("ConvertFromUtf32", "static (int utf32) -> string", |call| {
        let c = u32::try_from(call.int(0)).ok().and_then(char::from_u32);
        let c = c.ok_or_else(|| {
            Failure::out_of_range(
                "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include surrogate \
                 codepoint values (0x00d800 ~ 0x00dfff).",
                "utf32",
            )
        })?;
        call.new_string(c.to_string())
    }),
    row("ConvertToUtf32", "static (string s, int index) -> int", |call| {
        let c = character(call)?;
        Ok(i32::try_from(u32::from(c)).unwrap_or_default().into())
    }),
];

fn is_decimal(c: char) -> bool {
    // Decimal digits come in runs of ten. No letter or fraction is in these runs.
    matches!(u32::from(c), 0x660..=0x669 | 0x6F0..=0x6F9 | 0x966..=0x96F | 0xFF10..=0xFF19)
}

fn character(call: &Call<'_, '_>) -> Result<char, Failure> {
    let text = call.text(0)?;
    let units: Vec<u16> = text.encode_utf16().collect();
    let at = usize::try_from(call.int(1)).ok().filter(|at| *at < units.len());
    let at =
        at.ok_or_else(|| Failure::out_of_range("Specified argument was out of the range of valid values.", "index"))?;
    let found = char::decode_utf16(units[at..].iter().copied()).next();
    Ok(found.and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER))
}
