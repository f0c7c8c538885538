//! A running handler, and the kernel's figures about it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::http::{self, Connection};

/// The pause between two attempts to reach the port.
const LOOK: Duration = Duration::from_micros(100);
/// The time limit of a start. A handler that has not answered by then counts as failed.
const LONGEST_START: Duration = Duration::from_secs(30);
/// The kernel's unit of processor time for programs: a hundredth of a second on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// The program to start, and its inputs.
pub(crate) struct Start<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: &'a [PathBuf],
    /// The whole environment of the process.
    pub(crate) environment: &'a BTreeMap<String, String>,
    /// The file for the output of the process.
    pub(crate) log: &'a Path,
}

/// A running handler process. It is killed when this value is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) port: u16,
    started: Instant,
}

impl Process {
    pub(crate) fn start(start: &Start<'_>) -> io::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = File::create(start.log)?;
        let mut command = Command::new(start.program);
        command
            .args(start.arguments)
            .env_clear()
            .envs(start.environment)
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let started = Instant::now();
        Ok(Self { child: command.spawn()?, port, started })
    }

    /// Waits until the handler answers `GET /api/health` with 200. Returns the time since the start, and the
    /// connection.
    pub(crate) async fn first_answer(&mut self) -> io::Result<(Duration, Connection)> {
        let request = http::request("GET", "/api/health", "");
        loop {
            if let Ok(mut connection) = Connection::open(self.port).await {
                let status = connection.ask(&request).await?;
                let took = self.started.elapsed();
                return match status {
                    200 => Ok((took, connection)),
                    _ => Err(io::Error::other(format!("health is answered with {status}"))),
                };
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(io::Error::other(format!("it ended with {status}")));
            }
            if self.started.elapsed() > LONGEST_START {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Returns the time since the handler was started.
    pub(crate) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the resident memory at this moment, in KiB.
    pub(crate) fn resident(&self) -> io::Result<u64> {
        status_kib(self.child.id(), "VmRSS:")
    }

    /// Returns the highest resident memory since [`Process::forget_peak`], in KiB.
    pub(crate) fn peak(&self) -> io::Result<u64> {
        status_kib(self.child.id(), "VmHWM:")
    }

    pub(crate) fn forget_peak(&self) -> io::Result<()> {
        // Documented in proc(5): 5 resets the peak of resident memory.
        fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")
    }

    /// Returns the processor time of all threads so far.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        cpu_of(&stat).ok_or_else(|| io::Error::other("/proc/PID/stat is not as in proc(5)"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a figure from `/proc/PID/status`.
pub(crate) fn status_kib(process: u32, name: &str) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    number.ok_or_else(|| io::Error::other(format!("/proc/PID/status has no {name}")))
}

/// Adds fields 14 and 15 of `/proc/PID/stat`. An earlier field is the name in brackets; it may hold any character.
fn cpu_of(stat: &str) -> Option<Duration> {
    let fields = stat.rsplit_once(')')?.1;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let (user, system): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(TICK * (user + system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 12 3 0 0 20 0 1 0 5 6 7";
        assert_eq!(cpu_of(stat), Some(Duration::from_millis(150)));
        assert_eq!(cpu_of("7 (a) S"), None);
    }
}
