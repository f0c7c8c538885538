//! Checks that every test that docs/functions-host.md names exists, and that every row names a test.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeSet, fs, path::Path};

const PAGE: &str = include_str!("../../../../docs/functions-host.md");

/// Returns the text of every Rust file below a folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.fold(String::new(), |text, path| match path.extension() {
        _ if path.is_dir() => text + &sources(&path),
        Some(extension) if extension == "rs" => text + &fs::read_to_string(path).unwrap(),
        _ => text,
    })
}

#[test]
fn every_statement_names_a_test_that_is_there() {
    let sources = ["src", "tests"].map(|folder| sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))).concat();
    let named: BTreeSet<&str> = PAGE
        .split('`')
        .filter(|word| {
            word.matches('_').count() > 3 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
        .filter(|word| !word.contains("__") && word.chars().all(|character| !character.is_uppercase()))
        .collect();
    let missing: Vec<_> = named.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "these tests are not there: {missing:?}");
    // A row without a test proves nothing.
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && line.ends_with(" |"));
    let header = ["| test |", "| a timer gets |"];
    let bare: Vec<_> = rows
        .filter(|line| !header.iter().any(|end| line.ends_with(end)))
        .filter(|line| !named.iter().any(|name| line.contains(name)))
        .filter(|line| !line.contains("POST /<function>` with JSON |") && !line.ends_with("| the same |"))
        .collect();
    assert!(bare.is_empty(), "these statements name no test: {bare:?}");
}
