//! The project on disk: where it is, and its script root, built.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use anstream::eprintln;
use local_azure::{functions_host, script_root};
use serde::Deserialize;
use tokio::process::Command;

use super::{BOLD, CommandError, environment};

/// A project: the folder that holds `host.json`.
pub(super) struct Project {
    root: PathBuf,
    layout: Layout,
}

/// How its script root comes about.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// Functions lie in `functions/`, or the handler is a Rust crate: the script root is built and staged.
    Staged,
    /// Functions lie beside `host.json`: the folder is its own script root, and runs in place.
    InPlace,
}

/// A line of `cargo build --message-format=json` that names a built executable.
#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
}

/// What `cargo metadata` tells of a package.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Project {
    /// The nearest folder, from the current one upwards, that holds `host.json`.
    pub(super) fn find() -> Result<Self, CommandError> {
        let here = std::env::current_dir()?;
        let root = here.ancestors().find(|folder| folder.join("host.json").is_file());
        let Some(root) = root else {
            return Err(format!(
                "no host.json in {} or above: run this inside a project, or name one with --script-root",
                here.display()
            )
            .into());
        };
        let staged = root.join("Cargo.toml").is_file() || root.join("functions").is_dir();
        let layout = if staged { Layout::Staged } else { Layout::InPlace };
        Ok(Self { root: root.to_owned(), layout })
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
        let handler = match self.given_handler() {
            Some(handler) => handler,
            None => {
                eprintln!("{BOLD}Building{BOLD:#} the handler");
                self.build(arguments, environment).await?
            }
        };
        Ok(script_root::stage(&self.root, &handler, script_root)?)
    }

    /// The executable that host.json names, where the project is no crate and the file is there.
    fn given_handler(&self) -> Option<PathBuf> {
        let name = functions_host::executable_name(&self.root).ok()?;
        let handler = self.root.join(name);
        (!self.root.join("Cargo.toml").is_file() && handler.is_file()).then_some(handler)
    }

    /// Builds the handler and returns its path, wherever cargo's settings put it.
    async fn build(&self, arguments: &[&str], environment: &[(&str, OsString)]) -> Result<PathBuf, CommandError> {
        let binary = self.binary().await?;
        let mut command = Command::new(environment::cargo());
        command.args(["build", "--bin", &binary, "--message-format=json-render-diagnostics"]);
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
            .ok_or_else(|| format!("cargo built no executable named {binary}").into())
    }

    /// The crate's binary that host.json names, else its only one.
    async fn binary(&self) -> Result<String, CommandError> {
        let named = functions_host::executable_name(&self.root)?;
        let named = Path::new(&named).file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut command = Command::new(environment::cargo());
        command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&self.root);
        let output = command.output().await.map_err(|error| format!("cannot run cargo: {error}"))?;
        let Ok(metadata) = serde_json::from_slice::<Metadata>(&output.stdout) else { return Ok(named) };
        let manifest = self.root.join("Cargo.toml");
        let here = |package: &Package| package.manifest_path == manifest;
        let package = metadata.packages.into_iter().find(here).ok_or("host.json lies beside no crate's Cargo.toml")?;
        let is_binary = |target: &Target| target.kind.iter().any(|kind| kind == "bin");
        let binaries: Vec<String> = package.targets.into_iter().filter(is_binary).map(|target| target.name).collect();
        match binaries.as_slice() {
            binaries if binaries.contains(&named) => Ok(named),
            [only] => Ok(only.clone()),
            binaries => Err(format!(
                "host.json names the executable \"{named}\", and the crate has the binaries {}: name one of them",
                binaries.join(", ")
            )
            .into()),
        }
    }
}
