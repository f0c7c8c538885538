//! The memory limit for all bodies together, because an instance may have only 512 MB in all.
//!
//! Most bodies are small, and large ones are written to storage block by block. So a body begins with a small share of
//! the memory. When it turns out to be large, it takes a large share. A large body, and with it its sender, waits for
//! that share. Small bodies have their own part of the memory, and never wait for large ones.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream;
use keyless::{
    Body, Error,
    settings::{Reader, Setting, SettingType},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const BUDGET: Setting<MiB> = Setting::with_default(
    "BODY_MEMORY_MIB",
    "96",
    "The memory of all uploads and snapshots together, in MiB. A large one takes 12 MiB and waits until they are free.",
);

/// The largest size of a small body, in bytes.
const SMALL: usize = 64 * 1024;

/// The number of small bodies in a MiB.
const SMALL_PER_MIB: u32 = 16;

/// The share of a large body, in MiB: three blocks of 4 MiB.
const LARGE: u32 = 12;

/// A number of MiB, enough for one large body.
struct MiB(u32);

impl SettingType for MiB {
    const EXPECTED: &'static str = "a number of MiB from 13 to 65536";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number| (13..=65_536).contains(number)).map(Self)
    }
}

/// The free shares.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// The memory of one body. It is free again when it is dropped.
#[derive(Clone, Debug)]
pub(crate) struct MemoryShare {
    large: Arc<Semaphore>,
    taken: Arc<Mutex<Vec<OwnedSemaphorePermit>>>,
}

impl MemoryBudget {
    /// Reads the setting. A wrong setting is reported with all others; until then the smallest budget is used.
    pub(crate) fn read(env: &mut Reader) -> Self {
        Self::new(env.read(&BUDGET).unwrap_or(MiB(LARGE + 1)))
    }

    fn new(MiB(budget): MiB) -> Self {
        let large = (budget - 1) / LARGE;
        let small = (budget - large * LARGE) * SMALL_PER_MIB;
        Self { small: Arc::new(Semaphore::new(small as usize)), large: Arc::new(Semaphore::new(large as usize)) }
    }

    /// Takes the share of one body, which counts as small at first. Waits while there is no memory.
    pub(crate) async fn share(&self) -> MemoryShare {
        let share = MemoryShare { large: self.large.clone(), taken: Arc::default() };
        share.take(&self.small).await;
        share
    }
}

impl MemoryShare {
    async fn take(&self, free: &Arc<Semaphore>) {
        // A semaphore that is never closed always gives a permit.
        if let Ok(permit) = free.clone().acquire_owned().await {
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(permit);
        }
    }

    /// Returns the same body. It waits for more memory when it turns out to be large.
    pub(crate) fn metered(&self, body: Body) -> Body {
        let kind = body.content_type().map(str::to_owned);
        let share = self.clone();
        let pieces = stream::try_unfold((body, share, 0_usize), async |(mut body, share, came)| {
            let Some(piece) = body.next().await.transpose()? else { return Ok::<_, Error>(None) };
            let now = came + piece.len();
            if came <= SMALL && now > SMALL {
                share.take(&share.large).await;
            }
            Ok(Some((piece, (body, share, now))))
        });
        let metered = Body::from_stream::<_, Error>(pieces);
        kind.into_iter().fold(metered, Body::with_content_type)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::FutureExt;

    use super::*;

    fn body(pieces: &[usize]) -> Body {
        let pieces: Vec<_> = pieces.iter().map(|length| Ok::<_, Error>(Bytes::from(vec![0; *length]))).collect();
        Body::from_stream(stream::iter(pieces))
    }

    #[tokio::test]
    async fn a_large_body_waits_for_its_memory_and_small_ones_do_not() {
        let budget = MemoryBudget::new(MiB(13));
        let (first, second) = (budget.share().await, budget.share().await);
        let mut large = first.metered(body(&[100_000, 100_000]));
        assert!(large.next().await.unwrap().is_ok());
        let mut waits = second.metered(body(&[10, 100_000]));
        assert_eq!(waits.next().now_or_never().unwrap().unwrap().unwrap().len(), 10, "still a small one");
        let mut next = Box::pin(waits.next());
        assert!(next.as_mut().now_or_never().is_none(), "there is no memory for a second large one");
        let third = budget.share().now_or_never().expect("memory for a small one");
        assert_eq!(third.metered(body(&[10])).bytes(10).now_or_never().unwrap().unwrap().len(), 10);
        drop((large, first));
        assert_eq!(next.await.unwrap().unwrap().len(), 100_000);
    }

    #[tokio::test]
    async fn eight_bodies_of_one_byte_that_pause_leave_room_for_others() {
        let budget = MemoryBudget::new(MiB(96));
        let mut paused = Vec::new();
        for _ in 0..8 {
            let share = budget.share().await;
            let mut body = share.metered(body(&[1]));
            assert!(body.next().await.unwrap().is_ok());
            paused.push((share, body));
        }
        let share = budget.share().await;
        let large = share.metered(body(&[5_000_000]));
        assert!(large.bytes(5_000_000).now_or_never().is_some(), "there is room for a large one");
    }

    #[test]
    fn the_budget_has_room_for_one_large_body() {
        assert_eq!(MiB::parse("13").map(|mib| mib.0), Some(13));
        for wrong in ["12", "0", "-1", "64 MiB", "65537"] {
            assert!(MiB::parse(wrong).is_none(), "{wrong}");
        }
    }
}
