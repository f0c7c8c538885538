//! Snapshots, newest first, in pages.
//!
//! Storage lists names only in ascending order, and the names sort by time. So this module reads month by month
//! backwards. It holds at most one month in memory: 44,640 names with a snapshot a minute. A request costs at most
//! [`MOST_CALLS`] calls of Storage and those of its last month. If that is not enough, the answer says where to
//! continue.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use keyless::{Blob, Container, Marker};

use super::{Slot, Snapshot, Snapshots, slot};
use crate::{
    error::{Error, Missing},
    sources::SourceName,
};

/// The number of calls of Storage after which no further month is begun.
const MOST_CALLS: usize = 48;

/// The largest number of names in one month. A snapshot every ten seconds makes 267,840.
const MOST_OF_A_MONTH: usize = 300_000;

/// The number of names that one call of Storage lists.
const NAMES_A_CALL: usize = 5_000;

/// Some snapshots, newest first.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) snapshots: Vec<Snapshot>,
    /// The slot before which there are or may be more snapshots.
    pub(crate) next: Option<Slot>,
}

/// Lists snapshots for one request, and counts its calls of Storage.
struct Lister<'a> {
    container: &'a Container,
    source: &'a SourceName,
    calls: usize,
}

impl Snapshots {
    /// Returns the newest `most` snapshots of a source, before a slot if one is given. Blobs with other names are left
    /// out.
    pub(crate) async fn list(&self, source: &SourceName, before: Option<Slot>, most: usize) -> Result<Listing, Error> {
        Lister { container: &self.container, source, calls: 0 }.list(before, most).await
    }

    /// Returns the newest snapshot of a source.
    pub(crate) async fn latest(&self, source: &SourceName) -> Result<Blob, Error> {
        let mut lister = Lister { container: &self.container, source, calls: 0 };
        // The newest snapshot is usually of today, and one day is read quickly.
        let today = lister.all(&slot::day(source, Slot::at(Timestamp::now()))).await?;
        if let Some(newest) = today.into_iter().next() {
            return Ok(newest.blob);
        }
        let mut before = None;
        loop {
            let Listing { snapshots, next } = lister.list(before, 1).await?;
            match (snapshots.into_iter().next(), next) {
                (Some(newest), _) => return Ok(newest.blob),
                // Each round goes back by years, and there is an oldest year.
                (None, Some(next)) if lister.calls < 4 * MOST_CALLS => before = Some(next),
                (None, _) => return Err(Error::NotFound(Missing::Snapshot)),
            }
        }
    }

    /// Returns the snapshot of one slot.
    pub(crate) async fn find(&self, source: &SourceName, slot: Slot) -> Result<Blob, Error> {
        self.container.find(slot.blob_name(source)).await?.ok_or(Error::NotFound(Missing::Snapshot))
    }
}

impl Lister<'_> {
    async fn list(&mut self, before: Option<Slot>, most: usize) -> Result<Listing, Error> {
        let (mut snapshots, most_calls) = (Vec::new(), self.calls + MOST_CALLS);
        let Some(oldest) = self.oldest().await? else { return Ok(Listing { snapshots, next: None }) };
        // No snapshot is of the future, but clocks differ.
        let newest = Slot::at(Timestamp::now() + SignedDuration::from_hours(24));
        let start = before.map_or(newest, |before| before.min(newest));
        let mut month = start.month();
        let mut left = true;
        while left && month >= oldest.month() && snapshots.len() <= most {
            if self.calls >= most_calls {
                return Ok(Listing { snapshots, next: Slot::start_of(month_after(month)) });
            }
            // If a year is empty, its months need no calls.
            if month.month() == 12 && !self.has_any(&slot::year(self.source, month)).await? {
                month = month.saturating_sub(11.months());
            } else {
                let of_month = self.all(&slot::month(self.source, month)).await?;
                snapshots
                    .extend(of_month.into_iter().filter(|snapshot| before.is_none_or(|before| snapshot.slot < before)));
            }
            match month.checked_sub(1.month()) {
                Ok(earlier) => month = earlier,
                Err(_) => left = false,
            }
        }
        // One snapshot more than wanted shows that there are more.
        let more = snapshots.len() > most;
        snapshots.truncate(most);
        let next = snapshots.last().map(|last| last.slot).filter(|_| more);
        Ok(Listing { snapshots, next })
    }

    /// Returns all snapshots below a prefix, newest first.
    async fn all(&mut self, prefix: &str) -> Result<Vec<Snapshot>, Error> {
        let all = self.container.all(prefix, MOST_OF_A_MONTH).await?;
        self.calls += 1 + all.len() / NAMES_A_CALL;
        Ok(all.into_iter().rev().filter_map(|blob| self.snapshot(blob)).collect())
    }

    async fn has_any(&mut self, prefix: &str) -> Result<bool, Error> {
        let mut from = None;
        loop {
            let page = self.page(prefix, from, 1).await?;
            match (page.0.is_empty(), page.1) {
                (true, Some(next)) => from = Some(next),
                (empty, _) => return Ok(!empty),
            }
        }
    }

    /// Returns the slot of a source's first snapshot.
    async fn oldest(&mut self) -> Result<Option<Slot>, Error> {
        let mut from = None;
        for _ in 0..MOST_CALLS {
            let (blobs, next) = self.page(&slot::prefix(self.source), from, 100).await?;
            let oldest = blobs.iter().find_map(|blob| Slot::from_blob_name(&blob.name, self.source));
            match (oldest, next) {
                (None, Some(next)) => from = Some(next),
                (oldest, _) => return Ok(oldest),
            }
        }
        Ok(None)
    }

    async fn page(
        &mut self,
        prefix: &str,
        from: Option<Marker>,
        most: u16,
    ) -> Result<(Vec<Blob>, Option<Marker>), Error> {
        self.calls += 1;
        let page = self.container.page(prefix, from, Some(most)).await?;
        Ok((page.blobs, page.next))
    }

    fn snapshot(&self, blob: Blob) -> Option<Snapshot> {
        Some(Snapshot { slot: Slot::from_blob_name(&blob.name, self.source)?, blob })
    }
}

fn month_after(month: Date) -> Date {
    month.saturating_add(1.month())
}
