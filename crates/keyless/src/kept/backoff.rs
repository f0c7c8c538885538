//! The pauses before retries, and the jitter that keeps instances apart.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// The first and the longest pause after a failed renewal.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// Returns the pause after a number of failed renewals in a row. It doubles up to five minutes, and is never more than
/// half of the time left. Up to half of it is `jitter`, which is between 0 and 1.
pub(super) fn back_off(failures: u32, left: Duration, jitter: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    doubled.mul_f64(0.5 + 0.5 * jitter).min(left / 2).max(SHORTEST_PAUSE)
}

/// Returns a number between 0 and 1 that differs at each call and in each process. It comes from the random keys of the
/// standard library's maps, which need no further dependency. Nothing secret depends on it.
pub(crate) fn jitter() -> f64 {
    let bits = RandomState::new().hash_one(()) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEAR: u64 = 366 * 24 * 60 * 60 * 1000;

    proptest! {
        #[test]
        fn a_pause_has_bounds(failures in 1..=u32::MAX, left in 2_000..YEAR, jitter in 0.0..=1.0) {
            let left = Duration::from_millis(left);
            let pause = back_off(failures, left, jitter);
            prop_assert!(pause >= SHORTEST_PAUSE && pause <= LONGEST_PAUSE && pause <= left / 2, "{pause:?}");
        }

        #[test]
        fn pauses_grow_until_the_longest(failures in 1..100_u32, jitter in 0.0..=1.0) {
            let day = Duration::from_secs(24 * 60 * 60);
            let (pause, next) = (back_off(failures, day, jitter), back_off(failures + 1, day, jitter));
            let doubled = next.as_secs_f64() / pause.as_secs_f64();
            prop_assert!((1.99..2.01).contains(&doubled) || next == LONGEST_PAUSE.mul_f64(0.5 + 0.5 * jitter));
        }
    }

    #[test]
    fn jitter_is_spread_over_the_whole_range() {
        let mut tenths = [0; 10];
        for _ in 0..10_000 {
            tenths[(jitter() * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&count| (800..1200).contains(&count)), "{tenths:?}");
    }
}
