//! Expressions: operators by precedence, casts, assignments.

use super::{PREDEFINED, ParseError, Parser, TokenKind};
use crate::{
    limits,
    syntax::{Binary, Expr, ExprKind, TypeName, Unary},
};

pub(super) const RELATIONAL: u8 = 7;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, ParseError> {
        self.nested(Self::assignment)
    }

    fn assignment(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        if let Some(parameters) = self.lambda_parameters() {
            return self.lambda(at, parameters);
        }
        if self.begins_query() {
            return self.query();
        }
        let target = self.conditional()?;
        match self.assignment_operator()? {
            Some(operator) => self.assigned(at, target, operator),
            None => Ok(target),
        }
    }

    fn assigned(&mut self, at: usize, target: Expr, operator: Option<Binary>) -> Result<Expr, ParseError> {
        let value = Box::new(self.expression()?);
        Ok(Expr { at, kind: ExprKind::Assign(Box::new(target), operator, value) })
    }

    /// Reads an assignment operator: `=` is `Some(None)`, `+=` is `Some(Some(Add))`.
    fn assignment_operator(&mut self) -> Result<Option<Option<Binary>>, ParseError> {
        let TokenKind::Symbol(symbol) = *self.kind() else { return Ok(None) };
        if symbol == ">" && self.adjacent(1, ">=") {
            self.advance();
            self.advance();
            return Ok(Some(Some(Binary::ShiftRight)));
        }
        let operator = match symbol {
            "=" => None,
            "+=" => Some(Binary::Add),
            "-=" => Some(Binary::Subtract),
            "*=" => Some(Binary::Multiply),
            "/=" => Some(Binary::Divide),
            "%=" => Some(Binary::Remainder),
            "&=" => Some(Binary::BitAnd),
            "|=" => Some(Binary::BitOr),
            "^=" => Some(Binary::BitXor),
            "<<=" => Some(Binary::ShiftLeft),
            "??=" => return Err(self.error("`??=` is not supported: it is newer than C# 7")),
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(operator))
    }

    /// Parses a value, or `throw e` in its place.
    pub(super) fn value_or_throw(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        if !self.eat_word("throw") {
            return self.expression();
        }
        let thrown = self.nested(Self::coalesce)?;
        Ok(Expr { at, kind: ExprKind::Throw(Box::new(thrown)) })
    }

    fn conditional(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        let condition = self.coalesce()?;
        if self.eat("?") { self.choices(at, condition) } else { Ok(condition) }
    }

    /// Parses the part after `condition ?`.
    fn choices(&mut self, at: usize, condition: Expr) -> Result<Expr, ParseError> {
        let yes = self.value_or_throw()?;
        self.expect(":")?;
        let no = self.value_or_throw()?;
        Ok(Expr { at, kind: ExprKind::Conditional(Box::new([condition, yes, no])) })
    }

    fn coalesce(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        let first = self.binary(0)?;
        if self.is("??") { self.alternatives(at, first) } else { Ok(first) }
    }

    /// Parses the part after the first value of `??`.
    fn alternatives(&mut self, at: usize, first: Expr) -> Result<Expr, ParseError> {
        let mut values = vec![first];
        while self.eat("??") {
            if self.is_word("throw") {
                values.push(self.value_or_throw()?);
                break;
            }
            values.push(self.binary(0)?);
        }
        Ok(Expr { at, kind: ExprKind::Coalesce(values) })
    }

    /// Parses operators that bind at least as tightly as `least`.
    pub(super) fn binary(&mut self, least: u8) -> Result<Expr, ParseError> {
        let at = self.at();
        let mut left = self.unary()?;
        let mut tests = 0;
        loop {
            if least <= RELATIONAL && (self.is_word("is") || self.is_word("as")) {
                // Each test contains the one before it.
                tests += 1;
                if tests > limits::SOURCE_NESTING {
                    return Err(limits::too_deep(self.at()));
                }
                left = self.type_test(left)?;
                continue;
            }
            let Some((operator, precedence, length)) = self.binary_operator() else { return Ok(left) };
            if precedence < least {
                return Ok(left);
            }
            let operator_at = self.at();
            for _ in 0..length {
                self.advance();
            }
            let right = self.nested(|parser| parser.binary(precedence + 1))?;
            left = operated(at, left, (operator_at, operator, right));
        }
    }

    /// Returns the operator here, its precedence and its number of tokens.
    fn binary_operator(&self) -> Option<(Binary, u8, usize)> {
        let TokenKind::Symbol(symbol) = *self.kind() else { return None };
        if symbol == ">" && self.adjacent(1, ">=") {
            return None;
        }
        if symbol == ">" && self.adjacent(1, ">") {
            return Some((Binary::ShiftRight, precedence_of(Binary::ShiftRight), 2));
        }
        let operator = match symbol {
            "||" => Binary::Or,
            "&&" => Binary::And,
            "|" => Binary::BitOr,
            "^" => Binary::BitXor,
            "&" => Binary::BitAnd,
            "==" => Binary::Equal,
            "!=" => Binary::NotEqual,
            "<" => Binary::Less,
            "<=" => Binary::LessOrEqual,
            ">" => Binary::Greater,
            ">=" => Binary::GreaterOrEqual,
            "<<" => Binary::ShiftLeft,
            "+" => Binary::Add,
            "-" => Binary::Subtract,
            "*" => Binary::Multiply,
            "/" => Binary::Divide,
            "%" => Binary::Remainder,
            _ => return None,
        };
        Some((operator, precedence_of(operator), 1))
    }

    fn adjacent(&self, count: usize, symbol: &str) -> bool {
        let next = self.tokens.get(self.position + count);
        self.ahead_is(count, symbol) && next.is_some_and(|next| next.at == self.token().end)
    }

    fn unary(&mut self) -> Result<Expr, ParseError> {
        self.nested(Self::unary_inner)
    }

    fn unary_inner(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        if let TokenKind::Symbol(symbol) = *self.kind() {
            let operator = match symbol {
                "!" => Some(Unary::Not),
                "-" => Some(Unary::Minus),
                "+" => Some(Unary::Plus),
                "~" => Some(Unary::Complement),
                _ => None,
            };
            if let Some(operator) = operator {
                self.advance();
                return Ok(Expr { at, kind: ExprKind::Unary(operator, Box::new(self.unary()?)) });
            }
            if symbol == "++" || symbol == "--" {
                self.advance();
                return Ok(super::postfix::step(at, self.unary()?, symbol == "++", true));
            }
            if symbol == "("
                && let Some(class) = self.cast_type()
            {
                return Ok(Expr { at, kind: ExprKind::Cast(class, Box::new(self.unary()?)) });
            }
        }
        self.postfix()
    }

    /// Reads `(T)` where it can only be a cast; otherwise reads nothing.
    fn cast_type(&mut self) -> Option<TypeName> {
        let start = self.position;
        self.advance();
        let class = self.try_type(|parser| parser.is(")"));
        if let Some(class) = class {
            self.advance();
            let predefined = matches!(class.parts.as_slice(), [one] if PREDEFINED.contains(&&**one));
            let structured = predefined
                || class.rank > 0
                || class.nullable
                || class.grid
                || !class.tuple.is_empty()
                || !class.arguments.is_empty();
            if self.begins_operand() || structured && (self.is("-") || self.is("+")) {
                return Some(class);
            }
        }
        self.position = start;
        None
    }

    /// Reports whether a token is here that may follow `(x)` only when `(x)` is a cast.
    fn begins_operand(&self) -> bool {
        match self.kind() {
            TokenKind::Name(name) => !matches!(&**name, "is" | "as"),
            TokenKind::Symbol(symbol) => matches!(*symbol, "(" | "!" | "~"),
            other => other.begins_literal(),
        }
    }
}

/// Joins an operator and its right operand to its left operand.
fn operated(at: usize, left: Expr, right: (usize, Binary, Expr)) -> Expr {
    match left.kind {
        ExprKind::Binary(first, mut rest)
            if rest.last().is_some_and(|(_, last, _)| precedence_of(*last) == precedence_of(right.1)) =>
        {
            rest.push(right);
            Expr { at, kind: ExprKind::Binary(first, rest) }
        }
        kind => Expr { at, kind: ExprKind::Binary(Box::new(Expr { at: left.at, kind }), vec![right]) },
    }
}

fn precedence_of(operator: Binary) -> u8 {
    match operator {
        Binary::Or => 1,
        Binary::And => 2,
        Binary::BitOr => 3,
        Binary::BitXor => 4,
        Binary::BitAnd => 5,
        Binary::Equal | Binary::NotEqual => 6,
        Binary::Less | Binary::LessOrEqual | Binary::Greater | Binary::GreaterOrEqual => RELATIONAL,
        Binary::ShiftLeft | Binary::ShiftRight => 8,
        Binary::Add | Binary::Subtract => 9,
        Binary::Multiply | Binary::Divide | Binary::Remainder => 10,
    }
}
