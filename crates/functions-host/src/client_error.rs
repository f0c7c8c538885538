//! The error of a request to the handler.

use std::error::Error as StdError;

use hyper_util::client::legacy::Error;

/// Reports whether the handler closed the connection before it answered anything.
pub(super) fn closed_without_answer(error: &Error) -> bool {
    let cause = StdError::source(error).and_then(|source| source.downcast_ref::<hyper::Error>());
    cause.is_some_and(|cause| cause.is_incomplete_message())
}

/// Reports whether the handler's answer is not HTTP.
pub(super) fn is_rubbish(error: &Error) -> bool {
    let cause = StdError::source(error).and_then(|source| source.downcast_ref::<hyper::Error>());
    cause.is_some_and(hyper::Error::is_parse)
}
