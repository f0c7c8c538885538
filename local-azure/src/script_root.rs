//! The script root: the folder that the Functions host reads and that users deploy.
//!
//! The host looks for `function.json` only in immediate children of the folder with `host.json`. So the files of the
//! project are copied into that structure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Component, Path, PathBuf},
};

use functions_host::HandlerSettings;

use crate::own_folder::{FolderError, FolderUse, MARKER, OwnFolder};

/// The name of the handler's executable in the script root.
pub const HANDLER: &str = if cfg!(windows) { "handler.exe" } else { "handler" };

/// Why a script root cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The project lacks a file of the script root.
    #[error("{} is missing: {hint}", path.display())]
    Missing {
        /// The missing file.
        path: PathBuf,
        /// The remedy.
        hint: &'static str,
    },
    /// local-azure may not write into the folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The script root holds a user's file at the path of one of the project's files.
    #[error("{} is in the way, and local-azure did not put it there: move it away", .0.display())]
    InTheWay(PathBuf),
    /// Copying failed.
    #[error("cannot copy {} into the script root: {source}", path.display())]
    Copy {
        /// The copied file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

/// Copies `host.json`, each `functions/<name>/function.json` and the handler into `script_root`, which must be new,
/// empty or made by an earlier call. Files of functions that the project no longer has are removed; no other file
/// changes.
///
/// # Errors
/// [`StageError`] names the file or folder. Nothing has been removed or replaced unless copying failed.
pub fn stage(project: &Path, handler: &Path, script_root: &Path) -> Result<(), StageError> {
    if !handler.is_file() {
        let hint = "build it with `cargo build --bin handler`";
        return Err(StageError::Missing { path: handler.to_owned(), hint });
    }
    let host_json = project.join("host.json");
    if !host_json.is_file() {
        let hint = "run this in a project that has a host.json";
        return Err(StageError::Missing { path: host_json, hint });
    }
    let functions_folder = project.join("functions");
    let mut sources = functions(if functions_folder.is_dir() { &functions_folder } else { project })?;
    sources.insert("host.json".to_owned(), host_json);
    // An executable outside the script root runs in its place.
    if let Some(name) = handler_name(project) {
        sources.insert(name, handler.to_owned());
    }
    stage_files(&sources, script_root)
}

/// Copies files, by their paths in `script_root`, which must be new, empty or made by an earlier call. Files that an
/// earlier call copied and this one does not are removed; no other file changes.
///
/// # Errors
/// [`StageError`] names the file or folder. Nothing has been removed or replaced unless copying failed.
pub fn stage_files(sources: &BTreeMap<String, PathBuf>, script_root: &Path) -> Result<(), StageError> {
    let mut folder = OwnFolder::claim(script_root, FolderUse::ScriptRoot)?;
    let wanted: BTreeSet<String> = sources.keys().cloned().collect();
    let staged = folder.files().clone();
    for file in &wanted {
        refuse_in_the_way(script_root, file, &staged)?;
    }
    let listed = |source| StageError::Copy { path: script_root.join(MARKER), source };
    // The files are listed before they are copied. So a process that is killed in between leaves no file that the next
    // process would refuse.
    folder.list(staged.union(&wanted).cloned().collect()).map_err(listed)?;
    staged.difference(&wanted).for_each(|file| remove(script_root, file));
    for (file, source) in sources {
        copy(source, &script_root.join(file))?;
    }
    folder.list(wanted).map_err(listed)
}

/// Returns the handler's path in the script root: the path in host.json, unless that path leads elsewhere.
fn handler_name(project: &Path) -> Option<String> {
    let path = HandlerSettings::read(project).ok().and_then(|settings| settings.path());
    let path = path.filter(|path| !path.to_string_lossy().contains('%'));
    let Some(path) = path else { return Some(HANDLER.to_owned()) };
    let inside = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if path.is_absolute() || !inside {
        return None;
    }
    let name = path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    let suffix = if name.extension().is_none() { std::env::consts::EXE_SUFFIX } else { "" };
    Some(format!("{}{suffix}", name.to_string_lossy().replace('\\', "/")))
}

/// Lists the `function.json` of each function of the project, by its path in the script root.
fn functions(folder: &Path) -> Result<BTreeMap<String, PathBuf>, StageError> {
    let failed = |source| StageError::Copy { path: folder.to_owned(), source };
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let definition = entry.path().join("function.json");
        if definition.is_file() {
            let name = entry.file_name().into_string();
            let name = name.map_err(|_| failed(io::Error::other("the name of a function is not UTF-8")))?;
            found.insert(format!("{name}/function.json"), definition);
        }
    }
    Ok(found)
}

/// Refuses to overwrite files that the marker does not list, and to write through symbolic links.
fn refuse_in_the_way(script_root: &Path, file: &str, staged: &BTreeSet<String>) -> Result<(), StageError> {
    let path = script_root.join(file);
    let folder = path.parent().filter(|folder| *folder != script_root);
    let is_folder = |folder: &Path| fs::symlink_metadata(folder).map_or(true, |found| found.is_dir());
    if let Some(folder) = folder.filter(|folder| !is_folder(folder)) {
        return Err(StageError::InTheWay(folder.to_owned()));
    }
    match fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() || !staged.contains(file) => Err(StageError::InTheWay(path)),
        _ => Ok(()),
    }
}

