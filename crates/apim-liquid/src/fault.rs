//! Errors of parsing and of rendering a template.

/// The refusal of a template when it is read, in DotLiquid's words.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct ParseError(pub(crate) String);

/// The reason why a rendering ended without a text.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum RenderError {
    /// The rendering passed this limit.
    #[error("the liquid template passed a limit: {0}")]
    Limit(&'static str),
    /// A regular expression passed a limit, or has a part that is not supported.
    #[error("a filter of the liquid template failed: {0}")]
    Regex(String),
}

/// An early end of the rendering of a node.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The message replaces the node in the text.
    Error(String),
    /// The message replaces the node in the text, as a syntax error.
    Syntax(String),
    Break,
    Continue,
    /// The whole rendering ends.
    Ended(RenderError),
}

impl Fault {
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self::Error(message.into())
    }

    /// Returns .NET's message for a member of nothing.
    pub(crate) fn null_reference() -> Self {
        Self::error("Object reference not set to an instance of an object.")
    }

    pub(crate) fn limit(what: &'static str) -> Self {
        Self::Ended(RenderError::Limit(what))
    }
}
