//! Snapshots, newest first, in pages.
//!
//! Storage lists by name upwards only, and names sort as times do. So this reads month by month backwards, and a month
//! is the most that it holds in memory: 44,640 names with a snapshot a minute.

use jiff::{SignedDuration, Timestamp};

use super::{Slot, Snapshot, slot};
use crate::{
    azure::{Blob, Blobs},
    config::SourceName,
    error::{Error, Missing},
};

/// Some snapshots, newest first.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) snapshots: Vec<Snapshot>,
    /// The slot before which there are more, if there are.
    pub(crate) next: Option<Slot>,
}

/// The newest `most` snapshots of a source, before a slot if one is given. Blobs with other names are passed over.
pub(crate) async fn list(
    blobs: &Blobs,
    source: &SourceName,
    before: Option<Slot>,
    most: usize,
) -> Result<Listing, Error> {
    let mut snapshots = Vec::new();
    if let Some(oldest) = oldest(blobs, source).await? {
        let start = before.unwrap_or_else(|| Slot::at(Timestamp::now() + SignedDuration::from_hours(24)));
        for month in start.months_back_to(oldest) {
            let all = blobs.all(&slot::month(source, month)).await?;
            let of_month = all.into_iter().filter_map(|blob| snapshot(blob, source));
            let mut of_month: Vec<_> =
                of_month.filter(|snapshot| before.is_none_or(|before| snapshot.slot < before)).collect();
            of_month.reverse();
            snapshots.extend(of_month);
            // One more than wanted shows that there are more.
            if snapshots.len() > most {
                break;
            }
        }
    }
    let more = snapshots.len() > most;
    snapshots.truncate(most);
    let next = snapshots.last().map(|last| last.slot).filter(|_| more);
    Ok(Listing { snapshots, next })
}

/// The newest snapshot of a source.
pub(crate) async fn latest(blobs: &Blobs, source: &SourceName) -> Result<Blob, Error> {
    // Mostly it is of today, and a day is quickly read.
    let today = blobs.all(&slot::day(source, Slot::at(Timestamp::now()))).await?;
    if let Some(newest) = today.into_iter().rev().find_map(|blob| snapshot(blob, source)) {
        return Ok(newest.blob);
    }
    let newest = list(blobs, source, None, 1).await?.snapshots.into_iter().next();
    newest.map(|snapshot| snapshot.blob).ok_or(Error::NotFound(Missing::Snapshot))
}

/// The snapshot of one slot.
pub(crate) async fn find(blobs: &Blobs, source: &SourceName, slot: Slot) -> Result<Blob, Error> {
    blobs.find(slot.blob_name(source)).await?.ok_or(Error::NotFound(Missing::Snapshot))
}

/// The slot of a source's first snapshot.
async fn oldest(blobs: &Blobs, source: &SourceName) -> Result<Option<Slot>, Error> {
    let mut from = None;
    loop {
        let page = blobs.page(&slot::prefix(source), from, Some(100)).await?;
        let oldest = page.blobs.iter().find_map(|blob| Slot::of_blob(&blob.name, source));
        match (oldest, page.next) {
            (None, Some(next)) => from = Some(next),
            (oldest, _) => return Ok(oldest),
        }
    }
}

fn snapshot(blob: Blob, source: &SourceName) -> Option<Snapshot> {
    Some(Snapshot { slot: Slot::of_blob(&blob.name, source)?, blob })
}
