//! Whole numbers of every width, and the texts of numbers.

use rust_decimal::Decimal;

use crate::types::Class;

/// A whole number of a .NET type up to `long` and `ulong`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    class: Class,
    value: i128,
}

impl From<i32> for Integer {
    fn from(value: i32) -> Self {
        Self { class: Class::Int, value: value.into() }
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self { class: Class::Long, value: value.into() }
    }
}

impl From<u8> for Integer {
    fn from(value: u8) -> Self {
        Self { class: Class::Byte, value: value.into() }
    }
}

impl Integer {
    /// Returns the number; a `ulong` that is too large becomes negative.
    #[must_use]
    pub fn value(self) -> i64 {
        self.value as i64
    }

    /// Returns the number, of any width.
    pub(crate) fn wide(self) -> i128 {
        self.value
    }

    pub(crate) fn class(self) -> Class {
        self.class
    }

    /// Cuts a value to the width of the class, as C# does outside `checked`.
    pub(crate) fn wrap(class: Class, value: i128) -> Self {
        let value = match class {
            Class::SByte => i128::from(value as i8),
            Class::Byte => i128::from(value as u8),
            Class::Short => i128::from(value as i16),
            Class::UShort => i128::from(value as u16),
            Class::Int => i128::from(value as i32),
            Class::UInt => i128::from(value as u32),
            Class::ULong => i128::from(value as u64),
            _ => i128::from(value as i64),
        };
        Self { class, value }
    }

    /// Returns a value of the class; `None` if the value does not fit.
    pub(crate) fn fit(class: Class, value: i128) -> Option<Self> {
        let wrapped = Self::wrap(class, value);
        (wrapped.value == value).then_some(wrapped)
    }
}

/// Returns the smallest and the largest value of a class of whole numbers.
pub(crate) fn bounds(class: Class) -> (i128, i128) {
    match class {
        Class::SByte => (i8::MIN.into(), i8::MAX.into()),
        Class::Byte => (0, u8::MAX.into()),
        Class::Short => (i16::MIN.into(), i16::MAX.into()),
        Class::UShort => (0, u16::MAX.into()),
        Class::Int => (i32::MIN.into(), i32::MAX.into()),
        Class::UInt => (0, u32::MAX.into()),
        Class::ULong => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

/// Returns a `double` as `ToString()` writes it since .NET Core 3.0: the shortest digits that read back the same.
#[must_use]
pub fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let written = format!("{value:e}");
    let Some((digits, exponent)) = written.split_once('e') else { return written };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..17).contains(&exponent) {
        return format!("{value}");
    }
    with_exponent(digits, exponent)
}

/// Returns a `float` in the same form.
pub(crate) fn single_text(value: f32) -> String {
    if !value.is_finite() {
        return double_text(value.into());
    }
    let written = format!("{value:e}");
    let Some((digits, exponent)) = written.split_once('e') else { return written };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..9).contains(&exponent) {
        return format!("{value}");
    }
    with_exponent(digits, exponent)
}

/// Returns a `decimal` with all its decimals, also the last 0 of `1.50`.
pub(crate) fn decimal_text(value: Decimal) -> String {
    if value.is_zero() { value.abs().to_string() } else { value.to_string() }
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}E{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_dotnet_writes_them() {
        for (value, text) in [
            (0.1, "0.1"),
            (1.0, "1"),
            (-0.0, "-0"),
            (1e14, "100000000000000"),
            (1e15, "1000000000000000"),
            (1e16, "10000000000000000"),
            (1e17, "1E+17"),
            (1.234_567_890_123_456_7e19, "1.2345678901234567E+19"),
            (1.5e300, "1.5E+300"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double_text(value), text);
        }
    }

    #[test]
    fn floats_are_written_as_dotnet_writes_them() {
        for (value, text) in [(0.1_f32, "0.1"), (1e5, "100000"), (1e8, "100000000"), (1e10, "1E+10"), (1e-5, "1E-05")] {
            assert_eq!(single_text(value), text);
        }
    }

    #[test]
    fn numbers_wrap_at_their_width() {
        assert_eq!(Integer::wrap(Class::Int, 1 << 31).value(), i64::from(i32::MIN));
        assert_eq!(Integer::wrap(Class::Byte, 257).value(), 1);
        assert_eq!(Integer::fit(Class::Byte, 257), None);
    }
}
