//! Lambdas and anonymous methods.

use std::sync::Arc;

use super::{ParseError, Parser, TokenKind, is_keyword};
use crate::syntax::{Expr, ExprKind, Lambda, LambdaBody, TypeName};

impl Parser<'_> {
    pub(super) fn lambda(
        &mut self,
        at: usize,
        parameters: Vec<(Option<TypeName>, Arc<str>)>,
    ) -> Result<Expr, ParseError> {
        let body = self.lambda_body()?;
        Ok(Expr { at, kind: ExprKind::Lambda(Lambda { parameters, body, is_clause: false, is_method: false }) })
    }

    /// Parses `(int x) { … }` after `delegate`.
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
        Ok(Expr { at, kind: ExprKind::Lambda(Lambda { parameters, body, is_clause: false, is_method: false }) })
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

    /// Reads `x =>`, `(x, y) =>` or `(int x, int y) =>`; otherwise reads nothing.
    pub(super) fn lambda_parameters(&mut self) -> Option<Vec<(Option<TypeName>, Arc<str>)>> {
        let start = self.position;
        let parenthesis = self.is("(");
        if !parenthesis && !self.ahead_is(1, "=>") {
            return None;
        }
        self.eat("(");
        let mut names = Vec::new();
        loop {
            let named = |parser: &Self, count: usize| {
                matches!(parser.ahead(count), TokenKind::Name(name) if !is_keyword(name)) && {
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
}
