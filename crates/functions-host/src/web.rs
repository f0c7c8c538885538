//! The state that outlives a restart: the host's own state, and the current job host.
//!
//! Source: `WebJobsScriptHostService.cs` of `Azure/azure-functions-host`, with `sequentialRestart`, which Core Tools sets:
//! the old job host has ended before the new one begins.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;
use uuid::Uuid;

use super::{
    HostError,
    core::Core,
    job::{self, Job},
    keys::Keys,
    options::Cors,
    process::STRIKES,
    script::Script,
    setup::HostSetup,
};

/// How long a replaced job host may go on with its invocations.
const LAST_INVOCATIONS: Duration = Duration::from_secs(10);

/// Where the host stands.
#[derive(Clone)]
pub(super) enum Phase {
    Starting,
    Running(Arc<Core>),
    /// The script root cannot be run, and why.
    Error(String),
    /// Taken offline through the admin API.
    Offline,
    Stopped,
}

/// The part of the host that listens.
pub(super) struct WebHost {
    pub(super) setup: HostSetup,
    pub(super) keys: Option<Keys>,
    pub(super) cors: Option<Cors>,
    pub(super) instance: Uuid,
    pub(super) started: Instant,
    pub(super) phase: watch::Sender<Phase>,
    /// Why the host gave up or was stopped.
    pub(super) ended: watch::Sender<Option<String>>,
    pub(super) job: Mutex<Option<Job>>,
    /// One restart at a time.
    pub(super) restarting: tokio::sync::Mutex<()>,
}

impl WebHost {
    /// Starts a job host.
    pub(super) fn start_job(&self, script: Script) -> Result<(), HostError> {
        let (core, mut job) = job::prepare(&self.setup, script, STRIKES)?;
        job.go_live(&self.setup, &core, self.ended.clone());
        *self.lock_job() = Some(job);
        self.phase.send_replace(Phase::Running(core));
        Ok(())
    }

    /// The running job host, if one runs.
    pub(super) fn core(&self) -> Option<Arc<Core>> {
        match &*self.phase.borrow() {
            Phase::Running(core) => Some(Arc::clone(core)),
            Phase::Starting | Phase::Error(_) | Phase::Offline | Phase::Stopped => None,
        }
    }

    /// The same, but waits out a restart.
    pub(super) async fn settled_core(&self) -> Option<Arc<Core>> {
        // The sender is in this very struct.
        let _ = self.phase.subscribe().wait_for(|phase| !matches!(phase, Phase::Starting)).await;
        self.core()
    }

    /// Kills the handler, reads the script root again and starts anew, on another port of the handler.
    pub(super) async fn restart(&self) {
        let _one = self.restarting.lock().await;
        if self.ended.borrow().is_some() {
            return;
        }
        self.end_job(Phase::Starting).await;
        if let Err(error) = self.setup.load().and_then(|script| self.start_job(script)) {
            self.setup.log.error(format!("The host cannot start: {error}"));
            self.phase.send_replace(Phase::Error(error.to_string()));
        }
    }

    /// Starts anew beside the running job host, which serves until the new handler answers, and ends when its invocations
    /// have. A new one that does not come up is thrown away. With a fixed port the old one ends first.
    pub(super) async fn replace(&self) -> Result<(), HostError> {
        let script = self.setup.load()?;
        let Some(old) = self.core().filter(|core| script.host.port.is_none() && core.handler.gave_up().is_none())
        else {
            self.restart().await;
            return self.problem().map_or(Ok(()), |problem| Err(HostError::Stopped(problem)));
        };
        let _one = self.restarting.lock().await;
        // The old one serves on, so one failure is enough.
        let (core, mut job) = job::prepare(&self.setup, script, 1)?;
        if !core.script.functions.is_empty()
            && let Err(reason) = core.handler.ready().await
        {
            job.tasks.shutdown().await;
            return Err(HostError::Stopped(reason));
        }
        // From here on each timer is the new one's.
        old.draining.send_replace(true);
        job.go_live(&self.setup, &core, self.ended.clone());
        let old_job = self.lock_job().replace(job);
        self.phase.send_replace(Phase::Running(core));
        let _ = tokio::time::timeout(LAST_INVOCATIONS, old.idle()).await;
        old.handler.stop().await;
        if let Some(mut job) = old_job {
            job.tasks.shutdown().await;
        }
        Ok(())
    }

    pub(super) async fn go_offline(&self) {
        let _one = self.restarting.lock().await;
        self.end_job(Phase::Offline).await;
    }

    /// Ends the job host, its handler first.
    pub(super) async fn end_job(&self, next: Phase) {
        let core = self.core();
        self.phase.send_replace(next);
        let job = self.lock_job().take();
        if let Some(core) = core {
            core.handler.stop().await;
        }
        if let Some(mut job) = job {
            job.tasks.shutdown().await;
        }
    }

    /// Drops the job host; its tasks end, and the handler is killed with them.
    pub(super) fn abandon(&self) {
        self.phase.send_replace(Phase::Stopped);
        self.tell_stopped();
        drop(self.lock_job().take());
    }

    /// Tells who waits for the end, unless it came before.
    pub(super) fn tell_stopped(&self) {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert_with(|| "it was stopped".to_owned());
            first
        });
    }

    /// Why the host gave up on the handler, or cannot start at all.
    pub(super) fn problem(&self) -> Option<String> {
        match &*self.phase.borrow() {
            Phase::Error(error) => Some(error.clone()),
            Phase::Running(core) => core.handler.gave_up(),
            Phase::Starting | Phase::Offline | Phase::Stopped => None,
        }
    }

    /// As `GET /admin/host/status` names it.
    pub(super) fn state(&self) -> &'static str {
        match &*self.phase.borrow() {
            Phase::Starting => "Starting",
            Phase::Running(core) if core.handler.gave_up().is_none() => "Running",
            Phase::Running(_) | Phase::Stopped => "Stopped",
            Phase::Error(_) => "Error",
            Phase::Offline => "Offline",
        }
    }

    fn lock_job(&self) -> std::sync::MutexGuard<'_, Option<Job>> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
