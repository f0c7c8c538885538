//! A reader that leaves, as in `local-azure start | head`, ends a command quietly.

use std::{
    io::pipe,
    process::{Command, Output, Stdio},
};

use crate::rig::{PROGRAM, SEED};

/// Runs a command whose standard output has no reader.
fn run(arguments: &[&str]) -> Output {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(PROGRAM);
    command.args(arguments).current_dir(folder.path()).env_remove("LOCAL_AZURE_SEED");
    command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap()
}

#[test]
fn commands_end_without_a_panic_and_start_stops() {
    let token = ["token", "--seed", SEED, "--identity", "id-keyless-reader", "--resource", "https://vault.azure.net"];
    for arguments in [
        &["start", "--no-host", "--seed", SEED][..],
        &["seed"],
        &["seed", "--schema"],
        &["policy", "check", "--list"],
        &["schedule", "0 * * * * *"],
        &["completions", "bash"],
        &["init", "made"],
        &token,
    ] {
        let output = run(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {} {said}", output.status);
        assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{arguments:?}: {said}");
    }
}
