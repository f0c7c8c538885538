//! `cargo local package` and `cargo local doctor`, with programs of our own in place of cargo, rustc and the rest.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::rig::{HOST_JSON, HTTP_FUNCTION, TIMER_FUNCTION, X86_64, elf};

const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");

/// A project, and the only programs that the commands can find.
struct Machine {
    folder: TempDir,
}

impl Machine {
    /// Makes a machine with Rust, a C compiler and no further target.
    fn new() -> Self {
        let machine = Self { folder: TempDir::new().unwrap() };
        let timer = TIMER_FUNCTION.replace("%TICK%", "%SNAPSHOT_SCHEDULE%");
        machine.file("project/host.json", HOST_JSON.as_bytes());
        machine.file("project/Cargo.toml", b"");
        machine.file("project/functions/where/function.json", HTTP_FUNCTION.as_bytes());
        machine.file("project/functions/tick/function.json", timer.as_bytes());
        machine.file("project/seed.toml", b"[function_app]\nreadiness = \"ready\"\n");
        machine.rust("1.95.0", "/nowhere");
        machine.program("cc", "echo cc 12");
        machine
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn file(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn program(&self, name: &str, script: &str) {
        self.file(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n").as_bytes());
        fs::set_permissions(self.path(&format!("bin/{name}")), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn rust(&self, version: &str, standard_library: &str) {
        let script =
            format!("case \"$*\" in *target-libdir*) echo {standard_library};; *) echo rustc {version};; esac");
        self.program("rustc", &script);
    }

    /// Adds a cargo that has built `handler` already. It writes its arguments and flags into the file `asked`.
    fn cargo(&self, handler: &Path) {
        let (asked, handler) = (self.path("asked"), handler.display());
        let asked = asked.display();
        let script = format!(
            "echo \"$*\" > {asked}; echo \"$CARGO_ENCODED_RUSTFLAGS\" >> {asked}; echo '{{\"executable\":\"{handler}\"}}'"
        );
        self.program("cargo", &script);
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-azure"));
        command.args(arguments).env_clear().env("PATH", self.path("bin")).env("CARGO_HOME", "/home/of/cargo");
        command.current_dir(self.path("project")).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_missing_target_is_named_with_what_installs_it() {
    let output = Machine::new().run(&["package", "--seed", SEED]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("    rustup target add x86_64-unknown-linux-musl\n"), "{message}");
    assert!(message.contains("--target x86_64-unknown-linux-gnu"), "{message}");
}

#[test]
fn a_target_that_azure_does_not_run_is_refused() {
    let output = Machine::new().run(&["package", "--target", "aarch64-unknown-linux-musl"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("x86_64-unknown-linux-musl"), "{}", text(&output.stderr));
}

#[test]
fn the_handler_is_built_static_and_without_folders_of_this_machine() {
    let machine = Machine::new();
    machine.file("handler", &elf(X86_64, None));
    machine.cargo(&machine.path("handler"));
    machine.rust("1.95.0", &machine.path("bin").to_string_lossy());
    let output = machine.run(&["package", "--seed", SEED]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let zip = PathBuf::from(text(&output.stdout).trim());
    assert!(zip.ends_with("project/target/app.zip") && zip.is_file(), "{}", zip.display());
    assert!(machine.path("project/target/app/tick/function.json").is_file(), "azd zips the staged folder itself");
    let asked = fs::read_to_string(machine.path("asked")).unwrap();
    let project = fs::canonicalize(machine.path("project")).unwrap();
    for part in [
        "--release --locked --target x86_64-unknown-linux-musl",
        "-Ctarget-feature=+crt-static",
        "--cfg",
        "getrandom_backend=\"linux_getrandom\"",
        &format!("--remap-path-prefix={}=/project", project.display()),
        "--remap-path-prefix=/home/of/cargo=/cargo",
    ] {
        assert!(asked.contains(part), "{part} is not in {asked}");
    }
}

#[test]
fn the_doctor_says_what_to_install_and_fails_only_for_what_local_work_needs() {
    let machine = Machine::new();
    let output = machine.run(&["doctor"]);
    let report = text(&output.stdout);
    assert!(output.status.success(), "{report}");
    assert!(report.contains("ok       C compiler: cc 12\n"), "{report}");
    for remedy in ["rustup target add x86_64-unknown-linux-musl", "npm install -g azurite", "musl-tools", "install-azd"]
    {
        assert!(report.contains(remedy), "{remedy} is not in {report}");
    }

    fs::remove_file(machine.path("bin/cc")).unwrap();
    machine.rust("1.87.0", "/nowhere");
    let output = machine.run(&["doctor"]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("failed   Rust: rustc 1.87.0, but 1.88 is needed"), "{report}");
    assert!(report.contains("failed   C compiler: "), "{report}");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_doctor_starts_the_handler_with_the_given_settings_and_asks_whether_it_is_ready() {
    let machine = Machine::new();
    machine.cargo(crate::run::tiny_handler());
    machine.file("good.env", b"NEEDED='1'\nSNAPSHOT_SCHEDULE=\"0 0 * * * *\"\n");
    let file = machine.path("good.env");
    let arguments = ["doctor", "--env-file", &file.to_string_lossy()];

    let report = text(&machine.run(&arguments).stdout);
    assert!(report.contains("ok       functions: tick, where\n"), "{report}");
    assert!(report.contains("ok       handler: it starts with these settings\n"), "{report}");
    assert!(report.contains("missing  Azure: not asked: the app has no HTTP function named ready, as"), "{report}");

    machine.file("project/functions/ready/function.json", HTTP_FUNCTION.as_bytes());
    let output = machine.run(&arguments);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("failed   Azure: ready answered 503 Service Unavailable the vault refused\n"), "{report}");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_doctor_shows_why_the_handler_does_not_start() {
    let machine = Machine::new();
    machine.cargo(crate::run::tiny_handler());
    machine.file("bad.env", b"OTHER=1\n");
    let output = machine.run(&["doctor", "--env-file", &machine.path("bad.env").to_string_lossy()]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains("failed   functions: tick: '%SNAPSHOT_SCHEDULE%' does not resolve"), "{report}");
    let handler = report.lines().find(|line| line.starts_with("failed   handler: ")).unwrap_or_default();
    assert!(handler.contains("NEEDED is missing"), "{report}");
}
