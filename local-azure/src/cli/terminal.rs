//! The output of `start` while it runs: a line for each request, the handler's output, and the host's messages.
//!
//! A terminal gets colours; a file or pipe gets a word for a warning or an error. No line has two times: the time of
//! `start` replaces the handler's own.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::output::{eprintln, println};
use anstyle::Style;
use jiff::{Timestamp, tz::TimeZone};
use local_azure::functions_host::{Invocation, Level, LogLine, LogSource};
use serde_json::Value;

use super::style::{BOLD, DIM, GREEN, RED, YELLOW};

/// As many blanks as the time and the blanks after it.
const MARGIN: &str = "              ";

/// Text lines so soon after a line of binary output count as parts of that output.
const BINARY_BURST: Duration = Duration::from_secs(1);

/// The number of remembered messages. Beyond it, messages are forgotten and may be printed again. So a program that
/// asks for ever new hosts takes no memory.
const MOST_SAID: usize = 1_000;

/// The messages that were printed, and are not printed again.
#[derive(Default)]
pub(super) struct Terminal {
    /// The time of the handler's last line that was not text.
    binary: Mutex<Option<Instant>>,
    unknown_hosts: Mutex<BTreeSet<String>>,
    /// Errors of the host.
    errors: Mutex<BTreeSet<String>>,
    is_stopping: AtomicBool,
}

impl Terminal {
    /// Prints a line of the host's log. [`Terminal::invocation`] prints the lines about an invocation.
    pub(super) fn log(&self, line: &LogLine) {
        match (line.source, line.at) {
            (LogSource::Invocation, _) => {}
            (LogSource::Host | LogSource::Handler, None) => println!("{}", line.text),
            (LogSource::Host, Some(at)) if line.level == Level::Error => {
                if is_new(&self.errors, line.text.clone()) {
                    eprintln!("{}", host_line(at, line.level, &line.text));
                }
            }
            (LogSource::Host, Some(at)) => println!("{}", host_line(at, line.level, &line.text)),
            // Ctrl-C reaches the handler too. The handler may print something about it.
            (LogSource::Handler, Some(_)) if self.is_stopping.load(Ordering::Relaxed) => {}
            (LogSource::Handler, Some(at)) => self.handler(at, line.level, &line.text),
        }
    }

    fn handler(&self, at: Timestamp, level: Level, text: &str) {
        let mut binary = lock(&self.binary);
        if is_binary(text) {
            if binary.replace(Instant::now()).is_none() {
                let text = "the handler prints bytes that are no text; such lines are left out";
                println!("{}", host_line(at, Level::Warning, text));
            }
        } else if binary.is_none_or(|last| last.elapsed() > BINARY_BURST) {
            println!("{}", handler_line(at, level, text));
        }
    }

    /// From now on the handler's output is ignored.
    pub(super) fn stopping(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Tells why the host ended, without errors that were printed before.
    pub(super) fn end(&self, reason: &str) -> String {
        match lock(&self.errors).iter().any(|error| reason.contains(error.as_str())) {
            true => "the Functions host has given up on the handler, for the reason above".to_owned(),
            false => format!("the Functions host has ended: {reason}"),
        }
    }

    /// Prints an invocation that has ended.
    #[expect(clippy::unused_self, reason = "beside the others")]
    pub(super) fn invocation(&self, invocation: &Invocation) {
        println!("{}", invocation_lines(invocation));
    }

    /// Reports a host that some program asked for and that the seed lacks. Each host is reported once.
    pub(super) fn unknown_host(&self, host: &str) {
        if is_new(&self.unknown_hosts, host.to_ascii_lowercase()) {
            let text = format!("{host} was asked for and is not in the seed: refused, nothing leaves this machine");
            println!("{}", host_line(Timestamp::now(), Level::Warning, &text));
        }
    }
}

fn is_new(said: &Mutex<BTreeSet<String>>, text: String) -> bool {
    let mut said = lock(said);
    if said.len() >= MOST_SAID && !said.contains(&text) {
        said.clear();
    }
    said.insert(text)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Formats the time like `17:04:05.123  `.
fn time(at: Timestamp) -> String {
    format!("{DIM}{}{DIM:#}  ", at.to_zoned(TimeZone::system()).strftime("%H:%M:%S%.3f"))
}

fn style(level: Level) -> Style {
    match level {
        Level::Information => Style::new(),
        Level::Warning => YELLOW,
        Level::Error => RED,
    }
}

/// Returns a word for the level, unless the text has such a word.
fn word(level: Level, text: &str) -> &'static str {
    let text = text.to_ascii_lowercase();
    match level {
        Level::Warning if !text.contains("warn") => "warning: ",
        Level::Error if !text.contains("error") => "error: ",
        Level::Information | Level::Warning | Level::Error => "",
    }
}

fn host_line(at: Timestamp, level: Level, text: &str) -> String {
    let style = style(level);
    let lines: Vec<&str> = text.lines().collect();
    format!("{}{style}{}{}{style:#}", time(at), word(level, text), lines.join(&format!("\n{MARGIN}")))
}

fn handler_line(at: Timestamp, level: Level, text: &str) -> String {
    let text = without_time(text);
    let level = own_level(text).unwrap_or(level);
    let style = style(level);
    format!("{}{DIM}handler |{DIM:#} {style}{}{text}{style:#}", time(at), word(level, text))
}

/// Returns the text after a time in ISO 8601, which loggers put first.
fn without_time(text: &str) -> &str {
    let trimmed = text.trim_start_matches(['[', '(']);
    let end = trimmed.find(|c: char| !(c.is_ascii_digit() || "-:.,TZ+ ".contains(c))).unwrap_or(trimmed.len());
    let (time, rest) = trimmed.split_at(end);
    let is_time = |shape: &str| {
        time.len() >= shape.len()
            && time.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b' '),
                other => byte == other,
            })
    };
    if is_time("0000-00-00T00:00:00") { rest.trim_start_matches([']', ')', ' ']) } else { text }
}

