//! Escaped characters, and classes of characters.

use super::{ECMASCRIPT, Translator};
use crate::problem::Failure;

/// The characters of a named block of Unicode, as a range inside brackets.
fn block(written: &str) -> Option<&'static str> {
    let name = written.get(3..)?.strip_suffix('}')?;
    Some(match name {
        "IsBasicLatin" => r"\x{0}-\x{7F}",
        "IsLatin-1Supplement" => r"\x{80}-\x{FF}",
        "IsLatinExtended-A" => r"\x{100}-\x{17F}",
        "IsLatinExtended-B" => r"\x{180}-\x{24F}",
        "IsGreek" | "IsGreekandCoptic" => r"\x{370}-\x{3FF}",
        "IsCyrillic" => r"\x{400}-\x{4FF}",
        "IsArmenian" => r"\x{530}-\x{58F}",
        "IsHebrew" => r"\x{590}-\x{5FF}",
        "IsArabic" => r"\x{600}-\x{6FF}",
        "IsDevanagari" => r"\x{900}-\x{97F}",
        "IsThai" => r"\x{E00}-\x{E7F}",
        "IsGeneralPunctuation" => r"\x{2000}-\x{206F}",
        "IsCurrencySymbols" => r"\x{20A0}-\x{20CF}",
        "IsHiragana" => r"\x{3040}-\x{309F}",
        "IsKatakana" => r"\x{30A0}-\x{30FF}",
        "IsCJKUnifiedIdeographs" => r"\x{4E00}-\x{9FFF}",
        "IsHangulSyllables" => r"\x{AC00}-\x{D7AF}",
        _ => return None,
    })
}

impl Translator<'_> {
    /// An escaped character or class of characters, as the engine writes it, and its length here.
    pub(super) fn character(&self, in_class: bool) -> Result<(String, usize), Failure> {
        let letter = self.rest[1..].chars().next().unwrap_or('\\');
        let code = |code: u32, length: usize| (format!("\\x{{{code:x}}}"), length);
        let digits = |from: usize, most: usize, radix: u32| {
            let text: String = self.rest[from..].chars().take(most).take_while(|c| c.is_digit(radix)).collect();
            (u32::from_str_radix(&text, radix).ok(), text.len())
        };
        Ok(match letter {
            'd' if self.has(ECMASCRIPT) => (if in_class { "0-9" } else { "[0-9]" }.to_owned(), 2),
            'w' if self.has(ECMASCRIPT) => (if in_class { "a-zA-Z0-9_" } else { "[a-zA-Z0-9_]" }.to_owned(), 2),
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => (self.rest[..2].to_owned(), 2),
            'p' | 'P' => {
                let end = self.rest.find('}').ok_or_else(|| self.invalid("Incomplete \\p{X} character escape."))?;
                if self.rest[..end].contains("{Is") {
                    let name = &self.rest[..=end];
                    if let Some(range) = block(name) {
                        let negated = letter == 'P';
                        return Ok(match (in_class, negated) {
                            (true, false) => (range.to_owned(), end + 1),
                            (true, true) => (format!("[^{range}]"), end + 1),
                            (false, false) => (format!("[{range}]"), end + 1),
                            (false, true) => (format!("[^{range}]"), end + 1),
                        });
                    }
                    return Err(Failure::unsupported(format!("the Unicode block {name} in a regular expression")));
                }
                (self.rest[..=end].to_owned(), end + 1)
            }
            't' => code(9, 2),
            'n' => code(10, 2),
            'v' => code(11, 2),
            'f' => code(12, 2),
            'r' => code(13, 2),
            'a' => code(7, 2),
            'e' => code(27, 2),
            'b' if in_class => code(8, 2),
            'c' => {
                let control = self.rest[2..].chars().next().map(|c| c.to_ascii_uppercase());
                match control.filter(|c| matches!(c, '@'..='_')) {
                    Some(c) => code(u32::from(c) - 64, 3),
                    None => return Err(self.invalid("Missing or unrecognized control character.")),
                }
            }
            'x' => match digits(2, 2, 16) {
                (Some(value), 2) => code(value, 4),
                _ => return Err(self.invalid("Insufficient or invalid hexadecimal digits.")),
            },
            'u' => match digits(2, 4, 16) {
                (Some(value), 4) => code(value, 6),
                _ => return Err(self.invalid("Insufficient or invalid hexadecimal digits.")),
            },
            '0'..='7' => match digits(1, 3, 8) {
                (Some(value), length) => code(value & 0xFF, 1 + length),
                _ => return Err(self.invalid("Unrecognized escape sequence.")),
            },
            c if c.is_alphanumeric() || c == '_' => {
                return Err(self.invalid(&format!("Unrecognized escape sequence \\{c}.")));
            }
            c => code(u32::from(c), 1 + c.len_utf8()),
        })
    }

    /// `[…]`, with `-[…]` at its end for what is taken out.
    pub(super) fn class(&mut self) -> Result<(), Failure> {
        self.take(1);
        self.out.push('[');
        if self.rest.starts_with('^') {
            self.take(1);
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.rest.chars().next() else { return Err(self.invalid("Unterminated [] set.")) };
            match c {
                ']' if !first => {
                    self.take(1);
                    self.out.push(']');
                    return Ok(());
                }
                '-' if self.rest.starts_with("-[") && !first => {
                    self.take(1);
                    self.out.push_str("--");
                    self.class()?;
                }
                '-' => {
                    self.take(1);
                    // Between two characters it is a range.
                    let range = !first && !self.rest.starts_with(']');
                    self.out.push_str(if range { "-" } else { r"\-" });
                }
                '\\' => {
                    let (text, length) = self.character(true)?;
                    self.out.push_str(&text);
                    self.take(length);
                }
                c => {
                    self.take(c.len_utf8());
                    if c.is_alphanumeric() {
                        self.out.push(c);
                    } else {
                        self.out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
                    }
                }
            }
            first = false;
        }
    }
}
