//! Primary expressions and the parts that may follow them: members, calls, indexes, `++`.

use std::sync::Arc;

use super::{PREDEFINED, ParseError, Parser, TokenKind, is_keyword};
use crate::syntax::{Argument, ArgumentValue, Expr, ExprKind, Link, LinkKind, Segment, TypeName};

impl Parser<'_> {
    pub(super) fn postfix(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        let base = self.primary()?;
        let mut links = Vec::new();
        while let Some(link) = self.link()? {
            links.push(link);
        }
        let value = match base.kind {
            _ if links.is_empty() => base,
            ExprKind::Chain(inner, mut first) if !first.iter().any(|link| link.conditional) => {
                first.append(&mut links);
                Expr { at, kind: ExprKind::Chain(inner, first) }
            }
            kind => Expr { at, kind: ExprKind::Chain(Box::new(Expr { at: base.at, kind }), links) },
        };
        let increment = self.is("++");
        if !increment && !self.is("--") {
            return Ok(value);
        }
        self.advance();
        Ok(step(at, value, increment, false))
    }

    fn link(&mut self) -> Result<Option<Link>, ParseError> {
        let at = self.at();
        let conditional_index = self.is("?") && self.adjacent_bracket();
        if conditional_index {
            self.advance();
        }
        let conditional = conditional_index || self.is("?.");
        let kind = match *self.kind() {
            TokenKind::Symbol("." | "?.") => {
                self.advance();
                let name = self.name()?;
                let arguments = if self.is("<") { self.generic_arguments() } else { Vec::new() };
                LinkKind::Member(name, arguments)
            }
            TokenKind::Symbol("(") => LinkKind::Invoke(self.arguments("(", ")")?),
            TokenKind::Symbol("[") => LinkKind::Index(self.arguments("[", "]")?),
            TokenKind::Symbol("::") => {
                return Err(self.unsupported("`::` is not supported: write the name without `global::`"));
            }
            TokenKind::Symbol("->") => return Err(self.unexpected()),
            _ => return Ok(None),
        };
        Ok(Some(Link { at, conditional, kind }))
    }

    fn adjacent_bracket(&self) -> bool {
        let next = self.tokens.get(self.position + 1);
        self.ahead_is(1, "[") && next.is_some_and(|next| next.at == self.token().end)
    }

    /// Reads `<T>` after a name where C# takes it for type arguments; otherwise reads nothing.
    fn generic_arguments(&mut self) -> Vec<TypeName> {
        const FOLLOWS: [&str; 16] =
            ["(", ")", "]", "}", ":", ";", ",", ".", "?", "==", "!=", "|", "^", "&&", "||", "&"];
        let start = self.position;
        match self.type_arguments() {
            Ok(arguments) if FOLLOWS.iter().any(|symbol| self.is(symbol)) => arguments,
            _ => {
                self.position = start;
                Vec::new()
            }
        }
    }

    pub(super) fn arguments(&mut self, open: &str, close: &str) -> Result<Vec<Argument>, ParseError> {
        self.expect(open)?;
        let mut arguments = Vec::new();
        if self.eat(close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument()?);
            if !self.eat(",") {
                self.expect(close)?;
                return Ok(arguments);
            }
        }
    }

    fn argument(&mut self) -> Result<Argument, ParseError> {
        let mut name = None;
        if matches!(self.kind(), TokenKind::Name(word) if !is_keyword(word)) && self.ahead_is(1, ":") {
            name = Some(self.name()?);
            self.advance();
        }
        let at = self.at();
        if self.eat_word("ref") {
            return Ok(Argument { name, value: ArgumentValue::Ref(at, self.name()?) });
        }
        if !self.eat_word("out") {
            return Ok(Argument { name, value: ArgumentValue::Plain(self.expression()?) });
        }
        let declares = self.try_type(|parser| matches!(parser.kind(), TokenKind::Name(word) if !is_keyword(word)));
        let variable = self.name()?;
        Ok(Argument { name, value: ArgumentValue::Out { at, declares, name: variable } })
    }

    fn primary(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        let kind = match self.kind() {
            TokenKind::Integer(value, suffix) => ExprKind::Integer(*value, *suffix),
            TokenKind::Real(value) => ExprKind::Real(*value),
            TokenKind::Single(value) => ExprKind::Single(*value),
            TokenKind::Decimal(value) => ExprKind::Decimal(*value),
            TokenKind::Text(text) => ExprKind::Text(Arc::clone(text)),
            TokenKind::Char(unit) => ExprKind::Char(*unit),
            TokenKind::InterpolationBegin => return self.interpolated(),
            TokenKind::Symbol("(") => {
                return self.parenthesised();
            }
            TokenKind::Name(name) => {
                let name = Arc::clone(name);
                return self.word(at, &name);
            }
            _ => return Err(self.unexpected()),
        };
        self.advance();
        Ok(Expr { at, kind })
    }

    /// Parses `(a)`, or a tuple `(a, b)`.
    fn parenthesised(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        if let Some(variables) = self.deconstruction() {
            return Ok(Expr { at, kind: ExprKind::Deconstruct(variables) });
        }
        self.expect("(")?;
        let name = self.element_name()?;
        let first = self.expression()?;
        if self.is(",") {
            return self.tuple(at, (name, first));
        }
        self.expect(")")?;
        if name.is_some() { Err(self.error("Tuple must contain at least two elements.")) } else { Ok(first) }
    }

    /// Parses the elements of a tuple after the first.
    fn tuple(&mut self, at: usize, first: (Option<Arc<str>>, Expr)) -> Result<Expr, ParseError> {
        let mut elements = vec![first];
        while self.eat(",") {
            let name = self.element_name()?;
            elements.push((name, self.expression()?));
        }
        self.expect(")")?;
        Ok(Expr { at, kind: ExprKind::Tuple(elements) })
    }

    /// Reads `name:` before an element.
    fn element_name(&mut self) -> Result<Option<Arc<str>>, ParseError> {
        let named = matches!(self.kind(), TokenKind::Name(word) if !is_keyword(word)) && self.ahead_is(1, ":");
        if !named {
            return Ok(None);
        }
        let name = self.name()?;
        self.advance();
        Ok(Some(name))
    }

    /// Reads `var (a, b)` or `(int a, var b)` before a word; otherwise reads nothing.
    pub(super) fn deconstruction_before(&mut self, word: &str) -> Option<Vec<(TypeName, Arc<str>)>> {
        let start = self.position;
        let variables = self.var_variables().or_else(|| self.typed_variables());
        if variables.is_some() && self.is_word(word) {
            return variables;
        }
        self.position = start;
        None
    }

    /// Reads `(int a, var b)` before `=`; otherwise reads nothing.
    fn deconstruction(&mut self) -> Option<Vec<(TypeName, Arc<str>)>> {
        let start = self.position;
        let variables = self.typed_variables();
        if variables.is_some() && self.is("=") {
            return variables;
        }
        self.position = start;
        None
    }

    /// Reads `(int a, var b)`.
    fn typed_variables(&mut self) -> Option<Vec<(TypeName, Arc<str>)>> {
        let start = self.position;
        let mut variables = Vec::new();
        if self.eat("(") {
            while let Some(class) =
                self.try_type(|parser| matches!(parser.kind(), TokenKind::Name(w) if !is_keyword(w)))
            {
                let Ok(name) = self.name() else { break };
                variables.push((class, name));
                if !self.eat(",") {
                    break;
                }
            }
        }
        if variables.len() > 1 && self.eat(")") {
            return Some(variables);
        }
        self.position = start;
        None
    }

    /// Reads `var (a, b)` before `=`; otherwise reads nothing.
    fn var_deconstruction(&mut self) -> Option<Vec<(TypeName, Arc<str>)>> {
        let start = self.position;
        let variables = self.var_variables();
        if variables.is_some() && self.is("=") {
            return variables;
        }
        self.position = start;
        None
    }

    /// Reads `var (a, b)`.
    fn var_variables(&mut self) -> Option<Vec<(TypeName, Arc<str>)>> {
        let start = self.position;
        let class = self.plain_type().ok()?;
        let mut variables = Vec::new();
        if class.is_var() && self.eat("(") {
            while let Ok(name) = self.name() {
                variables.push((class.clone(), name));
                if !self.eat(",") {
                    break;
                }
            }
        }
        if variables.len() > 1 && self.eat(")") {
            return Some(variables);
        }
        self.position = start;
        None
    }

    fn word(&mut self, at: usize, name: &Arc<str>) -> Result<Expr, ParseError> {
        let kind = match &**name {
            "null" => ExprKind::Null,
            "true" => ExprKind::Bool(true),
            "false" => ExprKind::Bool(false),
            "new" => return self.creation(),
            "default" => return self.default_value(at),
            "delegate" if self.ahead_is(1, "(") => {
                self.advance();
                return self.anonymous_method(at);
            }
            "checked" | "unchecked" | "nameof" | "typeof" | "sizeof" if self.ahead_is(1, "(") => {
                return self.keyword_call(at, name);
            }
            "var" if self.ahead_is(1, "(") => {
                if let Some(variables) = self.var_deconstruction() {
                    return Ok(Expr { at, kind: ExprKind::Deconstruct(variables) });
                }
                ExprKind::Name(Arc::clone(name))
            }
            word if PREDEFINED.contains(&word) => return Ok(Expr { at, kind: ExprKind::Type(self.plain_type_word()) }),
            word if is_keyword(word) => return Err(self.unexpected()),
            // A value can begin with a generic name only in the form `List<int>.…`.
            _ if self.ahead_is(1, "<") => {
                if let Some(class) = self.try_type(|parser| parser.is(".")) {
                    return Ok(Expr { at, kind: ExprKind::Type(class) });
                }
                ExprKind::Name(Arc::clone(name))
            }
            _ => ExprKind::Name(Arc::clone(name)),
        };
        self.advance();
        Ok(Expr { at, kind })
    }

    /// Parses `default(T)` and `default`.
    fn default_value(&mut self, at: usize) -> Result<Expr, ParseError> {
        self.advance();
        if !self.eat("(") {
            return Ok(Expr { at, kind: ExprKind::DefaultLiteral });
        }
        let class = self.type_name()?;
        self.expect(")")?;
        Ok(Expr { at, kind: ExprKind::Default(class) })
    }

    /// Parses `checked(value)`, `nameof(value)`, `typeof(T)` and similar forms.
    fn keyword_call(&mut self, at: usize, word: &str) -> Result<Expr, ParseError> {
        self.advance();
        self.advance();
        let kind = match word {
            "typeof" => ExprKind::TypeOf(self.type_name()?),
            "sizeof" => ExprKind::SizeOf(self.type_name()?),
            "nameof" => ExprKind::NameOf(Box::new(self.expression()?)),
            _ => ExprKind::Checked(word == "checked", Box::new(self.expression()?)),
        };
        self.expect(")")?;
        Ok(Expr { at, kind })
    }

    /// Reads a keyword that names a type, without the `.Parse` that may follow.
    fn plain_type_word(&mut self) -> TypeName {
        let at = self.at();
        let parts = if let TokenKind::Name(name) = self.kind() { vec![Arc::clone(name)] } else { Vec::new() };
        self.advance();
        TypeName::plain(at, parts)
    }

    fn interpolated(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        self.advance();
        let mut segments = Vec::new();
        loop {
            match self.kind() {
                TokenKind::Text(text) => {
                    segments.push(Segment::Text(Arc::clone(text)));
                    self.advance();
                }
                TokenKind::HoleBegin => {
                    self.advance();
                    segments.push(self.hole()?);
                }
                TokenKind::InterpolationEnd => {
                    self.advance();
                    return Ok(Expr { at, kind: ExprKind::Interpolated(segments) });
                }
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn hole(&mut self) -> Result<Segment, ParseError> {
        let value = self.expression()?;
        let mut alignment = None;
        if self.eat(",") {
            let minus = self.eat("-");
            let TokenKind::Integer(width @ 0..=1000, None) = *self.kind() else {
                return Err(self.error("the width in an interpolated string must be a small number"));
            };
            self.advance();
            let width = i32::try_from(width).unwrap_or_default();
            alignment = Some(if minus { -width } else { width });
        }
        let mut format = None;
        if let TokenKind::Format(text) = self.kind() {
            format = Some(Arc::clone(text));
            self.advance();
        }
        if *self.kind() != TokenKind::HoleEnd {
            return Err(self.unexpected());
        }
        self.advance();
        Ok(Segment::Hole { value, alignment, format })
    }
}

pub(super) fn step(at: usize, place: Expr, increment: bool, prefix: bool) -> Expr {
    Expr { at, kind: ExprKind::Step { place: Box::new(place), increment, prefix } }
}
