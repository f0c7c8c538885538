//! The JSON reader. It accepts comments, single quotes, names without quotes, trailing commas and NaN. If names are
//! equal, the last one wins.
//!
//! Source: `JsonTextReader.cs` of `JamesNK/Newtonsoft.Json`.

use jiff::{civil::DateTime, tz::Offset};

use super::{DateZone, Json, NewtonsoftDate};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 64;

/// The problem of a document, and its place.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{problem} at line {line} column {column}")]
pub(crate) struct JsonError {
    problem: String,
    line: usize,
    column: usize,
}

/// Reads a document. Only blanks and comments may follow it.
pub(crate) fn read_whole(text: &str) -> Result<Json, JsonError> {
    let mut reader = Reader::new(text);
    let document = reader.value(0)?;
    reader.skip_blanks()?;
    if reader.at < text.len() { Err(reader.error("text after the document")) } else { Ok(document) }
}

/// Reads the first document and ignores the rest of the text.
pub(crate) fn read_first(text: &str) -> Result<Json, JsonError> {
    Reader::new(text).value(0)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: text.len() - text.trim_start_matches('\u{feff}').len() }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, problem: impl Into<String>) -> JsonError {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        JsonError {
            problem: problem.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) -> Result<(), JsonError> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if let Some(comment) = rest.strip_prefix("/*") {
                let end = comment.find("*/").ok_or_else(|| self.error("a comment without end"))?;
                self.at += end + 4;
            } else {
                return Ok(());
            }
        }
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.skip_blanks()?;
        let Some(first) = self.rest().chars().next() else { return Err(self.error("the document ends too early")) };
        match first {
            '{' | '[' if depth == MAX_DEPTH => Err(self.error(format!("more than {MAX_DEPTH} levels"))),
            '{' => self.object(depth + 1),
            '[' => self.array(depth + 1),
            '"' | '\'' => self.quoted(first).map(text_or_date),
            '0'..='9' | '-' | '.' if !self.rest().starts_with("-Infinity") => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Json, JsonError> {
        let words = [
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("null", Json::Null),
            ("undefined", Json::Null),
            ("NaN", Json::Real(f64::NAN)),
            ("Infinity", Json::Real(f64::INFINITY)),
            ("-Infinity", Json::Real(f64::NEG_INFINITY)),
        ];
        for (word, value) in words {
            if self.take(word) {
                let ends = !self.rest().starts_with(|next: char| next.is_alphanumeric() || next == '_');
                return if ends { Ok(value) } else { Err(self.error("an unknown word")) };
            }
        }
        Err(self.error("a value is expected"))
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.at += 1;
        let mut members: Vec<(String, Json)> = Vec::new();
        loop {
            self.skip_blanks()?;
            if self.take("}") {
                return Ok(Json::Object(members));
            }
            let name = self.name()?;
            self.skip_blanks()?;
            if !self.take(":") {
                return Err(self.error(format!("\":\" is expected after \"{name}\"")));
            }
            let value = self.value(depth)?;
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => members.push((name, value)),
            }
            self.skip_blanks()?;
            if !self.take(",") && !self.rest().starts_with('}') {
                return Err(self.error("\",\" or \"}\" is expected"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_blanks()?;
            if self.take("]") {
                return Ok(Json::Array(items));
            }
            items.push(self.value(depth)?);
            self.skip_blanks()?;
            if !self.take(",") && !self.rest().starts_with(']') {
                return Err(self.error("\",\" or \"]\" is expected"));
            }
        }
    }

    fn name(&mut self) -> Result<String, JsonError> {
        let rest = self.rest();
        match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote),
            _ => {
                let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
                let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
                if end == 0 {
                    return Err(self.error("a name is expected"));
                }
                self.at += end;
                Ok(rest[..end].to_owned())
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, JsonError> {
        self.at += 1;
        let mut units: Vec<u16> = Vec::new();
        loop {
            let Some(character) = self.rest().chars().next() else { return Err(self.error("a text without end")) };
            self.at += character.len_utf8();
            if character == quote {
                return Ok(String::from_utf16_lossy(&units));
            }
            if character == '\\' {
                units.push(self.escape()?);
            } else {
                units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
            }
        }
    }

    fn escape(&mut self) -> Result<u16, JsonError> {
        let Some(character) = self.rest().chars().next() else { return Err(self.error("a text without end")) };
        self.at += character.len_utf8();
        Ok(match character {
            'b' => 8,
            't' => 9,
            'n' => 10,
            'f' => 12,
            'r' => 13,
            '"' | '\'' | '\\' | '/' => u16::try_from(u32::from(character)).unwrap_or_default(),
            'u' => {
                let digits = self.rest().get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
                let unit = digits.ok_or_else(|| self.error("four hexadecimal digits are expected"))?;
                self.at += 4;
                unit
            }
            other => return Err(self.error(format!("\"\\{other}\" is not an escape"))),
        })
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let rest = self.rest();
        let is_part =
            |character: char| character.is_ascii_hexdigit() || matches!(character, '+' | '-' | '.' | 'x' | 'X');
        let end = rest.find(|character| !is_part(character)).unwrap_or(rest.len());
        let number = &rest[..end];
        let parsed = parse_number(number).ok_or_else(|| self.error(format!("\"{number}\" is not a number")))?;
        self.at += end;
        Ok(parsed)
    }
}

/// Reads a number. A leading zero makes it octal, and `0x` makes it hexadecimal.
fn parse_number(text: &str) -> Option<Json> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let whole = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return Some(Json::Integer(i64::from_str_radix(digits, 16).ok()?.to_string()));
    }
    if whole && text.starts_with('0') && text.len() > 1 {
        return Some(Json::Integer(i64::from_str_radix(text, 8).ok()?.to_string()));
    }
    if whole {
        let digits = unsigned.trim_start_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        let sign = if text.starts_with('-') && digits != "0" { "-" } else { "" };
        return Some(Json::Integer(format!("{sign}{digits}")));
    }
    text.parse().ok().map(Json::Real)
}

/// Returns a text, or a date if the text reads `yyyy-MM-ddTHH:mm:ss`. Fraction and zone are optional.
fn text_or_date(text: String) -> Json {
    match parse_date(&text) {
        Some(date) => Json::Date(date),
        None => Json::Text(text),
    }
}

fn parse_date(text: &str) -> Option<NewtonsoftDate> {
    if let Some(inner) = text.strip_prefix("/Date(").and_then(|text| text.strip_suffix(")/")) {
        return milliseconds(inner);
    }
    let shape = b"0000-00-00T00:00:00";
    let fits =
        |(found, expected): (u8, &u8)| if *expected == b'0' { found.is_ascii_digit() } else { found == *expected };
    if !(19..=40).contains(&text.len()) || !text.is_ascii() || !text.bytes().zip(shape).all(fits) {
        return None;
    }
    let at: DateTime = text[..19].parse().ok()?;
    let (fraction, zone) = match text[19..].strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|next: char| !next.is_ascii_digit()).unwrap_or(rest.len())),
        None => ("", &text[19..]),
    };
    if fraction.is_empty() && text[19..].starts_with('.') {
        return None;
    }
    let digits: String = fraction.chars().chain("0000000".chars()).take(7).collect();
    let ticks = digits.parse().ok()?;
    let date = |at, zone| Some(NewtonsoftDate { at, ticks, zone });
    match zone {
        "" => date(at, DateZone::Unspecified),
        "Z" => date(at, DateZone::Utc),
        offset => {
            let sign = match offset.as_bytes().first()? {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let digits: String = offset[1..].split(':').collect();
            let (hours, minutes): (i32, i32) = match digits.len() {
                2 => (digits.parse().ok()?, 0),
                4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
                _ => return None,
            };
            let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
            date(Offset::UTC.to_datetime(offset.to_timestamp(at).ok()?), DateZone::Local)
        }
    }
}

