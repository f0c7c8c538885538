//! The error of a command.

/// The error of a command that could not do its work.
pub(super) type CommandError = Box<dyn std::error::Error + Send + Sync>;
