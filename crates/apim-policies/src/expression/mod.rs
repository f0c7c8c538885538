//! Policy expressions: `@(…)` and `@{…}`, the subset of C# 7 that API Management runs
//! (learn.microsoft.com/azure/api-management/api-management-policy-expressions).
//!
//! [`Expression::parse`] turns the text into a checked program: it knows the type of everything, and refuses what the
//! compiler behind API Management refuses on upload, as well as what is not supported here, by name.
//! [`Expression::evaluate`] runs it on a [`Context`]. Nothing here does I/O, reads a clock, or runs without limits.
//!
//! On the way: `lexer` → `parse` → `syntax` → `check` (with `types` and `members`) → `program` → `evaluate`.

mod check;
mod context;
mod evaluate;
mod json;
mod jwt;
mod lexer;
mod limits;
mod members;
mod parse;
mod problem;
mod program;
mod syntax;
#[cfg(test)]
mod tests;
mod types;
mod value;

pub use context::{
    Api, Body, Context, Deployment, Entropy, LastError, Operation, Product, Request, Response, Subscription, Url, User,
};
pub use json::Token;
pub use jwt::Jwt;
pub use problem::{EvaluationError, ParseError};
pub use value::{DateTime, DateTimeOffset, Integer, Opaque, TimeSpan, Value};

/// A policy expression, ready to run.
#[derive(Debug)]
pub struct Expression(program::Program);

impl Expression {
    /// Reads an expression as it stands in a policy file, from its `@` to its closing bracket.
    ///
    /// # Errors
    /// What is not C#, what C# would not compile, or what is not supported; by name, with the place in the source.
    pub fn parse(source: &str) -> Result<Self, ParseError> {
        Ok(Self(check::program(&parse::source(source)?)?))
    }

    /// Runs the expression.
    ///
    /// # Errors
    /// The message of the .NET exception it ends with, or the limit it passed.
    pub fn evaluate(&self, context: &mut Context) -> Result<Value, EvaluationError> {
        Ok(evaluate::run(&self.0, context)?)
    }
}
