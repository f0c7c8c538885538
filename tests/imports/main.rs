//! Imports go one way inside each crate: files are nodes, no circle joins two of them, and ARCHITECTURE.md draws what
//! there is.
//!
//! A parent's `mod` and `pub use` of its children do not count, nor do tests. A name that is re-exported counts for the
//! file that defines it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not there")]

mod graph;
mod source;

use std::{fs, path::Path};

use self::{graph::Graph, source::Crate};

/// The crates whose imports ARCHITECTURE.md draws.
const CRATES: [(&str, &str); 3] =
    [("keyless", "crates/keyless/src"), ("functions-handler", "crates/functions-handler/src"), ("handler", "src")];

/// The engine of the gateway, in layers.
const ENGINE: (&str, &str) = ("apim-policies", "crates/apim-policies/src");

fn graph_of(folder: &str) -> Graph {
    Crate::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).imports()
}

#[test]
fn no_imports_run_in_a_circle() {
    for (name, folder) in CRATES.into_iter().chain([ENGINE]) {
        let graph = graph_of(folder);
        let circle = graph.largest_circle();
        assert!(circle.len() <= 1, "{name}: these files import one another: {}", circle.join(", "));
    }
}

#[test]
fn the_drawing_of_each_crate_in_the_architecture_is_true() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (name, folder) in CRATES {
        let drawing = graph_of(folder).between_parts().drawing(name);
        assert!(text.contains(&drawing), "ARCHITECTURE.md does not draw {name} as it is:\n{drawing}");
    }
}

#[test]
fn a_circle_of_imports_is_found() {
    let files = [
        ("lib", "mod a;\nmod b;\npub use self::a::A;"),
        ("a", "mod deep;\npub use self::deep::A;\nuse crate::c::C;"),
        ("a::deep", "use crate::{b::{B, Other as X}, c};\npub struct A;"),
        ("b", "use super::A;\npub struct B;\n#[cfg(test)]\nmod tests {\n    use crate::c::C;\n}"),
        ("c", "// use crate::a::A;\npub struct C;"),
    ];
    let graph = Crate::new(files).imports();
    assert_eq!(graph.largest_circle(), ["a::deep", "b"]);
    assert_eq!(graph.between_parts().drawing("x"), "```text\nx\n  a → b, c\n  b → a\n```");
}
