//! Rebuild on save: finds the changed files of the project, and the action for them.
//!
//! Files that git ignores are left out. The list is compared twice a second. So no system limit on file watches
//! applies, and a file that is saved in steps counts when it no longer changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::Metadata,
    io,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use super::output::eprintln;
use ignore::WalkBuilder;
use local_azure::{functions_host::FunctionsHost, own_folder::MARKER};

use super::{
    command_error::CommandError,
    project::Project,
    style::{BOLD, DIM, GREEN, RED},
};

const LOOK: Duration = Duration::from_millis(400);

const PASSED_OVER: [io::ErrorKind; 2] = [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied];

/// The length and the time of each file.
pub(super) type Files = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Rebuilds a Rust project and replaces the handler after each change, until it is dropped. A build or a handler that
/// fails is reported once, and the old handler goes on. `known` are the files that the running handler is made of.
pub(super) async fn follow_changes(project: &Project, host: &FunctionsHost, mut known: Files) {
    let root = project.root();
    let mut by_handler = WrittenByHandler::default();
    loop {
        tokio::time::sleep(LOOK).await;
        // The files could not be read, perhaps for lack of a descriptor. This does not mean a change.
        let Some(mut changed) = files(root) else { continue };
        if changes(&known, &changed).all(|path| by_handler.known.contains(path)) {
            continue;
        }
        let saved = Instant::now();
        while let Some(later) = settled(root, &changed).await {
            changed = later;
        }
        eprintln!("{BOLD}Changed{BOLD:#} {DIM}{}{DIM:#}", first_change(root, &known, &changed));
        let built = project.prepare().await;
        // A file that is saved while cargo builds is saved by the user.
        let before_start = files(root).unwrap_or_else(|| changed.clone());
        let renewed = match built {
            Ok(()) => host.replace().await.map_err(CommandError::from),
            Err(problem) => Err(problem),
        };
        match renewed {
            Ok(()) => eprintln!("{GREEN}Serving{GREEN:#} the change after {} ms", saved.elapsed().as_millis()),
            Err(problem) => eprintln!("{RED}error{RED:#}: {problem}; the handler before it goes on"),
        }
        let now = files(root).unwrap_or_else(|| before_start.clone());
        for path in by_handler.learn(changes(&before_start, &now)) {
            let path = path.strip_prefix(root).unwrap_or(&path);
            eprintln!("{DIM}{} is written by the handler: changes of it are not followed{DIM:#}", path.display());
        }
        known = changed;
    }
}

/// Makes the file's present state the known one, because this process wrote the file.
pub(super) fn note(known: &mut Files, root: &Path, file: &Path) {
    let Ok(file) = std::path::absolute(file) else { return };
    if let Some(state) = files(root).and_then(|now| now.get(&file).copied()) {
        known.insert(file, state);
    }
}

/// The number of starts in a row in which a file changes before the handler counts as its writer. A user's save can
/// fall into one start.
const STARTS: usize = 3;

/// Files that changed during several starts of the handler in a row. The handler writes them, and would be restarted
/// without end.
#[derive(Default)]
struct WrittenByHandler {
    known: BTreeSet<PathBuf>,
    /// The number of starts in a row in which each file changed.
    suspected: BTreeMap<PathBuf, usize>,
}

impl WrittenByHandler {
    /// Takes the files that changed during a start. Returns those that count as written by the handler from now on.
    fn learn<'a>(&mut self, changed: impl Iterator<Item = &'a PathBuf>) -> Vec<PathBuf> {
        let changed = changed.map(|path| (path.clone(), self.suspected.get(path).map_or(1, |starts| starts + 1)));
        self.suspected = changed.collect();
        let often = self.suspected.iter().filter(|&(_, starts)| *starts >= STARTS).map(|(path, _)| path.clone());
        often.filter(|path| self.known.insert(path.clone())).collect()
    }
}

/// Returns the files that were added, removed or written.
fn changes<'a>(before: &'a Files, after: &'a Files) -> impl Iterator<Item = &'a PathBuf> {
    let new = after.iter().filter(|(path, state)| before.get(*path) != Some(*state)).map(|(path, _)| path);
    new.chain(before.keys().filter(|path| !after.contains_key(*path)))
}

/// Builds the project, and replaces the old handler by a new one.
pub(super) async fn renew(project: &Project, host: &FunctionsHost) -> Result<(), CommandError> {
    project.prepare().await?;
    Ok(host.replace().await?)
}

