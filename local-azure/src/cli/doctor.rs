//! `doctor`: reports missing tools and how to install them, and whether a file of settings works.

mod finding;
mod settings;
mod tools;

use std::{path::Path, process::ExitCode};

use self::finding::{Finding, FindingState};
use super::output::println;

use super::{
    command_error::CommandError,
    project::Project,
    style::{GREEN, RED},
};

/// Prints the findings. The exit code is 1 if local work lacks something that it needs, or if the settings do not work.
pub(super) async fn doctor(env_file: Option<&Path>, json: bool) -> Result<ExitCode, CommandError> {
    let mut findings = tools::check(Project::find().ok().as_ref()).await;
    if !json {
        show(&findings);
    }
    if let Some(file) = env_file {
        let of_settings = settings::check(file).await?;
        if !json {
            show(&of_settings);
        }
        findings.extend(of_settings);
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    }
    let good = findings.iter().all(|finding| finding.state != FindingState::Failed);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(findings: &[Finding]) {
    for Finding { name, state, note } in findings {
        match state {
            FindingState::Good => println!("{GREEN}ok{GREEN:#}       {name}: {note}"),
            FindingState::Missing => println!("missing  {name}: {note}"),
            FindingState::Warning => println!("warning  {name}: {note}"),
            FindingState::Failed => println!("{RED}failed{RED:#}   {name}: {note}"),
        }
    }
}
