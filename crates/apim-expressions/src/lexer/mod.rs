//! Splits text into tokens, by the lexical rules of C# 7. Interpolated strings become a flat list: their text, and the
//! tokens of their holes between [`TokenKind::HoleBegin`] and [`TokenKind::HoleEnd`].

mod number;
mod string;
pub(crate) mod word;

use std::{collections::HashSet, sync::Arc};

use rust_decimal::Decimal;

use self::word::{PREDEFINED, is_keyword};
use super::problem::ParseError;

/// A piece of the source.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// First byte in the source.
    pub(crate) at: usize,
    /// One past the last byte.
    pub(crate) end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// An identifier or keyword.
    Name(Arc<str>),
    /// Value and suffix: `l`, `u`, `b` for both, or none.
    Integer(u64, Option<u8>),
    Real(f64),
    Single(f32),
    Decimal(Decimal),
    Text(Arc<str>),
    Char(u16),
    InterpolationBegin,
    HoleBegin,
    /// The part of a hole after `:`.
    Format(Arc<str>),
    HoleEnd,
    InterpolationEnd,
    Symbol(&'static str),
    End,
}

impl TokenKind {
    /// Reports whether a number, a character or a text begins here.
    pub(crate) fn begins_literal(&self) -> bool {
        match self {
            Self::Integer(..)
            | Self::Real(_)
            | Self::Single(_)
            | Self::Decimal(_)
            | Self::Text(_)
            | Self::Char(_)
            | Self::InterpolationBegin => true,
            Self::Name(_)
            | Self::HoleBegin
            | Self::Format(_)
            | Self::HoleEnd
            | Self::InterpolationEnd
            | Self::Symbol(_)
            | Self::End => false,
        }
    }
}

/// All symbols; where one begins another, the longest comes first. `>>` is two tokens, so that `List<List<int>>` needs
/// no special case.
const SYMBOLS: [&str; 54] = [
    "<<=", "??=", "=>", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", "<<", "->", "::", "..", "(", ")", "[", "]", "{", "}", ".", ",", ";", ":", "?", "+", "-", "*", "/", "%",
    "&", "|", "^", "!", "~", "<", ">", "=", "@", "#", "\\", "$", "`",
];

/// An open bracket around the scanner's position.
enum Nested {
    Bracket,
    /// A hole of an interpolated string, verbatim or not.
    Hole {
        verbatim: bool,
    },
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    end: usize,
    nested: Vec<Nested>,
    tokens: Vec<Token>,
    /// The texts so far. Equal literals are one string, as in .NET.
    texts: HashSet<Arc<str>>,
}

/// Returns the tokens of `source[start..end]`, ending with [`TokenKind::End`]; offsets count from the start of
/// `source`.
pub(crate) fn tokens(source: &str, start: usize, end: usize) -> Result<Vec<Token>, ParseError> {
    let mut lexer = Lexer { source, at: start, end, nested: Vec::new(), tokens: Vec::new(), texts: HashSet::new() };
    while lexer.skip_blank()? {
        lexer.token()?;
    }
    if lexer.nested.iter().any(|nested| matches!(nested, Nested::Hole { .. })) {
        return Err(lexer.error(end, "an interpolated string has no end"));
    }
    lexer.push(end, TokenKind::End);
    Ok(lexer.tokens)
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..self.end).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn error(&self, offset: usize, message: impl Into<String>) -> ParseError {
        ParseError::invalid(offset, message)
    }

    fn push(&mut self, at: usize, kind: TokenKind) {
        self.tokens.push(Token { kind, at, end: self.at });
    }

    /// Returns the string of a literal: one string for all equal literals.
    fn literal(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.texts.get(text.as_str()) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        text
    }

    /// Skips white space and comments; returns false at the end.
    fn skip_blank(&mut self) -> Result<bool, ParseError> {
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else { return Ok(false) };
            if first.is_whitespace() {
                self.at += first.len_utf8();
            } else if rest.starts_with("//") || first == '#' && self.region() {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let Some(length) = rest.find("*/") else { return Err(self.error(self.at, "a comment has no end")) };
                self.at += length + 2;
            } else {
                return Ok(true);
            }
        }
    }

    fn token(&mut self) -> Result<(), ParseError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(()) };
        let second = rest.chars().nth(1);
        match (first, second) {
            ('"', _) => self.text(1, false),
            ('@', Some('"')) => self.text(2, true),
            ('$', Some('"')) => self.interpolation(2, false),
            ('$', Some('@')) if rest[2..].starts_with('"') => self.interpolation(3, true),
            ('@', Some('$')) if rest[2..].starts_with('"') => {
                Err(self.error(self.at, "`@$` is not supported: it is newer than C# 7; write `$@`"))
            }
            ('\\', Some('u' | 'U')) => {
                Err(ParseError::unsupported(self.at, "a Unicode escape in a name is not supported: write the letter"))
            }
            ('\'', _) => self.character(),
            ('0'..='9', _) | ('.', Some('0'..='9')) => self.number(),
            ('@', Some(letter)) if letter == '_' || letter.is_alphabetic() => {
                self.verbatim_name();
                Ok(())
            }
            _ if first == '_' || first.is_alphabetic() => {
                self.name();
                Ok(())
            }
            _ => self.symbol(first),
        }
    }

    fn name(&mut self) {
        let rest = self.rest();
        let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let at = self.at;
        self.at += length;
        self.push(at, TokenKind::Name(rest[..length].into()));
    }

    /// Reads `@name`, which is `name`. If the name is a keyword, it keeps its `@`.
    fn verbatim_name(&mut self) {
        let at = self.at;
        self.at += 1;
        self.name();
        if let Some(Token { kind: TokenKind::Name(name), at: start, .. }) = self.tokens.last_mut() {
            *start = at;
            if is_keyword(name) || PREDEFINED.contains(&&**name) {
                *name = format!("@{name}").into();
            }
        }
    }

    /// Reports whether `#region` or `#endregion` is alone on its line: both mean nothing.
    fn region(&self) -> bool {
        let line = self.source[..self.at].rsplit('\n').next().unwrap_or_default();
        let word = self.rest()[1..].trim_start_matches([' ', '\t']);
        line.trim().is_empty() && ["region", "endregion"].iter().any(|name| word.starts_with(name))
    }

    fn symbol(&mut self, first: char) -> Result<(), ParseError> {
        let rest = self.rest();
        let at = self.at;
        if let Some(Nested::Hole { verbatim }) = self.nested.last() {
            let verbatim = *verbatim;
            if first == ':' {
                return self.hole_format();
            }
            if first == '}' {
                self.at += 1;
                self.push(at, TokenKind::HoleEnd);
                self.nested.pop();
                return self.interpolated_text(verbatim);
            }
        }
        let digit_follows = rest.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
        let found = SYMBOLS.into_iter().find(|s| rest.starts_with(s) && !(*s == "?." && digit_follows));
        let Some(symbol) = found else { return Err(self.error(at, format!("unexpected character '{first}'"))) };
        match symbol {
            "(" | "[" | "{" => self.nested.push(Nested::Bracket),
            ")" | "]" | "}" if matches!(self.nested.last(), Some(Nested::Bracket)) => drop(self.nested.pop()),
            _ => {}
        }
        self.at += symbol.len();
        self.push(at, TokenKind::Symbol(symbol));
        Ok(())
    }
}
