//! One run of the handler process.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{process::Command, task::JoinSet, time::timeout};

use super::output::{LastErrors, Stream};
use crate::{log::Log, script::HandlerCommand};

/// The time that the real host gives a killed process to end. Here the last lines of the process get the same time.
const GRACE: Duration = Duration::from_secs(1);

pub(super) struct Child {
    process: tokio::process::Child,
    readers: JoinSet<()>,
    last_errors: LastErrors,
}

/// The end of a run.
pub(super) struct Exit {
    /// The exit code as a shell reports it: 128 plus the signal for a killed process.
    pub(super) code: i32,
    pub(super) last_errors: Vec<String>,
}

impl Child {
    /// Starts the process without a shell, with only this environment.
    pub(super) fn spawn(
        executable: &Path,
        arguments: &[String],
        environment: Vec<(String, String)>,
        command: &HandlerCommand,
        log: &Log,
    ) -> io::Result<Self> {
        let mut process = Command::new(executable)
            .args(arguments)
            .current_dir(&command.working_directory)
            .env_clear()
            .envs(environment)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut readers = JoinSet::new();
        let last_errors = LastErrors::default();
        if let Some(stdout) = process.stdout.take() {
            readers.spawn(Stream::Out.read(stdout, log.clone(), last_errors.clone()));
        }
        if let Some(stderr) = process.stderr.take() {
            let stream = if command.stderr_is_for_errors_only { Stream::Error } else { Stream::MixedError };
            readers.spawn(stream.read(stderr, log.clone(), last_errors.clone()));
        }
        Ok(Self { process, readers, last_errors })
    }

    /// Waits for the end of the process and for its last output. It is safe to drop this future and to call again.
    pub(super) async fn wait(&mut self) -> Exit {
        let status = self.process.wait().await;
        self.drain().await;
        Exit { code: status.map_or(-1, exit_code), last_errors: self.last_errors.take() }
    }

    /// Sends SIGKILL without asking first, as the real host does. Output that was already written still reaches the
    /// log.
    pub(super) async fn kill(&mut self) {
        let _ = self.process.start_kill();
        let _ = timeout(GRACE, self.process.wait()).await;
        self.drain().await;
    }

    /// Reads the rest of the pipes. A child process of the handler may hold them open.
    async fn drain(&mut self) {
        let _ = timeout(GRACE, async { while self.readers.join_next().await.is_some() {} }).await;
    }
}

#[cfg(unix)]
fn exit_code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

#[cfg(not(unix))]
fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}
