//! `package`, `stage`, `new` and other commands, run as a program in projects other than this repository.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;
use zip::ZipArchive;

const HOST_JSON: &str = r#"{ "version": "2.0", "customHandler": {
    "description": { "defaultExecutablePath": "bin/run.sh" }, "enableForwardingHttpRequest": true } }"#;
const ECHO: &str = r#"{ "bindings": [
    { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "route": "echo/{*rest}" },
    { "type": "http", "direction": "out", "name": "res" } ] }"#;
const SETTINGS: &str = r#"{ "IsEncrypted": false, "Values": { "SECRET": "x" } }"#;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn script_root() -> TempDir {
    let root = folder(&[
        (".funcignore", "*.log\ntests\n"),
        ("host.json", HOST_JSON),
        ("bin/run.sh", "#!/bin/sh\n"),
        ("echo/function.json", ECHO),
        ("lib/data.txt", "data"),
        ("lib/a.log", "log"),
        ("local.settings.json", SETTINGS),
        ("seed.toml", ""),
        ("tests/test.py", ""),
    ]);
    fs::set_permissions(root.path().join("bin/run.sh"), Permissions::from_mode(0o755)).unwrap();
    root
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-azure"));
    command.args(arguments).current_dir(folder).env_remove("LOCAL_AZURE_SEED").env_remove("CARGO_PKG_NAME");
    // The command finds no other run of this machine in this folder.
    command.env("TMPDIR", folder);
    command.output().unwrap()
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
    errors
}

/// Returns names and modes.
fn entries(zip: &Path) -> Vec<(String, u32)> {
    let mut zip = ZipArchive::new(fs::File::open(zip).unwrap()).unwrap();
    let entry = |zip: &mut ZipArchive<fs::File>, index| {
        let file = zip.by_index(index).unwrap();
        (file.name().unwrap().into_owned(), file.unix_mode().unwrap() & 0o777)
    };
    let mut entries: Vec<_> = (0..zip.len()).map(|index| entry(&mut zip, index)).collect();
    entries.sort();
    entries
}

fn expected() -> Vec<(String, u32)> {
    [("bin/run.sh", 0o755), ("echo/function.json", 0o644), ("host.json", 0o644), ("lib/data.txt", 0o644)]
        .map(|(name, mode)| (name.to_owned(), mode))
        .to_vec()
}

#[test]
fn a_script_root_in_another_language_is_packaged_whole_less_funcignore_with_its_modes() {
    let root = script_root();
    for path in ["echo/function.json", "host.json", "lib/data.txt"] {
        fs::set_permissions(root.path().join(path), Permissions::from_mode(0o644)).unwrap();
    }
    let zip = succeed(root.path(), &["package"]);
    assert!(zip.trim().ends_with("target/app.zip"), "{zip}");
    assert_eq!(entries(Path::new(zip.trim())), expected());
    let first = fs::read(zip.trim()).unwrap();
    succeed(root.path(), &["package"]);
    assert_eq!(
        fs::read(zip.trim()).unwrap(),
        first,
        "the zip is not in itself, and the same files make the same bytes"
    );
}

#[test]
fn files_that_local_azure_wrote_into_the_project_are_not_packaged() {
    let root = script_root();
    let variables = local_azure::own_file::VARIABLES_HEADER.to_owned() + "IDENTITY_HEADER='a credential'\n";
    fs::write(root.path().join("run.txt"), variables).unwrap();
    for zip in ["app.zip", "app.zip", "lib/other.zip"] {
        succeed(root.path(), &["package", "--output", zip]);
        let names: Vec<_> = entries(&root.path().join(zip)).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["bin/run.sh", "echo/function.json", "host.json", "lib/data.txt"]);
    }
}

