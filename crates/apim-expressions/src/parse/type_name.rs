//! Names of types: `int`, `string[]`, `System.Collections.Generic.List<string>`, `int?`.

use super::{ParseError, Parser, TokenKind, is_keyword};
use crate::{limits, syntax::TypeName};

impl Parser<'_> {
    pub(super) fn type_name(&mut self) -> Result<TypeName, ParseError> {
        let mut name = self.nested(Self::plain_type)?;
        if self.is("?") {
            self.advance();
            name.nullable = true;
        }
        while self.is("[") && self.ahead_is(1, "]") {
            self.advance();
            self.advance();
            name.rank += 1;
            if name.rank > limits::ARRAY_RANK {
                return Err(self.unsupported("the type is too complex"));
            }
        }
        if self.is("[") && self.ahead_is(1, ",") {
            if !self.ahead_is(2, "]") || name.rank > 0 {
                return Err(self.unsupported("arrays of more than two dimensions are not supported"));
            }
            for _ in 0..3 {
                self.advance();
            }
            name.grid = true;
        }
        Ok(name)
    }

    /// Parses a type without `?` and `[]`.
    pub(super) fn plain_type(&mut self) -> Result<TypeName, ParseError> {
        let at = self.at();
        if self.is("(") {
            return self.tuple_type(at);
        }
        let mut parts = vec![self.type_part()?];
        while self.is(".") {
            self.advance();
            parts.push(self.type_part()?);
        }
        let mut arguments = Vec::new();
        if self.is("<") {
            arguments = self.type_arguments()?;
        }
        Ok(TypeName { arguments, ..TypeName::plain(at, parts) })
    }

    /// Parses `(int, string name)`.
    fn tuple_type(&mut self, at: usize) -> Result<TypeName, ParseError> {
        self.expect("(")?;
        let mut tuple = Vec::new();
        loop {
            let class = self.type_name()?;
            let named = matches!(self.kind(), TokenKind::Name(name) if !is_keyword(name));
            tuple.push((class, if named { Some(self.name()?) } else { None }));
            if !self.eat(",") {
                break;
            }
        }
        self.expect(")")?;
        if tuple.len() < 2 {
            return Err(self.error("Tuple must contain at least two elements."));
        }
        Ok(TypeName { tuple: tuple.into(), ..TypeName::plain(at, Vec::new()) })
    }

    fn type_part(&mut self) -> Result<std::sync::Arc<str>, ParseError> {
        match self.kind() {
            TokenKind::Name(name) if &**name == "void" || &**name == "out" || !is_keyword(name) => {
                let name = name.clone();
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn type_arguments(&mut self) -> Result<Vec<TypeName>, ParseError> {
        self.expect("<")?;
        let mut arguments = vec![self.type_name()?];
        while self.eat(",") {
            arguments.push(self.type_name()?);
        }
        self.expect(">")?;
        Ok(arguments)
    }

    /// Reads a type if one is here and `follows` is true after it; otherwise reads nothing.
    pub(super) fn try_type(&mut self, follows: impl FnOnce(&Self) -> bool) -> Option<TypeName> {
        let start = self.position;
        match self.type_name() {
            Ok(name) if follows(self) => Some(name),
            _ => {
                self.position = start;
                None
            }
        }
    }
}
