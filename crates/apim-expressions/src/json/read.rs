//! Reads text into tokens, as leniently as Newtonsoft.Json: single quotes, names without quotes, comments, trailing
//! commas. Times in ISO 8601 become `DateTime`.

use std::sync::Arc;

use super::{Other, Scalar, Token};
use crate::{
    limits::{self, Budget},
    problem::{EvaluationError, Failure},
    value::{DateTime, format::date_parse},
};

/// The most characters of a whole number.
const LONGEST_NUMBER: usize = 380;

struct Reader<'t, 'b> {
    text: &'t str,
    at: usize,
    budget: &'b mut Budget,
}

impl Token {
    /// Reads a JSON text the way `JToken.Parse` does.
    ///
    /// # Errors
    /// The message that Newtonsoft.Json gives.
    pub fn parse(text: &str) -> Result<Self, EvaluationError> {
        Ok(token(text, &mut Budget::new())?)
    }
}

/// Reads a text like `JToken.Parse`: a comment before anything else is the token.
pub(crate) fn token(text: &str, budget: &mut Budget) -> Result<Token, Failure> {
    match first_comment(text) {
        Some(comment) => Token::scalar(Scalar::Other(Other::Comment, comment.into()), budget),
        None => content(text, budget),
    }
}

/// Reads a text like every other reader: comments are skipped at any place.
pub(crate) fn content(text: &str, budget: &mut Budget) -> Result<Token, Failure> {
    budget.work(text.len())?;
    let mut reader = Reader { text, at: 0, budget };
    reader.skip_blank()?;
    if reader.peek().is_none() {
        return Err(Failure::json("Error reading JToken from JsonReader. Path '', line 0, position 0."));
    }
    let token = reader.value(0)?;
    reader.skip_blank()?;
    match reader.peek() {
        None => Ok(token),
        Some(c) => Err(reader.error(&format!("Additional text encountered after finished reading JSON content: {c}."))),
    }
}

