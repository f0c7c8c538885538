//! Rules: imports go one way, and ARCHITECTURE.md draws how.
//!
//! A node is a file. An import of an item that a parent re-exports from its child counts as one of the child. Tests do
//! not count.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod circles;
mod drawing;
mod imports;

use std::path::{Path, PathBuf};

/// The crates whose inside is checked: name and folder of the sources.
const CRATES: [(&str, &str); 3] =
    [("src", "src"), ("functions-handler", "crates/functions-handler/src"), ("keyless", "crates/keyless/src")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
