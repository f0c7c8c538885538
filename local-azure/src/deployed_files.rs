//! The files to deploy of a project in another language than Rust: the whole folder, except the files in `.funcignore`.
//!
//! `.funcignore` has the syntax of `.gitignore`. Files that Azure Functions Core Tools always leave out are left out
//! too (`FileSystemHelpers.cs` of `Azure/azure-functions-core-tools`), and so are local-azure's own files.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ignore::{
    DirEntry, WalkBuilder,
    gitignore::{Gitignore, GitignoreBuilder},
};

use crate::{own_file::is_written, own_folder::MARKER};

const IGNORE_FILE: &str = ".funcignore";
/// Left out in every folder.
const NEVER: [&str; 5] = [".git", ".vscode", ".gitignore", IGNORE_FILE, MARKER];
/// Left out beside host.json, because they belong to this machine.
const NEVER_IN_ROOT: [&str; 3] = ["local.settings.json", "project.lock.json", "seed.toml"];
/// The folder whose children become children of the script root.
const FUNCTIONS: &str = "functions";

/// Why the files cannot be listed.
#[derive(Debug, thiserror::Error)]
pub enum DeployedFilesError {
    /// A pattern cannot be read, a file is gone, or a link leads nowhere or in a circle.
    #[error("{0}")]
    Walk(#[from] ignore::Error),
    /// A link that would deploy files from outside the project.
    #[error("{} is a link to a folder outside of the project: copy that folder, or name the link in {IGNORE_FILE}", .0.display())]
    LinkOutside(PathBuf),
    /// A name that a zip cannot hold.
    #[error("{}: the name is not UTF-8", .0.display())]
    Name(PathBuf),
    /// `functions/x` becomes `x`, but `x` exists already.
    #[error("{} and {} would be one file of the script root: rename one of them", .0.display(), .1.display())]
    SameName(PathBuf, PathBuf),
}

/// Reports whether the functions of the project are in `functions/`, and none is beside host.json.
#[must_use]
pub fn has_functions_folder(project: &Path) -> bool {
    holds_functions(&project.join(FUNCTIONS)) && !holds_functions(project)
}

fn holds_functions(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.path().join("function.json").is_file())
}

/// Lists the files of `project` that belong into the script root, by their paths there, with `/`.
///
/// # Errors
/// [`DeployedFilesError`] names the file or pattern.
pub fn deployed_files(project: &Path) -> Result<BTreeMap<String, PathBuf>, DeployedFilesError> {
    let ignored = ignored(project)?;
    let is_deployed = move |entry: &DirEntry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let name = entry.file_name().to_string_lossy();
        let is_left_out = NEVER.contains(&&*name)
            || entry.depth() == 1 && NEVER_IN_ROOT.contains(&&*name)
            || is_folder && entry.path().join(MARKER).is_file();
        entry.depth() == 0 || !is_left_out && !ignored.matched(entry.path(), is_folder).is_ignore()
    };
    let walk = WalkBuilder::new(project).standard_filters(false).follow_links(true).filter_entry(is_deployed).build();
    let lift = has_functions_folder(project);
    let mut files = BTreeMap::new();
    for entry in walk {
        let entry = entry?;
        if entry.path_is_symlink() && entry.depth() > 0 && leads_outside(&entry, project) {
            return Err(DeployedFilesError::LinkOutside(entry.into_path()));
        }
        if !entry.file_type().is_some_and(|kind| kind.is_file()) || is_written(entry.path()) {
            continue;
        }
        let path = entry.into_path();
        let relative = path.strip_prefix(project).unwrap_or(&path);
        let relative = if lift { relative.strip_prefix(FUNCTIONS).unwrap_or(relative) } else { relative };
        let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
        let name = parts.ok_or_else(|| DeployedFilesError::Name(path.clone()))?.join("/");
        if let Some(other) = files.insert(name, path.clone()) {
            return Err(DeployedFilesError::SameName(other, path));
        }
    }
    Ok(files)
}

