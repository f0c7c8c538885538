//! One world for one test: local-azure in process, the Functions host, and the built handler as its child.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use local_azure::{
    LocalAzure,
    functions_host::{FunctionsHost, HostOptions},
    journal::{Entry, Service},
    journal_invocations, script_root,
    seed::Seed,
};
use tempfile::TempDir;
use tokio::{sync::Notify, time::timeout};

/// The handler that cargo built for these tests.
pub(crate) const HANDLER: &str = env!("CARGO_BIN_EXE_handler");

/// Everything, running; gone when dropped.
pub(crate) struct Rig {
    pub(crate) azure: LocalAzure,
    pub(crate) host: FunctionsHost,
    log: Arc<Mutex<Vec<String>>>,
    logged: Arc<Notify>,
    script_root: PathBuf,
    _folder: TempDir,
}

impl Rig {
    /// The default world.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The default world, changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Seed)) -> Self {
        Self::behind(change, async |edge| edge).await
    }

    /// The default world, changed, whose host asks for keys as in Azure.
    pub(crate) async fn locked(change: impl FnOnce(&mut Seed)) -> Self {
        Self::started(change, async |_: &mut Vec<(String, String)>| {}, true).await
    }

    /// The default world, changed, and with another way to it: `proxy` gets the URL of the edge, and gives the one that
    /// the handler shall use in its place.
    pub(crate) async fn behind(change: impl FnOnce(&mut Seed), proxy: impl AsyncFnOnce(String) -> String) -> Self {
        let through = async |environment: &mut Vec<(String, String)>| {
            let (_, edge) = environment.iter_mut().find(|(name, _)| name == "HTTPS_PROXY").unwrap();
            *edge = proxy(std::mem::take(edge)).await;
        };
        Self::started(change, through, false).await
    }

    /// The default world, changed, and with another environment of the handler.
    pub(crate) async fn in_environment(
        change: impl FnOnce(&mut Seed),
        change_environment: impl AsyncFnOnce(&mut Vec<(String, String)>),
    ) -> Self {
        Self::started(change, change_environment, false).await
    }

    async fn started(
        change: impl FnOnce(&mut Seed),
        change_environment: impl AsyncFnOnce(&mut Vec<(String, String)>),
        enforce_keys: bool,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script_root = folder.path().join("app");
        script_root::stage(project(), Path::new(HANDLER), &script_root).unwrap();
        let mut seed = seed();
        change(&mut seed);
        let azure = LocalAzure::start_in(seed, Some(&folder.path().join("data"))).await.unwrap();
        let mut environment = azure.app_environment();
        change_environment(&mut environment).await;
        let log = Arc::new(Mutex::new(Vec::new()));
        let logged = Arc::new(Notify::new());
        let (lines, bell) = (log.clone(), logged.clone());
        let host = FunctionsHost::start(HostOptions {
            environment,
            settings: azure.world().seed().function_app.settings.clone(),
            journal: journal_invocations(azure.journal()),
            log: Arc::new(move |line| {
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_string());
                bell.notify_waiters();
            }),
            fire_timers: false,
            enforce_keys,
            ..HostOptions::new(script_root.clone())
        })
        .await
        .unwrap();
        host.wait_ready().await.unwrap();
        Self { azure, host, log, logged, script_root, _folder: folder }
    }

    /// A URL of the Functions host.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.host.url().as_str().trim_end_matches('/'))
    }

    /// What the handler itself was answered, in order; the key vault's challenge is left out.
    pub(crate) fn answers(&self) -> Vec<Entry> {
        let mut entries = self.azure.journal().entries();
        entries.retain(|entry| entry.from.is_none() && !is_challenge(entry));
        entries
    }

    /// How many blobs were written.
    pub(crate) fn blob_count(&self) -> usize {
        self.answers().iter().filter(|entry| entry.decision.wrote.is_some()).count()
    }

    /// The process of the handler, which is the one that runs in this script root; absent while the host starts another.
    #[cfg(target_os = "linux")]
    pub(crate) fn handler_id(&self) -> Option<u32> {
        let runs_here =
            |id: &u32| std::fs::read_link(format!("/proc/{id}/cwd")).is_ok_and(|folder| folder == self.script_root);
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        processes.filter_map(|process| process.file_name().to_str()?.parse().ok()).find(runs_here)
    }

    /// The folder that the host runs.
    pub(crate) fn script_root(&self) -> &Path {
        &self.script_root
    }

    /// Waits for this in the log: what the handler writes before it answers may come through its pipe later.
    pub(crate) async fn until_logged(&self, text: &str) {
        let found = async {
            loop {
                let more = self.logged.notified();
                if self.log().contains(text) {
                    return;
                }
                more.await;
            }
        };
        timeout(Duration::from_secs(30), found).await.unwrap_or_else(|_| panic!("not logged: {text}"));
    }

    /// Everything the host and the handler logged.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log\n{}\n--- journal\n{:#?}", self.log(), self.azure.journal().entries());
        }
    }
}

fn is_challenge(entry: &Entry) -> bool {
    entry.service == Service::KeyVault && entry.status == 401 && entry.decision.identity.is_none()
}

/// The default seed.
pub(crate) fn seed() -> Seed {
    Seed::read(&project().join("local-azure/seed.toml")).unwrap()
}

/// The root of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
