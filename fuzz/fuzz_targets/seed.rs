//! Any text is a seed, or a fault, or is refused.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use local_azure::{fault::Fault, seed::Seed};

fuzz_target!(|text: &str| {
    let _ = Seed::parse(text, Path::new("seed.toml"));
    if let Ok(fault) = text.parse::<Fault>() {
        let _ = fault.check(&Seed::default());
    }
});
