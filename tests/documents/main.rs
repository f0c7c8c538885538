//! The documents stay true where a machine can tell: their links lead somewhere, and TROUBLESHOOTING quotes what the code says.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not there")]

mod links;
mod quotes;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Texts of the files below a folder, by path from the repository's root. What builds and package managers write is left out.
fn texts(folder: &str, endings: &[&str]) -> BTreeMap<PathBuf, String> {
    let mut texts = BTreeMap::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                if !name.starts_with('.') && !["target", "node_modules"].contains(&name) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap();
                texts.insert(path.strip_prefix(root()).unwrap().to_owned(), text);
            }
        }
    }
    texts
}

/// The text without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}
