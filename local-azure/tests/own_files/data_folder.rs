//! `start --data`: one run at a time, and only in a folder that was made for this use.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-azure"));
    command.args(["start", "--no-host", "--seed", SEED, "--data"]).arg(data).current_dir(data.parent().unwrap());
    command
}

/// A run that has started. The kernel frees its lock when the process is killed.
struct Run {
    process: Child,
    /// Its standard output. The process ends when its reader is gone.
    _printed: BufReader<ChildStdout>,
}

impl Run {
    fn start(data: &Path) -> Self {
        Self::from_command(&mut command(data))
    }

    fn from_command(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(process.stdout.take().unwrap());
        let started = printed.by_ref().lines().map_while(Result::ok).any(|line| line.contains("blob.core.windows.net"));
        let run = Self { process, _printed: printed };
        assert!(started, "it does not start");
        run
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn refused(data: &Path) -> String {
    let Output { status, stderr, .. } = command(data).output().unwrap();
    assert_eq!(status.code(), Some(2));
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_second_start_is_refused_and_leaves_what_the_first_has_not_committed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = Run::start(&data);
    // A file like that of a block that waits to be committed.
    let waiting = data.join("stkeyless/snapshots/content").join("0123456789abcdef".repeat(2));
    fs::write(&waiting, "a block").unwrap();
    assert!(refused(&data).contains("is in use by another local-azure"), "{}", refused(&data));
    assert_eq!(fs::read_to_string(&waiting).unwrap(), "a block");
    drop(first);
    let _second = Run::start(&data);
    assert!(!waiting.exists(), "the next run cleans up");
}

#[test]
fn a_folder_with_files_of_the_user_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for inner in ["blobs", "content"] {
        fs::create_dir_all(data.join("stkeyless/photos").join(inner)).unwrap();
        fs::write(data.join("stkeyless/photos").join(inner).join("mine"), "mine").unwrap();
    }
    assert!(refused(&data).contains("is not empty and local-azure did not make it"));
    assert_eq!(fs::read_to_string(data.join("stkeyless/photos/content/mine")).unwrap(), "mine");
}

#[test]
fn files_that_the_user_adds_survive_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(Run::start(&data));
    let unnamed = data.join("stkeyless/snapshots/content/photo.jpg");
    let unfinished = data.join("stkeyless/photos");
    fs::write(&unnamed, "mine").unwrap();
    for inner in ["blobs", "content"] {
        fs::create_dir_all(unfinished.join(inner)).unwrap();
        fs::write(unfinished.join(inner).join("photo.jpg"), "mine").unwrap();
    }
    drop(Run::start(&data));
    for file in [unnamed, unfinished.join("blobs/photo.jpg"), unfinished.join("content/photo.jpg")] {
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine", "{}", file.display());
    }
}

#[test]
fn a_link_in_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (data, outside) = (folder.path().join("data"), folder.path().join("outside"));
    drop(Run::start(&data));
    fs::rename(data.join("stkeyless"), &outside).unwrap();
    let stray = outside.join("snapshots/content").join("0".repeat(32));
    fs::write(&stray, "mine").unwrap();
    std::os::unix::fs::symlink(&outside, data.join("stkeyless")).unwrap();
    assert!(refused(&data).contains("is a symbolic link"));
    assert_eq!(fs::read_to_string(stray).unwrap(), "mine");
}

#[test]
fn files_are_readable_by_their_owner_alone() {
    fn check(path: &Path) -> usize {
        let metadata = fs::metadata(path).unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        let is_marker = path.ends_with(".local-azure");
        let mode = metadata.permissions().mode() & 0o777;
        assert!(mode == expected || is_marker, "{} has {mode:o}", path.display());
        let inner = if metadata.is_dir() { Some(fs::read_dir(path).unwrap()) } else { None };
        1 + inner.into_iter().flatten().map(|entry| check(&entry.unwrap().path())).sum::<usize>()
    }
    let folder = tempfile::tempdir().unwrap();
    let (data, scratch) = (folder.path().join("data"), folder.path().join("scratch"));
    fs::create_dir(&scratch).unwrap();
    let _run = Run::from_command(command(&data).env("TMPDIR", &scratch));
    assert!(check(&data) > 4);
    let run = fs::read_dir(&scratch).unwrap().next().unwrap().unwrap().path();
    // The paths are the folder, the CA, the workload token if there is one, and the certificates with their keys.
    assert!(check(&run) >= 2, "{}", run.display());
}
