//! The host's log: lines like those of `func start`, passed to the program that started the host.

use std::{fmt, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

/// The severity of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// An ordinary message.
    Information,
    /// A message that needs attention.
    Warning,
    /// A failure.
    Error,
}

/// The origin of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// The host.
    Host,
    /// The host, about the beginning or the end of an invocation. [`InvocationSink`](crate::InvocationSink) gets the
    /// invocation, too.
    Invocation,
    /// The handler: its output, and the logs of its answers.
    Handler,
}

/// One line of the log.
#[derive(Clone, Debug)]
pub struct LogLine {
    /// The time. It is absent in the list of functions, which `func start` prints without a time.
    pub at: Option<Timestamp>,
    /// The severity.
    pub level: Level,
    /// The origin.
    pub source: LogSource,
    /// The text without a line end. A message of the host may have several lines.
    pub text: String,
}

/// Writes `[2026-01-01T00:00:00.000Z] text`.
impl fmt::Display for LogLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => {
                let at = at.to_zoned(TimeZone::UTC);
                write!(f, "[{}] {}", at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"), self.text)
            }
            None => f.write_str(&self.text),
        }
    }
}

/// The sink of log lines. It is called from many tasks and must not block.
pub type LogSink = Arc<dyn Fn(LogLine) + Send + Sync>;

/// The sink, with a method for each level.
#[derive(Clone)]
pub(super) struct Log(pub(super) LogSink);

impl Log {
    pub(super) fn information(&self, text: impl Into<String>) {
        self.write(Level::Information, text);
    }

    pub(super) fn warning(&self, text: impl Into<String>) {
        self.write(Level::Warning, text);
    }

    pub(super) fn error(&self, text: impl Into<String>) {
        self.write(Level::Error, text);
    }

    pub(super) fn write(&self, level: Level, text: impl Into<String>) {
        self.write_of(LogSource::Host, level, text);
    }

    pub(super) fn write_of(&self, source: LogSource, level: Level, text: impl Into<String>) {
        (self.0)(LogLine { at: Some(Timestamp::now()), level, source, text: text.into() });
    }

    /// Writes a line without a time.
    pub(super) fn bare(&self, text: impl Into<String>) {
        (self.0)(LogLine { at: None, level: Level::Information, source: LogSource::Host, text: text.into() });
    }
}
