//! Links between documents, and to files and headings.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use crate::{prose, root, texts};

/// Returns the targets of a document's links, except web addresses.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let targets = prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.contains(':')).map(str::to_owned).collect()
}

/// Returns the name of a heading in a link: its letters and digits in lower case, with `-` for a space.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|one| one.is_alphanumeric() || [' ', '-', '_'].contains(one));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

fn has_heading(text: &str, wanted: &str) -> bool {
    let text = prose(text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).any(|heading| heading == wanted)
}

/// Returns the path without `..`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
        plain
    })
}

fn broken(documents: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let mut broken = Vec::new();
    for (document, text) in documents {
        for link in links(text) {
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => document.clone(),
                path => plain(&document.with_file_name(path)),
            };
            let leads = match documents.get(&target) {
                Some(text) => heading.is_empty() || has_heading(text, heading),
                None => root().join(&target).exists(),
            };
            if !leads {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    broken
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let documents = texts("", &[".md"]);
    let found: usize = documents.values().map(|text| links(text).len()).sum();
    assert!(found > 100, "the links are found: {found}");
    assert_eq!(broken(&documents), Vec::<String>::new());
}

#[test]
fn a_link_that_leads_nowhere_is_seen() {
    let document =
        "# A `b`, c!\n\n[a](#a-b-c) [b](#a-b) [c](../README.md) [d](../no.md) [e](https://e.example/) [f](e.md#f)\n";
    let documents = [("docs/d.md".into(), document.to_owned()), ("docs/e.md".into(), "```\n# f\n```\n".to_owned())];
    assert_eq!(broken(&documents.into()), ["docs/d.md: #a-b", "docs/d.md: ../no.md", "docs/d.md: e.md#f"]);
}
