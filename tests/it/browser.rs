//! Headless Chromium, driven by a script of `tests/page`. The checks are skipped with a message if Node, Chromium or
//! `npm ci --prefix tests/page` is missing.

use std::{path::PathBuf, process::Stdio};

use tokio::process::Command;

use crate::rig::project;

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Finds the browser. The error names the missing part.
fn installed() -> Result<PathBuf, String> {
    let folder = project().join("tests/page");
    for package in ["playwright-core", "axe-core"] {
        if !folder.join("node_modules").join(package).join("package.json").is_file() {
            return Err(format!("run `npm ci --prefix {}`", folder.display()));
        }
    }
    if !std::process::Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Err("Node is not installed".to_owned());
    }
    let path = option_env!("PATH").unwrap_or("/usr/bin:/bin");
    let places = std::env::split_paths(path).flat_map(|folder| BROWSERS.map(|name| folder.join(name)));
    places.into_iter().find(|place| place.is_file()).ok_or_else(|| "Chromium is not installed".to_owned())
}

/// Returns a script of `tests/page`, whose standard input and output are pipes. `None`, with a message, if it cannot
/// run.
pub(crate) fn script(name: &str) -> Option<Command> {
    let browser = match installed() {
        Ok(browser) => browser,
        Err(missing) => {
            eprintln!("{name} was left out: {missing}");
            return None;
        }
    };
    let mut command = Command::new("node");
    command.arg(project().join("tests/page").join(name)).env("CHROMIUM", browser);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    Some(command)
}

/// Returns a folder for screenshots.
pub(crate) fn screenshots() -> PathBuf {
    let folder = project().join("target/page");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
