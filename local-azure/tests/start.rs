//! `start`, the command: what ends it before anything is built.

use std::process::Command;

#[test]
fn section_9_3_a_settings_file_that_cannot_be_taken_ends_start_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("local.settings.json");
    std::fs::write(&file, r#"{ "IsEncrypted": true, "Values": {} }"#).unwrap();
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");
    let start = Command::new(env!("CARGO_BIN_EXE_local-azure"))
        .args(["start", "--port", "0", "--seed", seed, "--settings"])
        .arg(&file)
        .output()
        .unwrap();
    let errors = String::from_utf8(start.stderr).unwrap();
    assert_eq!(start.status.code(), Some(2), "{errors}");
    assert!(errors.contains("local.settings.json: \"IsEncrypted\" must be there and be false"), "{errors}");
}