/// Reads the milliseconds since 1970. The offset of a zone is optional.
fn milliseconds(text: &str) -> Option<NewtonsoftDate> {
    let end = text.get(1..)?.find(['+', '-']).map_or(text.len(), |at| at + 1);
    let at = jiff::Timestamp::from_millisecond(text[..end].parse().ok()?).ok()?;
    let ticks = u32::try_from(at.subsec_nanosecond() / 100).ok()?;
    let zone = if end == text.len() { DateZone::Utc } else { DateZone::Local };
    Some(NewtonsoftDate { at: Offset::UTC.to_datetime(at), ticks, zone })
}

#[cfg(test)]
mod tests {
    use super::{Json, read_first, read_whole};

    #[test]
    fn section_3_4_the_reader_takes_what_newtonsoft_takes_and_keeps_the_order() {
        let cases = [
            (r#"{"b":1,"a":[true,null,]} "#, r#"{"b":1,"a":[true,null]}"#),
            ("\u{feff}// c\n{'b': /* c */ 'x', a_$1: \"y\\u00e9\",}", r#"{"b":"x","a_$1":"yé"}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            ("[1.0,1.50,1e3,1e30,0x10,010,-0,1e-7]", "[1.0,1.5,1000.0,1E+30,16,8,0,1E-07]"),
            ("[NaN,-Infinity,undefined]", r#"["NaN","-Infinity",null]"#),
            (r#"["2026-01-01T00:00:00Z"]"#, r#"["2026-01-01T00:00:00Z"]"#),
            (r#"["2026-01-01T00:00:00.500+02:00"]"#, r#"["2025-12-31T22:00:00.5+00:00"]"#),
            (r#"["2026-01-01"]"#, r#"["2026-01-01"]"#),
            (r#"["/Date(0)/","/Date(1500+0100)/"]"#, r#"["1970-01-01T00:00:00Z","1970-01-01T00:00:01.5+00:00"]"#),
        ];
        for (text, expected) in cases {
            assert_eq!(read_whole(text).map(|document| document.to_string()), Ok(expected.to_owned()), "{text}");
        }
        assert_eq!(read_first("{} more").map(|document| document.to_string()), Ok("{}".to_owned()));
    }

    #[test]
    fn section_3_4_what_newtonsoft_refuses_is_refused_with_its_place() {
        let cases = [
            ("{", "a name is expected at line 1 column 2"),
            ("{\n\"a\" 1}", "\":\" is expected after \"a\" at line 2 column 5"),
            ("[1 2]", "\",\" or \"]\" is expected at line 1 column 4"),
            ("{} {}", "text after the document at line 1 column 4"),
            ("nope", "a value is expected at line 1 column 1"),
            ("", "the document ends too early at line 1 column 1"),
        ];
        for (text, expected) in cases {
            assert_eq!(read_whole(text).map_err(|error| error.to_string()), Err(expected.to_owned()), "{text}");
        }
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read_whole(&deep(64)).is_ok() && read_whole(&deep(65)).is_err());
    }

    #[test]
    fn section_3_5_a_scalar_is_written_as_dotnet_does() {
        let text = |json: &str| read_whole(json).unwrap().scalar_text();
        let cases = [
            ("1.0", Some("1")),
            ("1e30", Some("1E+30")),
            ("1e14", Some("100000000000000")),
            ("1e15", Some("1E+15")),
            ("12345678901234567.0", Some("12345678901234568")),
            ("-1234567890123456789.0", Some("-1.2345678901234568E+18")),
            ("0.00001", Some("1E-05")),
            ("true", Some("True")),
            ("'2026-01-01T00:00:00Z'", Some("01/01/2026 00:00:00")),
            ("null", None),
            ("[]", None),
        ];
        for (json, expected) in cases {
            assert_eq!(text(json).as_deref(), expected, "{json}");
        }
        let nested =
            Json::object([("a", Json::Array(vec![Json::Integer("1".to_owned())])), ("b", Json::Array(vec![]))]);
        assert_eq!(nested.indented(), "{\n  \"a\": [\n    1\n  ],\n  \"b\": []\n}");
    }
}
