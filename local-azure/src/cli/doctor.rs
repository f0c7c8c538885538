//! `doctor`: what is installed, what to do about what is missing, and whether a file of settings works.

mod settings;
mod tools;

use std::{path::Path, process::ExitCode};

use anstream::println;

use super::{CommandError, GREEN, RED};

/// One line of the report.
struct Finding {
    name: String,
    state: State,
    /// What was found, or what to do.
    note: String,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Good,
    /// Some commands do not work without it; local ones do.
    Missing,
    /// It works here, and may not mean what it seems to.
    Warning,
    Failed,
}

/// Exit code 1 if something does not work that local work needs, or the settings do not.
pub(super) async fn doctor(env_file: Option<&Path>) -> Result<ExitCode, CommandError> {
    let mut good = show(tools::check().await);
    if let Some(file) = env_file {
        good &= show(settings::check(file).await?);
    }
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether nothing failed.
fn show(findings: Vec<Finding>) -> bool {
    for Finding { name, state, note } in &findings {
        match state {
            State::Good => println!("{GREEN}ok{GREEN:#}       {name}: {note}"),
            State::Missing => println!("missing  {name}: {note}"),
            State::Warning => println!("warning  {name}: {note}"),
            State::Failed => println!("{RED}failed{RED:#}   {name}: {note}"),
        }
    }
    findings.iter().all(|finding| finding.state != State::Failed)
}