/// Removes a listed file, and the folder of its function if it is empty then.
fn remove(script_root: &Path, file: &str) {
    let path = script_root.join(file);
    let Some(folder) = path.parent() else { return };
    if fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir()) {
        // A file that cannot be removed belongs to no function of the project. The host names it.
        let _ = fs::remove_file(&path);
        if folder != script_root {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Replaces a file by a rename: a running handler cannot be written to ("text file busy").
fn copy(from: &Path, to: &Path) -> Result<(), StageError> {
    let copied = to.parent().map_or(Ok(()), |folder| {
        fs::create_dir_all(folder)?;
        let temporary = tempfile::NamedTempFile::new_in(folder)?;
        fs::copy(from, temporary.path())?;
        temporary.persist(to)?;
        Ok(())
    });
    copied.map_err(|source| StageError::Copy { path: from.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let project = tempfile::tempdir().unwrap();
        for (path, text) in [("host.json", "{}"), ("functions/tick/function.json", "{}"), ("built", "ELF")] {
            copy_text(&project.path().join(path), text);
        }
        project
    }

    fn copy_text(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn functions_become_children_of_the_folder_with_host_json() {
        let project = project();
        let root = project.path().join("app");
        stage(project.path(), &project.path().join("built"), &root).unwrap();
        for path in ["host.json", "tick/function.json", HANDLER] {
            assert!(root.join(path).is_file(), "{path}");
        }
    }

    #[test]
    fn the_handler_goes_where_host_json_looks_for_it() {
        let project = project();
        let description =
            r#"{ "customHandler": { "description": { "defaultExecutablePath": "./app", "workerDirectory": "bin" } } }"#;
        copy_text(&project.path().join("host.json"), description);
        let root = project.path().join("app");
        staged(project.path(), &root).unwrap();
        assert!(root.join("bin/app").is_file() && !root.join("app").exists());
    }

    fn staged(project: &Path, root: &Path) -> Result<(), StageError> {
        stage(project, &project.join("built"), root)
    }

    #[test]
    fn a_function_that_was_deleted_leaves_the_script_root() {
        let project = project();
        let root = project.path().join("app");
        copy_text(&project.path().join("functions/gone/function.json"), "{}");
        staged(project.path(), &root).unwrap();
        assert!(root.join("gone/function.json").is_file());
        fs::remove_dir_all(project.path().join("functions/gone")).unwrap();
        staged(project.path(), &root).unwrap();
        assert!(!root.join("gone").exists() && root.join("tick/function.json").is_file());
    }

    #[test]
    fn folders_with_files_of_the_user_are_refused_and_stay_as_they_are() {
        let project = project();
        let other = project.path().join("other-app");
        copy_text(&other.join("job/function.json"), "mine");
        copy_text(&other.join("job/main.py"), "mine");
        for root in [project.path().join("functions"), project.path().to_owned(), other.clone()] {
            let refusal = staged(project.path(), &root).unwrap_err().to_string();
            assert!(refusal.contains("local-azure did not make it"), "{refusal}");
        }
        assert_eq!(fs::read_to_string(project.path().join("host.json")).unwrap(), "{}");
        assert_eq!(fs::read_to_string(project.path().join("functions/tick/function.json")).unwrap(), "{}");
        assert_eq!(fs::read_to_string(other.join("job/function.json")).unwrap(), "mine");
    }

    #[test]
    fn files_added_to_the_script_root_survive_and_are_never_written_over() {
        let project = project();
        let root = project.path().join("app");
        copy_text(&project.path().join("functions/gone/function.json"), "{}");
        staged(project.path(), &root).unwrap();
        copy_text(&root.join("gone/notes"), "mine");
        copy_text(&root.join("later/function.json"), "mine");
        fs::remove_dir_all(project.path().join("functions/gone")).unwrap();
        staged(project.path(), &root).unwrap();
        assert_eq!(fs::read_to_string(root.join("gone/notes")).unwrap(), "mine");

        copy_text(&project.path().join("functions/later/function.json"), "{}");
        let refusal = staged(project.path(), &root).unwrap_err().to_string();
        assert!(refusal.contains("is in the way"), "{refusal}");
        assert_eq!(fs::read_to_string(root.join("later/function.json")).unwrap(), "mine");
    }

    #[cfg(unix)]
    #[test]
    fn links_in_the_script_root_are_not_followed() {
        let project = project();
        let (root, outside) = (project.path().join("app"), project.path().join("outside"));
        staged(project.path(), &root).unwrap();
        copy_text(&outside.join("function.json"), "mine");
        fs::remove_dir_all(root.join("tick")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("tick")).unwrap();
        assert!(staged(project.path(), &root).unwrap_err().to_string().contains("is in the way"));
        fs::remove_dir_all(project.path().join("functions/tick")).unwrap();
        staged(project.path(), &root).unwrap();
        assert_eq!(fs::read_to_string(outside.join("function.json")).unwrap(), "mine");
    }

    #[test]
    fn a_missing_handler_says_how_to_build_it() {
        let project = project();
        let error = stage(project.path(), &project.path().join("nothing"), &project.path().join("app")).unwrap_err();
        assert!(error.to_string().contains("cargo build --bin handler"), "{error}");
    }
}
