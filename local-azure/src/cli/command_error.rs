//! The error of a command.

/// What a command that could not do its work ends with.
pub(super) type CommandError = Box<dyn std::error::Error + Send + Sync>;
