//! LINQ's query syntax: `from x in xs where … orderby … select …` is short for calls with lambdas.

use std::sync::Arc;

use super::{ParseError, Parser, TokenKind};
use crate::syntax::{Argument, ArgumentValue, Expr, ExprKind, Lambda, LambdaBody, Link, LinkKind, TypeName};

/// The calls of a query so far, and the names of its range variables.
struct Query {
    source: Expr,
    names: Vec<Arc<str>>,
}

impl Parser<'_> {
    /// Reports whether a query begins here.
    pub(super) fn begins_query(&self) -> bool {
        let word = |count: usize, word: &str| matches!(self.ahead(count), TokenKind::Name(name) if &**name == word);
        self.is_word("from") && matches!(self.ahead(1), TokenKind::Name(_)) && !word(1, "in") && !self.ahead_is(1, "=")
    }

    pub(super) fn query(&mut self) -> Result<Expr, ParseError> {
        let (name, source) = self.read_from()?;
        let mut query = Query { source, names: vec![name] };
        loop {
            if self.is_word("from") {
                self.second_from(&mut query)?;
            } else if self.eat_word("where") {
                let condition = self.expression()?;
                query.call("Where", vec![query.lambda(condition)]);
            } else if self.eat_word("let") {
                let name = self.name()?;
                self.expect("=")?;
                let value = self.expression()?;
                let made = query.lambda(query.with(&name, value));
                query.call("Select", vec![made]);
                query.names.push(name);
            } else if self.is_word("join") {
                self.join(&mut query)?;
            } else if self.eat_word("orderby") {
                self.order(&mut query)?;
            } else if self.eat_word("select") {
                let value = self.expression()?;
                query.call("Select", vec![query.lambda(value)]);
                if !self.continues(&mut query)? {
                    return Ok(query.source);
                }
            } else if self.eat_word("group") {
                let element = self.expression()?;
                self.expect_word("by")?;
                let key = self.expression()?;
                let plain =
                    matches!((&element.kind, query.names.as_slice()), (ExprKind::Name(name), [only]) if name == only);
                let mut lambdas = vec![query.lambda(key)];
                if !plain {
                    lambdas.push(query.lambda(element));
                }
                query.call("GroupBy", lambdas);
                if !self.continues(&mut query)? {
                    return Ok(query.source);
                }
            } else {
                return Err(self.error("A query body must end with a select clause or a group clause"));
            }
        }
    }

    /// Parses `from x in source`, `from T x in source`.
    fn read_from(&mut self) -> Result<(Arc<str>, Expr), ParseError> {
        self.expect_word("from")?;
        self.range("in")
    }

    fn range(&mut self, word: &str) -> Result<(Arc<str>, Expr), ParseError> {
        let typed = !matches!(self.ahead(1), TokenKind::Name(name) if &**name == word);
        let class = if typed { Some(self.type_name()?) } else { None };
        let name = self.name()?;
        self.expect_word(word)?;
        let source = self.expression()?;
        Ok((
            name,
            match class {
                Some(class) => cast(source, class),
                None => source,
            },
        ))
    }

    fn second_from(&mut self, query: &mut Query) -> Result<(), ParseError> {
        let (name, source) = self.read_from()?;
        let result = query.pair(&name);
        query.call("SelectMany", vec![query.lambda(source), result]);
        query.names.push(name);
        Ok(())
    }

    fn join(&mut self, query: &mut Query) -> Result<(), ParseError> {
        self.expect_word("join")?;
        let (name, source) = self.range("in")?;
        self.expect_word("on")?;
        let one = self.expression()?;
        self.expect_word("equals")?;
        let two = self.expression()?;
        let group = if self.eat_word("into") { Some(self.name()?) } else { None };
        let (method, result) = if group.is_some() { ("GroupJoin", group) } else { ("Join", None) };
        let result = result.unwrap_or_else(|| Arc::clone(&name));
        let lambdas = vec![source, query.lambda(one), lambda(vec![name], two), query.pair(&result)];
        query.call(method, lambdas);
        query.names.push(result);
        Ok(())
    }

    fn order(&mut self, query: &mut Query) -> Result<(), ParseError> {
        let mut first = true;
        loop {
            let key = self.expression()?;
            let descending = self.eat_word("descending");
            if !descending {
                self.eat_word("ascending");
            }
            let method = match (first, descending) {
                (true, false) => "OrderBy",
                (true, true) => "OrderByDescending",
                (false, false) => "ThenBy",
                (false, true) => "ThenByDescending",
            };
            query.call(method, vec![query.lambda(key)]);
            first = false;
            if !self.eat(",") {
                return Ok(());
            }
        }
    }

    /// Reads `into x`: the selected values become the source of the rest.
    fn continues(&mut self, query: &mut Query) -> Result<bool, ParseError> {
        if !self.eat_word("into") {
            return Ok(false);
        }
        query.names = vec![self.name()?];
        Ok(true)
    }
}

