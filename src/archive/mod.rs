//! The main job: an API's answer is kept as a blob, one for each source and slot; and the way back.

mod slot;

use serde::Serialize;

pub(crate) use self::slot::Slot;
use crate::{
    azure::{Answer, Blob, Blobs, Clients, Content, Creation},
    config::{Source, SourceName},
    error::{Error, Missing},
};

/// The most snapshots that [`list`] gives.
const LONGEST_LIST: usize = 1000;

/// An answer that was kept.
#[derive(Debug, Serialize)]
pub(crate) struct Snapshot {
    pub(crate) slot: Slot,
    #[serde(flatten)]
    pub(crate) blob: Blob,
}

/// How [`take`] ended. Both are success: a slot has one snapshot, whoever wrote it.
#[derive(Debug)]
pub(crate) enum Taken {
    Written(Snapshot),
    AlreadyWritten(Snapshot),
}

/// Reads the subscription key, asks the API, keeps its answer: three services, three identities.
///
/// May be repeated at will, also by two processes at once: the first to write wins.
pub(crate) async fn take(clients: &Clients, source: &Source, slot: Slot) -> Result<Taken, Error> {
    let Answer { content_type, body } = clients.api.get(&source.path).await?;
    let creation = clients.blobs.create(slot.blob_name(&source.name), content_type, body).await?;
    Ok(match creation {
        Creation::Written(blob) => Taken::Written(Snapshot { slot, blob }),
        Creation::Existed(blob) => Taken::AlreadyWritten(Snapshot { slot, blob }),
    })
}

/// The newest thousand snapshots of a source, newest first. Blobs with other names are passed over.
pub(crate) async fn list(blobs: &Blobs, source: &SourceName) -> Result<Vec<Snapshot>, Error> {
    let last = blobs.last(slot::prefix(source), LONGEST_LIST).await?;
    let known = last.into_iter().filter_map(|blob| Some(Snapshot { slot: Slot::of_blob(&blob.name, source)?, blob }));
    Ok(known.collect())
}

/// What the newest snapshot of a source holds.
pub(crate) async fn latest(blobs: &Blobs, source: &SourceName) -> Result<Content, Error> {
    let newest = list(blobs, source).await?.into_iter().next().ok_or(Error::NotFound(Missing::Snapshot))?;
    blobs.read(&newest.blob.name).await?.ok_or(Error::NotFound(Missing::Snapshot))
}
