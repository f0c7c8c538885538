//! Expressions: operators by precedence, casts, lambdas, assignments.

use std::sync::Arc;

use super::{Kind, ParseError, Parser, is_keyword};
use crate::{
    limits,
    syntax::{Binary, Expr, ExprKind, TypeName, Unary},
};

/// Types whose keyword makes `(keyword)` a cast whatever follows.
pub(super) const PREDEFINED: [&str; 15] = [
    "bool", "byte", "char", "decimal", "double", "float", "int", "long", "object", "sbyte", "short", "string", "uint",
    "ulong", "ushort",
];

const RELATIONAL: u8 = 7;

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, ParseError> {
        self.nested(Self::assignment)
    }

    fn assignment(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        if let Some(parameters) = self.lambda_parameters() {
            if self.is("{") {
                return Err(self.error("a lambda with statements is not supported"));
            }
            let body = Box::new(self.expression()?);
            return Ok(Expr { at, kind: ExprKind::Lambda(parameters, body) });
        }
        if self.begins_query() {
            return self.query();
        }
        let target = self.conditional()?;
        let Some(operator) = self.assignment_operator()? else { return Ok(target) };
        let value = Box::new(self.expression()?);
        Ok(Expr { at, kind: ExprKind::Assign(Box::new(target), operator, value) })
    }

    /// `=` is `Some(None)`, `+=` is `Some(Some(Add))`.
    fn assignment_operator(&mut self) -> Result<Option<Option<Binary>>, ParseError> {
        let Kind::Symbol(symbol) = *self.kind() else { return Ok(None) };
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

    /// `x =>` or `(x, y) =>`, read; otherwise nothing is read.
    fn lambda_parameters(&mut self) -> Option<Vec<Arc<str>>> {
        let start = self.position;
        let parenthesis = self.eat("(");
        let mut names = Vec::new();
        while let Kind::Name(name) = self.kind() {
            if is_keyword(name) {
                break;
            }
            names.push(Arc::clone(name));
            self.advance();
            if !parenthesis || !self.eat(",") {
                break;
            }
        }
        let closed = !parenthesis || self.eat(")");
        if closed && (parenthesis || names.len() == 1) && self.eat("=>") {
            return Some(names);
        }
        self.position = start;
        None
    }

    fn conditional(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        let condition = self.coalesce()?;
        if !self.eat("?") {
            return Ok(condition);
        }
        let yes = self.expression()?;
        self.expect(":")?;
        let no = self.expression()?;
        Ok(Expr { at, kind: ExprKind::Conditional(Box::new([condition, yes, no])) })
    }

    fn coalesce(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        let first = self.binary(0)?;
        if !self.is("??") {
            return Ok(first);
        }
        let mut values = vec![first];
        while self.eat("??") {
            values.push(self.binary(0)?);
        }
        Ok(Expr { at, kind: ExprKind::Coalesce(values) })
    }

    /// Operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Result<Expr, ParseError> {
        let at = self.at();
        let mut left = self.unary()?;
        let mut tests = 0;
        loop {
            if least <= RELATIONAL && (self.is_word("is") || self.is_word("as")) {
                // Each test holds the one before.
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
            left = match left.kind {
                ExprKind::Binary(first, mut rest)
                    if rest.last().is_some_and(|(_, last, _)| precedence_of(*last) == precedence) =>
                {
                    rest.push((operator_at, operator, right));
                    Expr { at, kind: ExprKind::Binary(first, rest) }
                }
                kind => {
                    let first = Box::new(Expr { at: left.at, kind });
                    Expr { at, kind: ExprKind::Binary(first, vec![(operator_at, operator, right)]) }
                }
            };
        }
    }

    fn type_test(&mut self, value: Expr) -> Result<Expr, ParseError> {
        let at = value.at;
        let is = self.is_word("is");
        self.advance();
        if is && self.is_word("null") {
            self.advance();
            return Ok(Expr { at, kind: ExprKind::IsNull(Box::new(value)) });
        }
        // `x as T ? a : b` is a conditional unless the type is followed by something that cannot begin a value.
        let start = self.position;
        let mut class = self.type_name()?;
        if class.nullable && !(self.is(")") || self.is(";") || self.is(",") || matches!(self.kind(), Kind::End)) {
            self.position = start;
            class = self.plain_type()?;
        }
        let value = Box::new(value);
        let kind = if is { ExprKind::Is(value, class, self.declared_name()) } else { ExprKind::As(value, class) };
        Ok(Expr { at, kind })
    }

    /// The name that `x is T name` gives the value.
    fn declared_name(&mut self) -> Option<Arc<str>> {
        let Kind::Name(name) = self.kind() else { return None };
        let name = Arc::clone(name);
        (!is_keyword(&name) && !matches!(&*name, "is" | "as")).then(|| {
            self.advance();
            name
        })
    }

    /// The operator here, its precedence and its number of tokens.
    fn binary_operator(&self) -> Option<(Binary, u8, usize)> {
        let Kind::Symbol(symbol) = *self.kind() else { return None };
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
        if let Kind::Symbol(symbol) = *self.kind() {
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
                let place = Box::new(self.unary()?);
                return Ok(Expr { at, kind: ExprKind::Step { place, increment: symbol == "++", prefix: true } });
            }
            if symbol == "("
                && let Some(class) = self.cast_type()
            {
                return Ok(Expr { at, kind: ExprKind::Cast(class, Box::new(self.unary()?)) });
            }
        }
        self.postfix()
    }

    /// `(T)` where it can only be a cast, read; otherwise nothing is read.
    fn cast_type(&mut self) -> Option<TypeName> {
        let start = self.position;
        self.advance();
        let class = self.try_type(|parser| parser.is(")"));
        if let Some(class) = class {
            self.advance();
            let predefined = matches!(class.parts.as_slice(), [one] if PREDEFINED.contains(&&**one));
            let structured = predefined || class.rank > 0 || class.nullable || !class.arguments.is_empty();
            if self.begins_operand() || structured && (self.is("-") || self.is("+")) {
                return Some(class);
            }
        }
        self.position = start;
        None
    }

    /// What may follow `(x)` only when that is a cast.
    fn begins_operand(&self) -> bool {
        match self.kind() {
            Kind::Name(name) => !matches!(&**name, "is" | "as"),
            Kind::Symbol(symbol) => matches!(*symbol, "(" | "!" | "~"),
            Kind::Integer(..)
            | Kind::Real(_)
            | Kind::Single(_)
            | Kind::Decimal(_)
            | Kind::Text(_)
            | Kind::Char(_)
            | Kind::InterpolationBegin => true,
            _ => false,
        }
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
