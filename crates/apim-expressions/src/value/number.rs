//! Whole numbers of every width, and the texts of numbers.

use crate::types::Class;

/// A whole number of a .NET type up to `long`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    class: Class,
    value: i64,
}

impl From<i32> for Integer {
    fn from(value: i32) -> Self {
        Self { class: Class::Int, value: value.into() }
    }
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        Self { class: Class::Long, value }
    }
}

impl From<u8> for Integer {
    fn from(value: u8) -> Self {
        Self { class: Class::Byte, value: value.into() }
    }
}

impl Integer {
    /// The number, whatever its width.
    #[must_use]
    pub fn value(self) -> i64 {
        self.value
    }

    pub(crate) fn class(self) -> Class {
        self.class
    }

    /// A value cut to the width of the class, as C# does outside `checked`.
    pub(crate) fn wrap(class: Class, value: i128) -> Self {
        let value = match class {
            Class::SByte => i64::from(value as i8),
            Class::Byte => i64::from(value as u8),
            Class::Short => i64::from(value as i16),
            Class::UShort => i64::from(value as u16),
            Class::Int => i64::from(value as i32),
            Class::UInt => i64::from(value as u32),
            _ => value as i64,
        };
        Self { class, value }
    }

    /// A value that must fit the class.
    pub(crate) fn fit(class: Class, value: i128) -> Option<Self> {
        let wrapped = Self::wrap(class, value);
        (i128::from(wrapped.value) == value).then_some(wrapped)
    }
}

/// Smallest and largest value of a class of whole numbers.
pub(crate) fn bounds(class: Class) -> (i64, i64) {
    match class {
        Class::SByte => (i8::MIN.into(), i8::MAX.into()),
        Class::Byte => (0, u8::MAX.into()),
        Class::Short => (i16::MIN.into(), i16::MAX.into()),
        Class::UShort => (0, u16::MAX.into()),
        Class::Int => (i32::MIN.into(), i32::MAX.into()),
        Class::UInt => (0, u32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    }
}

/// A `double` as `ToString()` writes it since .NET Core 3.0: the shortest digits that read back the same.
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
            (1e16, "10000000000000000"),
            (1e17, "1E+17"),
            (1.5e300, "1.5E+300"),
            (0.0001, "0.0001"),
            (0.00001, "1E-05"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double_text(value), text);
        }
    }

    #[test]
    fn numbers_wrap_at_their_width() {
        assert_eq!(Integer::wrap(Class::Int, 1 << 31).value(), i64::from(i32::MIN));
        assert_eq!(Integer::wrap(Class::Byte, 257).value(), 1);
        assert_eq!(Integer::fit(Class::Byte, 257), None);
    }
}
