//! The log of this process. The host shows it.
//!
//! The host takes a line on standard output as information, and a line on standard error as an error unless it contains
//! "warn" (`WorkerProcess.cs` in Azure/azure-functions-host). It adds no invocation ID, and drops the body of a failed
//! invocation. So every line carries the ID, and a failure is logged before the answer is sent.

mod lines;

use std::{any::Any, error::Error, iter::successors, panic};

use tracing::{Level, error, warn};
use tracing_subscriber::{Layer, Registry, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use self::lines::Lines;

/// Any layer on the registry.
pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Makes the log from the layer that writes lines and from the levels.
pub(crate) type Compose = Box<dyn FnOnce(BoxedLayer, Targets) -> BoxedLayer + Send>;

/// Installs a subscriber and a panic hook, unless the app has set its own.
///
/// `RUST_LOG` holds levels such as `info,my_app=debug`. Without it, the crates named in `own` log from "info" up, and
/// all others from "warning" up.
pub(crate) fn init(rust_log: Option<&str>, own: &[&str], compose: Option<Compose>) {
    let default = || {
        let own = own.iter().chain(&["functions_handler"]).map(|target| ((*target).to_owned(), Level::INFO));
        Targets::new().with_default(Level::WARN).with_targets(own)
    };
    let levels = rust_log.map(str::parse::<Targets>);
    let refused = levels.as_ref().and_then(|levels| levels.as_ref().err().map(ToString::to_string));
    // A host that died has closed both pipes. Reporting that on one of them would panic.
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).log_internal_errors(false);
    let levels = levels.and_then(Result::ok).unwrap_or_else(default);
    let lines = lines.with_writer(Lines);
    // An event that no layer takes must cost nothing. Without other layers, the levels apply to the whole subscriber.
    let _ = match compose {
        None => tracing_subscriber::registry().with(lines).with(levels).try_init(),
        Some(compose) => tracing_subscriber::registry().with(compose(Box::new(lines), levels)).try_init(),
    };
    if let Some(problem) = refused {
        warn!("RUST_LOG is not a list of levels, so the default levels count: {problem}");
    }
    log_panics();
}

/// Logs each panic, unless the program has set a hook before.
fn log_panics() {
    let current = panic::take_hook();
    let default = panic::take_hook();
    // The standard library has no other way to ask whether a hook is set. Its default hook is made of the same code
    // each time, so two default hooks are equal.
    let is_default = std::ptr::eq(&raw const *current, &raw const *default);
    if !is_default {
        panic::set_hook(current);
        return;
    }
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
        error!("panic{place}: {}", one_line(panic_text(panic.payload())));
    }));
}

/// Returns the message of a panic.
pub(crate) fn panic_text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or_default()
}

/// Writes an error and all its sources in one line, because the host makes one entry of each line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for layer in successors(Some(error), |&error| error.source()) {
        let layer = one_line(&layer.to_string());
        // Some errors only wrap their source, and some quote it.
        if !text.ends_with(&layer) {
            text = if text.is_empty() { layer } else { format!("{text}: {layer}") };
        }
    }
    text
}

/// The largest number of characters of one error. A service may answer with a whole document, and Application Insights
/// takes 32,768.
const LONGEST_TEXT: usize = 8_000;

/// Makes one line of a message. Services put line breaks and whole documents into their messages.
fn one_line(text: &str) -> String {
    // Documents of some services begin with a byte-order mark.
    let words = text.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").chars().take(LONGEST_TEXT).collect()
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
