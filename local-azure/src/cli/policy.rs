//! `policy check`: says of policy files what the gateway would say, without starting anything.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anstream::println;
use clap::Subcommand;
use local_azure::{check_policies, seed::Seed};

use super::{CommandError, GREEN, Project, RED};

#[derive(Subcommand)]
pub(super) enum PolicyCommand {
    /// Check policy documents and fragments: `path: ok`, or each problem as `path:line:column: message` (exit code 1)
    Check {
        /// Files, or folders with `.xml` files
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Whose named values, backends and fragments count
        #[arg(long, value_name = "FILE")]
        seed: Option<PathBuf>,
    },
}

pub(super) fn policy(command: &PolicyCommand) -> Result<ExitCode, CommandError> {
    match command {
        PolicyCommand::Check { paths, seed } => check(paths, seed.as_deref()),
    }
}

fn check(paths: &[PathBuf], seed: Option<&Path>) -> Result<ExitCode, CommandError> {
    let seed = match seed {
        Some(file) => Seed::read(file)?,
        None => Seed::read(&Project::find()?.seed_file())?,
    };
    let mut clean = true;
    for path in paths {
        let files = check_policies(&seed, path).map_err(|error| format!("{}: {error}", path.display()))?;
        if files.is_empty() {
            return Err(format!("{}: no .xml file is in it", path.display()).into());
        }
        for file in files {
            let name = file.path.display();
            if file.problems.is_empty() {
                println!("{name}: {GREEN}ok{GREEN:#}");
            }
            for problem in &file.problems {
                clean = false;
                println!(
                    "{name}:{}:{}: {RED}{}{RED:#}",
                    problem.position.line, problem.position.column, problem.message
                );
            }
        }
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
