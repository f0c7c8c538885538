//! Names of types: `int`, `string[]`, `System.Collections.Generic.List<string>`, `int?`.

use super::{Kind, ParseError, Parser, is_keyword};
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
                return Err(self.error("the type is too complex"));
            }
        }
        if self.is("[") && self.ahead_is(1, ",") {
            return Err(self.error("arrays of several dimensions are not supported"));
        }
        Ok(name)
    }

    /// A type without `?` and `[]`.
    pub(super) fn plain_type(&mut self) -> Result<TypeName, ParseError> {
        let at = self.at();
        let mut parts = vec![self.type_part()?];
        while self.is(".") {
            self.advance();
            parts.push(self.type_part()?);
        }
        let mut arguments = Vec::new();
        if self.is("<") {
            arguments = self.type_arguments()?;
        }
        Ok(TypeName { at, parts, arguments, nullable: false, rank: 0 })
    }

    fn type_part(&mut self) -> Result<std::sync::Arc<str>, ParseError> {
        match self.kind() {
            Kind::Name(name) if &**name == "void" || &**name == "out" || !is_keyword(name) => {
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

    /// A type if one stands here and `follows` holds after it; otherwise nothing is read.
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
