//! Number literals.

use rust_decimal::Decimal;

use super::{Lexer, ParseError, TokenKind};

impl Lexer<'_> {
    pub(super) fn number(&mut self) -> Result<(), ParseError> {
        let rest = self.rest();
        let at = self.at;
        let (radix, prefix) = match rest.get(..2) {
            Some("0x" | "0X") => (16, 2),
            Some("0b" | "0B") => (2, 2),
            _ => (10, 0),
        };
        let body = &rest[prefix..];
        let length = if radix == 10 { decimal_length(body) } else { digits(body, radix) };
        let written: String = body[..length].chars().filter(|c| *c != '_').collect();
        let suffix = body[length..].chars().take_while(char::is_ascii_alphanumeric).collect::<String>();
        self.at += prefix + length + suffix.len();
        let real = radix == 10 && written.contains(['.', 'e', 'E']);
        let bad = |lexer: &Self| lexer.error(at, format!("`{}` is not a number", &lexer.source[at..lexer.at]));
        let marks: &[char] = if radix == 10 { &['.', 'e', 'E', '+', '-'] } else { &[] };
        // A `_` stands between digits, or after the `x` of `0x`.
        if body[..length].split(marks).any(|run| run.ends_with('_') || radix == 10 && run.starts_with('_')) {
            return Err(self.error(at, "Invalid number"));
        }
        let kind = match suffix.to_ascii_lowercase().as_str() {
            "" if !real => TokenKind::Integer(u64::from_str_radix(&written, radix).map_err(|_| bad(self))?, None),
            "l" | "u" if !real => {
                let suffix = suffix.to_ascii_lowercase().as_bytes().first().copied();
                TokenKind::Integer(u64::from_str_radix(&written, radix).map_err(|_| bad(self))?, suffix)
            }
            "ul" | "lu" if !real => {
                TokenKind::Integer(u64::from_str_radix(&written, radix).map_err(|_| bad(self))?, Some(b'b'))
            }
            "" | "d" if radix == 10 => {
                let value: f64 = written.parse().map_err(|_| bad(self))?;
                if !value.is_finite() {
                    return Err(self.error(at, "Floating-point constant is outside the range of type 'double'"));
                }
                TokenKind::Real(value)
            }
            "f" if radix == 10 => TokenKind::Single(written.parse().map_err(|_| bad(self))?),
            "m" if radix == 10 => TokenKind::Decimal(decimal(&written).ok_or_else(|| bad(self))?),
            _ => return Err(bad(self)),
        };
        self.push(at, kind);
        Ok(())
    }
}

fn decimal(written: &str) -> Option<Decimal> {
    if written.contains(['e', 'E']) { Decimal::from_scientific(written).ok() } else { written.parse().ok() }
}

fn digits(text: &str, radix: u32) -> usize {
    text.find(|c: char| c != '_' && !c.is_digit(radix)).unwrap_or(text.len())
}

/// Returns the length of `12`, `12.5`, `.5`, `12e-3`; the dot of `12.ToString()` is not part of the number.
fn decimal_length(text: &str) -> usize {
    let mut length = digits(text, 10);
    let after = |at: usize| text[at..].chars().next();
    if after(length) == Some('.') && text[length + 1..].starts_with(|c: char| c.is_ascii_digit()) {
        length += 1 + digits(&text[length + 1..], 10);
    }
    if matches!(after(length), Some('e' | 'E')) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[length + 1 + sign..], 10);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}
