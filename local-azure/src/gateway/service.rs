//! What policy documents refer to by name: named values and backends of the seed, fragments of the policy folder
//! (`fragments/{id}.xml`).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use apim_policies::{Backend, Service};

use super::policy_folder;
use crate::seed::Seed;

/// What is wrong with a file or a part of the seed.
pub(super) type Trouble = (PathBuf, String);

/// What the seed and this policy folder define, and what of it cannot be used.
pub(super) fn read(seed: &Seed, folder: &Path) -> (Service, Vec<Trouble>) {
    let mut troubles = Vec::new();
    let mut backends = BTreeMap::new();
    for backend in &seed.apim.backends {
        let part = PathBuf::from("apim.backends");
        if !matches!(backend.url.scheme(), "http" | "https") || backend.url.host().is_none() {
            troubles.push((part.clone(), format!("the URL of \"{}\" is not an http or https URL", backend.id)));
        }
        if backends.insert(backend.id.clone(), Backend { url: backend.url.clone() }).is_some() {
            troubles.push((part, format!("\"{}\" is there twice", backend.id)));
        }
    }
    let fragments = fragments(folder, &mut troubles);
    (Service { named_values: seed.apim.named_values.clone(), fragments, backends }, troubles)
}

/// The texts of the fragments by identifier. A folder that cannot be read is somebody else's to report.
fn fragments(folder: &Path, troubles: &mut Vec<Trouble>) -> BTreeMap<String, String> {
    let mut files = BTreeSet::new();
    let mut fragments = BTreeMap::new();
    if policy_folder::find_policy_files(folder, Path::new(policy_folder::FRAGMENTS), &mut files).is_err() {
        return fragments;
    }
    for file in files {
        let path = folder.join(&file);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                fragments.insert(id, text);
            }
            Err(error) => troubles.push((path, format!("cannot be read: {error}"))),
        }
    }
    fragments
}
