//! Traces of what policies did, for whoever watches: `cargo local start --trace`.

use std::{
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use super::ApiManagement;

/// Where traces go, one line at a time; nowhere until somebody asks.
#[derive(Default)]
pub struct PolicyTrace(OnceLock<Sink>);

type Sink = Box<dyn Fn(&str) + Send + Sync>;

impl PolicyTrace {
    /// Sends every line from now on here. Only the first call counts.
    pub fn send_to(&self, sink: impl Fn(&str) + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(sink));
    }

    pub(super) fn is_on(&self) -> bool {
        self.0.get().is_some()
    }
}

impl fmt::Debug for PolicyTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyTrace").field(&self.is_on()).finish()
    }
}

/// The lines of one request, which are shown together when it ends.
#[derive(Default)]
pub(super) struct Lines(Mutex<Vec<String>>);

impl Lines {
    pub(super) fn push(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// Shows the request and its lines, without keys and tokens.
    pub(super) fn show(&self, world: &ApiManagement, request: &str) {
        let Some(sink) = world.policy_trace.0.get() else { return };
        sink(&redacted(request, world));
        for line in self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            sink(&redacted(&format!("  {line}"), world));
        }
    }
}

/// A policy may say anything in its trace, what it must not say included.
fn redacted(line: &str, world: &ApiManagement) -> String {
    let mut line = without_tokens(line);
    for key in world.subscription_keys.all() {
        line = line.replace(&key, "(key)");
    }
    line
}

/// The line without what looks like a token: every JSON object begins with `eyJ` in Base64.
fn without_tokens(line: &str) -> String {
    let mut clean = String::new();
    let mut rest = line;
    while let Some(start) = rest.find("eyJ") {
        let end = rest[start..].find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
        let end = end.map_or(rest.len(), |length| start + length);
        clean.push_str(&rest[..start]);
        clean.push_str(if rest[start..end].contains('.') { "(token)" } else { &rest[start..end] });
        rest = &rest[end..];
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_do_not_show() {
        assert_eq!(without_tokens("a eyJhbGci.eyJhdWQ.c2ln, eyJ b eyJ.x"), "a (token), eyJ b (token)");
    }
}
