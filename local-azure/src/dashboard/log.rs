//! The log of the Functions host, including the handler's output: the latest lines, bounded by number and size.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use functions_host::{Level, LogLine, LogSource};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The largest number of kept lines.
pub(super) const MOST_LINES: usize = 5000;

/// The largest number of bytes of their text together.
pub(super) const LARGEST_LOG: usize = 4 * 1024 * 1024;

/// A line of the log.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    /// Number of the line, from 1.
    number: u64,
    at: Timestamp,
    level: &'static str,
    source: &'static str,
    text: String,
}

#[derive(Default)]
pub(super) struct Log(Mutex<Lines>);

#[derive(Default)]
struct Lines {
    kept: VecDeque<Line>,
    bytes: usize,
    last: u64,
}

/// The kept lines after a given line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Later {
    pub(super) lines: Vec<Line>,
    /// Number of the last line.
    pub(super) last: u64,
    /// The number of lines that are no longer kept.
    pub(super) dropped: u64,
}

impl Log {
    /// Adds a line. Blank lines, which only separate lines on a terminal, are left out.
    pub(super) fn push(&self, line: &LogLine) {
        if line.text.trim().is_empty() {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last += 1;
        lines.bytes += line.text.len();
        let line = Line {
            number: lines.last,
            at: line.at.unwrap_or_else(Timestamp::now),
            level: match line.level {
                Level::Information => "information",
                Level::Warning => "warning",
                Level::Error => "error",
            },
            source: match line.source {
                LogSource::Host | LogSource::Invocation => "host",
                LogSource::Handler => "handler",
            },
            text: line.text.clone(),
        };
        lines.kept.push_back(line);
        while lines.kept.len() > MOST_LINES || lines.bytes > LARGEST_LOG {
            let Some(oldest) = lines.kept.pop_front() else { return };
            lines.bytes -= oldest.text.len();
        }
    }

    pub(super) fn after(&self, number: u64) -> Later {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let later = lines.kept.iter().filter(|line| line.number > number).cloned().collect();
        Later { lines: later, last: lines.last, dropped: lines.last - lines.kept.len() as u64 }
    }

    /// Returns the lines that name the invocation.
    pub(super) fn of_invocation(&self, id: Uuid) -> Vec<Line> {
        let id = id.to_string();
        self.lines(|line| line.text.to_ascii_lowercase().contains(&id))
    }

    /// Returns the handler's lines of a time span that name no invocation. They may belong to this invocation or to
    /// another.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Line> {
        self.lines(|line| line.source == "handler" && line.at >= from && line.at <= to && !names_invocation(&line.text))
    }

    fn lines(&self, is_wanted: impl Fn(&Line) -> bool) -> Vec<Line> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.kept.iter().filter(|line| is_wanted(line)).cloned().collect()
    }
}

fn names_invocation(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_hexdigit() || c == '-';
    text.split(|c: char| !is_inner(c)).any(|word| word.len() == 36 && Uuid::try_parse(word).is_ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn line(text: &str, at: Timestamp) -> LogLine {
        LogLine { at: Some(at), level: Level::Warning, source: LogSource::Handler, text: text.to_owned() }
    }

    #[test]
    fn lines_are_found_by_the_invocation_that_they_name_and_others_by_time_alone() {
        let (log, now) = (Log::default(), Timestamp::now());
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        for text in [format!("INFO invocation{{faas.invocation_id={one}}}: a"), format!("({other}) b"), "c".to_owned()]
        {
            log.push(&line(&text, now));
        }
        log.push(&line("late", now + Duration::from_secs(1)));
        let texts = |lines: Vec<Line>| lines.into_iter().map(|line| line.text).collect::<Vec<_>>();
        assert_eq!(texts(log.of_invocation(one)), [format!("INFO invocation{{faas.invocation_id={one}}}: a")]);
        assert_eq!(texts(log.between(now, now)), ["c"]);
        assert_eq!(log.after(3).lines.len(), 1);
    }

    #[test]
    fn old_lines_are_dropped_by_number_and_by_size() {
        let log = Log::default();
        (0..MOST_LINES + 2).for_each(|_| log.push(&line("a", Timestamp::now())));
        let later = log.after(0);
        assert_eq!((later.lines.len(), later.dropped, later.last), (MOST_LINES, 2, MOST_LINES as u64 + 2));
        log.push(&line(&"a".repeat(LARGEST_LOG), Timestamp::now()));
        assert_eq!(log.after(0).lines.len(), 1);
    }
}
