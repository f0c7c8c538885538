//! The limits of the services, and the count of refused requests.

use std::{collections::BTreeMap, ops::Range};

use serde_json::{Value, json};

/// The limit of one vault: <https://learn.microsoft.com/azure/key-vault/general/service-limits>. Refused requests do
/// not count.
pub(crate) const VAULT_REQUESTS: u32 = 4_000;
pub(crate) const VAULT_SECONDS: u64 = 10;
/// The limit of one instance. It is documented for virtual machines, and assumed for App Service.
pub(crate) const IDENTITY_REQUESTS: u32 = 20;
/// Assumed limits. The first is enough for all calls. During the trouble, the second is half of the calls that come.
pub(crate) const APIM_CALLS: u32 = 5_000;
pub(crate) const APIM_CALLS_IN_TROUBLE: u32 = 500;
pub(crate) const APIM_TROUBLE: Range<u64> = 60..120;

/// Microseconds since the first instance started.
pub(crate) type Time = u64;
pub(crate) const SECOND: Time = 1_000_000;

/// A limit for each window of time. Windows do not overlap.
#[derive(Default)]
pub(crate) struct Window {
    number: u64,
    taken: u32,
}

impl Window {
    pub(crate) fn admits(&mut self, at: Time, seconds: u64, limit: u32) -> bool {
        let number = at / (seconds * SECOND);
        if number != self.number {
            *self = Self { number, taken: 0 };
        }
        let admitted = self.taken < limit;
        self.taken += u32::from(admitted);
        admitted
    }
}

/// The requests to one service.
#[derive(Default)]
pub(crate) struct RequestCounts {
    pub(crate) asked: u64,
    pub(crate) refused: u64,
    by_second: BTreeMap<u64, (u64, u64)>,
}

impl RequestCounts {
    pub(crate) fn note(&mut self, at: Time, admitted: bool) {
        let second = self.by_second.entry(at / SECOND).or_default();
        self.asked += 1;
        second.0 += 1;
        if !admitted {
            self.refused += 1;
            second.1 += 1;
        }
    }

    pub(crate) fn most_in_a_second(&self) -> u64 {
        self.most_after(0)
    }

    pub(crate) fn most_after(&self, second: u64) -> u64 {
        self.by_second.range(second..).map(|(_, (asked, _))| *asked).max().unwrap_or_default()
    }

    /// Returns the number of seconds in which the service refused a request.
    pub(crate) fn seconds_refusing(&self) -> usize {
        self.by_second.values().filter(|(_, refused)| *refused > 0).count()
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({ "asked": self.asked, "refused": self.refused, "mostInASecond": self.most_in_a_second(),
                "secondsRefusing": self.seconds_refusing() })
    }
}
