//! The main job: stores an API's answer as a blob, one for each source and slot, and reads it back.

mod listing;
mod slot;

use std::sync::Arc;

use futures_util::future::join;
use keyless::{
    Api, Blob, Container, ContainerName, Creation,
    settings::{Reader, Setting},
};
use serde::Serialize;

pub(crate) use self::slot::Slot;
use crate::{
    error::{Error, Missing},
    memory::MemoryBudget,
    sources::{Source, Sources},
};

const CONTAINER: Setting<ContainerName> =
    Setting::required("SNAPSHOT_CONTAINER", "The blob container of snapshots and reports.").with_example("snapshots");
const SCHEDULE: Setting<String> = Setting::optional(
    "SNAPSHOT_SCHEDULE",
    "the host refuses the timer",
    "When `snapshot` runs: an NCRONTAB expression. Only the host reads it.",
)
.with_example("0 */5 * * * *");

/// The sources, and the container of their snapshots.
#[derive(Clone, Debug)]
pub(crate) struct Snapshots {
    pub(crate) container: Container,
    pub(crate) sources: Sources,
    api: Api,
    memory: Arc<MemoryBudget>,
}

/// An answer that was stored.
#[derive(Debug, Serialize)]
pub(crate) struct Snapshot {
    pub(crate) slot: Slot,
    #[serde(flatten)]
    pub(crate) blob: Blob,
}

/// The outcome of [`Snapshots::take`]. Both variants are success: a slot has one snapshot, and any process may have
/// written it.
#[derive(Debug)]
pub(crate) enum TakenSnapshot {
    Written(Snapshot),
    AlreadyWritten(Snapshot),
}

impl Snapshots {
    pub(crate) fn read(
        env: &mut Reader,
        api: Option<&Api>,
        sources: Option<Sources>,
        memory: &Arc<MemoryBudget>,
    ) -> Option<Self> {
        env.declare(&SCHEDULE);
        let name = env.read(&CONTAINER);
        let container = env.container_named("STORAGE", name.as_ref());
        Some(Self { container: container?, sources: sources?, api: api?.clone(), memory: memory.clone() })
    }

    pub(crate) fn source(&self, name: &str) -> Result<&Source, Error> {
        self.sources.by_name(name).ok_or(Error::NotFound(Missing::Source))
    }

    /// Reads the subscription key, calls the API, and stores its answer: three services, three identities. The token
    /// for storage is fetched while the other services answer.
    ///
    /// It can be repeated safely, also in two processes at once: the first write wins.
    pub(crate) async fn take(&self, source: &Source, slot: Slot) -> Result<TakenSnapshot, Error> {
        let (response, ()) = join(self.api.get(&source.path).send(), self.container.prepare()).await;
        let response = response?;
        let kind = response.content_type().unwrap_or("application/octet-stream").to_owned();
        let share = self.memory.share().await;
        let body = share.metered(response.into_body().with_content_type(kind));
        Ok(match self.container.create(slot.blob_name(&source.name), body).await? {
            Creation::Written(blob) => TakenSnapshot::Written(Snapshot { slot, blob }),
            Creation::Existed(blob) => TakenSnapshot::AlreadyWritten(Snapshot { slot, blob }),
        })
    }
}
