//! Checks of the documents that a machine can do: their links lead somewhere, and TROUBLESHOOTING quotes real messages
//! of the code.

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

/// Returns the texts of the files below a folder, by path from the repository's root. Files that builds and package
/// managers write are left out.
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

/// Returns the text without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}
