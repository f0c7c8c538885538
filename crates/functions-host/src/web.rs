//! The state that outlives a restart: the host's own state, and the current job host.
//!
//! Source: `WebJobsScriptHostService.cs` of `Azure/azure-functions-host`, with `sequentialRestart`, which Core Tools
//! set: the old job host ends before the new one begins.

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

/// The time that a replaced job host gets for its running invocations.
const LAST_INVOCATIONS: Duration = Duration::from_secs(10);

/// The state of the host.
#[derive(Clone)]
pub(super) enum Phase {
    Starting,
    Running(Arc<Core>),
    /// The script root cannot be run, for this reason.
    Error(String),
    /// The host was taken offline through the admin API.
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
    /// The lock that allows one restart at a time.
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

    /// Returns the running job host, if there is one.
    pub(super) fn core(&self) -> Option<Arc<Core>> {
        match &*self.phase.borrow() {
            Phase::Running(core) => Some(Arc::clone(core)),
            Phase::Starting | Phase::Error(_) | Phase::Offline | Phase::Stopped => None,
        }
    }

    /// Returns the running job host after any restart has ended.
    pub(super) async fn settled_core(&self) -> Option<Arc<Core>> {
        // This cannot fail: the sender is in this struct.
        let _ = self.phase.subscribe().wait_for(|phase| !matches!(phase, Phase::Starting)).await;
        self.core()
    }

    /// Kills the handler, reads the script root again and starts a new job host. The handler gets another port.
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

    /// Starts a new job host beside the running one. The old one serves until the new handler answers, and ends with
    /// its last invocation. A new one that does not start is dropped. With a fixed port the old one ends first.
    pub(super) async fn replace(&self) -> Result<(), HostError> {
        let script = self.setup.load()?;
        let Some(old) = self.core().filter(|core| script.host.port.is_none() && core.handler.gave_up().is_none())
        else {
            self.restart().await;
            return self.problem().map_or(Ok(()), |problem| Err(HostError::Stopped(problem)));
        };
        let _one = self.restarting.lock().await;
        // The old job host continues to serve, so one failure is enough to give up.
        let (core, mut job) = job::prepare(&self.setup, script, 1)?;
        if !core.script.functions.is_empty()
            && let Err(reason) = core.handler.ready().await
        {
            job.tasks.shutdown().await;
            return Err(HostError::Stopped(reason));
        }
        // From here on, all timers belong to the new job host.
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

    /// Ends the job host; its handler ends first.
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

    /// Drops the job host. Its tasks end, and the handler is killed with them.
    pub(super) fn abandon(&self) {
        self.phase.send_replace(Phase::Stopped);
        self.tell_stopped();
        drop(self.lock_job().take());
    }

    /// Reports the end of the host to all waiting tasks, unless it was reported before.
    pub(super) fn tell_stopped(&self) {
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert_with(|| "it was stopped".to_owned());
            first
        });
    }

    /// Returns why the host gave up on the handler, or why it cannot start at all.
    pub(super) fn problem(&self) -> Option<String> {
        match &*self.phase.borrow() {
            Phase::Error(error) => Some(error.clone()),
            Phase::Running(core) => core.handler.gave_up(),
            Phase::Starting | Phase::Offline | Phase::Stopped => None,
        }
    }

    /// Returns the host's state as `GET /admin/host/status` names it.
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
