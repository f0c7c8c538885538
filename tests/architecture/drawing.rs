//! The drawing in ARCHITECTURE.md shows the imports between the rooms of each crate: no arrow too many, none too few.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use toml::Table;

use crate::{CRATES, imports::Imports, root};

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The arrows of a fenced block ```` ```arrows NAME ````: `room → other, another` in each line.
fn drawn(document: &str, name: &str) -> Arrows {
    let (_, block) = document.split_once(&format!("```arrows {name}\n")).unwrap_or_else(|| panic!("no drawing of {name}"));
    let lines = block.split("```").next().unwrap().lines();
    let arrow = |line: &str| {
        let (from, to) = line.split_once('→')?;
        Some((from.trim().to_owned(), to.split(',').map(|room| room.trim().to_owned()).collect()))
    };
    lines.filter_map(arrow).collect()
}

/// The arrows between the rooms of a crate: its top-level modules.
fn real(imports: &Imports) -> Arrows {
    let mut arrows = Arrows::new();
    for (module, targets) in &imports.0 {
        let Some(from) = module.first() else { continue };
        let rooms = targets.iter().filter_map(|target| target.first()).filter(|room| *room != from);
        let rooms: BTreeSet<_> = rooms.cloned().collect();
        if !rooms.is_empty() {
            arrows.entry(from.clone()).or_default().extend(rooms);
        }
    }
    arrows
}

fn as_text(arrows: &Arrows) -> String {
    let line = |(from, to): (&String, &BTreeSet<String>)| {
        format!("{from} → {}\n", to.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    arrows.iter().map(line).collect()
}

#[test]
fn the_drawing_is_true() {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (name, folder) in CRATES {
        let real = real(&Imports::read(&root().join(folder)));
        assert_eq!(drawn(&document, name), real, "ARCHITECTURE.md must show for {name}:\n{}", as_text(&real));
    }
}

/// The crates of this repository that a crate is built on; tests do not count.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let table: Table = fs::read_to_string(root().join(manifest)).unwrap().parse().unwrap();
    let dependencies = table["dependencies"].as_table().unwrap();
    let own = dependencies.iter().filter(|(_, value)| value.get("path").is_some());
    own.map(|(name, _)| name.clone()).collect()
}

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let document = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let drawn = drawn(&document, "crates");
    for (name, manifest) in [
        ("src", "Cargo.toml"),
        ("functions-handler", "crates/functions-handler/Cargo.toml"),
        ("keyless", "crates/keyless/Cargo.toml"),
        ("local-azure", "local-azure/Cargo.toml"),
        ("functions-host", "crates/functions-host/Cargo.toml"),
        ("apim-policies", "crates/apim-policies/Cargo.toml"),
        ("apim-expressions", "crates/apim-expressions/Cargo.toml"),
        ("ncrontab", "crates/ncrontab/Cargo.toml"),
    ] {
        assert_eq!(drawn.get(name).cloned().unwrap_or_default(), dependencies(manifest), "{name}");
    }
}

#[test]
fn a_drawing_that_lies_is_seen() {
    let document = "# X\n```arrows a\nb → c, d\n```\n```arrows e\n```\n";
    assert_eq!(as_text(&drawn(document, "a")), "b → c, d\n");
    assert!(drawn(document, "e").is_empty());
}
