//! The text files that describe the deployment, and a way to break one in memory.

use std::{collections::BTreeMap, fs, path::Path};

use bicep_check::Program;
use local_azure::seed::Seed;

/// Texts by path from the repository's root, with `/` between folders.
#[derive(Clone)]
pub(crate) struct Files(BTreeMap<String, String>);

impl Files {
    pub(crate) fn of_this_repository() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = BTreeMap::new();
        for folder in ["infra", "apim", ".github"] {
            read_folder(root, folder, &mut texts);
        }
        for file in ["azure.yaml", "local-azure/seed.toml", "local.settings.json.example"] {
            if let Ok(text) = fs::read_to_string(root.join(file)) {
                texts.insert(file.to_owned(), text);
            }
        }
        Self(texts)
    }

    /// Returns the same files, with one piece of text replaced everywhere in one of them.
    #[track_caller]
    pub(crate) fn with(&self, path: &str, from: &str, to: &str) -> Self {
        let text = self.text(path);
        assert!(text.contains(from), "{path} does not contain {from:?}, so this test would break nothing");
        self.with_file(path, &text.replace(from, to))
    }

    pub(crate) fn with_file(&self, path: &str, text: &str) -> Self {
        let mut files = self.clone();
        files.0.insert(path.to_owned(), text.to_owned());
        files
    }

    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    #[track_caller]
    pub(crate) fn text(&self, path: &str) -> &str {
        self.get(path).unwrap_or_else(|| panic!("{path} is missing"))
    }

    /// Returns paths and texts of the files below a folder whose names end with `suffix`.
    pub(crate) fn ending(&self, folder: &str, suffix: &str) -> impl Iterator<Item = (&str, &str)> {
        let start = format!("{folder}/");
        self.0
            .iter()
            .filter(move |(path, _)| path.starts_with(&start) && path.ends_with(suffix))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Reads the templates.
    pub(crate) fn program(&self) -> Program {
        Program::read(self.0.clone())
    }

    pub(crate) fn seed(&self) -> Seed {
        toml::from_str(self.text("local-azure/seed.toml")).expect("the seed is valid")
    }
}

fn read_folder(root: &Path, folder: &str, texts: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return };
    for entry in entries {
        let entry = entry.expect("the folder can be listed");
        let path = format!("{folder}/{}", entry.file_name().to_str().expect("file names are UTF-8"));
        if entry.path().is_dir() {
            read_folder(root, &path, texts);
        } else {
            texts.insert(path, fs::read_to_string(entry.path()).expect("the file is UTF-8"));
        }
    }
}

/// Returns complaints about entries that are in only one of two lists. Both lists must be equal.
pub(crate) fn differences(what: &str, bicep: &[String], seed: &[String]) -> Vec<String> {
    let only = |these: &[String], those: &[String]| {
        these.iter().filter(|item| !those.contains(item)).cloned().collect::<Vec<_>>()
    };
    let missing = only(seed, bicep).into_iter().map(|item| format!("{what}: {item} is missing in Bicep"));
    let extra = only(bicep, seed).into_iter().map(|item| format!("{what}: {item} stands in Bicep only"));
    missing.chain(extra).collect()
}

/// Asserts that a rule has a complaint with these words in it.
#[track_caller]
pub(crate) fn assert_complains(rule: fn(&Files) -> Vec<String>, files: &Files, words: &str) {
    let complaints = rule(files);
    assert!(complaints.iter().any(|complaint| complaint.contains(words)), "no {words:?} in {complaints:#?}");
}

/// Asserts that a rule has no complaint about the repository.
#[track_caller]
pub(crate) fn assert_content(rule: fn(&Files) -> Vec<String>) {
    let complaints = rule(&Files::of_this_repository());
    assert!(complaints.is_empty(), "{complaints:#?}");
}
