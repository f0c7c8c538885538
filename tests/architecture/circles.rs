//! No file imports, by whatever way round, from itself.

use std::collections::BTreeSet;

use crate::{
    CRATES,
    imports::{Imports, Module},
    root,
};

/// The largest set of modules of which each leads to each other; empty where there is none.
fn largest_circle(Imports(imports): &Imports) -> Vec<Module> {
    let reached = |from: &Module| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            for target in imports.get(&module).into_iter().flatten() {
                if reached.insert(target.clone()) {
                    next.push(target.clone());
                }
            }
        }
        reached
    };
    let all: Vec<_> = imports.keys().map(|module| (module, reached(module))).collect();
    let circle = |(module, reach): &(&Module, BTreeSet<Module>)| -> Vec<Module> {
        let back = |other: &&Module| all.iter().any(|(name, reach)| name == other && reach.contains(*module));
        if reach.contains(*module) { reach.iter().filter(back).cloned().collect() } else { Vec::new() }
    };
    all.iter().map(circle).max_by_key(Vec::len).unwrap_or_default()
}

#[test]
fn no_crate_has_a_circle_of_files() {
    for (name, folder) in CRATES {
        let circle = largest_circle(&Imports::read(&root().join(folder)));
        let shown: Vec<_> = circle.iter().map(|module| module.join("::")).collect();
        assert!(circle.is_empty(), "{name}: these import each other: {shown:#?}");
    }
}

#[test]
fn a_circle_is_seen() {
    let files = [("a", "use crate::b::B;"), ("b", "use super::c::C;"), ("c", "use crate::a::A;"), ("d", "use crate::a::A;")];
    let texts = files.iter().map(|(path, text)| (vec![(*path).to_owned()], (*text).to_owned())).collect();
    assert_eq!(largest_circle(&Imports::of(texts)), [["a"], ["b"], ["c"]]);
}
