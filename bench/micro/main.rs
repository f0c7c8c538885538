//! Micro-benchmarks of the hot path.
//!
//! ```text
//! micro                    how long each takes (divan)
//! micro allocations        what one run of each allocates, as JSON
//! micro run NAME TIMES     runs one so often, for callgrind to count
//! micro names              their names
//! ```
//!
//! Tokens, secrets and keys come from a running local-azure: the environment is that of `start --env-file`.

mod cases;
mod jwt;

use std::{hint::black_box, process::ExitCode};

use self::cases::{CASES, Case};

/// Uncounted runs at the start: they open connections and load values into memory.
const WARM_UP: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["names"] => CASES.iter().for_each(|case| println!("{}", case.name)),
        ["allocations"] => println!("{}", allocations()),
        ["run", name, times] => {
            let Some(case) = CASES.iter().find(|case| case.name == name) else { return ExitCode::FAILURE };
            let Ok(times) = times.parse() else { return ExitCode::FAILURE };
            let mut run = warm(case);
            repeat(&mut *run, times);
        }
        _ => divan::main(),
    }
    ExitCode::SUCCESS
}

fn warm(case: &Case) -> Box<dyn FnMut()> {
    let mut run = (case.prepare)();
    (0..WARM_UP).for_each(|_| run());
    run
}

/// Runs a piece `times` times. Callgrind finds this function by its name and counts only within it.
#[inline(never)]
fn repeat(run: &mut dyn FnMut(), times: usize) {
    for _ in 0..black_box(times) {
        run();
    }
}

fn allocations() -> serde_json::Value {
    let counted = CASES.iter().map(|case| {
        let mut run = warm(case);
        let info = allocation_counter::measure(&mut *run);
        (case.name.to_owned(), serde_json::json!({ "count": info.count_total, "bytes": info.bytes_total }))
    });
    serde_json::Value::Object(counted.collect())
}

#[divan::bench(args = CASES)]
fn hot_path(bencher: divan::Bencher<'_, '_>, case: &Case) {
    bencher.bench_local(warm(case));
}
