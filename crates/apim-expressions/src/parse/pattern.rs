//! The parts after `is`, `as` and `case`.

use std::sync::Arc;

use super::{ParseError, Parser, TokenKind, expression::RELATIONAL, is_keyword};
use crate::syntax::{Expr, ExprKind, Pattern};

impl Parser<'_> {
    pub(super) fn type_test(&mut self, value: Expr) -> Result<Expr, ParseError> {
        let at = value.at;
        let is = self.is_word("is");
        self.advance();
        if is && self.begins_constant() {
            let constant = self.nested(|parser| parser.binary(RELATIONAL + 1))?;
            return Ok(Expr {
                at,
                kind: ExprKind::Is(Box::new(value), Box::new(Pattern::Constant(Box::new(constant)))),
            });
        }
        if is && self.is_word("var") {
            return Ok(Expr { at, kind: ExprKind::Is(Box::new(value), Box::new(self.var_pattern()?)) });
        }
        // `x as T ? a : b` is a conditional unless the type is followed by something that cannot begin a value.
        let start = self.position;
        let mut class = self.type_name()?;
        if class.nullable && !(self.is(")") || self.is(";") || self.is(",") || matches!(self.kind(), TokenKind::End)) {
            self.position = start;
            class = self.plain_type()?;
        }
        let value = Box::new(value);
        let kind = if is {
            let name = self.declared_name();
            ExprKind::Is(value, Box::new(Pattern::Type(class, name)))
        } else {
            ExprKind::As(value, class)
        };
        Ok(Expr { at, kind })
    }

    /// Reports whether a constant other than a name begins here.
    fn begins_constant(&self) -> bool {
        match self.kind() {
            TokenKind::Name(name) => matches!(&**name, "null" | "true" | "false" | "default" | "nameof"),
            TokenKind::Symbol(symbol) => matches!(*symbol, "-" | "+" | "~" | "!"),
            other => other.begins_literal(),
        }
    }

    fn var_pattern(&mut self) -> Result<Pattern, ParseError> {
        self.advance();
        let at = self.at();
        Ok(Pattern::Var(at, self.name()?))
    }

    /// Parses the part after `case`: a type with a name, `var name`, or a constant.
    pub(super) fn case_pattern(&mut self) -> Result<Pattern, ParseError> {
        if self.is_word("var") && matches!(self.ahead(1), TokenKind::Name(_)) {
            return self.var_pattern();
        }
        let declares = |parser: &Self| {
            matches!(parser.kind(), TokenKind::Name(name) if !is_keyword(name))
                && (parser.ahead_is(1, ":") || matches!(parser.ahead(1), TokenKind::Name(word) if &**word == "when"))
        };
        if let Some(class) = self.try_type(declares) {
            let name = self.name()?;
            return Ok(Pattern::Type(class, Some(name)));
        }
        Ok(Pattern::Constant(Box::new(self.expression()?)))
    }

    /// Reads the name that holds the value in `x is T name`.
    fn declared_name(&mut self) -> Option<Arc<str>> {
        let TokenKind::Name(name) = self.kind() else { return None };
        let name = Arc::clone(name);
        (!is_keyword(&name) && !matches!(&*name, "is" | "as")).then(|| {
            self.advance();
            name
        })
    }
}
