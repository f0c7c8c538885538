//! Runs the hot path of the gateway so many times, for callgrind to count:
//! `valgrind --tool=callgrind --toggle-collect='*repeat*' target/release/examples/hot_path 100`.

#[path = "../tests/hot_path/scenario.rs"]
mod scenario;

use std::hint::black_box;

use self::scenario::HotPath;

/// Callgrind finds it by its name.
#[inline(never)]
fn repeat(path: &HotPath, times: usize) {
    for _ in 0..black_box(times) {
        black_box(path.run(path.request()));
    }
}

fn main() {
    let times = std::env::args().nth(1).and_then(|times| times.parse().ok()).unwrap_or(1);
    repeat(&HotPath::new(), times);
}
