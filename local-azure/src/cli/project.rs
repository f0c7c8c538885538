//! The project on disk: where it is, and its script root, built.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use anstream::eprintln;
use local_azure::script_root;
use serde::Deserialize;
use tokio::process::Command;

use super::{BOLD, CommandError};

/// A project: the folder that holds `host.json`.
pub(super) struct Project {
    root: PathBuf,
    layout: Layout,
}

/// Where its functions lie.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// In `functions/`: the script root is built and staged.
    Staged,
    /// In folders beside `host.json`: the folder is its own script root, and runs in place.
    InPlace,
}

/// A line of `cargo build --message-format=json` that names a built executable.
#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
}

impl Project {
    /// The nearest folder, from the current one upwards, that holds `host.json` and `functions/`.
    pub(super) fn find() -> Result<Self, CommandError> {
        let here = std::env::current_dir()?;
        let root =
            here.ancestors().find(|folder| folder.join("host.json").is_file() && folder.join("functions").is_dir());
        root.map(|root| Self { root: root.to_owned(), layout: Layout::Staged }).ok_or_else(|| {
            format!(
                "no host.json with a functions folder beside it in {} or above; run this inside the project",
                here.display()
            )
            .into()
        })
    }

    /// A folder with `host.json` and function folders, to be run as it is.
    pub(super) fn in_place(root: &Path) -> Result<Self, CommandError> {
        if !root.join("host.json").is_file() {
            return Err(format!("no host.json in {}, so it is not a script root", root.display()).into());
        }
        Ok(Self { root: std::path::absolute(root)?, layout: Layout::InPlace })
    }

    /// The folder that holds `host.json`.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where the script root goes unless told otherwise.
    pub(super) fn script_root(&self) -> PathBuf {
        match self.layout {
            Layout::Staged => self.root.join("target/app"),
            Layout::InPlace => self.root.clone(),
        }
    }

    /// Makes the script root ready to be run: built and staged, unless it runs in place.
    pub(super) async fn prepare(&self) -> Result<(), CommandError> {
        match self.layout {
            Layout::Staged => self.build_and_stage(&self.script_root(), false).await,
            Layout::InPlace => Ok(()),
        }
    }

    /// Builds the handler with cargo, which shows its progress, and fills the script root.
    pub(super) async fn build_and_stage(&self, script_root: &Path, release: bool) -> Result<(), CommandError> {
        let arguments: &[&str] = if release { &["--release"] } else { &[] };
        self.build_and_stage_with(script_root, arguments, &[]).await
    }

    /// The same, with further arguments and variables for cargo.
    pub(super) async fn build_and_stage_with(
        &self,
        script_root: &Path,
        arguments: &[&str],
        environment: &[(&str, OsString)],
    ) -> Result<(), CommandError> {
        eprintln!("{BOLD}Building{BOLD:#} the handler");
        let handler = self.build(arguments, environment).await?;
        Ok(script_root::stage(&self.root, &handler, script_root)?)
    }

    /// Builds the handler and returns its path, wherever cargo's settings put it.
    async fn build(&self, arguments: &[&str], environment: &[(&str, OsString)]) -> Result<PathBuf, CommandError> {
        #[expect(clippy::disallowed_methods, reason = "cargo tells its subprocesses which cargo it is")]
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--bin", "handler", "--message-format=json-render-diagnostics"]);
        command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
        let child = command.current_dir(&self.root).stdout(Stdio::piped()).spawn();
        let output = child.map_err(|error| format!("cannot run cargo: {error}"))?.wait_with_output().await?;
        if !output.status.success() {
            return Err("the handler does not build; cargo's messages are above".into());
        }
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Artifact>(line).ok()?.executable)
            .next_back()
            .ok_or_else(|| "cargo built no executable named handler".into())
    }
}
