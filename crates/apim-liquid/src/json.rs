//! JSON as values: whole numbers are `Int64`, other numbers are `Double`, and texts that hold a time are times.

use std::sync::Arc;

use apim_expressions::DateTime;
use indexmap::IndexMap;

use crate::value::{Object, Value};

/// The reason why a text cannot be read as JSON.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the body is not JSON: {what}, at character {at}")]
pub struct JsonError {
    what: &'static str,
    at: usize,
}

/// The deepest nesting of JSON.
const DEEPEST_JSON: usize = 64;

impl Value {
    /// Reads JSON. With `parse_dates`, texts that are full ISO times become times.
    ///
    /// # Errors
    /// When the text is not JSON, or nested more than 64 levels deep.
    pub fn from_json(text: &str, parse_dates: bool) -> Result<Self, JsonError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader { text, at: 0, parse_dates };
        let value = reader.value(0)?;
        reader.blanks();
        if reader.at == text.len() { Ok(value) } else { Err(reader.error("text after its end")) }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    parse_dates: bool,
}

impl<'t> Reader<'t> {
    fn error(&self, what: &'static str) -> JsonError {
        JsonError { what, at: self.text[..self.at].chars().count() }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Consumes the next character if it is this one, and reports whether it was.
    fn takes(&mut self, character: char) -> bool {
        self.blanks();
        let takes = self.rest().starts_with(character);
        self.at += usize::from(takes);
        takes
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        if depth >= DEEPEST_JSON {
            return Err(self.error("more than 64 levels"));
        }
        self.blanks();
        for (word, value) in [("null", Value::Nil), ("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        match self.rest().bytes().next() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => {
                let text = self.string()?;
                Ok(self.date(&text).unwrap_or_else(|| text.into()))
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.error("a value is missing")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut members = IndexMap::new();
        while !self.takes('}') {
            if !members.is_empty() && !self.takes(',') {
                return Err(self.error("a comma is missing"));
            }
            self.blanks();
            if !self.rest().starts_with('"') {
                return Err(self.error("a name is missing"));
            }
            let name = self.string()?;
            if !self.takes(':') {
                return Err(self.error("a colon is missing"));
            }
            members.insert(Arc::from(name), self.value(depth + 1)?);
        }
        Ok(Value::Object(Arc::new(Object::new(members))))
    }

    fn list(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        while !self.takes(']') {
            if !items.is_empty() && !self.takes(',') {
                return Err(self.error("a comma is missing"));
            }
            items.push(self.value(depth + 1)?);
        }
        Ok(Value::list(items))
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let length = self.rest().find(|c| !is_part(c)).unwrap_or(self.rest().len());
        let text = &self.rest()[..length];
        let is_whole = !text.contains(['.', 'e', 'E']);
        let number = match text.parse() {
            Ok(whole) if is_whole => Some(Value::Long(whole)),
            _ => text.parse().ok().map(Value::Double),
        };
        let number = number.ok_or_else(|| self.error("a number that cannot be read"))?;
        self.at += length;
        Ok(number)
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\']).ok_or_else(|| self.error("a text without an end"))?;
            text.push_str(&rest[..plain]);
            self.at += plain + 1;
            if rest[plain..].starts_with('"') {
                return Ok(text);
            }
            let escaped = self.rest().chars().next().ok_or_else(|| self.error("a text without an end"))?;
            self.at += escaped.len_utf8();
            text.push(match escaped {
                '"' | '\\' | '/' => escaped,
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => self.unicode()?,
                _ => return Err(self.error("an unknown escape")),
            });
        }
    }

    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hexadecimal()?;
        if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.hexadecimal()?;
            if let Some(Ok(character)) = char::decode_utf16([first, second]).next() {
                return Ok(character);
            }
            self.at = before;
        }
        Ok(char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hexadecimal(&mut self) -> Result<u16, JsonError> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.error("an escape without four digits"))?;
        self.at += 4;
        Ok(unit)
    }

    /// Reads full ISO times, and times in UTC without seconds (the page of `set-body`).
    fn date(&self, text: &str) -> Option<Value> {
        if !self.parse_dates || !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let is_short = text.len() == 17 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
        let time = if is_short { DateTime::parse(text) } else { DateTime::from_json(text) };
        time.map(Value::Date)
    }
}
