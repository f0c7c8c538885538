//! `stage`: copies the files of the script root into one folder.

use std::{path::PathBuf, process::ExitCode};

use super::output::println;

use super::{
    command_error::CommandError,
    project::{Layout, Project},
};

#[derive(clap::Args)]
pub(super) struct StageArguments {
    /// The folder to write; `target/app` unless given
    directory: Option<PathBuf>,
    /// Build a Rust handler with optimisation
    #[arg(long)]
    release: bool,
}

pub(super) async fn stage(arguments: StageArguments) -> Result<ExitCode, CommandError> {
    let project = Project::find()?;
    if arguments.release && project.layout() != Layout::Rust {
        return Err("--release is for Rust: no Cargo.toml lies beside host.json".into());
    }
    let script_root = arguments.directory.unwrap_or_else(|| project.default_stage());
    let release: &[&str] = if arguments.release { &["--release"] } else { &[] };
    project.stage(&script_root, release, &[]).await?;
    println!("{}", script_root.display());
    Ok(ExitCode::SUCCESS)
}
