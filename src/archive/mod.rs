//! The main job: an API's answer is kept as a blob, one for each source and slot; and the way back.

mod listing;
mod slot;

use serde::Serialize;

pub(crate) use self::{
    listing::{find, latest, list},
    slot::Slot,
};
use crate::{
    azure::{Answer, Blob, Clients, Creation},
    config::Source,
    error::Error,
};

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