/// Returns the level that a logger put first.
fn own_level(text: &str) -> Option<Level> {
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    match word.as_str() {
        "ERROR" | "CRITICAL" | "FATAL" => Some(Level::Error),
        "WARN" | "WARNING" => Some(Level::Warning),
        "INFO" | "DEBUG" | "TRACE" => Some(Level::Information),
        _ => None,
    }
}

/// Reports whether the text is binary. Bytes that are not UTF-8 have become replacement characters. Escape sequences
/// may be colours.
fn is_binary(text: &str) -> bool {
    text.contains(|c: char| c == char::REPLACEMENT_CHARACTER || c.is_control() && !matches!(c, '\t' | '\r' | '\u{1b}'))
}

/// Formats an invocation like `17:04:05.123  GET /api/orders/7  order  200  12 ms`, with the reason of a failure below
/// it.
fn invocation_lines(invocation: &Invocation) -> String {
    let Invocation { function, call, status, duration, .. } = invocation;
    let call = match call {
        Some(call) => format!("{BOLD}{}{BOLD:#} {}", call.method, call.path),
        None => format!("{BOLD}timer{BOLD:#}"),
    };
    let colour = match status {
        500.. => RED,
        _ if !invocation.succeeded() => RED,
        400.. => YELLOW,
        _ => GREEN,
    };
    let (at, milliseconds) = (time(invocation.started), duration.as_millis());
    let mut lines = format!("{at}{call}  {function}  {colour}{status}{colour:#}  {milliseconds} ms");
    if let Some(reason) = invocation.reason.as_deref().or(invocation.error.as_deref()) {
        for line in explanation(reason).lines() {
            let _ = write!(lines, "\n{MARGIN}{colour}{line}{colour:#}");
        }
    }
    lines
}

/// Returns the part of a body that a person reads: the message of a JSON error, and no markup.
fn explanation(body: &str) -> String {
    let body = body.trim();
    if body.starts_with('<') {
        return format!("the answer is markup of {} characters, which is not shown", body.chars().count());
    }
    let json: Option<Value> = serde_json::from_str(body).ok();
    let error = json.as_ref().and_then(|json| json.get("error"));
    let member = |name| error.and_then(|error| error.get(name)).and_then(Value::as_str);
    match (member("code"), member("message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (None, Some(message)) => message.to_owned(),
        _ => body.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use local_azure::functions_host::Call;

    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    fn invocation(status: u16, reason: Option<&str>) -> Invocation {
        Invocation {
            id: uuid::Uuid::nil(),
            function: "order".to_owned(),
            method: "POST".to_owned(),
            path: "/order".to_owned(),
            call: Some(Call { method: "GET".to_owned(), path: "/api/orders/7".to_owned() }),
            traceparent: None,
            started: Timestamp::UNIX_EPOCH,
            duration: Duration::from_millis(12),
            status,
            reason: reason.map(str::to_owned),
            error: None,
        }
    }

    #[test]
    fn what_is_said_once_is_remembered_within_bounds() {
        let said = Mutex::default();
        assert!(is_new(&said, "a".to_owned()) && !is_new(&said, "a".to_owned()));
        (0..MOST_SAID * 3).for_each(|host| assert!(is_new(&said, format!("host-{host}"))));
        assert!(lock(&said).len() <= MOST_SAID);
    }

    #[test]
    fn a_request_is_one_line_and_a_failure_says_why_below_it() {
        assert!(plain(&invocation_lines(&invocation(200, None))).ends_with("GET /api/orders/7  order  200  12 ms"));
        let timer = Invocation { call: None, ..invocation(200, None) };
        assert!(plain(&invocation_lines(&timer)).ends_with("  timer  order  200  12 ms"));
        let lines = |reason| plain(&invocation_lines(&invocation(503, Some(reason))));
        let failed = lines(r#"{"error":{"code":"Refused","message":"the vault refused"}}"#);
        assert!(failed.ends_with("503  12 ms\n              Refused: the vault refused"), "{failed}");
        let failed = lines("<?xml version=\"1.0\"?><Error><Code>X</Code></Error>");
        assert!(failed.contains("markup of 50 characters") && !failed.contains("<Error>"), "{failed}");
    }

    #[test]
    fn a_line_of_the_handler_has_one_time_and_its_own_level() {
        let line = |level, text| plain(&handler_line(Timestamp::UNIX_EPOCH, level, text))[MARGIN.len()..].to_owned();
        let tracing = "2026-11-28T19:00:00.123456Z  WARN invocation{x=1}: slow";
        assert_eq!(line(Level::Information, tracing), "handler | WARN invocation{x=1}: slow");
        assert_eq!(line(Level::Error, "[2026-11-28 19:00:00,123] INFO up"), "handler | INFO up");
        assert_eq!(line(Level::Error, "Traceback"), "handler | error: Traceback");
        assert_eq!(line(Level::Information, "12 items"), "handler | 12 items");
        assert_eq!(line(Level::Information, "2026-11-28 is a date"), "handler | 2026-11-28 is a date");
    }

    #[test]
    fn bytes_that_are_no_text_are_known() {
        for binary in ["\0", "a\u{fffd}b", "\u{7}"] {
            assert!(is_binary(binary), "{binary:?}");
        }
        for text in ["", "a\tb", "\u{1b}[31mred\u{1b}[0m", "ä"] {
            assert!(!is_binary(text), "{text:?}");
        }
    }
}
