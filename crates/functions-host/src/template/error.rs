//! Why a route template cannot be used.

/// Why a template cannot be used.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum TemplateError {
    /// ASP.NET Core refuses it, which stops the whole host.
    #[error("{0}")]
    Refused(String),
    /// ASP.NET Core takes it, this host does not.
    #[error("{0} is not supported by this host")]
    Unsupported(String),
}
