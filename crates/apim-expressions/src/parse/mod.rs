//! Turns tokens into the tree. Refuses by name every construct of C# 7 outside the supported subset.

mod creation;
mod expression;
mod lambda;
mod pattern;
mod postfix;
mod query;
mod statement;
mod type_name;

use std::sync::Arc;

use super::{
    lexer::{
        self, Token, TokenKind,
        word::{PREDEFINED, is_keyword, is_unsupported},
    },
    limits,
    problem::ParseError,
    syntax::{Source, TypeName},
};

pub(crate) struct Parser<'s> {
    source: &'s str,
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
    /// Whether Razor reads this code. It reads the statements of `@{…}`, but not those inside a function declared
    /// there.
    razor: bool,
}

/// Parses `@(…)` or `@{…}`.
pub(crate) fn source(text: &str) -> Result<Source, ParseError> {
    let error = |offset, message: String| Err(ParseError::invalid(offset, message));
    if text.len() > limits::SOURCE_BYTES {
        let message = format!("the expression is longer than {} bytes", limits::SOURCE_BYTES);
        return Err(ParseError::unsupported(0, message));
    }
    let (block, close) = match text.get(..2) {
        Some("@(") => (false, ')'),
        Some("@{") => (true, '}'),
        _ => return error(0, "a policy expression begins with `@(` or `@{`".to_owned()),
    };
    if text.len() < 3 || !text.ends_with(close) {
        return error(text.len(), format!("a policy expression that begins with `{}` ends with `{close}`", &text[..2]));
    }
    let tokens = lexer::tokens(text, 2, text.len() - 1)?;
    let mut parser = Parser { source: text, tokens, position: 0, depth: 0, razor: true };
    let source = if block { Source::Block(parser.statements()?) } else { Source::Single(parser.expression()?) };
    match parser.kind() {
        TokenKind::End => Ok(source),
        _ => Err(parser.unexpected()),
    }
}

/// Parses a type as it is written in the tables of members.
pub(crate) fn type_name(text: &str) -> Result<TypeName, ParseError> {
    let tokens = lexer::tokens(text, 0, text.len())?;
    Parser { source: text, tokens, position: 0, depth: 0, razor: false }.type_name()
}

impl Parser<'_> {
    fn token(&self) -> &Token {
        // The last token is always `End`, and `advance` never passes it.
        &self.tokens[self.position.min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> &TokenKind {
        &self.token().kind
    }

    fn at(&self) -> usize {
        self.token().at
    }

    fn ahead(&self, count: usize) -> &TokenKind {
        self.tokens.get(self.position + count).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn advance(&mut self) {
        self.position = (self.position + 1).min(self.tokens.len() - 1);
    }

    fn is(&self, symbol: &str) -> bool {
        matches!(self.kind(), TokenKind::Symbol(s) if *s == symbol)
    }

    fn ahead_is(&self, count: usize, symbol: &str) -> bool {
        matches!(self.ahead(count), TokenKind::Symbol(s) if *s == symbol)
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = self.is(symbol);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.eat(symbol) { Ok(()) } else { Err(self.error(format!("{symbol} expected"))) }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), TokenKind::Name(name) if &**name == word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn expect_word(&mut self, word: &str) -> Result<(), ParseError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.error(format!("{word} expected"))) }
    }

    /// Reads a name that is not a keyword.
    fn name(&mut self) -> Result<Arc<str>, ParseError> {
        match self.kind() {
            TokenKind::Name(name) if !is_keyword(name) && !PREDEFINED.contains(&&**name) => {
                let name = Arc::clone(name);
                self.advance();
                Ok(name)
            }
            TokenKind::Name(name) if is_unsupported(name) => Err(self.keyword(name)),
            _ => Err(self.error("Identifier expected")),
        }
    }

    fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError::invalid(self.at(), message)
    }

    fn unsupported(&self, message: impl Into<String>) -> ParseError {
        ParseError::unsupported(self.at(), message)
    }

    /// Returns the token here, as it is written.
    fn written(&self) -> String {
        let token = self.token();
        self.source.get(token.at..token.end).unwrap_or_default().chars().take(40).collect()
    }

    /// Returns the error for a keyword where the subset has none. C# takes a `lock`; `dynamic` is not on the list.
    fn keyword(&self, name: &str) -> ParseError {
        let message = format!("`{name}` is not supported");
        if name == "lock" { self.unsupported(message) } else { self.error(message) }
    }

    fn unexpected(&self) -> ParseError {
        match self.kind() {
            TokenKind::End => self.error("the expression ends too early"),
            TokenKind::Name(name) if is_unsupported(name) => self.keyword(name),
            _ => self.error(format!("unexpected `{}`", self.written())),
        }
    }

    /// Runs `parse` one level deeper.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.depth == limits::SOURCE_NESTING {
            return Err(limits::too_deep(self.at()));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }
}
