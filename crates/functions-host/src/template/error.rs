//! The reasons why a route template cannot be used.

/// The reason why a template cannot be used.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum TemplateError {
    /// ASP.NET Core refuses the template, which stops the whole host.
    #[error("{0}")]
    Refused(String),
    /// ASP.NET Core accepts the template, but this host does not.
    #[error("{0} is not supported by this host")]
    Unsupported(String),
}
