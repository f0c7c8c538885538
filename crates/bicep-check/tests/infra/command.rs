//! Runs the command as a user does, in the root of the repository.

use std::{
    path::Path,
    process::{Command, Output},
};

fn run(arguments: &[&str]) -> (Output, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bicep-check"));
    let output = command.args(arguments).current_dir(root).output().expect("the command can be run");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output, said)
}

#[test]
fn a_template_without_mistakes_prints_nothing() {
    let (output, said) = run(&["infra/main.bicep", "location=westeurope", "topology=private"]);
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
}

#[test]
fn options_that_stop_the_template_are_told() {
    let (output, said) = run(&["infra/main.bicep", "location=westeurope", "topology=two-regions"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("SECOND_LOCATION"), "{said}");
}

#[test]
fn a_mistake_is_printed_with_file_and_line() {
    let (output, said) = run(&["infra/main.bicep", "location=westeurope", "gatewaySku=Basic"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with("infra/main.bicep:"), "{said}");
    assert!(said.contains("'Basic' is not allowed"), "{said}");
}

#[test]
fn a_file_that_is_not_there_is_no_mistake() {
    let (output, said) = run(&["infra/all.bicep"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("infra/all.bicep is no file below this folder"), "{said}");
    assert_eq!(run(&[]).0.status.code(), Some(2));
}
