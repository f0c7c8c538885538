//! One world for one test: local-azure in process, the Functions host, and the built handler as its child.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use local_azure::{
    LocalAzure,
    functions_host::{FunctionsHost, HostOptions},
    journal::{Entry, Journal, Service},
    journal_invocations, script_root,
    seed::Seed,
    world::World,
};
use reqwest::{Client, IntoUrl, Response};
use tempfile::TempDir;
use tokio::{sync::Notify, time::timeout};

use crate::leaks::Secrets;

/// The handler that cargo built for these tests.
pub(crate) const HANDLER: &str = env!("CARGO_BIN_EXE_handler");

/// The lines that a host and its handler have logged, and the notification of new lines.
#[derive(Clone, Default)]
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    logged: Arc<Notify>,
}

impl Log {
    fn text(&self) -> String {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }
}

/// The records of a test: shown if the test fails, and otherwise searched for secrets.
struct Evidence {
    log: Log,
    journal: Journal,
    world: Arc<World>,
    identity_header: String,
    folder: PathBuf,
}

impl Evidence {
    fn secrets(&self) -> Secrets {
        Secrets::from_world(&self.world, &self.identity_header)
    }
}

impl Drop for Evidence {
    fn drop(&mut self) {
        let (log, entries) = (self.log.text(), self.journal.entries());
        if std::thread::panicking() {
            eprintln!("--- log\n{log}\n--- journal\n{entries:#?}");
            return;
        }
        let secrets = self.secrets();
        secrets.are_not_in("the log", log.as_bytes());
        secrets.are_not_in("the journal", &serde_json::to_vec(&entries).unwrap());
        secrets.are_in_no_file_of(&self.folder);
    }
}

/// A running world with a host. It ends when it is dropped.
pub(crate) struct Rig {
    pub(crate) azure: LocalAzure,
    pub(crate) host: Arc<FunctionsHost>,
    evidence: Evidence,
    script_root: PathBuf,
    environment: Vec<(String, String)>,
    _folder: TempDir,
}

/// A world without a host.
pub(crate) struct Azure {
    pub(crate) azure: LocalAzure,
    script_root: PathBuf,
    environment: Vec<(String, String)>,
    folder: TempDir,
}

impl Azure {
    async fn start(
        change: impl FnOnce(&mut Seed),
        change_environment: impl AsyncFnOnce(&mut Vec<(String, String)>),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script_root = folder.path().join("app");
        script_root::stage(project(), Path::new(HANDLER), &script_root).unwrap();
        let mut seed = seed();
        change(&mut seed);
        let azure = LocalAzure::start_in(seed, Some(&folder.path().join("data"))).await.unwrap();
        let mut environment = azure.app_environment();
        change_environment(&mut environment).await;
        Self { azure, script_root, environment, folder }
    }

    /// Adds a host, with a handler that holds no token and no secret yet.
    pub(crate) async fn with_host(self) -> Rig {
        self.with_host_that(false).await
    }

    async fn with_host_that(self, enforce_keys: bool) -> Rig {
        let Self { azure, script_root, environment, folder } = self;
        let log = Log::default();
        let header = azure.environment().into_iter().find(|(name, _)| name == "IDENTITY_HEADER").unwrap().1;
        let evidence = Evidence {
            log: log.clone(),
            journal: azure.journal().clone(),
            world: azure.world().clone(),
            identity_header: header,
            folder: folder.path().to_owned(),
        };
        let host = FunctionsHost::start(HostOptions {
            environment: environment.clone(),
            settings: azure.world().seed().function_app.settings.clone(),
            journal: journal_invocations(azure.journal()),
            log: Arc::new(move |line| {
                log.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_string());
                log.logged.notify_waiters();
            }),
            fire_timers: false,
            enforce_keys,
            ..HostOptions::new(script_root.clone())
        })
        .await
        .unwrap();
        host.wait_ready().await.unwrap();
        let host = Arc::new(host);
        azure.dashboard().show_host(&host);
        Rig { azure, host, evidence, script_root, environment, _folder: folder }
    }
}

impl Rig {
    /// Starts the default world.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts the default world with a change.
    pub(crate) async fn with(change: impl FnOnce(&mut Seed)) -> Self {
        Self::behind(change, async |edge| edge).await
    }

