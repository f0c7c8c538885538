//! The rules for versions and soft-deleted blobs of an account.

use std::sync::Arc;

use jiff::Timestamp;

use super::{blob::Blob, change::RecordChange};
use crate::blob::lease::Lease;

/// An account's settings for versions and deleted blobs.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::blob) struct Retention {
    /// Whether the account keeps versions.
    pub(in crate::blob) versioning: bool,
    /// Days for which deleted blobs can be restored.
    pub(in crate::blob) delete_days: Option<u16>,
}

impl Retention {
    /// Returns the state to keep of an overwritten blob: a version, or a snapshot that is deleted already. `id` is a
    /// new ID.
    pub(super) fn of_replaced(self, old: &Blob, id: String) -> Option<Blob> {
        let kept = Blob { lease: Lease::None, ..old.clone() };
        if self.versioning {
            return Some(Blob { version: Some(old.version.clone().unwrap_or(id)), ..kept });
        }
        self.delete_days.map(|_| Blob { snapshot: Some(id), deleted: Some(Timestamp::now()), ..kept })
    }

    /// Returns the state to keep of a deleted blob: a version, or the blob itself, which can be restored.
    pub(super) fn of_deleted(self, old: &Blob, id: String) -> Option<Blob> {
        let kept = Blob { lease: Lease::None, ..old.clone() };
        if self.versioning {
            return Some(Blob { version: Some(old.version.clone().unwrap_or(id)), ..kept });
        }
        self.delete_days.map(|_| Blob { deleted: Some(Timestamp::now()), ..kept })
    }

    /// Returns the change that drops a state other than the current one, or marks it as deleted.
    pub(super) fn dropping(self, old: &Arc<Blob>) -> RecordChange {
        if self.delete_days.is_some() && old.deleted.is_none() {
            let new = Arc::new(Blob { deleted: Some(Timestamp::now()), ..Blob::clone(old) });
            RecordChange::Amend { old: old.clone(), new }
        } else {
            RecordChange::Drop(old.clone())
        }
    }
}

/// Returns the whole days for which a deleted blob can still be restored; none when they are over.
pub(in crate::blob) fn remaining_days(deleted: Timestamp, days: u16, now: Timestamp) -> Option<u64> {
    let left = i64::from(days) * 86_400 - (now.as_second() - deleted.as_second());
    u64::try_from(left).ok().filter(|left| *left > 0).map(|left| left / 86_400)
}