/// Reports whether a link leads to a folder outside of the project. A file from outside, such as an interpreter, is
/// copied.
fn leads_outside(entry: &DirEntry, project: &Path) -> bool {
    let (target, root) = (entry.path().canonicalize(), project.canonicalize());
    entry.path().is_dir() && !matches!((target, root), (Ok(target), Ok(root)) if target.starts_with(&root))
}

fn ignored(project: &Path) -> Result<Gitignore, ignore::Error> {
    let mut patterns = GitignoreBuilder::new(project);
    let file = project.join(IGNORE_FILE);
    match file.is_file().then(|| patterns.add(file)).flatten() {
        Some(error) => Err(error),
        None => patterns.build(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::own_file::VARIABLES_HEADER;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        deployed_files(folder.path()).unwrap().into_keys().collect()
    }

    #[test]
    fn everything_is_deployed_but_what_funcignore_names_and_what_belongs_to_this_machine() {
        let folder = folder(&[
            (".funcignore", "*.log\n/tests/\n.venv\n!keep.log\n# a comment\n**/cache\n"),
            (".hidden/config", ""),
            (".git/HEAD", ""),
            (".gitignore", "handler.py\n"),
            ("handler.py", ""),
            ("host.json", "{}"),
            ("hello/function.json", "{}"),
            ("hello/a.log", ""),
            ("keep.log", ""),
            ("lib/cache/x", ""),
            ("lib/local.settings.json", ""),
            ("lib/tests/y", ""),
            ("local.settings.json", "{}"),
            ("seed.toml", ""),
            ("target/app/.local-azure", ""),
            ("target/app/host.json", "{}"),
            ("target/app.zip", "packaged by local-azure"),
            ("older.zip", "packaged by local-azure"),
            ("azure.env", VARIABLES_HEADER),
            ("target/app.jar", ""),
            ("theirs.zip", ""),
            ("tests/z", ""),
            (".venv/bin/python", ""),
        ]);
        let expected = [
            ".hidden/config",
            "handler.py",
            "hello/function.json",
            "host.json",
            "keep.log",
            "lib/local.settings.json",
            "lib/tests/y",
            "target/app.jar",
            "theirs.zip",
        ];
        assert_eq!(names(&folder), expected);
    }

    #[test]
    fn function_folders_in_functions_become_children_of_the_script_root() {
        let folder = folder(&[("host.json", ""), ("functions/echo/function.json", ""), ("functions/lib.py", "")]);
        assert_eq!(names(&folder), ["echo/function.json", "host.json", "lib.py"]);
        fs::write(folder.path().join("lib.py"), "").unwrap();
        assert!(deployed_files(folder.path()).unwrap_err().to_string().contains("would be one file"));
        // A module of that name beside function folders stays in its place.
        fs::create_dir(folder.path().join("other")).unwrap();
        fs::write(folder.path().join("other/function.json"), "").unwrap();
        assert!(names(&folder).contains(&"functions/lib.py".to_owned()));
    }

    #[test]
    fn a_pattern_that_cannot_be_read_is_an_error_with_its_line() {
        let folder = folder(&[(".funcignore", "*.log\na{b\n"), ("host.json", "")]);
        let error = deployed_files(folder.path()).unwrap_err().to_string();
        assert!(error.contains(".funcignore") && error.contains("line 2"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_deployed_as_the_file_it_leads_to_and_one_to_nowhere_is_an_error() {
        let folder = folder(&[("host.json", ""), ("bin/tool", "x")]);
        std::os::unix::fs::symlink("tool", folder.path().join("bin/alias")).unwrap();
        assert_eq!(names(&folder), ["bin/alias", "bin/tool", "host.json"]);
        std::os::unix::fs::symlink("gone", folder.path().join("bin/broken")).unwrap();
        assert!(deployed_files(folder.path()).unwrap_err().to_string().contains("bin/broken"));
        fs::remove_file(folder.path().join("bin/broken")).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("all")).unwrap();
        assert!(deployed_files(folder.path()).unwrap_err().to_string().contains("all is a link to a folder outside"));
    }
}
