//! The project on disk: finds its root, and builds its script root.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Stdio,
};

use super::output::eprintln;
use local_azure::{
    deployed_files::{deployed_files, has_functions_folder},
    functions_host::{HandlerSettings, ScriptError, ScriptSummary},
    script_root,
};
use serde::Deserialize;
use tokio::process::Command;

use super::{called_by::command_line, command_error::CommandError, environment, style::BOLD};

/// A project: the folder that holds `host.json`.
pub(super) struct Project {
    root: PathBuf,
    layout: Layout,
}

/// How the project's script root is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Layout {
    /// `Cargo.toml` is beside host.json, or cargo finds a crate that builds the handler. The handler is staged with the
    /// functions.
    Rust,
    /// The handler exists already, and the functions are in `functions/`. The files are staged.
    FunctionsFolder,
    /// The functions are beside `host.json`. The folder is its own script root, and runs in place.
    InPlace,
}

/// A line of `cargo build --message-format=json` that names a built executable.
#[derive(Deserialize)]
struct Artifact {
    executable: Option<PathBuf>,
}

/// The output of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// The handler's binary, as cargo knows it.
struct Binary {
    /// Absent if cargo does not name a package.
    package: Option<String>,
    name: String,
}

impl Project {
    /// The nearest folder, from the current one upwards, that holds `host.json`.
    pub(super) fn find() -> Result<Self, CommandError> {
        let here = std::env::current_dir()?;
        let root = here.ancestors().find(|folder| folder.join("host.json").is_file());
        let root = root.ok_or_else(|| {
            format!(
                "no host.json in {} or above: run this inside a project; `{}` makes one",
                here.display(),
                command_line("init")
            )
        })?;
        let layout = match (root.join("Cargo.toml").is_file(), has_functions_folder(root)) {
            (true, _) => Layout::Rust,
            (false, true) if lacks_handler(root) => Layout::Rust,
            (false, true) => Layout::FunctionsFolder,
            (false, false) => Layout::InPlace,
        };
        Ok(Self { root: root.to_owned(), layout })
    }

    /// A folder with `host.json` and function folders, which runs as it is.
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

    /// How the project's script root is made.
    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// The folder that the Functions host runs.
    pub(super) fn script_root(&self) -> PathBuf {
        match self.layout {
            Layout::Rust | Layout::FunctionsFolder => self.default_stage(),
            Layout::InPlace => self.root.clone(),
        }
    }

    /// The default folder for staged files.
    pub(super) fn default_stage(&self) -> PathBuf {
        self.root.join("target/app")
    }

    /// Prepares the script root: builds and stages it, unless it runs in place.
    pub(super) async fn prepare(&self) -> Result<(), CommandError> {
        match self.layout {
            Layout::Rust | Layout::FunctionsFolder => self.stage(&self.script_root(), &[], &[]).await,
            Layout::InPlace => Ok(()),
        }
    }

    /// Fills `script_root`. For a Rust project, cargo builds the handler with these further arguments and variables.
    /// For any other project, the files that are deployed are copied.
    pub(super) async fn stage(
        &self,
        script_root: &Path,
        arguments: &[&str],
        environment: &[(&str, OsString)],
    ) -> Result<(), CommandError> {
        match self.layout {
            Layout::Rust => {
                eprintln!("{BOLD}Building{BOLD:#} the handler");
                let handler = self.build(arguments, environment).await?;
                Ok(script_root::stage(&self.root, &handler, script_root)?)
            }
            Layout::FunctionsFolder | Layout::InPlace => {
                Ok(script_root::stage_files(&deployed_files(&self.root)?, script_root)?)
            }
        }
    }

    /// Builds the handler and returns its path. Cargo's settings decide the folder.
    async fn build(&self, arguments: &[&str], environment: &[(&str, OsString)]) -> Result<PathBuf, CommandError> {
        let Binary { package, name } = self.binary().await?;
        let mut command = Command::new(environment::cargo());
        command.args(["build", "--bin", &name, "--message-format=json-render-diagnostics"]);
        // A release build has no features that only another member of the workspace asks for.
        if let Some(package) = package.filter(|_| arguments.contains(&"--release")) {
            command.args(["--package", &package]);
        }
        command.args(arguments).envs(environment.iter().map(|(name, value)| (name, value)));
        let child = command.current_dir(&self.root).stdout(Stdio::piped()).kill_on_drop(true).spawn();
        let output = child.map_err(|error| format!("cannot run cargo: {error}"))?.wait_with_output().await?;
        if !output.status.success() {
            return Err("the handler does not build; cargo's messages are above".into());
        }
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<Artifact>(line).ok()?.executable)
            .next_back()
            .ok_or_else(|| format!("cargo built no executable named {name}").into())
    }

    /// Returns the crate's binary that host.json names, else the only binary.
    async fn binary(&self) -> Result<Binary, CommandError> {
        let named = HandlerSettings::read(&self.root)?.executable;
        let named = Path::new(&named).file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut command = Command::new(environment::cargo());
        command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&self.root);
        let output = command.output().await.map_err(|error| format!("cannot run cargo: {error}"))?;
        let Ok(metadata) = serde_json::from_slice::<Metadata>(&output.stdout) else {
            return Ok(Binary { package: None, name: named });
        };
        let manifest = self.root.join("Cargo.toml");
        let here = |package: &Package| package.manifest_path == manifest;
        let package = metadata.packages.into_iter().find(here).ok_or("host.json lies beside no crate's Cargo.toml")?;
        let of_package = |name: String| Ok(Binary { package: Some(package.name.clone()), name });
        let is_binary = |target: &&Target| target.kind.iter().any(|kind| kind == "bin");
        let binaries: Vec<String> =
            package.targets.iter().filter(is_binary).map(|target| target.name.clone()).collect();
        match binaries.as_slice() {
            binaries if binaries.contains(&named) => of_package(named),
            [only] => of_package(only.clone()),
            [] => Err("the crate beside host.json has no binary: the handler is one".into()),
            binaries => Err(format!(
                "host.json names the executable \"{named}\", and the crate has the binaries {}: name one of them",
                binaries.join(", ")
            )
            .into()),
        }
    }
}

/// Reports whether the executable that host.json names is neither in the project nor on `PATH`.
fn lacks_handler(root: &Path) -> bool {
    let summary = ScriptSummary::read_in(root, &environment::path(), &BTreeMap::new());
    matches!(summary, Err(ScriptError::NoHandler { .. }))
}
