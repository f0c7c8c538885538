//! When to renew a token, and when to try again.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Renewals without need are at least this far apart, however short a token's life: one with less left is fetched when
/// somebody asks.
const SOONEST: Duration = Duration::from_secs(10);

/// The first and the longest pause after a failed renewal.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// A renewal is due at half of what is `left`, give or take a tenth, so that many instances that started together do
/// not renew together. `chance` is between 0 and 1.
///
/// Half of what is left, and not of the whole life: the platform keeps a token for about 24 hours of its 24 hours and
/// five minutes and gives it again until then, so that renewals must come closer together towards the end
/// (<https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>).
pub(super) fn renew_after(left: Duration, chance: f64) -> Option<Duration> {
    (left > SOONEST).then(|| (left / 2).mul_f64(0.9 + 0.2 * chance).max(SOONEST))
}

/// The pause after a number of failed renewals in a row: it doubles, up to five minutes, and never takes more than half
/// of what is left. Up to half of it is left to `chance`, which is between 0 and 1.
pub(in crate::azure) fn back_off(failures: u32, left: Duration, chance: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_PAUSE);
    doubled.mul_f64(0.5 + 0.5 * chance).min(left / 2).max(SHORTEST_PAUSE)
}

/// A number between 0 and 1, another at each call and in each process. The keys of the standard library's maps are the
/// one source of randomness that needs no further dependency; nothing secret depends on it.
pub(crate) fn chance() -> f64 {
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
        fn a_renewal_is_due_between_45_and_55_hundredths(left in 22_500..YEAR, chance in 0.0..=1.0) {
            let share = renew_after(Duration::from_millis(left), chance).unwrap().as_secs_f64() * 1000.0 / left as f64;
            prop_assert!((0.4499..=0.5501).contains(&share), "{share}");
        }

        #[test]
        fn renewals_are_ten_seconds_apart_and_within_what_is_left(left in 0..60_000_u64, chance in 0.0..=1.0) {
            let left = Duration::from_millis(left);
            match renew_after(left, chance) {
                Some(after) => prop_assert!(after >= SOONEST && after < left),
                None => prop_assert!(left <= SOONEST),
            }
        }

        #[test]
        fn a_pause_has_bounds(failures in 1..=u32::MAX, left in 2_000..YEAR, chance in 0.0..=1.0) {
            let left = Duration::from_millis(left);
            let pause = back_off(failures, left, chance);
            prop_assert!(pause >= SHORTEST_PAUSE && pause <= LONGEST_PAUSE && pause <= left / 2, "{pause:?}");
        }

        #[test]
        fn pauses_grow_until_the_longest(failures in 1..100_u32, chance in 0.0..=1.0) {
            let day = Duration::from_secs(24 * 60 * 60);
            let (pause, next) = (back_off(failures, day, chance), back_off(failures + 1, day, chance));
            let doubled = next.as_secs_f64() / pause.as_secs_f64();
            prop_assert!((1.99..2.01).contains(&doubled) || next == LONGEST_PAUSE.mul_f64(0.5 + 0.5 * chance));
        }
    }

    #[test]
    fn chances_are_spread_over_the_whole_range() {
        let mut tenths = [0; 10];
        for _ in 0..10_000 {
            tenths[(chance() * 10.0) as usize] += 1;
        }
        assert!(tenths.iter().all(|&count| (800..1200).contains(&count)), "{tenths:?}");
    }
}
