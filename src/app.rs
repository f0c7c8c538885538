//! The settings and clients that all functions share.

use std::{
    num::NonZeroUsize,
    ops::Deref,
    sync::Arc,
    time::{Duration, Instant},
};

use functions_handler::axum::extract::FromRef;
use keyless::{
    Api, Secrets,
    settings::{Reader, Setting},
    telemetry::Telemetry,
};

use crate::{
    chat::Chat,
    expiry::{self, ExpiryDays},
    memory::MemoryBudget,
    relay_paths::{self, RelayPaths},
    snapshots::Snapshots,
    sources,
    uploads::Uploads,
};

const MAX_CONCURRENT: Setting<NonZeroUsize> = Setting::with_default(
    "MAX_CONCURRENT_INVOCATIONS",
    "256",
    "The number of invocations that run at a time. Further ones are refused, with `Retry-After`.",
);

/// The settings, and the clients made from them. It knows no route. Each request clones it several times.
#[derive(Clone, Debug)]
pub(crate) struct App(Arc<Shared>);

/// The parts that all clones share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) api: Api,
    pub(crate) secrets: Secrets,
    pub(crate) snapshots: Snapshots,
    pub(crate) uploads: Uploads,
    pub(crate) relay_paths: RelayPaths,
    pub(crate) expiry_days: ExpiryDays,
    /// Absent if no setting names a model.
    pub(crate) chat: Option<Chat>,
    pub(crate) telemetry: Telemetry,
    started: Instant,
    max_concurrent: NonZeroUsize,
}

impl App {
    /// Reads every setting. It calls no service.
    pub(crate) fn read(env: &mut Reader) -> Option<Self> {
        env.user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
        let secrets = env.secrets("KEYVAULT");
        let api = env.api("APIM");
        let memory = Arc::new(MemoryBudget::read(env));
        let sources = env.read(&sources::SOURCES);
        let relay_paths = relay_paths::read(env, sources.as_deref());
        let snapshots = Snapshots::read(env, api.as_ref(), sources, &memory);
        let uploads = Uploads::read(env, &memory);
        let expiry_days = expiry::read(env);
        let chat = Chat::read(env);
        let max_concurrent = env.read(&MAX_CONCURRENT);
        let telemetry = env.telemetry("TELEMETRY");
        Some(Self(Arc::new(Shared {
            api: api?,
            secrets: secrets?,
            snapshots: snapshots?,
            uploads: uploads?,
            relay_paths: relay_paths?,
            expiry_days: expiry_days?,
            chat: chat?,
            telemetry: telemetry?,
            started: Instant::now(),
            max_concurrent: max_concurrent?,
        })))
    }

    /// Prepares things that the first job needs, without a call to a service. An instance that only answers `health`
    /// calls no service.
    pub(crate) async fn prepare(self) {
        self.api.connection().prepare().await;
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn max_concurrent(&self) -> usize {
        self.max_concurrent.get()
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<App> for Snapshots {
    fn from_ref(app: &App) -> Self {
        app.snapshots.clone()
    }
}

impl FromRef<App> for Uploads {
    fn from_ref(app: &App) -> Self {
        app.uploads.clone()
    }
}
