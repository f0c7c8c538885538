//! The log: what the host shows of this process.
//!
//! The host takes a line on standard output as information, and one on standard error as an error unless it has "warn"
//! in it (`WorkerProcess.cs` in Azure/azure-functions-host). It adds no invocation ID, and drops what a failed function
//! answers; so every line here carries the ID, and a failure is logged before it is answered.
//! Never a token, a header, a body or the value of a secret.

mod lines;

use std::{any::Any, error::Error as StdError, iter::successors, panic, time::Instant};

use axum::response::Response;
use http::HeaderMap;
use tracing::{Level, Span, error, field::display, info, info_span, warn};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use self::lines::Lines;
use crate::{
    error::Error,
    host::{InvocationId, TraceId},
};

/// Writes this crate's lines from "info" up, and those of its dependencies from "warning" up. Without colours.
pub fn init() {
    // A host that died has closed both pipes; to complain of that on one of them would be a panic.
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).log_internal_errors(false);
    let levels = Targets::new().with_default(Level::WARN).with_target("keyless_functions", Level::INFO);
    tracing_subscriber::registry().with(lines.with_writer(Lines)).with(levels).init();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        error!("panic{place}: {}", one_line(panic_text(panic.payload())));
    }));
}

/// What a panic was given to say.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default()
}

/// What every line of an invocation begins with.
pub(crate) fn invocation(function: &str, headers: &HeaderMap) -> Span {
    let (id, trace) = (InvocationId::of(headers), TraceId::of(headers).map(display));
    info_span!("invocation", %id, %function, trace)
}

/// An invocation's one line of failure or success.
pub(crate) fn report(response: &Response, started: Instant) {
    let failure = response.extensions().get::<Error>();
    let status = failure.map_or(response.status(), Error::status).as_u16();
    let duration_ms = started.elapsed().as_millis();
    match failure {
        None => info!(status, duration_ms, "done"),
        Some(failure) if failure.is_the_callers() => info!(status, duration_ms, "{}", chain(failure)),
        Some(failure @ Error::Busy(_)) => warn!(status, duration_ms, "{}", chain(failure)),
        Some(Error::Sources(failed)) => {
            for (source, failure) in failed {
                error!(status, duration_ms, %source, "{}", chain(failure));
            }
        }
        Some(Error::Checks(failed)) => {
            for failure in failed {
                error!(status, duration_ms, "{}", chain(failure));
            }
        }
        Some(failure) => error!(status, duration_ms, "{}", chain(failure)),
    }
}

/// An error and everything below it, in one line: the host makes an entry of each line.
fn chain(error: &dyn StdError) -> String {
    let mut text = String::new();
    for layer in successors(Some(error), |&error| error.source()) {
        let layer = one_line(&layer.to_string());
        // Layers that only wrap another, and some that quote it, would say the same twice.
        if !text.ends_with(&layer) {
            text = if text.is_empty() { layer } else { format!("{text}: {layer}") };
        }
    }
    text
}

/// Services put line breaks and whole documents into their messages.
fn one_line(text: &str) -> String {
    // Blob Storage's documents begin with a byte-order mark.
    let words = text.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").chars().take(2000).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn a_failure_is_one_line_from_top_to_bottom() {
        let bottom = Layer { text: "Caller: appid=x\r\nAction: get\u{1b}[31m", source: None };
        let middle = Layer { text: "403", source: Some(Box::new(bottom)) };
        let top = Layer { text: "Key Vault refused this app (403)", source: Some(Box::new(middle)) };
        assert_eq!(chain(&top), "Key Vault refused this app (403): 403: Caller: appid=x Action: get [31m");
    }

    #[test]
    fn a_layer_that_repeats_the_one_below_is_shown_once() {
        let bottom = Layer { text: "connection refused", source: None };
        let top = Layer { text: "connection refused", source: Some(Box::new(bottom)) };
        assert_eq!(chain(&top), "connection refused");
    }
}
