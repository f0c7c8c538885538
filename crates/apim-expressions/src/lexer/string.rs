//! String, character and interpolated-string literals.

use super::{Lexer, Nested, ParseError, TokenKind};

const NO_END: &str = "Unterminated string literal";

impl Lexer<'_> {
    /// Reads `"…"` or `@"…"`, whose opening quote ends `prefix` bytes from here.
    pub(super) fn text(&mut self, prefix: usize, verbatim: bool) -> Result<(), ParseError> {
        let at = self.at;
        self.at += prefix;
        let mut text = String::new();
        loop {
            match self.peek() {
                Some('"') if verbatim && self.rest().starts_with("\"\"") => {
                    text.push('"');
                    self.at += 2;
                }
                Some('"') => break,
                Some(c) if verbatim || c != '\\' => self.plain(c, verbatim, at, &mut text)?,
                Some(_) => self.escape(&mut text)?,
                None => return Err(self.error(at, NO_END)),
            }
        }
        self.at += 1;
        let text = self.literal(text);
        self.push(at, TokenKind::Text(text));
        Ok(())
    }

    pub(super) fn interpolation(&mut self, prefix: usize, verbatim: bool) -> Result<(), ParseError> {
        let at = self.at;
        self.at += prefix;
        self.push(at, TokenKind::InterpolationBegin);
        self.interpolated_text(verbatim)
    }

    /// Reads the text of an interpolated string up to its next hole or its end.
    pub(super) fn interpolated_text(&mut self, verbatim: bool) -> Result<(), ParseError> {
        let at = self.at;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            match self.peek() {
                Some('"') if verbatim && rest.starts_with("\"\"") => {
                    text.push('"');
                    self.at += 2;
                }
                Some(brace @ ('{' | '}')) if rest[1..].starts_with(brace) => {
                    text.push(brace);
                    self.at += 2;
                }
                Some('"' | '{') => break,
                Some('}') => return Err(self.error(self.at, "a `}` in an interpolated string must be doubled")),
                Some(c) if verbatim || c != '\\' => self.plain(c, verbatim, at, &mut text)?,
                Some(_) => self.escape(&mut text)?,
                None => return Err(self.error(at, NO_END)),
            }
        }
        if !text.is_empty() {
            let text = self.literal(text);
            self.push(at, TokenKind::Text(text));
        }
        let hole = self.peek() == Some('{');
        let at = self.at;
        self.at += 1;
        if hole {
            self.nested.push(Nested::Hole { verbatim });
        }
        self.push(at, if hole { TokenKind::HoleBegin } else { TokenKind::InterpolationEnd });
        Ok(())
    }

    /// Reads the format of a hole, from its `:` to before its `}`.
    pub(super) fn hole_format(&mut self) -> Result<(), ParseError> {
        let at = self.at;
        self.at += 1;
        let rest = self.rest();
        let length = rest.find(['}', '"', '{']).unwrap_or(rest.len());
        self.at += length;
        if length == 0 && rest.starts_with('}') {
            return Err(self.error(at, "Empty format specifier"));
        }
        if !rest[length..].starts_with('}') {
            return Err(self.error(at, "a format in an interpolated string has no end"));
        }
        self.push(at, TokenKind::Format(rest[..length].into()));
        Ok(())
    }

    pub(super) fn character(&mut self) -> Result<(), ParseError> {
        let at = self.at;
        self.at += 1;
        let mut text = String::new();
        match self.peek() {
            Some('\\') => self.escape(&mut text)?,
            Some(c) if c != '\'' && c != '\n' => self.plain(c, true, at, &mut text)?,
            _ => {}
        }
        let mut units = text.encode_utf16();
        match (units.next(), units.next(), self.peek()) {
            (Some(unit), None, Some('\'')) => {
                self.at += 1;
                self.push(at, TokenKind::Char(unit));
                Ok(())
            }
            _ => Err(self.error(at, "a character literal must hold exactly one character")),
        }
    }

    fn plain(&mut self, c: char, lines: bool, begin: usize, text: &mut String) -> Result<(), ParseError> {
        if !lines && (c == '\n' || c == '\r') {
            return Err(self.error(begin, NO_END));
        }
        text.push(c);
        self.at += c.len_utf8();
        Ok(())
    }

    fn escape(&mut self, text: &mut String) -> Result<(), ParseError> {
        let at = self.at;
        let unknown = |lexer: &Self| lexer.error(at, "Unrecognized escape sequence");
        let letter = self.rest().chars().nth(1).ok_or_else(|| self.error(at, NO_END))?;
        self.at += 1 + letter.len_utf8();
        let simple = match letter {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '0' => '\0',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '\\' | '"' | '\'' => letter,
            'u' => self.hexadecimal(4, 4).ok_or_else(|| unknown(self))?,
            'U' => self.hexadecimal(8, 8).ok_or_else(|| unknown(self))?,
            'x' => self.hexadecimal(1, 4).ok_or_else(|| unknown(self))?,
            _ => return Err(unknown(self)),
        };
        text.push(simple);
        Ok(())
    }

    /// Reads a character given by its code. `\uD83D\uDE00` is one character, because UTF-8 has no form for its two
    /// halves.
    fn hexadecimal(&mut self, least: usize, most: usize) -> Option<char> {
        let code = self.digits(least, most)?;
        if (0xD800..0xDC00).contains(&code) && self.rest().starts_with("\\u") {
            self.at += 2;
            let low = self.digits(4, 4)?;
            return char::decode_utf16([u16::try_from(code).ok()?, u16::try_from(low).ok()?]).next()?.ok();
        }
        char::from_u32(code)
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits: String = self.rest().chars().take(most).take_while(char::is_ascii_hexdigit).collect();
        if digits.len() < least {
            return None;
        }
        self.at += digits.len();
        u32::from_str_radix(&digits, 16).ok()
    }
}
