//! `start --env-file`: a new file, or the file of an earlier run.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");

/// Returns the output of a start until it runs, or the reason why it does not run.
fn start(file: &Path) -> String {
    let mut process = Command::new(env!("CARGO_BIN_EXE_local-azure"))
        .args(["start", "--no-host", "--seed", SEED, "--env-file"])
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let started = lines.map_while(Result::ok).any(|line| line.contains("variables for other processes"));
    process.kill().unwrap();
    let output = process.wait_with_output().unwrap();
    if started { "started".to_owned() } else { String::from_utf8(output.stderr).unwrap() }
}

#[test]
fn a_file_of_the_users_is_refused_and_one_of_a_run_before_is_replaced_and_private() {
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("azure.env"), folder.path().join("link.env"));
    fs::write(&file, "MY_SETTING=1\n").unwrap();
    let refusal = start(&file);
    assert!(refusal.contains("exists and local-azure did not write it"), "{refusal}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "MY_SETTING=1\n");

    std::os::unix::fs::symlink(&file, &link).unwrap();
    assert!(start(&link).contains("is a symbolic link"));

    fs::remove_file(&file).unwrap();
    assert_eq!(start(&file), "started");
    let first = fs::read_to_string(&file).unwrap();
    assert!(first.contains("IDENTITY_HEADER="));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(start(&file), "started");
    assert_ne!(fs::read_to_string(&file).unwrap(), first);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}
