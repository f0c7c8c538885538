//! Runs the hot path of the gateway a given number of times, for callgrind to count:
//! `valgrind --tool=callgrind --toggle-collect='*repeat*' target/release/examples/hot_path 100`.
//! A policy name after the number leaves out that policy. The difference is the cost of the policy, even if the
//! compiler inlined it into its caller.

#[path = "../tests/hot_path/scenario.rs"]
mod scenario;

use std::hint::black_box;

use self::scenario::HotPath;

/// Callgrind finds this function by its name.
#[inline(never)]
fn repeat(path: &HotPath, times: usize) {
    for _ in 0..black_box(times) {
        black_box(path.run(path.request()));
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let times = arguments.next().and_then(|times| times.parse().ok()).unwrap_or(1);
    repeat(&HotPath::without(arguments.next().as_deref()), times);
}
