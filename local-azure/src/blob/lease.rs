//! Leases of blobs and containers: exclusive rights to write or delete, for a time. This module does not depend on
//! HTTP.
//!
//! States and outcomes: <https://learn.microsoft.com/rest/api/storageservices/lease-blob#remarks>.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A lease after the last action on it. Its current state depends on the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Lease {
    #[default]
    None,
    /// Held by the client that knows the ID, without end or until a time. `seconds` is the duration that the client
    /// asked for.
    Held { id: Uuid, seconds: Option<u32>, until: Option<Timestamp> },
    /// Broken at a time, which may be in the future.
    Broken { id: Uuid, at: Timestamp },
}

/// The state of a lease at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeaseState {
    Available,
    Leased,
    Expired,
    Breaking,
    Broken,
}

/// The requested duration of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Infinite,
    Seconds(u32),
}

/// Why an action on a lease is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LeaseRefusal {
    AlreadyPresent,
    BreakingCannotBeAcquired,
    BreakingCannotBeChanged,
    BrokenCannotBeRenewed,
    IdMismatch,
    NotPresent,
}

/// Why a request is refused because of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UseRefusal {
    /// There is a lease, and the request names no lease.
    Missing,
    Mismatch,
    /// The request names a lease that does not exist.
    NotPresent,
    /// The request names a lease that has expired or was broken.
    Lost,
}

/// The kind of resource with the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leased {
    Blob,
    Container,
}

impl fmt::Display for Leased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Blob => "blob",
            Self::Container => "container",
        })
    }
}

impl Lease {
    pub(super) fn state(&self, now: Timestamp) -> LeaseState {
        match self {
            Self::None => LeaseState::Available,
            Self::Held { until: Some(until), .. } if *until <= now => LeaseState::Expired,
            Self::Held { .. } => LeaseState::Leased,
            Self::Broken { at, .. } if *at <= now => LeaseState::Broken,
            Self::Broken { .. } => LeaseState::Breaking,
        }
    }

    pub(super) const fn id(&self) -> Option<Uuid> {
        match self {
            Self::None => None,
            Self::Held { id, .. } | Self::Broken { id, .. } => Some(*id),
        }
    }

    fn is(&self, other: Uuid) -> bool {
        self.id() == Some(other)
    }

    pub(super) fn acquire(&self, id: Option<Uuid>, length: Length, now: Timestamp) -> Result<Self, LeaseRefusal> {
        match self.state(now) {
            LeaseState::Leased if self.id() != id => Err(LeaseRefusal::AlreadyPresent),
            LeaseState::Breaking if self.id() == id => Err(LeaseRefusal::BreakingCannotBeAcquired),
            LeaseState::Breaking => Err(LeaseRefusal::AlreadyPresent),
            LeaseState::Available | LeaseState::Leased | LeaseState::Expired | LeaseState::Broken => {
                Ok(held(id.unwrap_or_else(Uuid::new_v4), length, now))
            }
        }
    }

    pub(super) fn renew(&self, id: Uuid, now: Timestamp) -> Result<Self, LeaseRefusal> {
        match self {
            _ if !self.is(id) => Err(LeaseRefusal::IdMismatch),
            Self::Held { seconds, .. } => Ok(held(id, seconds.map_or(Length::Infinite, Length::Seconds), now)),
            Self::None | Self::Broken { .. } => Err(LeaseRefusal::BrokenCannotBeRenewed),
        }
    }

    pub(super) fn change(&self, id: Uuid, new: Uuid, now: Timestamp) -> Result<Self, LeaseRefusal> {
        match (self.state(now), self) {
            (LeaseState::Leased, Self::Held { seconds, until, .. }) if self.is(id) || self.is(new) => {
                Ok(Self::Held { id: new, seconds: *seconds, until: *until })
            }
            (LeaseState::Breaking, _) if self.is(id) => Err(LeaseRefusal::BreakingCannotBeChanged),
            (LeaseState::Leased | LeaseState::Breaking, _) => Err(LeaseRefusal::IdMismatch),
            (LeaseState::Available | LeaseState::Expired | LeaseState::Broken, _) => Err(LeaseRefusal::NotPresent),
        }
    }

