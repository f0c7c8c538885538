//! The decimal digits of a number.

use rust_decimal::Decimal;

use crate::value::number::Integer;

/// The number `0.d₁d₂… × 10^scale`, without zeros at either end.
#[derive(Clone, Debug)]
pub(in crate::value::format) struct Digits {
    pub(super) negative: bool,
    pub(super) digits: Vec<u8>,
    pub(super) scale: i32,
}

impl Digits {
    fn new(negative: bool, text: &str, scale: i32) -> Self {
        let trimmed = text.trim_start_matches('0');
        let scale = scale - i32::try_from(text.len() - trimmed.len()).unwrap_or_default();
        let digits = trimmed.trim_end_matches('0').as_bytes().to_vec();
        let scale = if digits.is_empty() { 0 } else { scale };
        Self { negative, digits, scale }
    }

    pub(in crate::value::format) fn from_integer(number: Integer) -> Self {
        let text = number.wide().unsigned_abs().to_string();
        Self::new(number.wide() < 0, &text, i32::try_from(text.len()).unwrap_or_default())
    }

    pub(super) fn from_decimal(number: Decimal) -> Self {
        let text = number.mantissa().unsigned_abs().to_string();
        let scale = i32::try_from(text.len()).unwrap_or_default() - i32::try_from(number.scale()).unwrap_or_default();
        Self::new(number.is_sign_negative(), &text, scale)
    }

    /// Returns this many significant digits of a finite double.
    pub(super) fn from_double(number: f64, count: usize) -> Self {
        // No double has more significant digits.
        let count = count.clamp(1, 800);
        let text = format!("{:.*e}", count - 1, number.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let scale = exponent.parse::<i32>().unwrap_or_default() + 1;
        Self::new(number.is_sign_negative(), &mantissa.replace('.', ""), scale)
    }

    pub(super) fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub(super) fn significant(mut self, count: usize) -> Self {
        self.round(i64::try_from(count).unwrap_or(i64::MAX));
        self
    }

    pub(super) fn round_to_decimals(&mut self, decimals: usize) {
        let kept = i64::from(self.scale).saturating_add(i64::try_from(decimals).unwrap_or(i64::MAX));
        self.round(kept);
    }

    /// Keeps the first digits; a half is rounded away from zero.
    fn round(&mut self, kept: i64) {
        let length = usize::try_from(kept.max(0)).unwrap_or(usize::MAX);
        if length >= self.digits.len() {
            return;
        }
        let up = kept >= 0 && self.digits[length] >= b'5';
        self.digits.truncate(length);
        if up {
            while self.digits.last() == Some(&b'9') {
                self.digits.pop();
            }
            match self.digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    self.digits.push(b'1');
                    self.scale += 1;
                }
            }
        }
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.scale = 0;
        }
    }

    /// Returns the digit at a place: 0 is the one before the point, 1 the one after it.
    pub(super) fn at(&self, place: i64) -> u8 {
        let index = place + i64::from(self.scale) - 1;
        usize::try_from(index).ok().and_then(|index| self.digits.get(index)).copied().unwrap_or(b'0')
    }

    /// Returns the digits before the point, without zeros in front.
    pub(super) fn whole(&self) -> String {
        (1 - i64::from(self.scale)..=0).map(|place| char::from(self.at(place))).collect()
    }

    pub(super) fn fixed(&self, decimals: usize) -> String {
        let whole = self.whole();
        let mut text = if self.negative && !self.is_zero() { "-".to_owned() } else { String::new() };
        text.push_str(if whole.is_empty() { "0" } else { &whole });
        if decimals > 0 {
            text.push('.');
            text.extend((1..=i64::try_from(decimals).unwrap_or_default()).map(|place| char::from(self.at(place))));
        }
        text
    }

    /// Returns the first digit and the others, together `count` digits.
    pub(super) fn padded(&self, count: usize) -> (char, String) {
        let digit = |index: usize| char::from(self.digits.get(index).copied().unwrap_or(b'0'));
        (digit(0), (1..count).map(digit).collect())
    }
}
