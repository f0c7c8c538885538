//! The parts after a backslash: places, classes, references, and characters.

use super::{ECMASCRIPT, Translator, Unknown, is_word};
use crate::problem::Failure;

impl Translator<'_> {
    /// Reads an escape outside of a class.
    pub(super) fn escape(&mut self) -> Result<(), Failure> {
        let Some(letter) = self.peek() else { return Err(self.invalid(r"Illegal \ at end of pattern.")) };
        match letter {
            'A' | 'z' | 'b' | 'B' | 'G' => {
                self.take(1);
                self.has_start |= letter == 'G';
                self.looks |= letter == 'G';
                self.out.push('\\');
                self.out.push(letter);
            }
            'Z' => {
                self.take(1);
                self.near_end();
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                self.take(1);
                let class = self.shorthand(letter);
                self.out.push_str(&format!("[{class}]"));
            }
            'p' | 'P' => {
                self.take(1);
                let class = self.property(letter)?;
                self.out.push_str(&format!("[{class}]"));
            }
            _ => {
                let from = self.at;
                let reference = self.reference()?;
                if let Some(group) = reference {
                    self.looks_around();
                    self.out.push_str(&format!("(?:\\{group})"));
                } else if self.at == from {
                    let c = self.character()?;
                    self.literal(c);
                }
            }
        }
        Ok(())
    }

    /// Returns the group of a reference. Returns `None` and reads nothing if a character is here. Also returns `None`
    /// for a number that no earlier group has.
    fn reference(&mut self) -> Result<Option<usize>, Failure> {
        let from = self.at;
        let mut close = None;
        if self.takes('k') {
            let malformed = r"Malformed \k<...> named back reference.";
            let Some(open) = self.peek() else {
                self.at = from;
                return Err(self.invalid(malformed));
            };
            self.take(open.len_utf8());
            if !matches!(open, '<' | '\'') || self.peek().is_none() {
                return Err(self.invalid(malformed));
            }
            close = Some(if open == '<' { '>' } else { '\'' });
        } else if self.rest().len() > 1 && self.rest().starts_with(['<', '\'']) {
            close = Some(if self.takes('<') { '>' } else { '\'' });
            self.take(usize::from(close == Some('\'')));
        }
        let Some(first) = self.peek() else { return Ok(None) };
        match close {
            Some(close) if first.is_ascii_digit() => {
                let number = self.decimal()?;
                if self.takes(close) {
                    if number == 0 {
                        return Err(Failure::unsupported("a reference to the whole match in a regular expression"));
                    }
                    return Ok(self.numbered_or_unknown(number));
                }
            }
            Some(close) if is_word(first) => {
                let name = self.name();
                if self.takes(close) {
                    let group = self.group_named(&name);
                    let unknown = || self.invalid(&format!("Reference to undefined group name '{name}'."));
                    return group.map(Some).ok_or_else(unknown);
                }
            }
            None if matches!(first, '1'..='9') && self.has(ECMASCRIPT) => {
                let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count().min(9);
                for length in (1..=digits).rev() {
                    if let Some(group) = self.rest()[..length].parse().ok().and_then(|number| self.numbered(number)) {
                        self.take(length);
                        return Ok(Some(group));
                    }
                }
            }
            None if matches!(first, '1'..='9') => {
                let number = self.decimal()?;
                if number <= 9 || self.numbered(number).is_some() {
                    return Ok(self.numbered_or_unknown(number));
                }
                // The number is a character's code, unless a later group has the number.
                self.unknown.push(Unknown { number, refusal: None });
            }
            _ => {}
        }
        self.at = from;
        Ok(None)
    }

    fn numbered_or_unknown(&mut self, number: u32) -> Option<usize> {
        let group = self.numbered(number);
        if group.is_none() {
            let refusal = self.invalid(&format!("Reference to undefined group number {number}."));
            self.unknown.push(Unknown { number, refusal: Some(refusal) });
        }
        group
    }

    /// Reads a character by its letter or code.
    pub(super) fn character(&mut self) -> Result<char, Failure> {
        let Some(letter) = self.peek() else { return Err(self.invalid(r"Illegal \ at end of pattern.")) };
        if letter.is_digit(8) {
            return Ok(self.octal());
        }
        self.take(letter.len_utf8());
        Ok(match letter {
            'x' => return self.hexadecimal(2),
            'u' => return self.hexadecimal(4),
            'c' => return self.control(),
            'a' => '\u{7}',
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'v' => '\u{b}',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            c if is_word(c) && !self.has(ECMASCRIPT) => {
                return Err(self.invalid(&format!("Unrecognized escape sequence \\{c}.")));
            }
            c => c,
        })
    }

    /// Reads at most three digits. Of a larger number, only the last eight bits count.
    fn octal(&mut self) -> char {
        let mut code = 0_u32;
        for _ in 0..3 {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else { break };
            self.take(1);
            code = code * 8 + digit;
            if self.has(ECMASCRIPT) && code >= 0x20 {
                break;
            }
        }
        char::from(u8::try_from(code & 0xff).unwrap_or_default())
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<char, Failure> {
        let mut code = 0_u32;
        let mut read = 0;
        if self.rest().encode_utf16().take(digits).count() == digits {
            while read < digits {
                let Some(c) = self.peek() else { break };
                self.take(c.len_utf8());
                let Some(digit) = c.to_digit(16) else { break };
                code = code * 16 + digit;
                read += 1;
            }
        }
        if read < digits {
            return Err(self.invalid("Insufficient or invalid hexadecimal digits."));
        }
        char::from_u32(code).ok_or_else(|| Failure::unsupported("half of a surrogate pair in a regular expression"))
    }

    fn control(&mut self) -> Result<char, Failure> {
        let Some(c) = self.peek() else { return Err(self.invalid("Missing control character.")) };
        self.take(c.len_utf8());
        match c.to_ascii_uppercase() {
            control @ '@'..='_' => Ok(char::from(u8::try_from(u32::from(control) - 64).unwrap_or_default())),
            _ => Err(self.invalid("Unrecognized control character.")),
        }
    }
}