#[test]
fn the_executable_is_found_below_the_worker_directory() {
    let root = script_root();
    let host_json = HOST_JSON.replace("\"bin/run.sh\"", "\"run.sh\", \"workerDirectory\": \"./bin\"");
    fs::write(root.path().join("host.json"), host_json).unwrap();
    let output = run(root.path(), &["package"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && !told.contains("not in the package"), "{told}");
    fs::set_permissions(root.path().join("bin/run.sh"), Permissions::from_mode(0o644)).unwrap();
    assert!(refusal(root.path(), &["package"]).contains("run.sh is not executable"));
}

#[test]
fn functions_in_a_folder_of_that_name_are_staged_and_packaged_as_children_of_the_script_root() {
    let root = script_root();
    fs::create_dir(root.path().join("functions")).unwrap();
    fs::rename(root.path().join("echo"), root.path().join("functions/echo")).unwrap();
    let staged = succeed(root.path(), &["stage", "staged"]);
    let names = |folder: &str| fs::read_dir(root.path().join(folder)).unwrap().count();
    assert_eq!((staged.trim(), names("staged"), names("staged/echo")), ("staged", 5, 1));
    let mode = fs::metadata(root.path().join("staged/bin/run.sh")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    let zip = succeed(root.path(), &["package"]);
    let names: Vec<_> = entries(Path::new(zip.trim())).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["bin/run.sh", "echo/function.json", "host.json", "lib/data.txt"]);
}

#[test]
fn what_azure_could_not_run_is_refused_before_a_zip_is_written() {
    let refuse = |change: &dyn Fn(&Path), arguments: &[&str], expected: &str| {
        let root = script_root();
        change(root.path());
        let errors = refusal(root.path(), arguments);
        assert!(errors.contains(expected), "{errors}");
        assert!(!root.path().join("target/app.zip").exists());
    };
    let write = |path: &'static str, text: &'static str| move |root: &Path| fs::write(root.join(path), text).unwrap();
    refuse(&write(".funcignore", "bin\n"), &["package"], "bin/run.sh belongs into the package, and .funcignore leaves");
    refuse(&write(".funcignore", "host.json\n"), &["package"], "host.json belongs into the package");
    refuse(&write("bin/run.sh", "MZ"), &["package"], "not a 64-bit Linux executable (ELF); build it for x86-64 Linux");
    let chmod = |root: &Path| fs::set_permissions(root.join("bin/run.sh"), Permissions::from_mode(0o644)).unwrap();
    refuse(&chmod, &["package"], "is not executable, and Azure does not make it so: chmod +x it");
    let queue = write("echo/function.json", r#"{ "bindings": [{ "type": "queueTrigger", "name": "item" }] }"#);
    refuse(&queue, &["package"], "the Functions host would leave out echo");
    let remove = |root: &Path| fs::remove_dir_all(root.join("echo")).unwrap();
    refuse(&remove, &["package"], "holds no function: each is a folder with a function.json");
    refuse(&|_| (), &["package", "--target", "x86_64-unknown-linux-musl"], "--target is for Rust");
    refuse(&|_| (), &["stage", "--release"], "--release is for Rust");
}

#[test]
fn a_handler_that_azure_must_bring_is_said() {
    let root = script_root();
    fs::write(root.path().join("host.json"), HOST_JSON.replace("bin/run.sh", "sh")).unwrap();
    let output = run(root.path(), &["package"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && errors.contains("\"sh\", which is not in the package: Azure's image"),
        "{errors}"
    );
}

#[test]
fn new_writes_a_function_json_where_the_others_lie_and_says_what_the_handler_answers() {
    let root = script_root();
    let made = succeed(root.path(), &["new", "http", "Order-Report"]);
    assert!(made.contains("Order-Report/function.json"), "{made}");
    assert!(made.contains("the handler answers GET /api/Order-Report/{name}"), "{made}");
    let root = folder(&[("host.json", HOST_JSON), ("functions/echo/function.json", ECHO)]);
    succeed(root.path(), &["new", "timer", "tick"]);
    assert!(root.path().join("functions/tick/function.json").is_file());
    // A crate that does not depend on the library.
    let root =
        folder(&[("host.json", HOST_JSON), ("Cargo.toml", "[dependencies]\naxum = \"0.8\"\n"), ("src/main.rs", "")]);
    let made = succeed(root.path(), &["new", "timer", "tick"]);
    assert!(root.path().join("functions/tick/function.json").is_file() && made.contains("POST /tick"), "{made}");
    assert_eq!(fs::read_to_string(root.path().join("src/main.rs")).unwrap(), "");
}

#[test]
fn a_new_rust_project_gets_its_further_functions_in_its_layout() {
    let parent = tempfile::tempdir().unwrap();
    succeed(parent.path(), &["init", "app"]);
    let app = parent.path().join("app");
    succeed(&app, &["new", "timer", "nightly"]);
    let main = fs::read_to_string(app.join("src/main.rs")).unwrap();
    assert!(main.contains(".timer(function!(\"nightly\"), functions::nightly::run)"), "{main}");
    assert!(refusal(&app, &["new", "http", "order-report"]).contains("snake_case"));
}

#[test]
fn outside_a_project_the_message_says_what_is_missing() {
    let nowhere = tempfile::tempdir().unwrap();
    for arguments in [&["package"][..], &["stage"], &["new", "http", "x"], &["demo"], &["start", "--port", "0"]] {
        let errors = refusal(nowhere.path(), arguments);
        assert!(errors.contains("no host.json in"), "{arguments:?}: {errors}");
        assert!(errors.contains("`local-azure init` makes one"), "{arguments:?}: {errors}");
    }
    let token = ["token", "--identity", "id", "--resource", "https://vault.azure.net"];
    assert!(refusal(nowhere.path(), &token).contains("name one with --seed FILE"));
    let errors = refusal(nowhere.path(), &["invoke", "tick", "--port", "1"]);
    assert!(errors.contains("no Functions host answers at http://127.0.0.1:1; start one with `local-azure start`"));
    let errors = refusal(nowhere.path(), &["chain"]);
    assert!(errors.contains("`local-azure start`"), "{errors}");
}

#[test]
fn json_documents_are_one_document() {
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");
    let nowhere = tempfile::tempdir().unwrap();
    let token = |identity| {
        let arguments = ["token", "--seed", seed, "--identity", identity, "--resource", "https://vault.azure.net"];
        let output = run(nowhere.path(), &[&arguments[..], &["--json"]].concat());
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    assert_eq!(token("id-keyless-reader")["claims"]["aud"], "https://vault.azure.net");
    assert!(token("nobody")["refused"].as_str().unwrap().contains("the seed has no identity \"nobody\""));
    let output = run(nowhere.path(), &["doctor", "--json"]);
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(findings[0]["name"], "Rust");
}

#[test]
fn usage_lines_and_completions_say_the_name_of_the_program() {
    let nowhere = tempfile::tempdir().unwrap();
    assert!(succeed(nowhere.path(), &["stage", "--help"]).contains("Usage: local-azure stage"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-azure"));
    let output = command.args(["stage", "--help"]).env("CARGO_PKG_NAME", "local-azure").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("Usage: cargo local stage"));
    for (shell, word) in
        [("bash", "complete -F _local__azure"), ("zsh", "#compdef local-azure"), ("fish", "-c local-azure")]
    {
        let script = succeed(nowhere.path(), &["completions", shell]);
        assert!(script.contains(word) && script.contains("package"), "{shell}: {script}");
    }
}
