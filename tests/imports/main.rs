//! Imports go one way inside each crate. Files are nodes, and no circle joins two of them, except the circles that are
//! named here. ARCHITECTURE.md draws the real imports.
//!
//! A path in the code counts like a `use`. A parent's `mod` and `pub use` of its children do not count. Tests do not
//! count either. A name that is re-exported counts for the file that defines it.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not there")]

mod graph;
mod source;

use std::{fs, path::Path};

use self::{graph::Graph, source::Crate};

/// The crates whose imports ARCHITECTURE.md draws.
const CRATES: [(&str, &str); 3] =
    [("keyless", "crates/keyless/src"), ("functions-handler", "crates/functions-handler/src"), ("handler", "src")];

/// The crates of local-azure that are checked, but not drawn.
const OF_LOCAL_AZURE: [(&str, &str); 5] = [
    ("apim-expressions", "crates/apim-expressions/src"),
    ("apim-liquid", "crates/apim-liquid/src"),
    ("apim-policies", "crates/apim-policies/src"),
    ("functions-host", "crates/functions-host/src"),
    ("local-azure", "local-azure/src"),
];

/// The known circles: the crate, its part or parts, and the largest number of files that one of these circles joins.
const LIMITS: [(&str, &str, usize); 4] = [
    // A program holds the members that it calls, a member is a function of the machine that runs programs, and a lambda
    // is a value that holds a program.
    ("apim-expressions", "evaluate members program value", 4),
    // A batch holds requests, and each of them is answered like any other request.
    ("local-azure", "blob", 3),
    ("local-azure", "dashboard", 23),
    ("local-azure", "journal", 3),
];

fn graph_of(folder: &str) -> Graph {
    Crate::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).imports()
}

#[test]
fn no_imports_run_in_a_circle() {
    let limit = |name: &str, circle: &[&str]| {
        let is_within =
            |part: &str| circle.iter().all(|file| part.split(' ').any(|one| file.split("::").next() == Some(one)));
        let known = LIMITS.iter().find(|(of, part, _)| *of == name && is_within(part));
        known.map_or(1, |(_, _, files)| *files)
    };
    for (name, folder) in CRATES.into_iter().chain(OF_LOCAL_AZURE) {
        for circle in graph_of(folder).circles() {
            let limit = limit(name, &circle);
            let files = circle.join(", ");
            assert!(circle.len() <= limit, "{name}: these files import one another, and {limit} may: {files}");
        }
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
        ("c", "// use crate::a::A;\npub(in crate::b) struct C;"),
        ("d", "mod of_d;\nfn f() {\n    of_d::f::<u8>();\n}"),
        ("d::of_d", "pub fn f<T>() {\n    let _ = super::g;\n    let c: crate::c::C;\n}"),
    ];
    let graph = Crate::new(files).imports();
    assert_eq!(graph.circles(), [vec!["a::deep", "b"], vec!["d", "d::of_d"]].into());
    assert_eq!(graph.between_parts().drawing("x"), "```text\nx\n  a → b, c\n  b → a\n  d → c\n```");
}
