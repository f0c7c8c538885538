#![doc = include_str!("../README.md")]
//!
//! Modules: `source` → `parse` → `syntax` → `render`. `render` uses `scope` for values, `condition` and `filters`.

mod condition;
mod convert;
mod culture;
mod enumerable;
mod environment;
mod expression;
mod fault;
mod filters;
mod json;
mod parse;
mod print;
mod render;
mod scope;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod value;
mod xml;

pub use self::{
    environment::Environment,
    fault::{ParseError, RenderError},
    json::JsonError,
    value::{Object, Value},
    xml::{NilElement, XmlError},
};

/// A template, ready to be rendered.
#[derive(Debug)]
pub struct Template(Vec<syntax::Node>);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When DotLiquid refuses the template on upload. The message has DotLiquid's words.
    pub fn parse(template: &str) -> Result<Self, ParseError> {
        parse::template(template).map(Self)
    }

    /// Renders the template.
    ///
    /// # Errors
    /// When the rendering passes a limit. All other errors stand in the text.
    pub fn render(&self, environment: &Environment) -> Result<String, RenderError> {
        render::template(&self.0, environment)
    }
}