/// Returns the files after a short rest if they have changed again.
async fn settled(root: &Path, before: &Files) -> Option<Files> {
    tokio::time::sleep(LOOK / 8).await;
    files(root).filter(|files| files != before)
}

/// Lists every file that git does not ignore, in a repository or not. `None` if a folder cannot be read.
pub(super) fn files(root: &Path) -> Option<Files> {
    let walk =
        WalkBuilder::new(root).hidden(true).require_git(false).filter_entry(|entry| !is_passed_over(entry)).build();
    let printed = own_output();
    let mut files = Files::new();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            // The entry was removed after its folder was read, or this user may not read it.
            Err(error) if error.io_error().is_some_and(|error| PASSED_OVER.contains(&error.kind())) => continue,
            Err(_) => return None,
        };
        let metadata = entry.metadata().ok().filter(|found| found.is_file() && !printed.contains(&identity(found)));
        if let Some(metadata) = metadata {
            files.insert(entry.into_path(), (metadata.len(), metadata.modified().ok()));
        }
    }
    Some(files)
}

/// Reports whether a folder is skipped because it has no source files: build output, installed packages, blobs of
/// `--data`, and staged files. Such folders can hold tens of thousands of files, also if no `.gitignore` names them.
fn is_passed_over(entry: &ignore::DirEntry) -> bool {
    if entry.depth() == 0 || !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return false;
    }
    let holds = |file: &str| entry.path().join(file).is_file();
    let name = entry.file_name();
    (entry.depth() == 1 && name == "target")
        || name == "__pycache__"
        || name == "node_modules"
        // A virtual environment of Python, with any name.
        || holds("pyvenv.cfg")
        || holds(MARKER)
}

/// Returns the files that this process prints to, as in `start > log`. They change with every line.
fn own_output() -> Vec<Option<(u64, u64)>> {
    let metadata = ["/dev/fd/1", "/dev/fd/2"].map(|output| std::fs::metadata(output).ok());
    metadata.iter().flatten().map(identity).filter(Option::is_some).collect()
}

/// Returns the device and the number of a file, if the system has them.
fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

fn first_change(root: &Path, before: &Files, after: &Files) -> String {
    let path = changes(before, after).next();
    path.map_or_else(String::new, |path| path.strip_prefix(root).unwrap_or(path).display().to_string())
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::{WrittenByHandler, files, first_change};

    #[test]
    fn a_file_that_changes_in_three_starts_in_a_row_is_the_handlers_own() {
        let (pid, saved) = (PathBuf::from("pid"), PathBuf::from("main.py"));
        let mut written = WrittenByHandler::default();
        assert_eq!(written.learn([&pid, &saved].into_iter()), [] as [PathBuf; 0]);
        assert_eq!(written.learn([&pid, &saved].into_iter()), [] as [PathBuf; 0]);
        assert_eq!(written.learn([&pid].into_iter()), vec![PathBuf::from("pid")]);
        assert_eq!(written.learn([&pid, &saved].into_iter()), [] as [PathBuf; 0]);
    }

    #[test]
    fn a_saved_file_is_a_change_and_one_that_git_ignores_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |path: &str, text: &str| {
            fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
            fs::write(root.join(path), text).unwrap();
        };
        write(".gitignore", "*.log\ndist/\n");
        write("main.py", "1");
        let before = files(root).unwrap();
        write("a.log", "1");
        write("dist/x.js", "1");
        write("node_modules/x.js", "1");
        write("venv/pyvenv.cfg", "home = /usr/bin");
        write("venv/lib/site-packages/azure/core.py", "1");
        write("target/debug/handler", "1");
        write("__pycache__/main.pyc", "1");
        write("data/.local-azure", "{}");
        write("data/stapp/blob", "1");
        assert_eq!(files(root).as_ref(), Some(&before));
        write("main.py", "22");
        write("orders/function.json", "{}");
        let after = files(root).unwrap();
        assert_eq!(first_change(root, &before, &after), "main.py");
        fs::remove_file(root.join("main.py")).unwrap();
        write("orders/function.json", "{}");
        assert_ne!(files(root), Some(after));
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(files(folder.path()), Some(super::Files::new()));
        assert_eq!(files(&folder.path().join("a\0b")), None);
    }
}
