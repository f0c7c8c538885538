//! Faults on purpose: the set faults, and when each of them strikes.
//!
//! They come from the seed (`[[faults]]`), from `start --fault`, from the control port and from [`Faults::set`].
//! Services do not know the source. Most services do not know faults at all, because a wrapper spoils their answers.

mod cut;
mod inject;
mod spec;
mod strike;

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;

pub(crate) use self::{
    cut::uncut,
    inject::inject,
    strike::{skewed, spoils_tokens, strikes, token_seconds},
};
use crate::seed::Seed;
pub use crate::seed::{Fault, FaultKind, FaultRefused, FaultService};

/// A set fault and its counts.
#[derive(Clone, Debug, Serialize)]
pub struct SetFault {
    /// The fault's number, in the order in which faults were set.
    pub id: u64,
    /// The fault.
    #[serde(flatten)]
    pub fault: Fault,
    /// The number of requests that it could have struck.
    pub requests: u64,
    /// The number of requests that it struck.
    pub strikes: u64,
}

/// The faults of a run. Clones share them.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    seed: Arc<Seed>,
    set: RwLock<Vec<Active>>,
    /// Each number is given once.
    last_id: AtomicU64,
}

#[derive(Debug)]
struct Active {
    set: SetFault,
    since: Instant,
}

impl Faults {
    /// The seed's faults, set from now on.
    pub(crate) fn new(seed: Arc<Seed>) -> Self {
        let faults = Self(Arc::new(Shared { seed: seed.clone(), set: RwLock::default(), last_id: AtomicU64::new(0) }));
        for fault in &seed.faults {
            // Reading the seed has refused impossible faults.
            faults.add(fault.clone());
        }
        faults
    }

    /// Sets a fault from now on, and returns its number.
    ///
    /// # Errors
    /// [`FaultRefused`] names what the seed lacks, or what the fault's members contradict.
    pub fn set(&self, fault: Fault) -> Result<u64, FaultRefused> {
        fault.check(&self.0.seed)?;
        Ok(self.add(fault))
    }

    fn add(&self, fault: Fault) -> u64 {
        let mut set = self.0.set.write().unwrap_or_else(PoisonError::into_inner);
        let id = self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        set.push(Active { set: SetFault { id, fault, requests: 0, strikes: 0 }, since: Instant::now() });
        id
    }

    /// Ends every fault. Lasting changes of faults, such as a rotated secret, stay.
    pub fn clear(&self) {
        self.0.set.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Ends one fault. Returns whether it was set.
    pub fn end(&self, id: u64) -> bool {
        let mut set = self.0.set.write().unwrap_or_else(PoisonError::into_inner);
        let before = set.len();
        set.retain(|active| active.set.id != id);
        set.len() < before
    }

    /// Every set fault with its counts.
    #[must_use]
    pub fn all(&self) -> Vec<SetFault> {
        let set = self.0.set.read().unwrap_or_else(PoisonError::into_inner);
        set.iter().map(|active| active.set.clone()).collect()
    }

    /// The faults that strike this request.
    fn strike(&self, service: FaultService, request: &Struck<'_>) -> Vec<Fault> {
        {
            // Most runs have no faults.
            let set = self.0.set.read().unwrap_or_else(PoisonError::into_inner);
            if !set.iter().any(|active| active.set.fault.service == service) {
                return Vec::new();
            }
        }
        let mut set = self.0.set.write().unwrap_or_else(PoisonError::into_inner);
        let of_request = set.iter_mut().filter(|active| active.set.fault.service == service && request.is_of(active));
        of_request.filter_map(Active::strike).collect()
    }
}

/// The parts of a request that decide which faults apply to it.
struct Struck<'r> {
    path: &'r str,
    has_token: bool,
}

impl Struck<'_> {
    fn is_of(&self, active: &Active) -> bool {
        let fault = &active.set.fault;
        let mut parts = self.path.split('/').skip(1);
        let (first, second) = (parts.next(), parts.next());
        let is_named = |name: &Option<String>, part: Option<&str>| name.is_none() || name.as_deref() == part;
        (self.has_token || !fault.kind.needs_token())
            && is_named(&fault.secret, second)
            && is_named(&fault.container, first)
    }
}

impl Active {
    /// Counts a request, and returns the fault if it strikes.
    fn strike(&mut self) -> Option<Fault> {
        let number = self.set.requests;
        let set = &mut self.set;
        set.requests += 1;
        let fault = &set.fault;
        let strikes = fault.count.is_none_or(|count| set.strikes < count)
            && fault.for_seconds.is_none_or(|seconds| self.since.elapsed() < Duration::from_secs(seconds))
            && fault.rate.is_none_or(|rate| share(fault.seed.unwrap_or_default(), number) < rate);
        if !strikes {
            return None;
        }
        set.strikes += 1;
        Some(fault.clone())
    }
}

/// Returns a number from 0 to 1, 1 excluded. It is the same for the same request of the same seed. The steps are those
/// of `SplitMix64` (<https://prng.di.unimi.it/splitmix64.c>).
fn share(seed: u64, number: u64) -> f64 {
    let mut bits = seed.wrapping_add(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    // An `f64` holds 53 bits exactly.
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