    /// Starts the default world with a change. Its host asks for keys, as in Azure.
    pub(crate) async fn locked(change: impl FnOnce(&mut Seed)) -> Self {
        Azure::start(change, async |_: &mut Vec<(String, String)>| {}).await.with_host_that(true).await
    }

    /// Starts the default world with a change and another way to it. `proxy` gets the URL of the edge, and returns the
    /// URL that the handler uses instead.
    pub(crate) async fn behind(change: impl FnOnce(&mut Seed), proxy: impl AsyncFnOnce(String) -> String) -> Self {
        let through = async |environment: &mut Vec<(String, String)>| {
            let (_, edge) = environment.iter_mut().find(|(name, _)| name == "HTTPS_PROXY").unwrap();
            *edge = proxy(std::mem::take(edge)).await;
        };
        Self::in_environment(change, through).await
    }

    /// Starts the default world with a change and another environment of the handler.
    pub(crate) async fn in_environment(
        change: impl FnOnce(&mut Seed),
        change_environment: impl AsyncFnOnce(&mut Vec<(String, String)>),
    ) -> Self {
        Azure::start(change, change_environment).await.with_host().await
    }

    /// Ends host and handler, and forgets their log.
    pub(crate) async fn without_host(self) -> Azure {
        let Self { azure, host, script_root, environment, _folder: folder, .. } = self;
        Arc::into_inner(host).unwrap().stop().await;
        Azure { azure, script_root, environment, folder }
    }

    /// Returns a URL of the Functions host.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.host.url().as_str().trim_end_matches('/'))
    }

    /// Returns the answers that the handler itself got, in order, without the key vault's challenge.
    pub(crate) fn answers(&self) -> Vec<Entry> {
        let mut entries = self.azure.journal().entries();
        entries.retain(|entry| entry.from.is_none() && !is_challenge(entry));
        entries
    }

    /// Returns the number of written blobs.
    pub(crate) fn blob_count(&self) -> usize {
        self.answers().iter().filter(|entry| entry.decision.wrote.is_some()).count()
    }

    /// Returns the handler's process: the process that runs in this script root. `None` while the host starts another.
    #[cfg(target_os = "linux")]
    pub(crate) fn handler_id(&self) -> Option<u32> {
        let runs_here =
            |id: &u32| std::fs::read_link(format!("/proc/{id}/cwd")).is_ok_and(|folder| folder == self.script_root);
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        processes.filter_map(|process| process.file_name().to_str()?.parse().ok()).find(runs_here)
    }

    /// Returns the folder that the host runs.
    pub(crate) fn script_root(&self) -> &Path {
        &self.script_root
    }

    /// Waits for this text in the log. Lines that the handler writes before it answers may arrive through its pipe
    /// later.
    pub(crate) async fn until_logged(&self, text: &str) {
        let found = async {
            loop {
                let more = self.evidence.log.logged.notified();
                if self.log().contains(text) {
                    return;
                }
                more.await;
            }
        };
        timeout(Duration::from_secs(30), found).await.unwrap_or_else(|_| panic!("not logged: {text}"));
    }

    /// Forgets the log so far, which holds no secret.
    pub(crate) fn forget_log(&self) {
        let lines = std::mem::take(&mut *self.evidence.log.lines.lock().unwrap_or_else(PoisonError::into_inner));
        self.secrets().are_not_in("the log", lines.join("\n").as_bytes());
    }

    /// Returns the secrets that no log, answer and file may hold.
    pub(crate) fn secrets(&self) -> Secrets {
        self.evidence.secrets()
    }

    /// Returns everything that the host and the handler logged.
    pub(crate) fn log(&self) -> String {
        self.evidence.log.text()
    }
}

fn is_challenge(entry: &Entry) -> bool {
    entry.service == Service::KeyVault && entry.status == 401 && entry.decision.identity.is_none()
}

/// Returns a client for plain HTTP. A client that also speaks TLS first reads all certificate authorities of the
/// system.
pub(crate) fn plain_client() -> Client {
    Client::builder().tls_certs_only([]).build().unwrap()
}

/// Sends a `GET` over plain HTTP.
pub(crate) async fn plain_get(url: impl IntoUrl) -> reqwest::Result<Response> {
    plain_client().get(url).send().await
}

/// Returns the default seed.
pub(crate) fn seed() -> Seed {
    Seed::read(&project().join("local-azure/seed.toml")).unwrap()
}

/// Returns the root of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