fn lambda(names: Vec<Arc<str>>, body: Expr) -> Expr {
    let parameters = names.into_iter().map(|name| (None, name)).collect();
    let at = body.at;
    let body = LambdaBody::Value(Box::new(body));
    Expr { at, kind: ExprKind::Lambda(Lambda { parameters, body, is_clause: true, is_method: false }) }
}

/// Makes `source.Cast<T>()`.
fn cast(source: Expr, class: TypeName) -> Expr {
    let at = source.at;
    let link = |kind| Link { at, conditional: false, kind };
    let links = vec![link(LinkKind::Member("Cast".into(), vec![class])), link(LinkKind::Invoke(Vec::new()))];
    Expr { at, kind: ExprKind::Chain(Box::new(source), links) }
}

impl Query {
    /// Makes a lambda of all range variables. A single variable is its parameter; several are the members of one
    /// record.
    fn lambda(&self, body: Expr) -> Expr {
        lambda(vec![self.parameter()], body)
    }

    fn parameter(&self) -> Arc<str> {
        match self.names.as_slice() {
            [one] => Arc::clone(one),
            several => format!("*{}", several.join(",")).into(),
        }
    }

    /// Makes a record of the range variables and one more.
    fn with(&self, name: &Arc<str>, value: Expr) -> Expr {
        let at = value.at;
        let known =
            self.names.iter().map(|name| (Arc::clone(name), Expr { at, kind: ExprKind::Name(Arc::clone(name)) }));
        let members = known.chain([(Arc::clone(name), value)]).collect();
        Expr { at, kind: ExprKind::Anonymous(members) }
    }

    /// Makes a lambda of the range variables and a further one. It returns a record of them all.
    fn pair(&self, name: &Arc<str>) -> Expr {
        let value = Expr { at: self.source.at, kind: ExprKind::Name(Arc::clone(name)) };
        lambda(vec![self.parameter(), Arc::clone(name)], self.with(name, value))
    }

    fn call(&mut self, method: &str, lambdas: Vec<Expr>) {
        let at = self.source.at;
        let argument = |value| Argument { name: None, value: ArgumentValue::Plain(value) };
        let link = |kind| Link { at, conditional: false, kind };
        let member = link(LinkKind::Member(method.into(), Vec::new()));
        let invoke = link(LinkKind::Invoke(lambdas.into_iter().map(argument).collect()));
        let source = std::mem::replace(&mut self.source, Expr { at, kind: ExprKind::Null });
        self.source = match source.kind {
            ExprKind::Chain(base, mut links) if !links.iter().any(|link| link.conditional) => {
                links.push(member);
                links.push(invoke);
                Expr { at, kind: ExprKind::Chain(base, links) }
            }
            kind => Expr { at, kind: ExprKind::Chain(Box::new(Expr { at, kind }), vec![member, invoke]) },
        };
    }
}
