//! `new`: objects, arrays, anonymous objects, and their initialisers.

use std::sync::Arc;

use super::{ParseError, Parser, TokenKind};
use crate::{
    limits,
    syntax::{Expr, ExprKind, Item, LinkKind, TypeName},
};

impl Parser<'_> {
    pub(super) fn creation(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        self.advance();
        if self.is("{") {
            return self.anonymous(at);
        }
        if self.eat("[") {
            if self.is(",") {
                return self.grid(at, None, None);
            }
            self.expect("]")?;
            return self.array_items(at, None);
        }
        let class = self.plain_type()?;
        let question = self.is("?") && (self.ahead_is(1, "[") || self.ahead_is(1, "("));
        if question {
            self.advance();
        }
        let class = TypeName { nullable: question, ..class };
        if self.is("[") {
            return self.array(at, class);
        }
        let arguments = if self.is("(") {
            self.arguments("(", ")")?
        } else if self.is("{") {
            Vec::new()
        } else {
            return Err(self.error("( or { expected after the type of `new`"));
        };
        let initializer = if self.is("{") { self.initializer()? } else { Vec::new() };
        Ok(Expr { at, kind: ExprKind::New { class, arguments, initializer } })
    }

    /// Parses `[size]`, `[] {…}`, `[][] {…}` after `new T`.
    fn array(&mut self, at: usize, mut element: TypeName) -> Result<Expr, ParseError> {
        self.expect("[")?;
        if self.is(",") {
            return self.grid(at, Some(element), None);
        }
        let size = if self.is("]") { None } else { Some(Box::new(self.expression()?)) };
        let size = match size {
            Some(first) if self.eat(",") => {
                let sizes = Box::new([*first, self.expression()?]);
                return self.grid(at, Some(element), Some(sizes));
            }
            size => size,
        };
        self.expect("]")?;
        while self.is("[") && self.ahead_is(1, "]") {
            self.advance();
            self.advance();
            element.rank += 1;
            if element.rank > limits::ARRAY_RANK {
                return Err(self.unsupported("the type is too complex"));
            }
        }
        if size.is_none() {
            return self.array_items(at, Some(element));
        }
        if self.is("[") {
            return Err(self.error("Invalid rank specifier: expected ',' or ']'"));
        }
        let items = if self.is("{") { self.values()? } else { Vec::new() };
        Ok(Expr { at, kind: ExprKind::NewArray { element: Some(element), size, items } })
    }

    /// Parses the rest of an array of two dimensions: `,] { {…}, {…} }`, or `]` after the sizes.
    fn grid(
        &mut self,
        at: usize,
        element: Option<TypeName>,
        sizes: Option<Box<[Expr; 2]>>,
    ) -> Result<Expr, ParseError> {
        if sizes.is_none() {
            self.expect(",")?;
        }
        if self.is(",") {
            return Err(self.unsupported("arrays of more than two dimensions are not supported"));
        }
        self.expect("]")?;
        if self.is("[") {
            return Err(self.unsupported("arrays in arrays of two dimensions are not supported"));
        }
        let rows = if self.is("{") || sizes.is_none() { self.rows()? } else { Vec::new() };
        Ok(Expr { at, kind: ExprKind::NewGrid { element, sizes, rows } })
    }

    /// Parses `{ {a, b}, {c, d} }`.
    pub(super) fn rows(&mut self) -> Result<Vec<Vec<Expr>>, ParseError> {
        self.expect("{")?;
        let mut rows = Vec::new();
        while !self.is("}") {
            rows.push(self.values()?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(rows)
    }

    fn array_items(&mut self, at: usize, element: Option<TypeName>) -> Result<Expr, ParseError> {
        let items = self.values()?;
        Ok(Expr { at, kind: ExprKind::NewArray { element, size: None, items } })
    }

    /// Parses `{ a, b, }`.
    pub(super) fn values(&mut self) -> Result<Vec<Expr>, ParseError> {
        self.expect("{")?;
        let mut values = Vec::new();
        while !self.is("}") {
            values.push(self.expression()?);
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(values)
    }

    fn anonymous(&mut self, at: usize) -> Result<Expr, ParseError> {
        self.expect("{")?;
        let mut properties = Vec::new();
        while !self.is("}") {
            let named = matches!(self.kind(), TokenKind::Name(_)) && self.ahead_is(1, "=");
            let name = if named { Some(self.name()?) } else { None };
            if named {
                self.advance();
            }
            let value = self.expression()?;
            let Some(name) = name.or_else(|| implied_name(&value)) else {
                return Err(ParseError::invalid(value.at, "a member of an anonymous object needs a name"));
            };
            properties.push((name, value));
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(Expr { at, kind: ExprKind::Anonymous(properties) })
    }

    fn initializer(&mut self) -> Result<Vec<Item>, ParseError> {
        self.expect("{")?;
        let mut items = Vec::new();
        while !self.is("}") {
            let item = self.nested(Self::item)?;
            let adds = |item: &Item| matches!(item, Item::Add(..));
            if items.last().is_some_and(|last| adds(last) != adds(&item)) {
                return Err(self.error("Invalid initializer member declarator"));
            }
            items.push(item);
            if !self.eat(",") {
                break;
            }
        }
        self.expect("}")?;
        Ok(items)
    }

    fn item(&mut self) -> Result<Item, ParseError> {
        let at = self.at();
        if self.is("{") {
            return Ok(Item::Add(at, self.values()?));
        }
        if self.eat("[") {
            let key = self.expression()?;
            self.expect("]")?;
            self.expect("=")?;
            return Ok(Item::Index(at, key, self.expression()?));
        }
        if matches!(self.kind(), TokenKind::Name(_)) && self.ahead_is(1, "=") {
            let name = self.name()?;
            self.advance();
            return Ok(Item::Property(at, name, self.expression()?));
        }
        Ok(Item::Add(at, vec![self.expression()?]))
    }
}

/// Returns the implied name of a member: `new { exp, user.Name }` names its members `exp` and `Name`.
fn implied_name(value: &Expr) -> Option<Arc<str>> {
    match &value.kind {
        ExprKind::Name(name) => Some(Arc::clone(name)),
        ExprKind::Chain(_, links) => match &links.last()?.kind {
            LinkKind::Member(name, _) => Some(Arc::clone(name)),
            LinkKind::Invoke(_) | LinkKind::Index(_) => None,
        },
        _ => None,
    }
}
