//! `local-azure policy check` as people and scripts run it: lines and exit codes.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not there")]

use std::{path::Path, process::Command};

/// Returns standard output, standard error and exit code.
fn check(folder: &Path, arguments: &[&str]) -> (String, String, Option<i32>) {
    let seed = Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_local-azure"))
        .args(["policy", "check", "--seed"])
        .arg(seed)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

#[test]
fn clean_files_are_ok_and_problems_have_their_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("good.xml"),
        "<policies><inbound><set-variable name=\"a\" value=\"@(1 < 2 && \"{{tenant-id}}\" != \"\")\" /></inbound></policies>",
    )
    .unwrap();
    assert_eq!(check(folder.path(), &["good.xml"]), ("good.xml: ok\n".to_owned(), String::new(), Some(0)));
    std::fs::write(
        folder.path().join("bad.xml"),
        "<policies>\n  <inbound>\n    <rate-limitt calls=\"1\" />\n    <set-body>@(context.Foo)</set-body></inbound></policies>",
    )
    .unwrap();
    let (lines, errors, code) = check(folder.path(), &["bad.xml", "good.xml"]);
    assert_eq!(
        lines,
        "bad.xml:3:5: Azure refuses this: <rate-limitt> is not a policy\n\
         bad.xml:4:24: Azure refuses this: policy expression: 'IExpressionContext' does not contain a definition for 'Foo', or it is not \
         supported\ngood.xml: ok\n"
    );
    assert_eq!((errors.as_str(), code), ("", Some(1)));
}

#[test]
fn no_seed_and_no_project_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let text = "<policies><inbound><set-header name=\"x\"><value>{{a}}</value></set-header></inbound></policies>";
    std::fs::write(folder.path().join("one.xml"), text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_local-azure"))
        .args(["policy", "check", "one.xml"])
        .current_dir(folder.path())
        // This repository sets its own seed for each command of cargo.
        .env_remove("LOCAL_AZURE_SEED")
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines, "one.xml: ok\none.xml:1:48: warning: the named value {{a}} is not known here\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_policy_is_listed_with_its_sections_and_what_of_it_runs() {
    let output = Command::new(env!("CARGO_BIN_EXE_local-azure")).args(["policy", "check", "--list"]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    let line = |name: &str| {
        let words = lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        words.into_iter().find(|words| words[0] == name).unwrap_or_default().join(" ")
    };
    assert_eq!(line("set-header"), "set-header inbound backend outbound on-error yes");
    assert_eq!(line("invoke-request"), "invoke-request backend no: no page documents it");
    assert!(lines.lines().count() > 60, "{lines}");
}

#[test]
fn nothing_to_check_is_an_error_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [(["none.xml"], "none.xml"), (["."], "no .xml file is in it")] {
        let (lines, errors, code) = check(folder.path(), &arguments);
        assert_eq!((lines.as_str(), code), ("", Some(2)));
        assert!(errors.contains(message), "{errors}");
    }
}
