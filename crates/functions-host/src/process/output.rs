//! Copies the handler's stdout and stderr, line by line, into the log.
//!
//! Source: `WorkerProcess.cs` of `Azure/azure-functions-host`.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

use crate::log::{Level, Log, LogSource};

/// The number of error lines that explain an exit.
const KEPT: usize = 3;
/// The longest line in bytes. A longer line becomes several lines, so output without a line end takes no memory.
const LONGEST_LINE: u64 = 64 * 1024;
/// The prefix of a line that goes to the host's own log.
const HOST_LOG: &str = "LanguageWorkerConsoleLog";
/// The prefix of lines for tools, which are not for people.
const TOOL_LOG: &str = "azfuncjsonlog:";

/// The last lines of level error.
#[derive(Clone, Default)]
pub(super) struct LastErrors(Arc<Mutex<Vec<String>>>);

impl LastErrors {
    fn add(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.remove(0);
        }
        lines.push(line.to_owned());
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Clone, Copy)]
pub(super) enum Stream {
    Out,
    /// stderr with errors and warnings.
    Error,
    /// stderr with all output (`useStdErrorStreamForErrorsOnly` is false).
    MixedError,
}

impl Stream {
    /// Reads the stream to its end, so that the handler never blocks on a full pipe.
    pub(super) async fn read(self, source: impl AsyncRead + Unpin, log: Log, last_errors: LastErrors) {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        while (&mut source).take(LONGEST_LINE).read_until(b'\n', &mut line).await.is_ok_and(|count| count > 0) {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            let level = self.level(text);
            if level == Level::Error {
                last_errors.add(text);
            }
            if !text.starts_with(TOOL_LOG) {
                log.write_of(LogSource::Handler, level, text.strip_prefix(HOST_LOG).unwrap_or(text));
            }
            line.clear();
        }
    }

    fn level(self, line: &str) -> Level {
        let line = line.to_ascii_lowercase();
        match self {
            Self::Out => Level::Information,
            Self::Error | Self::MixedError if line.contains("warn") => Level::Warning,
            Self::Error => Level::Error,
            Self::MixedError => {
                let failure = ["error", "fail", "severe", "unhandled exception"].iter().any(|word| line.contains(word));
                if failure { Level::Error } else { Level::Information }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Level, Stream};

    #[test]
    fn a_line_gets_its_level_from_the_stream_and_its_words() {
        let cases = [
            (Stream::Out, "Error: all is lost", Level::Information),
            (Stream::Error, "all is well", Level::Error),
            (Stream::Error, "WARNING: disk", Level::Warning),
            (Stream::MixedError, "all is well", Level::Information),
            (Stream::MixedError, "warning: disk", Level::Warning),
            (Stream::MixedError, "Failed to open", Level::Error),
        ];
        for (stream, line, expected) in cases {
            assert_eq!(stream.level(line), expected, "{line}");
        }
    }
}
