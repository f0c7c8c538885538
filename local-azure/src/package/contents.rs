//! Which files of a script root make a package.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{PackageError, archive::HANDLER};
use crate::{functions_host::ScriptSummary, own_folder::MARKER};

/// A script root that the host would load whole.
pub(super) struct Contents {
    /// Names of the functions.
    pub(super) functions: Vec<String>,
    /// Bytes by name in the zip.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    pub(super) fn read(root: &Path, settings: &BTreeMap<String, String>) -> Result<Self, PackageError> {
        let named = named_handler(root);
        // Before the host looks for that file and says only that it is not there.
        refuse_handler_name(named.as_deref().unwrap_or(HANDLER))?;
        let ScriptSummary { functions, problems, .. } = ScriptSummary::read(root, settings)?;
        refuse_handler_name(named.as_deref().unwrap_or_default())?;
        if !problems.is_empty() {
            return Err(PackageError::Functions(problems));
        }
        if functions.is_empty() {
            return Err(PackageError::NoFunctions(root.to_owned()));
        }
        let mut files = BTreeMap::new();
        let definitions = functions.iter().map(|function| format!("{function}/function.json"));
        for name in ["host.json".to_owned(), HANDLER.to_owned()].into_iter().chain(definitions) {
            let bytes = read(&root.join(&name))?;
            files.insert(name, bytes);
        }
        match stray_file(root, root, &files)? {
            Some(path) => Err(PackageError::Stray(path)),
            None => Ok(Self { functions, files }),
        }
    }
}

fn refuse_handler_name(name: &str) -> Result<(), PackageError> {
    if name == HANDLER { Ok(()) } else { Err(PackageError::HandlerName(name.to_owned())) }
}

/// `defaultExecutablePath` as the file has it, whatever app settings say.
fn named_handler(root: &Path) -> Option<String> {
    let text = fs::read_to_string(root.join("host.json")).ok()?;
    let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    Some(document.pointer("/customHandler/description/defaultExecutablePath")?.as_str()?.to_owned())
}

/// The first file or folder under `folder` that is not in the package.
fn stray_file(root: &Path, folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<Option<PathBuf>, PackageError> {
    let failed = |source| PackageError::File { path: folder.to_owned(), source };
    let paths = fs::read_dir(folder).map_err(failed)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let mut paths = paths.map_err(failed)?;
    paths.sort();
    let known = |path: &Path| path == root.join(MARKER) || files.keys().any(|name| root.join(name) == path);
    for path in paths {
        let is_function = path.is_dir() && folder == root && known(&path.join("function.json"));
        let stray = if is_function { stray_file(root, &path, files)? } else { Some(path).filter(|path| !known(path)) };
        if stray.is_some() {
            return Ok(stray);
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<Vec<u8>, PackageError> {
    fs::read(path).map_err(|source| PackageError::File { path: path.to_owned(), source })
}
