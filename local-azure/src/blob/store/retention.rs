//! The rules for versions and soft-deleted blobs of an account.

use std::sync::Arc;

use jiff::Timestamp;

use super::{blob::Blob, change::RecordChange};
use crate::blob::lease::Lease;

/// What an account keeps.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::blob) struct Retention {
    /// Versions.
    pub(in crate::blob) versioning: bool,
    /// Days that deleted blobs can be brought back.
    pub(in crate::blob) delete_days: Option<u16>,
}

impl Retention {
    /// What is kept of a blob that is overwritten: a version, or a snapshot that is deleted already. `id` is a new one.
    pub(super) fn of_replaced(self, old: &Blob, id: String) -> Option<Blob> {
        let kept = Blob { lease: Lease::None, ..old.clone() };
        if self.versioning {
            return Some(Blob { version: Some(old.version.clone().unwrap_or(id)), ..kept });
        }
        self.delete_days.map(|_| Blob { snapshot: Some(id), deleted: Some(Timestamp::now()), ..kept })
    }

    /// What is kept of a blob that is deleted: a version, or the blob, which can come back.
    pub(super) fn of_deleted(self, old: &Blob, id: String) -> Option<Blob> {
        let kept = Blob { lease: Lease::None, ..old.clone() };
        if self.versioning {
            return Some(Blob { version: Some(old.version.clone().unwrap_or(id)), ..kept });
        }
        self.delete_days.map(|_| Blob { deleted: Some(Timestamp::now()), ..kept })
    }

    /// The change that drops a state that is not the current one, or keeps it as deleted.
    pub(super) fn dropping(self, old: &Arc<Blob>) -> RecordChange {
        if self.delete_days.is_some() && old.deleted.is_none() {
            let new = Arc::new(Blob { deleted: Some(Timestamp::now()), ..Blob::clone(old) });
            RecordChange::Amend { old: old.clone(), new }
        } else {
            RecordChange::Drop(old.clone())
        }
    }
}

/// Whole days that a blob deleted at a time can still be brought back; none when that is over.
pub(in crate::blob) fn remaining_days(deleted: Timestamp, days: u16, now: Timestamp) -> Option<u64> {
    let left = i64::from(days) * 86_400 - (now.as_second() - deleted.as_second());
    u64::try_from(left).ok().filter(|left| *left > 0).map(|left| left / 86_400)
}
