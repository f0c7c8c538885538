//! The script root: the one folder that the Functions host reads, and that gets deployed.
//!
//! The host looks for `function.json` only in immediate children of the folder that holds `host.json`,
//! so the project's tidy tree is copied into that shape.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Name of the handler's executable in the script root.
pub const HANDLER: &str = if cfg!(windows) { "handler.exe" } else { "handler" };

/// Why a script root cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The project lacks something that belongs into the script root.
    #[error("{} is missing: {hint}", path.display())]
    Missing {
        /// What was looked for.
        path: PathBuf,
        /// What to do.
        hint: &'static str,
    },
    /// Copying failed.
    #[error("cannot copy {} into the script root: {source}", path.display())]
    Copy {
        /// What was being copied.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Copies `host.json`, each `functions/<name>/function.json` and the handler into `script_root`.
///
/// Functions that the project no longer has are removed from the script root.
///
/// # Errors
/// [`StageError`] names the file that is missing or cannot be copied.
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
    remove_functions(script_root)?;
    copy(&host_json, &script_root.join("host.json"))?;
    for (name, definition) in functions(&project.join("functions"))? {
        copy(&definition, &script_root.join(name).join("function.json"))?;
    }
    copy_handler(handler, &script_root.join(HANDLER))
}

/// Name and `function.json` of each function of the project.
fn functions(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>, StageError> {
    let failed = |source| StageError::Copy { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let definition = entry.path().join("function.json");
        if definition.is_file() {
            found.push((entry.file_name().into(), definition));
        }
    }
    Ok(found)
}

fn remove_functions(script_root: &Path) -> Result<(), StageError> {
    let Ok(entries) = fs::read_dir(script_root) else { return Ok(()) };
    for folder in entries.flatten().map(|entry| entry.path()).filter(|path| path.join("function.json").is_file()) {
        fs::remove_dir_all(&folder).map_err(|source| StageError::Copy { path: folder, source })?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), StageError> {
    let copied = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(from, to));
    copied.map(drop).map_err(|source| StageError::Copy { path: from.to_owned(), source })
}

/// Replaces the handler by a rename: a running one cannot be written to ("text file busy").
fn copy_handler(from: &Path, to: &Path) -> Result<(), StageError> {
    let temporary = to.with_extension("new");
    copy(from, &temporary)?;
    fs::rename(&temporary, to).map_err(|source| StageError::Copy { path: from.to_owned(), source })
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
    fn a_function_that_was_deleted_leaves_the_script_root() {
        let project = project();
        let root = project.path().join("app");
        copy_text(&root.join("gone/function.json"), "{}");
        stage(project.path(), &project.path().join("built"), &root).unwrap();
        assert!(!root.join("gone").exists());
    }

    #[test]
    fn a_missing_handler_says_how_to_build_it() {
        let project = project();
        let error = stage(project.path(), &project.path().join("nothing"), &project.path().join("app")).unwrap_err();
        assert!(error.to_string().contains("cargo build --bin handler"), "{error}");
    }
}
