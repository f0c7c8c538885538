#![doc = include_str!("../README.md")]
//!
//! Modules: `lexer` → `parse` → `syntax` → `check` (with `types` and `members`) → `program` → `evaluate`.

mod authorization;
mod certificate;
mod check;
mod context;
mod evaluate;
mod json;
mod jwt;
mod lexer;
mod limits;
mod lock;
mod members;
mod parse;
mod problem;
mod program;
mod regex;
mod syntax;
mod system_uri;
#[cfg(test)]
mod tests;
mod types;
mod value;
mod xml;

pub use authorization::Authorization;
pub use certificate::{Certificate, CertificateError, CertificateFacts, PublicKey};
pub use context::{
    Api, Body, Context, Deployment, Entropy, LastError, Operation, Product, Request, Response, Subscription, Url, User,
};
pub use json::Token;
pub use jwt::Jwt;
pub use problem::{EvaluationError, ParseError, ParseErrorKind, ParseWarning};
pub use regex::{RegexError, Replaced, TextReplacer};
pub use system_uri::{SystemUri, UriError};
pub use value::{DateTime, DateTimeOffset, Integer, Opaque, TimeSpan, Value, double_text};
pub use xml::xml_parsing_steps;

/// A policy expression, ready to run.
#[derive(Debug)]
pub struct Expression {
    program: program::Program,
    /// The type of the expression's value, once for each `return`.
    gives: Vec<types::Type>,
    reads: Reads,
    warnings: Vec<ParseWarning>,
}

/// The message bodies of the context that an expression may read. They must be in memory before it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// `context.Request.Body`
    pub request_body: bool,
    /// `context.Response.Body`
    pub response_body: bool,
}

impl Reads {
    /// Returns the bodies that at least one of the two reads.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            request_body: self.request_body || other.request_body,
            response_body: self.response_body || other.response_body,
        }
    }
}

/// The kind of value that the place of an expression needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedValue {
    /// Any value: every value has a text.
    Text,
    /// `true` or `false`
    Bool,
    /// A whole number.
    Integer,
    /// A `long`. No other number fits.
    Long,
    /// A type that the documentation of `set-variable` lists: a basic type, or JSON.
    Variable,
}

impl Expression {
    /// Reads an expression as it stands in a policy file, from its `@` to its closing bracket.
    ///
    /// # Errors
    /// When the source is not C#, when C# would not compile it, or when it is not supported. The error names the cause
    /// and its place in the source.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        let check::CheckedProgram { program, gives, reads, warnings } = check::program(&parse::source(source)?)?;
        Ok(Self { program, gives, reads, warnings })
    }

    /// Returns warnings about code that API Management may treat differently.
    #[must_use]
    pub fn warnings(&self) -> &[ParseWarning] {
        &self.warnings
    }

    /// Returns the bodies that the expression may read.
    #[must_use]
    pub fn reads(&self) -> Reads {
        self.reads
    }

    /// Returns the C# name of a type that the expression gives and that can never fit the wanted value.
    #[must_use]
    pub fn misfit(&self, wanted: ExpectedValue) -> Option<String> {
        let fits = |given: &types::Type| match wanted {
            ExpectedValue::Text => true,
            ExpectedValue::Bool => given.class == types::Class::Bool,
            // Digits in a string become a number when the expression runs.
            ExpectedValue::Integer => given.class.is_integer() || given.class == types::Class::String,
            ExpectedValue::Long => given.class == types::Class::Long,
            ExpectedValue::Variable => is_kept(given),
        };
        let misfit = self.gives.iter().find(|class| {
            let inner = class.underlying().unwrap_or(class);
            inner.class != types::Class::Object && !fits(inner)
        })?;
        Some(misfit.to_string())
    }

    /// Runs the expression.
    ///
    /// # Errors
    /// The message of the .NET exception that ended the expression, or the limit that it exceeded.
    pub fn evaluate(&self, context: &mut Context) -> Result<Value, EvaluationError> {
        Ok(evaluate::run(&self.program, context)?)
    }
}

/// Reports whether the page of `set-variable` lists the type
/// (learn.microsoft.com/azure/api-management/set-variable-policy).
fn is_kept(given: &types::Type) -> bool {
    use types::Class;
    match given.class {
        Class::Array => given.arguments.iter().all(|item| matches!(item.class, Class::Byte | Class::SByte)),
        Class::Null | Class::Thrown | Class::Bool | Class::Char | Class::String => true,
        Class::Single | Class::Double | Class::Decimal | Class::Guid | Class::DateTime | Class::TimeSpan => true,
        class => class.is_integer() || class.is_json(),
    }
}
