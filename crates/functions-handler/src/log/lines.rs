//! Standard output and standard error. The host derives a line's level from the stream.

use std::io::{self, Stderr, Stdout, Write};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// A writer that chooses the stream of each line by its level.
pub(super) struct Lines;

/// A line's stream.
pub(super) enum Line {
    Information(Stdout),
    Warning(Stderr),
    Error(Stderr),
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line::Information(io::stdout())
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Line {
        match *event.level() {
            Level::ERROR => Line::Error(io::stderr()),
            Level::WARN => Line::Warning(io::stderr()),
            _ => Line::Information(io::stdout()),
        }
    }
}

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match self {
            Self::Information(to) => to.write(line),
            Self::Warning(to) => to.write(line),
            Self::Error(to) => to.write_all(&no_warning(line)).map(|()| line.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Information(to) => to.flush(),
            Self::Warning(to) | Self::Error(to) => to.flush(),
        }
    }
}

/// Breaks up the word "warn" in an error's line. A service's text may have it, and the host would then log a warning.
fn no_warning(line: &[u8]) -> Vec<u8> {
    let mut safe = Vec::with_capacity(line.len());
    for (at, byte) in line.iter().enumerate() {
        safe.push(*byte);
        let begins = at.checked_sub(1).and_then(|start| line.get(start..start + 4));
        if begins.is_some_and(|word| word.eq_ignore_ascii_case(b"warn")) {
            safe.push(b'-');
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_never_taken_for_a_warning() {
        let safe = |text: &str| String::from_utf8(no_warning(text.as_bytes())).unwrap();
        assert_eq!(safe("ERROR it said: Warning 7, WARN, warn"), "ERROR it said: Wa-rning 7, WA-RN, wa-rn");
        assert_eq!(safe("ERROR für wa"), "ERROR für wa");
    }
}