    pub(super) fn release(&self, id: Uuid) -> Result<Self, LeaseRefusal> {
        if self.is(id) { Ok(Self::None) } else { Err(LeaseRefusal::IdMismatch) }
    }

    /// Ends a lease after its remaining time, or earlier if a number of seconds is given.
    pub(super) fn end(&self, after: Option<u32>, now: Timestamp) -> Result<Self, LeaseRefusal> {
        let asked = after.map(|seconds| later(now, seconds));
        match self {
            Self::None => Err(LeaseRefusal::NotPresent),
            Self::Held { id, until: None, .. } => Ok(Self::Broken { id: *id, at: asked.unwrap_or(now) }),
            Self::Held { id, until: Some(left), .. } | Self::Broken { id, at: left } => {
                Ok(Self::Broken { id: *id, at: asked.unwrap_or(*left).min(*left) })
            }
        }
    }

    /// Returns the whole seconds until a breaking lease is broken.
    pub(super) fn seconds_left(&self, now: Timestamp) -> i64 {
        match self {
            Self::Broken { at, .. } => (at.duration_since(now).as_millis().max(0) as u64).div_ceil(1_000) as i64,
            Self::None | Self::Held { .. } => 0,
        }
    }

    /// Checks whether a request that names this lease (or none) may write.
    pub(super) fn check_write(&self, named: Option<Uuid>, now: Timestamp) -> Result<(), UseRefusal> {
        match (self.is_locked(now), named) {
            (true, None) => Err(UseRefusal::Missing),
            (true, Some(_)) | (false, _) => self.check_read(named, now),
        }
    }

    /// Checks whether a request that names this lease (or none) may read.
    pub(super) fn check_read(&self, named: Option<Uuid>, now: Timestamp) -> Result<(), UseRefusal> {
        match named {
            Some(id) if !self.is_locked(now) => {
                Err(if self.is(id) { UseRefusal::Lost } else { UseRefusal::NotPresent })
            }
            Some(id) if !self.is(id) => Err(UseRefusal::Mismatch),
            _ => Ok(()),
        }
    }

    /// Returns the lease after a write: the client can no longer renew an ended lease.
    pub(super) fn after_write(&self, now: Timestamp) -> Self {
        if self.is_locked(now) { self.clone() } else { Self::None }
    }

    pub(super) fn is_locked(&self, now: Timestamp) -> bool {
        matches!(self.state(now), LeaseState::Leased | LeaseState::Breaking)
    }

    /// Returns `infinite` or `fixed` while the lease is held.
    pub(super) fn duration(&self, now: Timestamp) -> Option<&'static str> {
        match self {
            Self::Held { seconds, .. } if self.state(now) == LeaseState::Leased => {
                Some(if seconds.is_some() { "fixed" } else { "infinite" })
            }
            Self::None | Self::Held { .. } | Self::Broken { .. } => None,
        }
    }

    /// Returns `locked` or `unlocked`.
    pub(super) fn status(&self, now: Timestamp) -> &'static str {
        if self.is_locked(now) { "locked" } else { "unlocked" }
    }
}

impl LeaseState {
    /// Returns the name in the API.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Leased => "leased",
            Self::Expired => "expired",
            Self::Breaking => "breaking",
            Self::Broken => "broken",
        }
    }
}

fn held(id: Uuid, length: Length, now: Timestamp) -> Lease {
    match length {
        Length::Infinite => Lease::Held { id, seconds: None, until: None },
        Length::Seconds(seconds) => Lease::Held { id, seconds: Some(seconds), until: Some(later(now, seconds)) },
    }
}

fn later(now: Timestamp, seconds: u32) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(now)
}

#[cfg(test)]
mod tests;