fn first_comment(text: &str) -> Option<&str> {
    let inner = text.trim_start().strip_prefix("/*")?;
    inner.find("*/").map(|end| &inner[..end])
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// Returns the message with a line and position. (The path that Newtonsoft.Json names is left empty.)
    fn error(&self, message: &str) -> Failure {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        let position = before.rsplit('\n').next().unwrap_or_default().chars().count();
        Failure::json(format!("{message} Path '', line {line}, position {position}."))
    }

    fn unexpected(&self) -> Failure {
        match self.peek() {
            Some(c) => self.error(&format!("Unexpected character encountered while parsing value: {c}.")),
            None => self.error("Unexpected end when reading token."),
        }
    }

    fn skip_blank(&mut self) -> Result<(), Failure> {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start_matches(char::is_whitespace);
            self.at += rest.len() - trimmed.len();
            let end = if trimmed.starts_with("/*") {
                trimmed.find("*/").map(|end| end + 2)
            } else if trimmed.starts_with("//") {
                Some(trimmed.find('\n').unwrap_or(trimmed.len()))
            } else {
                return Ok(());
            };
            self.at += end.ok_or_else(|| self.error("Unexpected end while parsing comment."))?;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Token, Failure> {
        self.skip_blank()?;
        match self.peek() {
            Some('{' | '[') if depth == limits::VALUE_NESTING => {
                Err(self.error(&format!("The reader's MaxDepth of {depth} has been exceeded.")))
            }
            Some('{') => self.object(depth),
            Some('[') => self.array(depth),
            Some('"' | '\'') => {
                let text = self.string()?;
                let scalar = date_parse::json(&text).map_or(Scalar::Text(text), |date: DateTime| Scalar::Date(date));
                Token::scalar(scalar, self.budget)
            }
            Some('n') if self.text[self.at..].starts_with("new ") => {
                if depth == limits::VALUE_NESTING {
                    return Err(self.error(&format!("The reader's MaxDepth of {depth} has been exceeded.")));
                }
                self.constructor(depth)
            }
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Token, Failure> {
        let object = Token::object(self.budget)?;
        self.at += 1;
        loop {
            self.skip_blank()?;
            match self.peek() {
                Some('}') => {
                    self.at += 1;
                    return Ok(object);
                }
                Some(_) => {}
                None => return Err(self.error("Unexpected end of content while loading JObject.")),
            }
            let name = self.member_name()?;
            self.skip_blank()?;
            if self.peek() != Some(':') {
                return Err(match self.peek() {
                    Some(c) => self
                        .error(&format!("Invalid character after parsing property name. Expected ':' but got: {c}.")),
                    None => self.error("Unexpected end of content while loading JObject."),
                });
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            object.insert_new(&name, value, self.budget)?;
            self.separator('}')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Token, Failure> {
        let array = Token::array(self.budget)?;
        self.elements(array, ']', depth)
    }

    /// Reads `new Date(1)`.
    fn constructor(&mut self, depth: usize) -> Result<Token, Failure> {
        self.at += 3;
        self.skip_blank()?;
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        self.at += end;
        self.skip_blank()?;
        if self.peek() != Some('(') || name.is_empty() {
            return Err(self.unexpected());
        }
        let constructor = Token::construct(name.into(), self.budget)?;
        self.elements(constructor, ')', depth)
    }

    fn elements(&mut self, array: Token, close: char, depth: usize) -> Result<Token, Failure> {
        self.at += 1;
        loop {
            self.skip_blank()?;
            match self.peek() {
                Some(c) if c == close => {
                    self.at += 1;
                    return Ok(array);
                }
                Some(_) => {}
                None => return Err(self.error("Unexpected end of content while loading JArray.")),
            }
            // An element may be missing.
            let value = if self.peek() == Some(',') {
                Token::scalar(Scalar::Other(Other::Undefined, Arc::default()), self.budget)?
            } else {
                self.value(depth + 1)?
            };
            array.push_new(value);
            self.separator(close)?;
        }
    }

    /// Reads a comma, unless the end comes next.
    fn separator(&mut self, close: char) -> Result<(), Failure> {
        self.skip_blank()?;
        match self.peek() {
            Some(',') => self.at += 1,
            Some(c) if c == close => {}
            Some(c) => {
                return Err(self.error(&format!("After parsing a value an unexpected character was encountered: {c}.")));
            }
            None => {}
        }
        Ok(())
    }

    fn member_name(&mut self) -> Result<Arc<str>, Failure> {
        match self.peek() {
            Some('"' | '\'') => self.string(),
            Some(c) if c.is_alphanumeric() || c == '_' || c == '$' => {
                let rest = &self.text[self.at..];
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
                self.at += end;
                Ok(rest[..end].into())
            }
            Some(c) => Err(self.error(&format!("Invalid property identifier character: {c}."))),
            None => Err(self.unexpected()),
        }
    }

    fn string(&mut self) -> Result<Arc<str>, Failure> {
        let quote = self.peek().unwrap_or_default();
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find([quote, '\\']);
            let Some(plain) = plain else {
                self.at = self.text.len();
                return Err(self.error(&format!("Unterminated string. Expected delimiter: {quote}.")));
            };
            text.push_str(&rest[..plain]);
            self.at += plain + 1;
            if rest[plain..].starts_with(quote) {
                self.budget.memory(text.len())?;
                return Ok(text.into());
            }
            self.escape(&mut text)?;
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), Failure> {
        let letter = self.peek().ok_or_else(|| self.error("Unterminated string. Expected delimiter: \"."))?;
        self.at += letter.len_utf8();
        text.push(match letter {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '"' | '\'' | '\\' | '/' => letter,
            'u' => {
                let high = self.code_unit()?;
                if (0xD800..0xDC00).contains(&high) && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    let low = self.code_unit()?;
                    char::decode_utf16([high, low]).next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER)
                } else {
                    char::from_u32(high.into()).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
            }
            _ => return Err(self.error(&format!("Bad JSON escape sequence: \\{letter}."))),
        });
        Ok(())
    }

    fn code_unit(&mut self) -> Result<u16, Failure> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        let unit = unit.ok_or_else(|| self.error("Could not convert the digits of a unicode escape."))?;
        self.at += 4;
        Ok(unit)
    }

    /// Reads `true`, `null` or a number.
    fn word(&mut self) -> Result<Token, Failure> {
        let rest = &self.text[self.at..];
        let end =
            rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))).unwrap_or(rest.len());
        let scalar = match &rest[..end] {
            "true" => Scalar::Bool(true),
            "false" => Scalar::Bool(false),
            "null" => Scalar::Null,
            "undefined" => Scalar::Other(Other::Undefined, Arc::default()),
            "NaN" => Scalar::Float(f64::NAN),
            "Infinity" => Scalar::Float(f64::INFINITY),
            "-Infinity" => Scalar::Float(f64::NEG_INFINITY),
            word if word.len() > LONGEST_NUMBER && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => {
                return Err(self.error(&format!("JSON integer {word} is too large to parse.")));
            }
            word if word.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.') => {
                number(word).ok_or_else(|| self.error(&format!("Input string '{word}' is not a valid number.")))?
            }
            _ => return Err(self.unexpected()),
        };
        self.at += end;
        Token::scalar(scalar, self.budget)
    }
}

fn number(word: &str) -> Option<Scalar> {
    if let Ok(integer) = word.parse() {
        return Some(Scalar::Integer(integer));
    }
    let digits = word.strip_prefix('-').unwrap_or(word);
    if let Some(hexadecimal) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return i64::from_str_radix(hexadecimal, 16).ok().map(Scalar::Integer);
    }
    if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        let sign = &word[..word.len() - digits.len()];
        let digits = digits.trim_start_matches('0');
        return Some(Scalar::Other(Other::BigInteger, format!("{sign}{digits}").into()));
    }
    let plausible = word.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    if plausible { word.parse().ok().map(Scalar::Float) } else { None }
}
