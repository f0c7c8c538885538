//! Errors: at parse time ([`ParseError`]), and while an expression runs ([`EvaluationError`]).

use std::{fmt, sync::Arc};

/// Why a policy expression is refused before it ever runs. The author of the policy must act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The place in bytes from the start of the source (its `@` is 0).
    pub offset: usize,
    /// The error or the unsupported feature, by name.
    pub message: String,
    /// Whether the C# compiler or only this crate refuses the expression.
    pub kind: ParseErrorKind,
}

/// The origin of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// The C# compiler behind API Management, on upload.
    Invalid,
    /// This crate alone: API Management takes the expression.
    Unsupported,
}

impl ParseError {
    /// Makes the error for an expression that API Management refuses.
    pub(crate) fn invalid(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), kind: ParseErrorKind::Invalid }
    }

    /// Makes the error for an expression that API Management takes, but this crate does not run.
    pub(crate) fn unsupported(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), kind: ParseErrorKind::Unsupported }
    }
}

/// Code that API Management may treat differently. This crate accepts the expression anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseWarning {
    /// The place in bytes from the start of the source.
    pub offset: usize,
    /// The difference, by name.
    pub message: String,
}

/// Why an expression ended without a value. API Management calls this `ExpressionValueEvaluationFailure` and puts
/// "Expression evaluation failed." before the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EvaluationError {
    /// The message of the .NET exception, or the limit or missing feature that ended the evaluation.
    pub message: String,
}

/// A .NET exception as `catch (Exception e)` sees it.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    /// The full name of the exception's class.
    pub(crate) class: &'static str,
    pub(crate) message: Arc<str>,
    pub(crate) inner: Option<Arc<Exception>>,
}

/// Why the evaluation of a part ended without a value.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// A .NET exception, which the expression may catch.
    Thrown(Exception),
    /// An exceeded limit or an unsupported feature, which no `catch` may hide.
    Stopped(String),
}

impl Failure {
    pub(crate) fn thrown(class: &'static str, message: impl Into<Arc<str>>) -> Self {
        Self::Thrown(Exception { class, message: message.into(), inner: None })
    }

    pub(crate) fn unsupported(what: impl fmt::Display) -> Self {
        Self::Stopped(format!("{what} is not supported"))
    }

    pub(crate) fn null_reference() -> Self {
        Self::thrown("System.NullReferenceException", "Object reference not set to an instance of an object.")
    }

    pub(crate) fn invalid_cast(from: impl fmt::Display, to: impl fmt::Display) -> Self {
        let message = format!("Unable to cast object of type '{from}' to type '{to}'.");
        Self::thrown("System.InvalidCastException", message)
    }

    pub(crate) fn bad_cast(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.InvalidCastException", message)
    }

    pub(crate) fn argument(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.ArgumentException", message)
    }

    pub(crate) fn argument_null(parameter: &str) -> Self {
        let message = format!("Value cannot be null. (Parameter '{parameter}')");
        Self::thrown("System.ArgumentNullException", message)
    }

    pub(crate) fn out_of_range(message: &str, parameter: &str) -> Self {
        let message = format!("{message} (Parameter '{parameter}')");
        Self::thrown("System.ArgumentOutOfRangeException", message)
    }

    /// Makes the error for an index that a list, an array of bytes or a JSON array does not have.
    pub(crate) fn index_out_of_range() -> Self {
        Self::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "index",
        )
    }

    pub(crate) fn array_index() -> Self {
        Self::thrown("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
    }

    pub(crate) fn key_not_found(key: impl fmt::Display) -> Self {
        let message = format!("The given key '{key}' was not present in the dictionary.");
        Self::thrown("System.Collections.Generic.KeyNotFoundException", message)
    }

    pub(crate) fn format(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.FormatException", message)
    }

    pub(crate) fn regex_parse(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.Text.RegularExpressions.RegexParseException", message)
    }

    pub(crate) fn regex_timeout() -> Self {
        Self::thrown(
            "System.Text.RegularExpressions.RegexMatchTimeoutException",
            "The Regex engine has timed out while trying to match a pattern to an input string. This can occur for many \
             reasons, including very large inputs or excessive backtracking caused by nested quantifiers, back-references \
             and other factors.",
        )
    }

    pub(crate) fn zone_not_found(id: &str) -> Self {
        let message = format!("The time zone ID '{id}' was not found on the local computer.");
        Self::thrown("System.TimeZoneNotFoundException", message)
    }

    pub(crate) fn uri_format(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.UriFormatException", message)
    }

    pub(crate) fn number_format(text: &str) -> Self {
        Self::format(format!("The input string '{text}' was not in a correct format."))
    }

    pub(crate) fn overflow(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.OverflowException", message)
    }

    pub(crate) fn arithmetic(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.ArithmeticException", message)
    }

    pub(crate) fn divide_by_zero() -> Self {
        Self::thrown("System.DivideByZeroException", "Attempted to divide by zero.")
    }

    pub(crate) fn invalid_operation(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.InvalidOperationException", message)
    }

    pub(crate) fn json(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("Newtonsoft.Json.JsonReaderException", message)
    }

    pub(crate) fn json_exception(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("Newtonsoft.Json.JsonException", message)
    }

    pub(crate) fn xml(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.Xml.XmlException", message)
    }

    pub(crate) fn cryptographic(message: impl Into<Arc<str>>) -> Self {
        Self::thrown("System.Security.Cryptography.CryptographicException", message)
    }
}

impl From<Failure> for EvaluationError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Thrown(exception) => Self { message: exception.message.to_string() },
            Failure::Stopped(message) => Self { message },
        }
    }
}
