//! The files of a script root that belong into a package.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    archive::{EXECUTABLE, Packed, READABLE},
    error::PackageError,
    executable::HANDLER,
};
use crate::{
    deployed_files::deployed_files,
    functions_host::{FunctionProblem, HandlerSettings, ScriptSummary},
    own_folder::MARKER,
};

/// The files of a script root that the host would load completely.
pub(super) struct Contents {
    /// Names of the functions.
    pub(super) functions: Vec<String>,
    /// The files, by name in the zip.
    pub(super) files: BTreeMap<String, Packed>,
}

impl Contents {
    /// Reads a script root that holds only host.json, the functions and a Rust handler.
    pub(super) fn from_rust(root: &Path, settings: &BTreeMap<String, String>) -> Result<Self, PackageError> {
        let HandlerSettings { executable, folder, .. } = HandlerSettings::read(root)?;
        // This check comes first, because the host would only report that the file does not exist.
        if !folder.as_os_str().is_empty() {
            return Err(PackageError::WorkerDirectory(folder));
        }
        if executable != HANDLER {
            return Err(PackageError::HandlerName(executable));
        }
        let ScriptSummary { functions, problems, .. } = ScriptSummary::read(root, settings)?;
        let functions = all_loaded(root, functions, problems)?;
        let mut files = BTreeMap::new();
        let definitions = functions.iter().map(|function| format!("{function}/function.json"));
        for name in ["host.json".to_owned(), HANDLER.to_owned()].into_iter().chain(definitions) {
            let mode = if name == HANDLER { EXECUTABLE } else { READABLE };
            files.insert(name.clone(), Packed { path: root.join(name), mode });
        }
        match stray_file(root, root, &files)? {
            Some(path) => Err(PackageError::Stray(path)),
            None => Ok(Self { functions, files }),
        }
    }

    /// Reads a project in any language: every file that `.funcignore` does not name, with the modes of the tree.
    pub(super) fn from_any(
        root: &Path,
        environment: &BTreeMap<String, String>,
        settings: &BTreeMap<String, String>,
    ) -> Result<Self, PackageError> {
        let ScriptSummary { mut functions, mut problems, .. } = ScriptSummary::read_in(root, environment, settings)?;
        let mut files = BTreeMap::new();
        for (name, path) in deployed_files(root)? {
            let mode = mode(&path).map_err(|source| PackageError::File { path: path.clone(), source })?;
            files.insert(name, Packed { path, mode });
        }
        if !files.contains_key("host.json") {
            return Err(PackageError::LeftOut("host.json".to_owned()));
        }
        let is_deployed = |function: &String| files.contains_key(&format!("{function}/function.json"));
        functions.retain(is_deployed);
        problems.retain(|problem| is_deployed(&problem.name));
        Ok(Self { functions: all_loaded(root, functions, problems)?, files })
    }
}

/// Returns the file's mode. Windows has no execute bit, but nothing is packaged there.
fn mode(path: &Path) -> io::Result<u32> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    return Ok(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777);
    #[cfg(not(unix))]
    Ok(if metadata.is_file() { READABLE } else { EXECUTABLE })
}

fn all_loaded(
    root: &Path,
    functions: Vec<String>,
    problems: Vec<FunctionProblem>,
) -> Result<Vec<String>, PackageError> {
    if !problems.is_empty() {
        return Err(PackageError::Functions(problems));
    }
    if functions.is_empty() {
        return Err(PackageError::NoFunctions(root.to_owned()));
    }
    Ok(functions)
}

/// Returns the first file or folder under `folder` that is not in the package.
fn stray_file(root: &Path, folder: &Path, files: &BTreeMap<String, Packed>) -> Result<Option<PathBuf>, PackageError> {
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
