//! `policy check`: reports the gateway's problems with policy files, without starting anything.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::output::println;
use apim_policies::{Played, policies};
use clap::Subcommand;
use local_azure::{PolicyFinding, check_policies, seed::Seed};

use super::{
    command_error::CommandError,
    project::Project,
    seed_file,
    style::{GREEN, RED},
};

#[derive(Subcommand)]
pub(super) enum PolicyCommand {
    /// Check policy documents and fragments: `path: ok`, or each problem as `path:line:column: message` (exit code 1)
    Check {
        /// Files, or folders with `.xml` files
        #[arg(required_unless_present = "list")]
        paths: Vec<PathBuf>,
        /// The seed with the named values, backends and fragments; the project's unless given. Without a seed, a name
        /// that only a seed could explain is a warning
        #[arg(long, value_name = "FILE")]
        seed: Option<PathBuf>,
        /// List every policy: its sections, and the parts of it that run here
        #[arg(long, conflicts_with_all = ["paths", "seed"])]
        list: bool,
    },
}

pub(super) fn policy(command: &PolicyCommand) -> Result<ExitCode, CommandError> {
    match command {
        PolicyCommand::Check { list: true, .. } => {
            list();
            Ok(ExitCode::SUCCESS)
        }
        PolicyCommand::Check { paths, seed, list: false } => check(paths, seed.as_deref()),
    }
}

fn list() {
    for policy in policies() {
        let sections: Vec<_> = policy.sections.iter().map(ToString::to_string).collect();
        let played = match policy.played {
            Played::Whole => "yes".to_owned(),
            Played::Part(but) => format!("yes; {but}"),
            Played::Refused(reason) => format!("{RED}no{RED:#}: {reason}"),
        };
        println!("{:<36}  {:<36}  {played}", policy.name, sections.join(" "));
    }
}

fn check(paths: &[PathBuf], seed: Option<&Path>) -> Result<ExitCode, CommandError> {
    let seed_file = seed_file::find(seed, Project::find().ok().as_ref());
    let seed = seed_file.as_deref().map(Seed::read).transpose()?;
    let mut clean = true;
    for path in paths {
        let files = check_policies(seed.as_ref(), path).map_err(|error| format!("{}: {error}", path.display()))?;
        if files.is_empty() {
            return Err(format!("{}: no .xml file is in it", path.display()).into());
        }
        for file in files {
            let name = file.path.display();
            if !file.findings.iter().any(PolicyFinding::refuses) {
                println!("{name}: {GREEN}ok{GREEN:#}");
            }
            for finding in &file.findings {
                match finding.refuses() {
                    true => println!("{RED}{finding}{RED:#}"),
                    false => println!("{finding}"),
                }
                clean &= !finding.refuses();
            }
        }
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
