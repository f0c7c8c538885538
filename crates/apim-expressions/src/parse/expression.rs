//! Expressions: operators by precedence, casts, lambdas, assignments.

use std::sync::Arc;

use super::{Kind, PREDEFINED, ParseError, Parser, is_keyword};
use crate::{
    limits,
    syntax::{Binary, Expr, ExprKind, Lambda, LambdaBody, Pattern, TypeName, Unary},
};

const RELATIONAL: u8 = 7;

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

    fn lambda(&mut self, at: usize, parameters: Vec<(Option<TypeName>, Arc<str>)>) -> Result<Expr, ParseError> {
        let body = self.lambda_body()?;
        Ok(Expr { at, kind: ExprKind::Lambda(Lambda { parameters, body, is_clause: false }) })
    }

    /// `(int x) { … }` after `delegate`.
    pub(super) fn anonymous_method(&mut self, at: usize) -> Result<Expr, ParseError> {
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.is(")") {
            let class = self.type_name()?;
            parameters.push((Some(class), self.name()?));
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        if !self.is("{") {
            return Err(self.unexpected());
        }
        let body = self.lambda_body()?;
        Ok(Expr { at, kind: ExprKind::Lambda(Lambda { parameters, body, is_clause: false }) })
    }

    fn lambda_body(&mut self) -> Result<LambdaBody, ParseError> {
        if !self.is("{") {
            return Ok(LambdaBody::Value(Box::new(self.value_or_throw()?)));
        }
        let outer = std::mem::replace(&mut self.razor, false);
        let body = self.nested(Self::block);
        self.razor = outer;
        body.map(LambdaBody::Block)
    }

    /// A value, or `throw e` in its place.
    pub(super) fn value_or_throw(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        if !self.eat_word("throw") {
            return self.expression();
        }
        let thrown = self.nested(Self::coalesce)?;
        Ok(Expr { at, kind: ExprKind::Throw(Box::new(thrown)) })
    }

    /// `x =>`, `(x, y) =>` or `(int x, int y) =>`, read; otherwise nothing is read.
    fn lambda_parameters(&mut self) -> Option<Vec<(Option<TypeName>, Arc<str>)>> {
        let start = self.position;
        let parenthesis = self.is("(");
        if !parenthesis && !self.ahead_is(1, "=>") {
            return None;
        }
        self.eat("(");
        let mut names = Vec::new();
        loop {
            let named = |parser: &Self, count: usize| {
                matches!(parser.ahead(count), Kind::Name(name) if !is_keyword(name)) && {
                    [",", ")", "=>"].iter().any(|symbol| parser.ahead_is(count + 1, symbol))
                }
            };
            let class = if parenthesis && !named(self, 0) { self.try_type(|parser| named(parser, 0)) } else { None };
            if !named(self, 0) {
                break;
            }
            let Ok(name) = self.name() else { break };
            names.push((class, name));
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
        if self.eat("?") { self.choices(at, condition) } else { Ok(condition) }
    }

    /// What follows `condition ?`.
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

    /// What follows the first value before `??`.
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
            left = operated(at, left, (operator_at, operator, right));
        }
    }

    fn type_test(&mut self, value: Expr) -> Result<Expr, ParseError> {
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
        if class.nullable && !(self.is(")") || self.is(";") || self.is(",") || matches!(self.kind(), Kind::End)) {
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

    /// Whether a constant that is no name begins here.
    fn begins_constant(&self) -> bool {
        match self.kind() {
            Kind::Name(name) => matches!(&**name, "null" | "true" | "false" | "default" | "nameof"),
            Kind::Symbol(symbol) => matches!(*symbol, "-" | "+" | "~" | "!"),
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

    fn var_pattern(&mut self) -> Result<Pattern, ParseError> {
        self.advance();
        let at = self.at();
        Ok(Pattern::Var(at, self.name()?))
    }

    /// What follows `case`: a type with a name, `var name`, or a constant.
    pub(super) fn case_pattern(&mut self) -> Result<Pattern, ParseError> {
        if self.is_word("var") && matches!(self.ahead(1), Kind::Name(_)) {
            return self.var_pattern();
        }
        let declares = |parser: &Self| {
            matches!(parser.kind(), Kind::Name(name) if !is_keyword(name))
                && (parser.ahead_is(1, ":") || matches!(parser.ahead(1), Kind::Name(word) if &**word == "when"))
        };
        if let Some(class) = self.try_type(declares) {
            let name = self.name()?;
            return Ok(Pattern::Type(class, Some(name)));
        }
        Ok(Pattern::Constant(Box::new(self.expression()?)))
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

    /// `(T)` where it can only be a cast, read; otherwise nothing is read.
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

/// An operator and what is right of it, after what is left of it.
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
