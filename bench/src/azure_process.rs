//! local-azure in its own process, as `local-azure start --no-host` runs it.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::process::status_kib;

/// A part of the line that local-azure prints when every service answers.
const READY: &str = "variables for other processes are in";

/// A running local-azure process. It ends when this value is dropped.
pub(crate) struct AzureProcess {
    child: Child,
    /// The variables with which a process finds this local-azure, and the settings of the seed's function app.
    pub(crate) environment: BTreeMap<String, String>,
    /// The time from the start of the process until it was ready.
    ready_after: Duration,
    /// The resident memory when the process was ready, in KiB.
    resident_when_ready: u64,
}

/// Time and memory of one local-azure process.
pub(crate) struct Figures {
    pub(crate) ready_ms: f64,
    pub(crate) ready_mb: f64,
    /// The memory after the load.
    pub(crate) loaded_mb: f64,
}

impl AzureProcess {
    pub(crate) fn start(program: &Path, seed: &Path, folder: &Path) -> io::Result<Self> {
        let env_file = folder.join("azure.env");
        let began = Instant::now();
        let mut child = Command::new(program)
            .args(["start", "--no-host", "--seed"])
            .arg(seed)
            .arg("--env-file")
            .arg(&env_file)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = child.stdout.take().map(BufReader::new).into_iter().flat_map(BufReader::lines);
        let mut started =
            Self { child, environment: BTreeMap::new(), ready_after: Duration::ZERO, resident_when_ready: 0 };
        if !lines.by_ref().map_while(Result::ok).any(|line| line.contains(READY)) {
            return Err(io::Error::other("local-azure ended before it was ready"));
        }
        started.ready_after = began.elapsed();
        started.resident_when_ready = started.resident()?;
        thread::spawn(move || lines.for_each(drop));
        let text = fs::read_to_string(env_file)?;
        started.environment = text.lines().filter_map(variable).collect();
        Ok(started)
    }

    /// Returns the resident memory at this moment, in KiB.
    fn resident(&self) -> io::Result<u64> {
        status_kib(self.child.id(), "VmRSS:")
    }

    /// Returns the time until the process was ready, and its memory then and now.
    pub(crate) fn figures(&self) -> io::Result<Figures> {
        let megabytes = |kib: u64| kib as f64 * 1.024e-3;
        Ok(Figures {
            ready_ms: self.ready_after.as_secs_f64() * 1e3,
            ready_mb: megabytes(self.resident_when_ready),
            loaded_mb: megabytes(self.resident()?),
        })
    }
}

impl Drop for AzureProcess {
    fn drop(&mut self) {
        // The process removes its folder when it is asked to end.
        stop(&mut self.child);
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn stop(child: &mut Child) {
    use nix::{
        sys::signal::{Signal, kill},
        unistd::Pid,
    };
    let _ = i32::try_from(child.id()).map(|id| kill(Pid::from_raw(id), Signal::SIGTERM));
}

#[cfg(not(unix))]
fn stop(child: &mut Child) {
    let _ = child.kill();
}

/// Reads a line `NAME='value'`. A quote in the value is written `'\''`.
fn variable(line: &str) -> Option<(String, String)> {
    let (name, quoted) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
    let value = quoted.strip_prefix('\'')?.strip_suffix('\'')?;
    Some((name.to_owned(), value.replace(r"'\''", "'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_read_as_it_was_before_it_was_quoted() {
        let read = |line| variable(line).map(|(name, value)| format!("{name}: {value}"));
        assert_eq!(read(r"A='it'\''s'").as_deref(), Some("A: it's"));
        assert_eq!(read("# A='b'"), None);
        assert_eq!(read("A=b"), None);
    }
}
