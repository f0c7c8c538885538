//! The files of the page.

use std::{collections::BTreeSet, fs, path::Path};

use crate::dashboard::assets::ASSETS;

/// Every file of `page/`, by its path there, with its text.
fn files(folder: &Path, below: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.join(below)).unwrap().map(Result::unwrap) {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.extend(files(folder, &format!("{name}/")));
        } else {
            found.push((name, fs::read_to_string(entry.path()).unwrap()));
        }
    }
    found
}

fn page() -> Vec<(String, String)> {
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dashboard/page"), "")
}

#[test]
fn every_file_is_served_and_every_import_leads_to_one() {
    let served: BTreeSet<&str> = ASSETS.iter().map(|asset| asset.path.trim_start_matches("/dashboard/page/")).collect();
    let page = page();
    let there: BTreeSet<&str> =
        page.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "index.html").collect();
    assert_eq!(served, there);
    for (name, text) in &page {
        let folder = Path::new(name).parent().unwrap();
        for import in
            text.lines().filter_map(|line| line.split_once("from \"")).map(|(_, rest)| rest.trim_end_matches("\";"))
        {
            let target = folder.join(import);
            let mut parts = Vec::new();
            for part in target.iter() {
                match part.to_str().unwrap() {
                    "." => {}
                    ".." => drop(parts.pop()),
                    other => parts.push(other),
                }
            }
            assert!(served.contains(parts.join("/").as_str()), "{name} imports {import}");
        }
    }
}

#[test]
fn nothing_makes_markup_of_text_and_nothing_comes_from_elsewhere() {
    for (name, text) in page() {
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "createContextualFragment",
            "DOMParser",
        ] {
            assert!(!text.contains(sink), "{name} has {sink}");
        }
        // The first is a namespace. The others are addresses in commands for the clipboard.
        let own = ["http://www.w3.org/2000/svg", "http://127.0.0.1:7071/", "https://${"]
            .iter()
            .fold(text, |text, known| text.replace(known, ""));
        assert!(!own.contains("http://") && !own.contains("https://"), "{name} names another site");
    }
    let page = page().into_iter().find(|(name, _)| name == "index.html").unwrap().1;
    let is_handler = |word: &str| word.starts_with("on") && word.contains('=');
    assert!(!page.contains("style=") && !page.split_whitespace().any(is_handler), "inline styles or handlers");
}
