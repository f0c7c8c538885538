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

/// The line after which every service answers.
const READY: &str = "variables for other processes are in";

/// A running local-azure; it ends when dropped.
pub(crate) struct AzureProcess {
    child: Child,
    /// What a process needs to find it, and the settings of the seed's function app.
    pub(crate) environment: BTreeMap<String, String>,
    /// From its start until it was ready.
    pub(crate) ready_after: Duration,
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
        let mut started = Self { child, environment: BTreeMap::new(), ready_after: Duration::ZERO };
        if !lines.by_ref().map_while(Result::ok).any(|line| line.contains(READY)) {
            return Err(io::Error::other("local-azure ended before it was ready"));
        }
        started.ready_after = began.elapsed();
        thread::spawn(move || lines.for_each(drop));
        let text = fs::read_to_string(env_file)?;
        started.environment = text.lines().filter_map(variable).collect();
        Ok(started)
    }

    /// Resident memory now, in KiB.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        status_kib(self.child.id(), "VmRSS:")
    }
}

impl Drop for AzureProcess {
    fn drop(&mut self) {
        // Asked to end, it removes its folder.
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

/// `NAME='value'`, in which a quote is written `'\''`.
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
