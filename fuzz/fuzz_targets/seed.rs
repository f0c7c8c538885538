//! Every text either is a seed or is refused.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use local_azure::seed::Seed;

fuzz_target!(|text: &str| {
    if let Err(refused) = Seed::parse(text, Path::new("seed.toml")) {
        assert!(!refused.to_string().is_empty());
    }
});
